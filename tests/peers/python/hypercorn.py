"""hypercorn with the service as an application."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.program import free_port, python_version, python_with
from tests.peers.scene import APPLICATION, Scene, clients
from tests.peers.stage import SERVICE, Stage

NAME = "hypercorn"


def version() -> str:
    """Return the version of hypercorn."""
    return python_version("hypercorn")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what can happen to an application."""
    port = free_port()
    command = (python_with("hypercorn"), "-m", "hypercorn", "--bind", f"127.0.0.1:{port}", "app:asgi")
    stage.run(*command, port=port, kept=True, env={"PYTHONPATH": str(SERVICE)})
    ways = clients(f"http://127.0.0.1:{port}", timeout=3.0)
    yield Scene("hypercorn", stage.ledger, ways, APPLICATION)
