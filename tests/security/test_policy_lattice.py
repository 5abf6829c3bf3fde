"""Every combination of protocol, minimum and evidence has the level that a plain table says, and opens no socket."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterable, Iterator
from types import SimpleNamespace

import pytest

from afilnet_protocols import ConfigurationError, SecurityPolicyError, Settings
from afilnet_protocols.security import policy
from afilnet_protocols.security.policy import Evidence, assess, check_assessment, check_settings
from tests.tables import table

ORDER = ("none", "low", "medium", "medium_high", "high", "maximum")

# The oracle. The first row that fits gives the level; "*" fits everything. It was written from the model in the
# documentation, row by row, and shares nothing with the policy.
#
#  protocol    address  wsdl     grant     life   tls      verified  own_ca  bound   minimum   level
TABLE = """
   *           plain    *        *         *      *        *         *       *       *         none
   *           *        *        *         *      TLSv1.1  *         *       *       *         none
   *           *        *        *         *      *        no        *       *       *         none
   http-get    *        *        *         *      *        *         *       *       *         low
   http-post   *        *        *         *      *        *         *       *       *         medium
   basic       *        *        *         *      *        *         *       *       *         medium
   sixth       *        *        *         *      *        *         *       *       *         medium
   soap        *        file     *         *      *        *         *       *       *         medium_high
   soap        *        pinned   *         *      *        *         *       *       *         medium_high
   soap        *        *        *         *      *        *         *       *       *         medium
   json        *        *        password  *      *        *         *       *       *         medium
   json        *        *        *         7200   TLSv1.3  *         yes     yes     high      maximum
   json        *        *        *         7200   *        *         *       *       high      high
   json        *        *        *         7200   TLSv1.3  *         yes     yes     maximum   maximum
   json        *        *        *         7200   unseen   *         yes     yes     maximum   maximum
   json        *        *        *         7200   *        *         *       *       maximum   high
   json        *        *        *         7200   *        *         *       *       *         medium_high
   json        *        *        *         *      TLSv1.3  *         yes     yes     *         maximum
   json        *        *        *         *      unseen   *         yes     yes     maximum   maximum
   json        *        *        *         *      *        *         *       *       *         high
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]


def oracle(case: tuple[str, ...]) -> str:
    return next(row[-1] for row in ROWS if all(want in ("*", have) for want, have in zip(row, case, strict=False)))


def cases() -> Iterator[tuple[str, ...]]:
    shapes = [
        *((name, "none", "client", "3600", "no") for name in ("http-get", "http-post", "basic", "sixth")),
        *(("soap", wsdl, "client", "3600", "no") for wsdl in ("file", "pinned", "fetched", "absent")),
        *(
            ("json", "none", grant, life, bound)
            for grant, life, bound in itertools.product(
                ("client", "refresh", "password"), ("900", "3600", "7200"), ("yes", "no")
            )
        ),
    ]
    surroundings = itertools.product(
        ("https", "plain"), ("unseen", "TLSv1.1", "TLSv1.2", "TLSv1.3"), ("unseen", "yes", "no"), ("yes", "no"), ORDER
    )
    for (name, wsdl, grant, life, bound), (address, tls, verified, own_ca, minimum) in itertools.product(
        shapes, surroundings
    ):
        yield (name, address, wsdl, grant, life, tls, verified, own_ca, bound, minimum)


def subject(case: tuple[str, ...]) -> SimpleNamespace:
    protocol, address, wsdl, grant, life, _, _, own_ca, bound, minimum = case
    base = "http://127.0.0.1:8080" if address == "plain" else "https://api.example.com"
    return SimpleNamespace(
        protocol=protocol,
        base_url=base,
        user="someone",
        password="correct horse battery",
        soap_wsdl={"file": "chat.wsdl", "absent": None}.get(wsdl, "https://api.example.com/chat?wsdl"),
        soap_wsdl_sha256="0" * 64 if wsdl == "pinned" else None,
        soap_endpoint=f"{base}/soap",
        json_url=f"{base}/json",
        token_url=f"{base}/token",
        issuer=None,
        client_secret="another long secret",
        client_key=None,
        token_lifetime=None,
        refresh_token="a long refresh token" if grant == "refresh" else None,
        proxy_password=None,
        grant={"password": "password", "refresh": "refresh_token"}.get(grant, "client_credentials"),
        token_auth="mtls" if bound == "yes" else "basic",
        allow_legacy_grant=True,
        minimum_security=minimum,
        # Requiring a lifetime of json only: no other protocol has tokens to speak of.
        require=(f"token_lifetime<={life}",) if protocol == "json" else (),
        ca_file="ca.pem" if own_ca == "yes" else None,
        pin_sha256=None,
        client_cert="client.pem" if bound == "yes" else None,
    )


def evidence(case: tuple[str, ...]) -> Evidence:
    tls, verified = case[5], case[6]
    return Evidence(
        tls_version=None if tls == "unseen" else tls, verified={"unseen": None, "yes": True, "no": False}[verified]
    )


