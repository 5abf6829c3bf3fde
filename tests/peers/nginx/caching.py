"""nginx that keeps answers to GET for a minute."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.nginx.start import GETS, start, version
from tests.peers.operations import same_text_again
from tests.peers.program import free_port
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "nginx, caching"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events, and the same text sent again by each way in."""
    service, port = stage.service(), free_port()
    start(stage, "caching.conf", port=port, service=service)
    ways = clients(f"http://127.0.0.1:{port}")
    yield Scene(NAME, stage.ledger, ways, repeats=GETS, checks=same_text_again(ways, stage.ledger))
