"""Apache Traffic Server as a reverse proxy that keeps no answers, and as one that keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

NAME = "Traffic Server"
GETS = frozenset({"http-get", "basic GET"})
FOLDERS = ("etc", "run", "log", "cache")
RUN_ROOT = "runroot.yaml"
TEMPLATES = ("records.config", "remap.config", "storage.config", "ip_allow.yaml", RUN_ROOT)


def version() -> str:
    """Return the version of Traffic Server."""
    return version_of(find("traffic_server"), "-V", pattern=r"(?<=Traffic Server )\d+\.\d+\.\d+")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events through both."""
    service = stage.service()
    for name, caching in (("Traffic Server", 0), ("Traffic Server, caching", 1)):
        url = f"http://127.0.0.1:{_start(stage, service, caching)}"
        yield Scene(name, stage.ledger, clients(url), repeats=GETS)


def _start(stage: Stage, service: int, caching: int) -> int:
    """Start one in a folder of its own; return its port."""
    port, here = free_port(), stage.folder / f"server{caching}"
    for folder in FOLDERS:
        (here / folder).mkdir(parents=True)
        (here / folder).chmod(0o777)
    for template in TEMPLATES:
        name = f"{here.name}/{template}" if template == RUN_ROOT else f"{here.name}/etc/{template}"
        beside = Path(__file__).with_name(template)
        stage.write(beside, name, here=here, port=port, service=service, caching=caching)
    stage.run(find("traffic_server"), f"--run-root={here / RUN_ROOT}", port=port)
    return port
