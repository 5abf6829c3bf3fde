"""tinyproxy on the way out: tunnels to TLS and plain requests, with right, wrong and no credentials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.proxied import through
from tests.peers.scene import Scene
from tests.peers.stage import Stage

NAME = "tinyproxy"


def version() -> str:
    """Return the version of tinyproxy."""
    return version_of(find("tinyproxy"), "-v")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events through tunnels and plain, and sends that the proxy refuses."""
    port = free_port()
    conf = stage.write(Path(__file__).with_name("tinyproxy.conf"), port=port)
    stage.run(find("tinyproxy"), "-d", "-c", conf, port=port)
    yield from through(stage, NAME, f"http://127.0.0.1:{port}")
