"""gunicorn with the service as an application."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.program import free_port, python_version, python_with
from tests.peers.scene import APPLICATION, Scene, clients
from tests.peers.stage import SERVICE, Stage

NAME = "gunicorn"


def version() -> str:
    """Return the version of gunicorn."""
    return python_version("gunicorn")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what can happen to an application."""
    port = free_port()
    command = (
        python_with("gunicorn"),
        "-m",
        "gunicorn",
        "--timeout",
        "1",
        "--workers",
        "3",
        "--bind",
        f"127.0.0.1:{port}",
        "app:wsgi",
    )
    stage.run(*command, port=port, kept=True, env={"PYTHONPATH": str(SERVICE)})
    ways = clients(f"http://127.0.0.1:{port}", timeout=3.0)
    yield Scene("gunicorn", stage.ledger, ways, APPLICATION)
