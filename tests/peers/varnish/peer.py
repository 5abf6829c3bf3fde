"""Varnish with its own rules: what is GET and has no cookie and no Authorization is kept for two minutes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.operations import same_text_again
from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

NAME = "Varnish"
GETS = frozenset({"http-get", "basic GET"})


def version() -> str:
    """Return the version of Varnish."""
    return version_of(find("varnishd"), "-V")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events, and the same text sent again by each way in."""
    service, port = stage.service(), free_port()
    conf = stage.write(Path(__file__).with_name("default.vcl"), service=service)
    command = (
        find("varnishd"),
        "-F",
        "-j",
        "none",
        "-a",
        f"127.0.0.1:{port}",
        "-f",
        conf,
        "-n",
        str(stage.folder / "v"),
    )
    stage.run(*command, "-s", "malloc,32M", port=port)
    ways = clients(f"http://127.0.0.1:{port}")
    yield Scene(NAME, stage.ledger, ways, repeats=GETS, checks=same_text_again(ways, stage.ledger))
