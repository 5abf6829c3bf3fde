"""hitch at the end of TLS."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage, is_root

NAME = "hitch"


def version() -> str:
    """Return the version of hitch."""
    return version_of(find("hitch"), "--version")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events over TLS; nothing here ends a wait but the client."""
    service, port = stage.service(), free_port()
    rights = ["--user=nobody"] if is_root() else []
    ends = (f"--frontend=[127.0.0.1]:{port}", f"--backend=[127.0.0.1]:{service}", "--workers=1", "--ocsp-dir=")
    stage.run(find("hitch"), *rights, *ends, stage.certificate, port=port)
    ways = clients(f"https://localhost:{port}", ca_file=stage.ca_file, timeout=2.0)
    yield Scene("hitch", stage.ledger, ways)
