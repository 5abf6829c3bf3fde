"""lighttpd as a reverse proxy, with a limit of 64 KiB for requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

NAME = "lighttpd"


def version() -> str:
    """Return the version of lighttpd."""
    return version_of(find("lighttpd"), "-v")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events, and requests beyond the limit."""
    service, port = stage.service(), free_port()
    conf = stage.write(Path(__file__).with_name("lighttpd.conf"), port=port, service=service)
    stage.run(find("lighttpd"), "-D", "-f", conf, port=port)
    url = f"http://127.0.0.1:{port}"
    yield Scene("lighttpd", stage.ledger, clients(url))
    large = clients(url, ("http-post", "basic", "json", "soap"))
    yield Scene("lighttpd 413", stage.ledger, large, ("plain",), (), (), sure={"plain": "rejected"}, size=70_000)
