"""Apache as a reverse proxy: everyday traffic with graceful reloads, and error documents asked of the service."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from tests.peers.apache.start import start, version
from tests.peers.program import free_port
from tests.peers.scene import FORMS, Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "Apache, mod_proxy"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events, and those through error documents."""
    service, port, pages = stage.service(), free_port(), free_port()
    program = start(stage, "proxy.conf", port=port, service=service, pages=pages)
    ways = clients(f"http://127.0.0.1:{port}")
    yield Scene("Apache", stage.ledger, ways, during=lambda: os.kill(program.pid, signal.SIGUSR1))
    # It puts pages in the place of the service's refusals too, unless these come with 200.
    ways, sure = clients(f"http://127.0.0.1:{pages}", (*FORMS, "json")), {"plain": "done", "deny": "rejected"}
    yield Scene("Apache, ErrorDocument", stage.ledger, ways, sure=sure)
