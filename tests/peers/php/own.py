"""PHP's own server: one connection at a time, answers without a length."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.php.start import start_server, version
from tests.peers.scene import FORMS, PHP, Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "php -S"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what can happen to a page of PHP when nothing stands in front of it."""
    port = start_server(stage, stage.php(), "index.php")
    ways = clients(f"http://127.0.0.1:{port}", FORMS, timeout=8.0)
    yield Scene("php -S", stage.ledger, ways, PHP, (), ("kill", "dies", "flush"))
    hasty = clients(f"http://127.0.0.1:{port}", FORMS, timeout=1.0)
    yield Scene("php -S, hasty", stage.ledger, hasty, (), (), ("slow", "plain"), sure={})
