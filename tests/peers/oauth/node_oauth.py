"""npm's @node-oauth/oauth2-server, which is both server and guard."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.oauth.guarded import guarded
from tests.peers.oauth.node import start
from tests.peers.program import node_version
from tests.peers.scene import Scene
from tests.peers.stage import Stage

NAME = "@node-oauth/oauth2-server"


def version() -> str:
    """Return the version of @node-oauth/oauth2-server."""
    return node_version("@node-oauth/oauth2-server")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what is asked of every guarded API."""
    url, _ = start(stage, "@node-oauth/oauth2-server")
    yield from guarded(stage, NAME, url)
