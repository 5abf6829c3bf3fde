"""flask-jwt-extended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.oauth.guarded import EVENTS, guarded
from tests.peers.program import free_port, python_version, python_with
from tests.peers.scene import Scene
from tests.peers.stage import Stage

NAME = "flask-jwt-extended"


def version() -> str:
    """Return the version of flask-jwt-extended."""
    return python_version("flask-jwt-extended")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what is asked of every guarded API."""
    port = free_port()
    script = str(Path(__file__).with_name("flask_jwt_server.py"))
    stage.run(python_with("flask_jwt_extended"), script, str(port), port=port)
    url = f"http://127.0.0.1:{port}"
    yield from guarded(stage, NAME, url, (*EVENTS, "throw", "fault"))
    yield from guarded(stage, f"{NAME}, another key", url, ("plain",), forget="rotate")
