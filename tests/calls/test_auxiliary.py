"""No auxiliary exchange lends its verdict to a call: whatever becomes of one, the call that needed it was not sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from afilnet_protocols import AfilnetError, connect
from afilnet_protocols.calls.auxiliary import for_the_call
from afilnet_protocols.errors import (
    ConfigurationError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    UnknownServiceError,
)
from afilnet_protocols.vocabulary import Delivery
from tests.matrix import PROTOCOLS, TOKEN_ANSWER, settings_at
from tests.tables import table
from tests.transport.scripted import Script, ScriptedServer, answer, ask, cut, end, hold, reset, say

TOKEN = (ask, say(answer(TOKEN_ANSWER)), end)
SEND = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000", "message": "hola"}

BROKEN: dict[str, Script] = {
    "reset": (ask, reset),
    "hung up": (ask, end),
    "cut": (ask, say(answer(b"{}")[:-1]), cut),
    "garbage": (ask, say(b"\x00 nothing of HTTP \r\n\r\n"), end),
    "a web page": (ask, say(answer(b"<html>welcome</html>")), end),
    "nothing": (ask, say(answer(b"")), end),
    "an unlisted code": (ask, say(answer(b'{"status":"ERROR","error":"OVERLOADED"}')), end),
    "silence": (ask, hold),
    **{
        f"HTTP {status}": (ask, say(answer(b"", status=b"%d Front" % status)), end)
        for status in (302, 307, 400, 401, 403, 404, 405, 407, 408, 429, 500, 502, 503, 504, 520, 599)
    },
}
SCRIPTS = [pytest.param(script, id=what) for what, script in BROKEN.items()]


def connecting(url: str, timeout: float, **changes: Any) -> None:
    with connect(settings_at("soap", url, soap_wsdl=f"{url}/api?wsdl", timeout=timeout, **changes)):
        pass


def sending(protocol: str, url: str, timeout: float, **changes: Any) -> None:
    with connect(settings_at(protocol, url, timeout=timeout, **changes)) as chat:
        chat.send_message(**SEND)


EXCHANGES: dict[str, Callable[[str, float], None]] = {
    "description": connecting,
    "token": lambda url, timeout: sending("json", "http://127.0.0.1:9", timeout, token_origin=url),
    "metadata": lambda url, timeout: sending("json", "http://127.0.0.1:9", timeout, token_url=None, issuer=url),
    **{
        f"baseline over {protocol}": lambda url, timeout, protocol=protocol: sending(  # type: ignore[misc] # a bound default
            protocol, url, timeout, delivery="reconcile", settle=0.01
        )
        for protocol in PROTOCOLS
        if protocol != "json"
    },
}


@table("script", SCRIPTS)
@pytest.mark.parametrize("exchange", EXCHANGES.values(), ids=EXCHANGES.keys())
def test_what_fails_before_a_call_leaves_no_doubt_about_the_call(
    exchange: Callable[[str, float], None], script: Script
) -> None:
    with ScriptedServer(script) as server:
        with pytest.raises(AfilnetError) as caught:
            # A reading before a send gets an eighth of the time.
            exchange(server.url(""), 0.8 if hold in script else 20.0)
        assert server.visits
        assert not any(b"sendmessage" in each for each in server.processed)
    assert caught.value.delivery is not Delivery.UNKNOWN, caught.value
    assert "carried out" not in str(caught.value)


@table("script", SCRIPTS)
def test_a_description_that_cannot_be_had_names_its_setting(script: Script) -> None:
    with ScriptedServer(script) as server, pytest.raises(AfilnetError, match="soap_wsdl"):
        connecting(server.url(""), 0.8 if hold in script else 20.0)


@table(
    ("status", "todo"),
    [(401, "for those who log in"), (403, "for those who log in"), (404, "set the address"), (302, "set the address")],
)
def test_a_description_that_is_not_at_its_address_is_told_with_what_to_do(status: int, todo: str) -> None:
    with (
        ScriptedServer(BROKEN[f"HTTP {status}"]) as server,
        pytest.raises(ConfigurationError, match=f"HTTP {status}: .*{todo}"),
    ):
        connecting(server.url(""), 20.0)


@table(
    "error",
    [
        OutcomeUnknownError("lost"),
        NotSentError("refused"),
        UnknownServiceError("OVERLOADED"),
        RateLimitedError("HTTP_429"),
        ConfigurationError("no such file"),
    ],
)
def test_the_class_says_whose_fault_it_is_and_the_delivery_that_nothing_happened(error: AfilnetError) -> None:
    told = for_the_call(error, "the token could not be fetched")
    assert told.delivery in (Delivery.NOT_SENT, Delivery.REJECTED)
    if not isinstance(error, OutcomeUnknownError):
        assert type(told) is type(error)
    assert str(error) in str(told)


def test_what_is_known_of_another_attempt_is_told_of_the_call_too() -> None:
    """A breaker that rests before the reading that a send needs: whoever is told for how long can wait so long."""
    told = for_the_call(NotSentError("calls rest", retry_after=7.0, lasting=True, local=True), "it could not be read")
    assert isinstance(told, NotSentError)
    assert (told.retry_after, told.lasting, told.local) == (7.0, True, True)


def test_sabotage_an_error_that_is_handed_through_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.backends.description.for_the_call", lambda error, what: error)
    with pytest.raises(AssertionError):
        test_what_fails_before_a_call_leaves_no_doubt_about_the_call.__wrapped__(connecting, BROKEN["reset"])
