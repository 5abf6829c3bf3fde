"""uvicorn with the service as an application."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.program import free_port, python_version, python_with
from tests.peers.scene import APPLICATION, Scene, clients
from tests.peers.stage import SERVICE, Stage

NAME = "uvicorn"


def version() -> str:
    """Return the version of uvicorn."""
    return python_version("uvicorn")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what can happen to an application."""
    port = free_port()
    command = (python_with("uvicorn"), "-m", "uvicorn", "--log-level", "error", "--port", str(port), "app:asgi")
    stage.run(*command, port=port, kept=True, env={"PYTHONPATH": str(SERVICE)})
    ways = clients(f"http://127.0.0.1:{port}", timeout=3.0)
    yield Scene("uvicorn", stage.ledger, ways, APPLICATION)
