"""stunnel at the end of TLS, with and without client certificates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

NAME = "stunnel"


def version() -> str:
    """Return the version of stunnel."""
    return version_of(find("stunnel"), "-version", pattern=r"(?<=stunnel )\d+\.\d+")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events over TLS, and sends with and without a certificate where one is wanted."""
    service, port, strict = stage.service(), free_port(), free_port()
    files = {"certificate": stage.certificate, "authority": stage.ca_file}
    conf = stage.write(Path(__file__).with_name("stunnel.conf"), port=port, strict=strict, service=service, **files)
    stage.run(find("stunnel"), conf, port=port)
    ways = clients(f"https://localhost:{port}", ca_file=stage.ca_file)
    yield Scene("stunnel", stage.ledger, ways)
    yield Scene("stunnel, asyncio", stage.ledger, ways, slow=(), deadly=(), awaited=True)
    few, url = ("plain", "deny", "lost"), f"https://localhost:{strict}"
    shown = clients(url, ("http-post", "basic"), ca_file=stage.ca_file, client_cert=stage.client_certificate)
    yield Scene("stunnel, client shown", stage.ledger, shown, few, (), ())
    unshown = clients(url, ("http-get", "http-post", "basic"), ca_file=stage.ca_file)
    sure = dict.fromkeys(few, "not_sent")
    yield Scene("stunnel, client unshown", stage.ledger, unshown, few, (), (), sure=sure, times=3)
