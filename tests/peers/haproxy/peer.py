"""HAProxy, plain and with retries of whole requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import ALL, Scene, clients
from tests.peers.stage import Stage

NAME = "HAProxy"


def version() -> str:
    """Return the version of HAProxy."""
    return version_of(find("haproxy"), "-v", pattern=r"\d+\.\d+\.\d+")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events through both."""
    service, port, eager = stage.service(), free_port(), free_port()
    conf = stage.write(Path(__file__).with_name("haproxy.cfg"), port=port, eager=eager, service=service)
    stage.run(find("haproxy"), "-db", "-f", conf, port=port)
    ways = clients(f"http://127.0.0.1:{port}")
    yield Scene("HAProxy", stage.ledger, ways)
    yield Scene("HAProxy, asyncio", stage.ledger, ways, awaited=True)
    yield Scene("HAProxy, eager", stage.ledger, clients(f"http://127.0.0.1:{eager}"), repeats=frozenset(ALL))
