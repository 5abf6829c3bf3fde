"""nghttpx, the proxy of nghttp2, with HTTP/1.1 in front and behind."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

NAME = "nghttpx"
OPTIONS = (
    "--workers=1",
    "--errorlog-file=/dev/stderr",
    "--accesslog-file=/dev/null",
    "--backend-read-timeout=2s",
    "--backend-connect-timeout=2s",
    "--no-ocsp",
    "--conf=/dev/null",
)


def version() -> str:
    """Return the version of nghttpx."""
    return version_of(find("nghttpx"), "--version", pattern=r"\d+\.\d+\.\d+")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events."""
    service, port = stage.service(), free_port()
    here = (f"--frontend=127.0.0.1,{port};no-tls", f"--backend=127.0.0.1,{service};;proto=http/1.1")
    stage.run(find("nghttpx"), *here, *OPTIONS, port=port)
    yield Scene("nghttpx", stage.ledger, clients(f"http://127.0.0.1:{port}"))
