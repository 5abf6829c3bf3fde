"""A report tells what was seen from what is only demanded, and both from what failed."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from afilnet_protocols import Settings, connect
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.security import report as module
from afilnet_protocols.security.report import SecurityReport, State
from afilnet_protocols.vocabulary import Protocol
from tests.cli.conftest import account, afilnet
from tests.tables import table

__all__ = ["account", "afilnet"]

PASSWORDS = [protocol for protocol in Protocol if protocol is not Protocol.JSON]


class Seen(NamedTuple):
    """A handshake as it should be."""

    scheme: str = "https"
    loopback: bool = False
    tls_version: str | None = "TLSv1.3"
    verified: bool = True
    pinned: bool = False
    client_cert: bool = False


def settings(protocol, **more):
    given = {"user": "u", "password": "a password", "soap_wsdl": "https://a.example/?wsdl", "minimum_security": "low"}
    given |= {"json_url": "https://a.example/", "token_url": "https://a.example/t", "client_id": "c"}
    return Settings(protocol=protocol, client_secret="a secret", **{**given, **more})


def states(report):
    return {each.code: each.state for each in report.guarantees}


def none_is_held_unseen(report):
    assert not any(each.held for each in report.guarantees)
    assert State.HELD not in states(report).values()


@table("protocol", Protocol)
def test_before_a_handshake_nothing_is_held(protocol):
    report = SecurityReport.of(settings(protocol))
    none_is_held_unseen(report)
    assert states(report)["G1"] is State.REQUIRED
    assert all(each.reason for each in report.guarantees)


@pytest.mark.parametrize("protocol", Protocol)
def test_a_client_that_has_called_nobody_holds_nothing(sandbox, protocol):
    with connect(sandbox.settings(protocol, minimum_security="low")) as chat:
        if protocol is not Protocol.SOAP:  # which has fetched its description
            none_is_held_unseen(chat.security_report())
        chat.get_chat_channels()
        assert states(chat.security_report())["G1"] is State.HELD


@table("protocol", Protocol)
def test_a_handshake_shows_what_is_held_and_a_token_the_rest(protocol):
    found = states(SecurityReport.of(settings(protocol), Seen()))
    assert found["G1"] is State.HELD
    if protocol is Protocol.JSON:
        assert {found[code] for code in ("G8", "G9", "G10", "G11")} == {State.REQUIRED}
        found = states(SecurityReport.of(settings(protocol), Seen(), token_lifetime=900))
        assert {found[code] for code in ("G8", "G9", "G10", "G11")} == {State.HELD}


@table("protocol", Protocol)
@table("seen", [Seen(verified=False), Seen(tls_version="TLSv1.1")])
def test_a_handshake_that_contradicts_is_a_failure(protocol, seen):
    assert states(SecurityReport.of(settings(protocol), seen))["G1"] is State.FAILED
    assert states(SecurityReport.of(settings(protocol), failure="not its certificate"))["G1"] is State.FAILED


def test_what_is_demanded_and_not_there_has_failed_and_what_nobody_demands_is_missing(tmp_path):
    assert states(SecurityReport.of(settings("http-post")))["G12"] is State.MISSING
    assert states(SecurityReport.of(settings("http-post", require=["pinned_tls13"])))["G12"] is State.FAILED


@pytest.mark.parametrize("protocol", PASSWORDS)
def test_the_doctor_tells_a_failed_handshake(afilnet, account, protocol):
    words = ("doctor", "--protocol", protocol, "--minimum-security", "low", "--pin-sha256", "0" * 64, "--json")
    security = afilnet(*words).document["security"]
    found = {each["code"]: each["state"] for each in security["guarantees"]}
    assert found["G1"] == "failed"
    assert "held" not in found.values()
    assert not any(each["held"] for each in security["guarantees"])


def test_a_build_that_holds_unseen_what_the_settings_promise_is_found(monkeypatch):
    """Sabotage: what is enforced later counts as held."""
    monkeypatch.setattr(
        module._Sight, "of", lambda self, code, reason: (State.MISSING if reason else State.HELD, reason)
    )
    with pytest.raises(AssertionError):
        none_is_held_unseen(SecurityReport.of(settings("http-post")))


def test_a_refused_call_leaves_a_client_that_holds_nothing(sandbox):
    with connect(sandbox.settings("http-post", pin_sha256="0" * 64)) as chat:
        with pytest.raises(AfilnetError):
            chat.get_chat_channels()
        assert not next(each for each in chat.security_report().guarantees if each.code == "G1").held
