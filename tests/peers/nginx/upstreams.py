"""nginx with two services behind it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.nginx.start import GETS, start, version
from tests.peers.program import free_port
from tests.peers.scene import ALL, Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "nginx, two upstreams"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events through a pool of two, and through a backup that gets what the first one failed at."""
    service, second, port, backup = stage.service(), stage.service(), free_port(), free_port()
    start(stage, "upstreams.conf", port=port, service=service, second=second, backup=backup)
    # After a few losses nginx takes a service for dead and answers by itself: of the later sends nothing is sure.
    ways, sure = clients(f"http://127.0.0.1:{port}"), {"plain": "done", "deny": "rejected"}
    yield Scene("nginx, pool", stage.ledger, ways, repeats=GETS, sure=sure)
    # What fails at the first is sent to the second, POST too: it is carried out twice, by no doing of ours.
    ways = clients(f"http://127.0.0.1:{backup}")
    yield Scene("nginx, @backup", stage.ledger, ways, repeats=frozenset(ALL))