def disagreements(cases: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield each case in which policy and oracle differ: in the level, the refusal, or what the refusal says."""
    for case in cases:
        settings, expected, minimum = subject(case), oracle(case), case[-1]
        found = assess(settings, evidence(case))
        try:
            check_assessment(settings, found)
        except SecurityPolicyError as error:
            verdict = (error.effective, error.required, bool(error.fix))
        else:
            verdict = None
        refused = ORDER.index(expected) < ORDER.index(minimum)
        if found.level.word != expected or verdict != ((expected, minimum, True) if refused else None):
            yield case


def test_policy_equals_the_table_on_every_combination() -> None:
    every = list(cases())
    wrong = list(disagreements(every))
    print(f"{len(every)} combinations of protocol, minimum and evidence: {len(wrong)} differ from the table")
    assert len(every) >= 1000
    assert wrong == []


@pytest.mark.parametrize(
    "guard", ["_why_not_verified", "_why_not_pinned", "_why_not_short_lived", "_why_not_bound", "_why_not_tls13"]
)
def test_the_comparison_notices_a_policy_without_one_of_its_rules(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, guard, lambda *_: "")
    assert any(disagreements(cases()))


def test_a_refusal_says_a_reason_once_for_all_that_it_is_the_reason_of() -> None:
    settings = Settings(protocol="http-post", user="u", password="p", minimum_security="high")
    with pytest.raises(SecurityPolicyError) as refused:
        check_settings(settings)
    told = str(refused.value)
    assert told.count("sends the password with every call") == 1
    assert all(f"{code} (" in told for code in ("G8", "G9", "G10", "G11"))


def test_a_policy_that_refuses_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(socket, "socket", lambda *args, **_: opened.append(args))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_: opened.append(args))
    refused = 0
    for case in cases():
        if case[5] == case[6] == "unseen":
            try:
                check_settings(subject(case))
            except SecurityPolicyError:
                refused += 1
    assert refused > 100
    assert opened == []


@table(
    ("change", "setting"),
    [
        ({"base_url": "http://service.example.com"}, "base_url"),
        ({"base_url": "http://127.0.0.1.example.com"}, "base_url"),
        ({"base_url": "http://10.0.0.1"}, "base_url"),
        ({"base_url": "https://user:pw@service.example.com"}, "base_url"),
        ({"base_url": "https://service.example.com?x=1"}, "base_url"),
        ({"base_url": "https://service.example.com/#x"}, "base_url"),
        ({"base_url": "https://service.example.com/a b"}, "base_url"),
        ({"base_url": "https://service.example.com\\@evil.example"}, "base_url"),
        ({"base_url": "ftp://service.example.com"}, "base_url"),
        ({"base_url": "https://" + "a" * 1_000_000}, "base_url"),
        ({"base_url": "https://service.example.com/correct%20horse%20battery"}, "base_url"),
        ({"protocol": "soap", "soap_endpoint": "https://s.example.com/?password=x"}, "soap_endpoint"),
        ({"protocol": "soap", "soap_endpoint": "https://s.example.com/?a=correct+horse+battery"}, "soap_endpoint"),
        ({"protocol": "json", "token_url": "http://tokens.example.com/t"}, "token_url"),
        ({"protocol": "json", "token_url": "https://t.example.com/?client_secret=x"}, "token_url"),
        ({"protocol": "json", "json_url": "https://j.example.com/?ACCESS_TOKEN=x"}, "json_url"),
        ({"protocol": "json", "grant": "implicit"}, "grant"),
        ({"protocol": "json", "grant": "password", "allow_legacy_grant": False}, "grant"),
        ({"minimum_security": "medum"}, "minimum_security"),
        ({"require": ("tsl13",)}, "require"),
        ({"require": ("token_lifetime<=0",)}, "require"),
        ({"require": ("token_lifetime<=900",)}, "require"),
        ({"require": ("pin",)}, "require"),
        ({"require": ("ca_file",)}, "require"),
        ({"require": ("G8",)}, "require"),
    ],
)
def test_unsafe_settings_are_refused_and_the_setting_is_named(change: dict[str, object], setting: str) -> None:
    settings = subject(("http-post", "https", "file", "client", "3600", "unseen", "unseen", "no", "no", "medium"))
    settings.require = ()
    vars(settings).update(change)
    with pytest.raises(ConfigurationError, match=setting) as caught:
        check_settings(settings)
    assert "correct horse" not in str(caught.value)
    assert "correct%20horse" not in str(caught.value)


def test_a_term_or_level_that_is_nearly_right_gets_a_suggestion() -> None:
    settings = subject(("http-post", "https", "file", "client", "3600", "unseen", "unseen", "no", "no", "medium"))
    settings.require = ("tsl13",)
    with pytest.raises(ConfigurationError, match="did you mean 'tls13'"):
        check_settings(settings)
    settings.require, settings.minimum_security = (), "medium-high"
    with pytest.raises(ConfigurationError, match="did you mean 'medium_high'"):
        check_settings(settings)


@table("term", ["G5", "g5", "secret_not_in_url", "verified_tls", "strict_answers", "tls13"])
def test_a_required_guarantee_that_holds_is_accepted(term: str) -> None:
    settings = subject(("basic", "https", "file", "client", "3600", "unseen", "unseen", "no", "no", "medium"))
    settings.require = (term,)
    check_settings(settings)
