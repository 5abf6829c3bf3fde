"""squid on the way out: tunnels to TLS and plain requests, with right, wrong and no credentials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.proxied import through
from tests.peers.scene import Scene
from tests.peers.stage import Stage

NAME = "squid"
# some-password, as `openssl passwd -apr1 -salt peers` writes it
PASSWORDS = "someone:$apr1$peers$7rTDWTZIvR98OX5X3YKHG1\n"


def version() -> str:
    """Return the version of squid."""
    return version_of(find("squid"), "-v")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events through tunnels and plain, and sends that the proxy refuses."""
    port = free_port()
    (stage.folder / "squid.passwords").write_text(PASSWORDS, "utf-8")
    conf = stage.write(Path(__file__).with_name("squid.conf"), port=port)
    stage.run(find("squid"), "-N", "-f", conf, port=port)
    yield from through(stage, NAME, f"http://127.0.0.1:{port}")
