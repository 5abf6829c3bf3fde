"""npm's oauth2-mock-server, with two guards before the API."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.oauth.guarded import guarded
from tests.peers.oauth.node import start
from tests.peers.program import node_version, node_with
from tests.peers.scene import Scene
from tests.peers.stage import Stage

NAME = "oauth2-mock-server"
GUARDS = ("express-jwt", "express-oauth2-jwt-bearer")


def version() -> str:
    """Return the version of oauth2-mock-server."""
    for guard in GUARDS:
        node_with(guard)
    return node_version("oauth2-mock-server")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what is asked of every guarded API, behind each guard; this server takes any secret."""
    for guard in GUARDS:
        url, issuer = start(stage, guard)
        yield from guarded(stage, guard, url, forget=None, any_secret=True, token_url=f"{issuer}/token")
        yield from guarded(
            stage, f"{guard}, issuer", url, ("plain",), forget=None, any_secret=True, token_url=None, issuer=issuer
        )
