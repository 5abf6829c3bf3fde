"""Caddy as a reverse proxy, plain and with retries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

NAME = "Caddy"
GETS = frozenset({"http-get", "basic GET"})


def version() -> str:
    """Return the version of Caddy."""
    return version_of(find("caddy"), "version")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events through both."""
    service, port, eager = stage.service(), free_port(), free_port()
    conf = stage.write(Path(__file__).with_name("Caddyfile"), port=port, eager=eager, service=service)
    home = {"HOME": str(stage.folder), "XDG_CONFIG_HOME": str(stage.folder)}
    stage.run(find("caddy"), "run", "--config", conf, "--adapter", "caddyfile", port=port, env=home)
    yield Scene("Caddy", stage.ledger, clients(f"http://127.0.0.1:{port}"), repeats=GETS)
    yield Scene("Caddy, eager", stage.ledger, clients(f"http://127.0.0.1:{eager}"), repeats=GETS)
