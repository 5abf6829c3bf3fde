"""What is played through a peer: ways in, and what happens to the sends on their way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.peers.stage import ROOT, Ledger, Stage

PASSWORD = "a-password"
FORMS = ("http-get", "http-post", "basic", "basic GET")
ALL = (*FORMS, "json", "soap")

# Each of these is served, cut or refused at once; the service says which were carried out.
QUICK = (
    "plain", "deny", "deny404", "deny400", "deny500", "lost", "reset", "cut", "cutreset", "half", "bare", "barecut",
    "chunks", "chunkscut", "hints", "garbage", "warn", "drop", "busy", "gone502", "hidden404", "shut403",
    "e403", "e404", "e405", "e500", "e502", "e503", "e504",
)  # fmt: skip
SLOW = ("slow", "deaf")
"""Longer than the intermediaries of these tests wait for a service, or than their client does."""
DEADLY = ("kill", "dies")
"""The service is gone, after the effect or before it."""
PHP = (
    "plain",
    "deny",
    "deny404",
    "busy",
    "throw",
    "fault",
    "memory",
    "mute",
    "warn",
    "e403",
    "e404",
    "e405",
    "e502",
    "cut",
)
APPLICATION = ("plain", "deny", "deny404", "busy", "gone502", "hidden404", "shut403", "throw", "fault", "bare", "cut",
               "e403", "e404", "e405", "e500", "e502", "e503")  # fmt: skip

SURE = {
    "plain": "done",
    "deny": "rejected",
    "deny404": "rejected",
    "deny400": "rejected",
    "bare": "done",
    "chunks": "done",
}
"""What a call must end in where nothing stands in its way: otherwise a client that knows nothing would pass."""

Check = Callable[[], str | None]
"""Something else that has to hold; returns what is wrong."""


@dataclass
class Scene:
    """Sends through one way in.

    Attributes:
        name: of the way, for the report.
        ledger: where the service says what it carried out.
        clients: the settings of a client, by protocol.
        quick, slow, deadly: events, by how long they take and what they leave behind.
        repeats: protocols over which this intermediary is known to send a request again by itself.
        during: something that happens again and again while further sends are under way, such as a reload.
        sure: the verdicts that must come, by event.
        size: characters added to each message.
        checks: what else has to hold, by name.
        awaited: whether the client is that of asyncio.
    """

    name: str
    ledger: Ledger
    clients: Mapping[str, dict[str, Any]]
    quick: Sequence[str] = QUICK
    slow: Sequence[str] = SLOW
    deadly: Sequence[str] = DEADLY
    repeats: frozenset[str] = frozenset()
    during: Callable[[], None] | None = None
    sure: Mapping[str, str] = field(default_factory=lambda: SURE)
    size: int = 0
    times: int = 1
    checks: Sequence[tuple[str, Check]] = ()
    awaited: bool = False


class Peer(Protocol):
    """A module that knows how to start one foreign server."""

    NAME: str

    def version(self) -> str:
        """Return the server's version; raises ``Absent`` if it is not here."""
        ...

    def scenes(self, stage: Stage) -> Any:
        """Start the server, perhaps several times, and yield what is to be played through it."""
        ...


def clients(url: str, protocols: Sequence[str] = ALL, **more: Any) -> dict[str, dict[str, Any]]:
    """Return the settings of a client by protocol, for the service at this address."""
    given = {protocol: {**_settings(url, protocol), **more} for protocol in protocols}
    return {
        protocol: {name: value for name, value in one.items() if value is not None} for protocol, one in given.items()
    }


def _settings(url: str, protocol: str) -> dict[str, Any]:
    given: dict[str, Any] = {"minimum_security": "none", "timeout": 4.0, "user": "user", "password": PASSWORD}
    if protocol == "json":
        token = {"client_id": "chat", "client_secret": PASSWORD, "token_url": url + "/token"}
        given = {"minimum_security": "none", "timeout": 4.0, "json_url": url + "/api/json/", **token}
    elif protocol == "soap":
        given |= {"soap_wsdl": str(ROOT / "schemas/afilnet-chat.wsdl"), "soap_endpoint": url + "/api/soap/"}
    else:
        given["base_url"] = url
    if protocol == "basic GET":
        return {**given, "protocol": "basic", "http_verb": "GET"}
    return {**given, "protocol": protocol}
