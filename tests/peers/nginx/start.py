"""How nginx is started, whatever it is to do."""

from __future__ import annotations

from pathlib import Path

from tests.peers.program import Program, find
from tests.peers.program import version as version_of
from tests.peers.stage import Stage

GETS = frozenset({"http-get", "basic GET"})
"""What nginx sends again by itself when a service ends a connection without an answer."""


def version() -> str:
    """Return the version of nginx."""
    return version_of(find("nginx"), "-v")


def start(stage: Stage, conf: str, *, port: int, **values: object) -> Program:
    """Start it with one of the configurations beside this file, and wait for this port."""
    path = stage.write(Path(__file__).with_name(conf), port=port, **values)
    return stage.run(find("nginx"), "-e", "stderr", "-p", str(stage.folder), "-c", path, port=port)
