"""The gate: the last word after the handshake and on the bytes about to be written."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest

from afilnet_protocols import SecurityPolicyError, Settings
from afilnet_protocols.security.gate import PolicyGate
from afilnet_protocols.transport.gate import Evidence, Gate
from tests.tables import table

PASSWORD = "pässword/&+ long"


def gate(**changes: object) -> PolicyGate:
    fields: dict[str, object] = {"protocol": "http-post", "user": "user", "password": PASSWORD, **changes}
    return PolicyGate(Settings(**fields))  # type: ignore[arg-type] - the fields of Settings, by name


def handshake(**changes: object) -> Evidence:
    fields: dict[str, object] = {
        "scheme": "https",
        "host": "api.example.com",
        "port": 443,
        "loopback": False,
        "tls_version": "TLSv1.3",
        "verified": True,
        **changes,
    }
    return Evidence(**fields)  # type: ignore[arg-type] - the fields of Evidence, by name


def test_it_is_the_gate_that_the_transport_asks() -> None:
    asked: Gate = gate()
    asked.after_handshake(handshake())


@table(
    "change",
    [
        {"verified": False},
        {"tls_version": "TLSv1.1"},
        {"tls_version": "TLSv1"},
        {"tls_version": None},
        {"tls_version": "SSLv3"},
        {"scheme": "http", "tls_version": None},
        {"scheme": "http", "tls_version": None, "loopback": True},
    ],
)
def test_a_connection_below_the_minimum_is_refused(change: dict[str, object]) -> None:
    asked = gate()
    asked.after_handshake(handshake())  # what passed once is not judged again; anything else is
    for _ in range(2):
        with pytest.raises(SecurityPolicyError) as caught:
            asked.after_handshake(handshake(**change))
        assert caught.value.effective == "none"
        assert caught.value.missing == ("G1",)


def test_plain_http_passes_on_loopback_with_minimum_none_only() -> None:
    plain = gate(minimum_security="none", base_url="http://127.0.0.1:1")
    plain.after_handshake(handshake(scheme="http", tls_version=None, verified=False, loopback=True))
    with pytest.raises(SecurityPolicyError):
        plain.after_handshake(handshake(scheme="http", tls_version=None, verified=False, loopback=False))


def test_tls_13_is_demanded_where_it_is_required() -> None:
    demanding = gate(require=("tls13",))
    demanding.after_handshake(handshake())
    with pytest.raises(SecurityPolicyError) as caught:
        demanding.after_handshake(handshake(tls_version="TLSv1.2"))
    assert caught.value.missing == ("tls13",)


LEAKS = [
    b"GET /api/?password=x HTTP/1.1",
    b"GET /api/?PassWord=x HTTP/1.1",
    b"GET /api/?p%61ssword=x HTTP/1.1",
    b"GET /api/?class=chat&user=me HTTP/1.1",
    b"GET /api/?access_token=x HTTP/1.1",
    *(
        b"GET /api/" + spelling + b" HTTP/1.1"
        for spelling in (
            PASSWORD.encode(),
            quote(PASSWORD, safe="").encode(),
            quote_plus(PASSWORD).encode(),
            quote(quote(PASSWORD, safe="")).encode(),
            base64.b64encode(f"user:{PASSWORD}".encode()),
            base64.b64encode(PASSWORD.encode()),
            PASSWORD.encode().hex().encode(),
        )
    ),
    b"GET /api/?class=" + quote(PASSWORD, safe="").encode() + b" HTTP/1.1",
]


@table("line", LEAKS)
def test_a_secret_in_the_request_line_is_refused_above_low(line: bytes) -> None:
    for protocol in ("http-post", "basic"):
        with pytest.raises(SecurityPolicyError) as caught:
            gate(protocol=protocol).before_send(line)
        assert PASSWORD not in str(caught.value)
    gate(protocol="http-get", minimum_security="low").before_send(line)


@pytest.mark.parametrize(
    "line",
    [
        b"POST /api/http/ HTTP/1.1",
        b"GET /api/basic/?class=chat&method=sendmessage&message=" + quote(PASSWORD).encode() + b" HTTP/1.1",
        b"GET /api/basic/?class=chat&destination=34600000000 HTTP/1.1",
        b"POST /soap HTTP/1.1\r\nX: " + PASSWORD.encode(),
    ],
)
def test_the_callers_own_words_and_the_later_lines_pass(line: bytes) -> None:
    gate(protocol="basic").before_send(line)


def test_a_short_password_does_not_forbid_ordinary_addresses() -> None:
    gate(password="api").before_send(b"POST /api/http/ HTTP/1.1")


def test_without_its_scan_the_gate_would_let_a_secret_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PolicyGate, "_spells_secret", lambda *_: False)
    gate().before_send(b"GET /api/" + quote(PASSWORD, safe="").encode() + b" HTTP/1.1")


def test_the_demands_are_fixed_when_the_gate_is_made() -> None:
    settings = SimpleNamespace(**vars(Settings(user="u", password="p")))
    held = PolicyGate(settings)
    with pytest.raises(SecurityPolicyError):
        held.after_handshake(handshake(verified=False))
