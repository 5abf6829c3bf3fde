"""npm's strong-soap."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.program import node_version
from tests.peers.scene import Scene
from tests.peers.soap.node import through
from tests.peers.stage import Stage

NAME = "strong-soap (npm)"


def version() -> str:
    """Return the version of strong-soap."""
    return node_version("strong-soap")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield six operations and what can happen to a call."""
    yield from through(stage, "strong-soap")
