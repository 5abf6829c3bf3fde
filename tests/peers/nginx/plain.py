"""nginx in front of the service with the usual lines: a request number, short times, kept connections, reloads."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from tests.peers.nginx.start import GETS, start, version
from tests.peers.program import free_port
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "nginx"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield everyday traffic with reloads, and requests beyond the limit of the front."""
    service, port = stage.service(), free_port()
    program = start(stage, "plain.conf", port=port, service=service)
    url = f"http://127.0.0.1:{port}"
    yield Scene("nginx", stage.ledger, clients(url), repeats=GETS, during=lambda: os.kill(program.pid, signal.SIGHUP))
    by_post = clients(url, ("http-post", "basic", "json", "soap"))
    yield Scene("nginx 413", stage.ledger, by_post, ("plain",), (), (), sure={"plain": "rejected"}, size=70_000)
