"""Authlib."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.oauth.guarded import EVENTS, guarded
from tests.peers.program import free_port, python_version, python_with
from tests.peers.scene import Scene
from tests.peers.stage import Stage

NAME = "Authlib"


def version() -> str:
    """Return the version of Authlib."""
    return python_version("Authlib")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what is asked of every guarded API."""
    port = free_port()
    script = str(Path(__file__).with_name("authlib_server.py"))
    stage.run(python_with("authlib"), script, str(port), port=port)
    yield from guarded(stage, NAME, f"http://127.0.0.1:{port}", (*EVENTS, "throw", "fault"))
