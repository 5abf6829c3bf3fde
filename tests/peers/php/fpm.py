"""PHP-FPM behind nginx."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.nginx.start import start
from tests.peers.php.start import start_fpm, version
from tests.peers.program import free_port
from tests.peers.scene import FORMS, PHP, Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "PHP-FPM, nginx"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what can happen to a page of PHP in a process of its own."""
    port, www = free_port(), stage.php()
    start(stage, "fastcgi.conf", port=port, www=www, fpm=start_fpm(stage))
    ways = clients(f"http://127.0.0.1:{port}", FORMS)
    yield Scene("PHP-FPM", stage.ledger, ways, PHP, ("slow", "deaf"), ("kill", "dies", "flush"), times=2)
