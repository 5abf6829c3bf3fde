"""Apache with the service as a page of PHP inside."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.apache.start import start, version
from tests.peers.program import free_port
from tests.peers.scene import FORMS, PHP, Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "Apache, mod_php"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what can happen to a page of PHP, and requests beyond the limit."""
    port = free_port()
    start(stage, "mod_php.conf", port=port, needs=("libphp8.2.so",), www=stage.php(), display="Off", more="")
    url = f"http://127.0.0.1:{port}"
    yield Scene("mod_php", stage.ledger, clients(url, FORMS), PHP, ("slow", "deaf"), ("kill", "dies", "flush"), times=2)
    yield Scene(
        "mod_php 413", stage.ledger, clients(url, ("http-post", "basic")), ("plain",), (), (), sure={}, size=70_000
    )
