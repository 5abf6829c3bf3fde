"""Variables with our prefix: slips of the pen are refused, what is somebody else's is passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings import near_miss as near_miss_module
from afilnet_protocols.settings.environment import CONFIG, PROFILE, variables
from afilnet_protocols.settings.fields import PREFIX
from afilnet_protocols.settings.sources import resolve
from tests.tables import table

OURS = sorted({*variables(FIELDS), PROFILE, CONFIG})


def faults(tmp_path, name, value="x"):
    return [fault.text for fault in resolve(None, {}, environ={name: value}, cwd=tmp_path, user_folder=tmp_path).faults]


@st.composite
def slips(draw):
    """One letter of one word is missing, doubled, or swapped with the next; or underscores or letter case differ."""
    words = draw(st.sampled_from(OURS)).removeprefix(PREFIX).split("_")
    at = draw(st.sampled_from([number for number, word in enumerate(words) if len(word) > 2]))
    word, letter = words[at], draw(st.integers(0, len(words[at]) - 2))
    kind = draw(st.sampled_from(["missing", "twice", "swapped", "joined", "lower"]))
    changed = {
        "missing": word[:letter] + word[letter + 1 :],
        "twice": word[: letter + 1] + word[letter:],
        "swapped": word[:letter] + word[letter + 1] + word[letter] + word[letter + 2 :],
    }
    words[at] = changed.get(kind, word)
    name = PREFIX + ("" if kind == "joined" else "_").join(words)
    return name.lower() if kind == "lower" else name


@given(name=slips())
def test_a_slip_of_the_pen_is_refused_with_a_name_of_ours(tmp_path_factory, name):
    if name not in OURS:
        refused(tmp_path_factory.mktemp("place"), name)


def refused(tmp_path, name):
    texts = faults(tmp_path, name)
    assert len(texts) == 1
    assert name in texts[0]
    assert any(f"did you mean {known!r}" in texts[0] for known in OURS)


def test_a_build_that_passes_over_slips_is_found(tmp_path, monkeypatch):
    """Sabotage: what is not ours is always somebody else's."""
    monkeypatch.setattr(near_miss_module, "near_miss", lambda *_: None)
    with pytest.raises(AssertionError):
        refused(tmp_path, "AFILNET_PASWORD")


@table(
    ("name", "meant"),
    [
        ("PASWORD", "PASSWORD"),
        ("PASWRD", "PASSWORD"),
        ("BASE_URI", "BASE_URL"),
        ("BASE_UR", "BASE_URL"),
        ("MIN_SECURITY", "MINIMUM_SECURITY"),
        ("MINSECURITY", "MINIMUM_SECURITY"),
        ("MINSEC", "MINIMUM_SECURITY"),
        ("PINSHA", "PIN_SHA256"),
        ("CAFIL", "CA_FILE"),
        ("REQUIRES", "REQUIRE"),
        ("CLIENT_CERTIFICATE", "CLIENT_CERT"),
        ("TIMEOUT_FILE", "TIMEOUT"),
        ("CONFIG_FILE", "CONFIG"),
        ("PASSWORDFILE", "PASSWORD_FILE"),
        # What others call a setting that guards something.
        ("CA_BUNDLE", "CA_FILE"),
        ("SSL_CERT_FILE", "CA_FILE"),
        ("CA_CERT_PATH", "CA_FILE"),
        ("SSL_CA_BUNDLE", "CA_FILE"),
        ("ROOT_CA", "CA_FILE"),
        ("TLS_CERT_FILE", "CLIENT_CERT"),
        ("PINNED_PUBLIC_KEY", "PIN_SHA256"),
        ("CERT_SHA256", "PIN_SHA256"),
        ("CERT", "CLIENT_CERT"),
        ("SECURITY_LEVEL", "MINIMUM_SECURITY"),
        ("MINIMUM_SECURITY_LEVEL", "MINIMUM_SECURITY"),
        ("TLS_PIN", "PIN_SHA256"),
        ("WSDL_SHA256", "SOAP_WSDL_SHA256"),
    ],
)
def test_what_was_meant_is_said(tmp_path, name, meant):
    assert faults(tmp_path, PREFIX + name) == [
        f"unknown environment variable {PREFIX}{name}: did you mean '{PREFIX}{meant}'?"
    ]


KUBERNETES = [
    "SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTPS", "PORT", "PORT_443_TCP", "PORT_443_TCP_PROTO",
    "PORT_443_TCP_PORT", "PORT_443_TCP_ADDR", "PORT_53_UDP_ADDR", "PORT_9_SCTP",
]  # fmt: skip


@table(
    "name",
    [
        *KUBERNETES,
        # Of Services whose names go on: afilnet-client, afilnet-user, afilnet-proxy.
        *(f"{more}_{name}" for more in ("CLIENT", "USER", "PROXY", "TOKEN", "SOAP") for name in KUBERNETES),
        *(
            "WHATSAPP_CHANNEL",
            "HOME",
            "ENV",
            "DEBUG",
            "URL",
            "HOST",
            "TOKEN",
            "API_KEY",
            "USERNAME",
            "PASS",
            "LOG_LEVEL",
        ),
        *("DATABASE_URL", "CLIENT_IP", "TOKEN_TTL", "SENDER", "STORE", "RATE", "CHANNEL_ID", "", "_"),
    ],
)
def test_what_is_somebody_else_s_is_passed_over_and_named(tmp_path, name):
    resolved = resolve(None, {}, environ={PREFIX + name: "tcp://10.0.0.1:443"}, cwd=tmp_path, user_folder=tmp_path)
    assert (resolved.faults, resolved.ignored) == ((), (PREFIX + name,))


def test_a_build_that_takes_all_of_them_for_ours_is_found(tmp_path, monkeypatch):
    """Sabotage: every variable with our prefix is a setting, or a mistake."""
    monkeypatch.setattr(near_miss_module, "near_miss", lambda *_: "USER")
    assert faults(tmp_path, "AFILNET_SERVICE_HOST")
