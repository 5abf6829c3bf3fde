"""Envoy, plain and with retries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import ALL, Scene, clients
from tests.peers.stage import Stage

NAME = "Envoy"
RETRIES = ', retry_policy: {retry_on: "5xx,reset,gateway-error", num_retries: 2}'


def version() -> str:
    """Return the version of Envoy."""
    return version_of(find("envoy"), "--version", pattern=r"(?<=/)\d+\.\d+\.\d+")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events through both."""
    service, port, eager = stage.service(), free_port(), free_port()
    here = Path(__file__).parent
    listeners = [
        stage.write(here / "listener.yaml", name, port=number, retries=retries)
        for name, number, retries in (("plain.yaml", port, ""), ("eager.yaml", eager, RETRIES))
    ]
    both = "".join(Path(path).read_text("utf-8") for path in listeners)
    conf = stage.write(here / "envoy.yaml", listeners=both, service=service)
    more = ("--concurrency", "1", "--use-dynamic-base-id", "--log-level", "error")
    stage.run(find("envoy"), "-c", conf, *more, port=port)
    yield Scene("Envoy", stage.ledger, clients(f"http://127.0.0.1:{port}"))
    yield Scene("Envoy, eager", stage.ledger, clients(f"http://127.0.0.1:{eager}"), repeats=frozenset(ALL))
