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
    """Yield everyday traffic with reloads, and requests beyond the limits of the intermediary."""
    service, port, narrow = stage.service(), free_port(), free_port()
    program = start(stage, "plain.conf", port=port, narrow=narrow, service=service)
    url = f"http://127.0.0.1:{port}"
    yield Scene("nginx", stage.ledger, clients(url), repeats=GETS, during=lambda: os.kill(program.pid, signal.SIGHUP))
    yield Scene("nginx, asyncio", stage.ledger, clients(url), repeats=GETS, awaited=True)
    by_post = clients(url, ("http-post", "basic", "json", "soap"))
    yield Scene("nginx 413", stage.ledger, by_post, ("plain",), (), (), sure={"plain": "rejected"}, size=70_000)
    by_get = clients(f"http://127.0.0.1:{narrow}", ("http-get", "basic GET"))
    yield Scene("nginx 414", stage.ledger, by_get, ("plain",), (), (), sure={"plain": "rejected"}, size=2_000, times=3)
