"""What is asked of every authorization server with the guard that stands before its API."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from afilnet_protocols import connect
from afilnet_protocols.errors import AfilnetError
from tests.peers.operations import PERSON, six
from tests.peers.scene import Check, Scene, clients
from tests.peers.stage import Ledger, Stage

SECRET = "a-password"
EVENTS = (
    "plain",
    "deny",
    "deny404",
    "busy",
    "hidden404",
    "shut403",
    "e403",
    "e404",
    "e405",
    "e500",
    "e502",
    "e503",
    "e504",
)


def guarded(
    stage: Stage,
    name: str,
    url: str,
    events: Sequence[str] = EVENTS,
    *,
    forget: str | None = "forget",
    any_secret: bool = False,
    **more: Any,
) -> Iterator[Scene]:
    """Yield six operations, sends, a wrong secret and, where the server can forget tokens, a forgotten one."""
    ways = clients(url, ("json",), client_secret=SECRET, **more)
    given = ways["json"]
    checks = six(given, stage.ledger, name)
    if not any_secret:
        checks.append(("a wrong secret", _refused({**given, "client_secret": "another-one"})))
    if forget:
        checks.append(("a forgotten token", _forgotten(given, stage.ledger, f"{url}/{forget}", name)))
    yield Scene(name, stage.ledger, ways, events, (), (), times=3, checks=checks)


def _refused(given: Mapping[str, Any]) -> Check:
    def check() -> str | None:
        try:
            with connect(**given) as chat:
                chat.send_message(**PERSON, message="plain-wrong-secret")
        except AfilnetError as error:
            named = "client_secret" in str(error) or "client_id" in str(error)
            good = named and str(error.delivery) in ("not_sent", "rejected")
            return None if good else f"{type(error).__name__} ({error.delivery}): {error}"
        return "a send with a wrong secret was done"

    return check


def _forgotten(given: Mapping[str, Any], ledger: Ledger, forget: str, name: str) -> Check:
    word = f"plain-forgotten-{name.replace(' ', '')}"

    def check() -> str | None:
        with connect(**given) as chat:
            chat.get_chat_channels()
            urllib.request.urlopen(urllib.request.Request(forget, method="POST"), timeout=10).close()
            told = [_told(lambda: chat.send_message(**PERSON, message=word)) for _ in range(2)]
        done = ledger.carried_out()[word]
        good = told[-1] == "done" and told.count("done") == done
        return None if good else f"{' and then '.join(told)}; carried out {done} times"

    return check


def _told(call: Any) -> str:
    try:
        call()
    except AfilnetError as error:
        return f"{type(error).__name__} ({error.delivery}): {error}"
    return "done"
