"""nginx that keeps answers to GET for a minute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from afilnet_protocols import ChatOperations, connect
from afilnet_protocols.errors import AfilnetError
from tests.peers.nginx.start import GETS, start, version
from tests.peers.operations import PERSON
from tests.peers.program import free_port
from tests.peers.scene import Check, Scene, clients
from tests.peers.stage import Ledger, Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "nginx, caching"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events, and the same text sent twice by each way in."""
    service, port = stage.service(), free_port()
    start(stage, "caching.conf", port=port, service=service)
    ways = clients(f"http://127.0.0.1:{port}")
    twice = [(f"the same text twice by {way}", _twice(stage.ledger, way, given)) for way, given in ways.items()]
    yield Scene("nginx, caching", stage.ledger, ways, repeats=GETS, checks=twice)


def _twice(ledger: Ledger, way: str, given: dict[str, Any]) -> Check:
    word = f"twice-{way.replace(' ', '')}"

    def check() -> str | None:
        with connect(**given) as chat:
            told = sum(_done(chat, word) for _ in range(4))
        done = ledger.carried_out()[word]
        return f"{told} times done, {done} times carried out" if told > done else None

    return check


def _done(chat: ChatOperations, message: str) -> bool:
    try:
        chat.send_message(**PERSON, message=message)
    except AfilnetError:
        return False
    return True
