"""nginx at the end of TLS, with and without client certificates."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from tests.peers.nginx.start import GETS, start, version
from tests.peers.program import free_port
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "nginx, TLS"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events over TLS, with reloads, and sends with and without a certificate where one is wanted."""
    service, port, strict = stage.service(), free_port(), free_port()
    program = start(
        stage,
        "tls.conf",
        port=port,
        strict=strict,
        service=service,
        certificate=stage.certificate,
        authority=stage.ca_file,
    )
    ways = clients(f"https://localhost:{port}", ca_file=stage.ca_file)
    yield Scene("nginx, TLS", stage.ledger, ways, repeats=GETS, during=lambda: os.kill(program.pid, signal.SIGHUP))
    url = f"https://localhost:{strict}"
    shown = clients(url, ("http-post", "basic"), ca_file=stage.ca_file, client_cert=stage.client_certificate)
    yield Scene("nginx, client shown", stage.ledger, shown, ("plain", "deny", "lost"), (), ())
    # nginx answers 400 to whoever shows none: a page of its own that stands for nothing done.
    unshown = clients(url, ("http-post", "basic"), ca_file=stage.ca_file)
    yield Scene("nginx, client unshown", stage.ledger, unshown, ("plain", "deny", "lost"), (), (), sure={})
