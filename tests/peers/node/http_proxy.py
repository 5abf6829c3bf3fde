"""Node.js with http-proxy, which answers 500 to every failure as its manual shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.program import free_port, node_version, node_with
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

NAME = "http-proxy (Node.js)"


def version() -> str:
    """Return the version of http-proxy."""
    return node_version("http-proxy")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events."""
    service, port = stage.service(), free_port()
    script = str(Path(__file__).with_name("proxy.js"))
    stage.run(node_with("http-proxy"), script, str(port), str(service), port=port, kept=True)
    yield Scene("http-proxy", stage.ledger, clients(f"http://127.0.0.1:{port}"))
