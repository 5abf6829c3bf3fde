"""Apache at the end of TLS, for those who show a certificate."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.apache.start import start, version
from tests.peers.program import free_port
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "Apache, mod_ssl"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events with a certificate, and sends without one."""
    service, port = stage.service(), free_port()
    files = {"certificate": stage.certificate, "authority": stage.ca_file}
    start(stage, "tls.conf", port=port, service=service, **files)
    url = f"https://localhost:{port}"
    ways = clients(url, ca_file=stage.ca_file, client_cert=stage.client_certificate)
    yield Scene("certificate shown", stage.ledger, ways)
    few = ("plain", "deny", "lost")
    unshown = clients(url, ("http-get", "http-post", "basic"), ca_file=stage.ca_file)
    sure = dict.fromkeys(few, "not_sent")
    yield Scene("certificate not shown", stage.ledger, unshown, few, (), (), sure=sure, times=3)
