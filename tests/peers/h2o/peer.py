"""H2O as a reverse proxy, over plain HTTP and over TLS."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

NAME = "H2O"


def version() -> str:
    """Return the version of H2O."""
    return version_of(find("h2o"), "--version", pattern=r"\d+\.\d+\.\d+")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events through both."""
    service, port, secured = stage.service(), free_port(), free_port()
    here = Path(__file__).with_name("h2o.yaml")
    owner = pwd.getpwuid(os.geteuid()).pw_name
    conf = stage.write(here, port=port, secured=secured, service=service, certificate=stage.certificate, owner=owner)
    stage.run(find("h2o"), "-m", "worker", "-c", conf, port=port)
    yield Scene("H2O", stage.ledger, clients(f"http://127.0.0.1:{port}"))
    yield Scene("H2O, TLS", stage.ledger, clients(f"https://localhost:{secured}", ca_file=stage.ca_file))
