"""Apache in front of PHP-FPM."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.apache.start import start, version
from tests.peers.php.start import start_fpm
from tests.peers.program import free_port
from tests.peers.scene import FORMS, PHP, Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "Apache, proxy_fcgi"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what can happen to a page of PHP in a process of its own."""
    port, www = free_port(), stage.php()
    fpm = start_fpm(stage)
    start(stage, "fcgi.conf", port=port, www=www, fpm=fpm)
    ways = clients(f"http://127.0.0.1:{port}", FORMS)
    yield Scene("proxy_fcgi", stage.ledger, ways, PHP, ("slow", "deaf"), ("kill", "dies", "flush"), times=2)
