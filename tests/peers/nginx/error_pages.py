"""nginx that puts pages of its own in the place of failures."""

from __future__ import annotations

from collections.abc import Iterator

from tests.peers.nginx.start import GETS, start, version
from tests.peers.program import free_port
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "nginx, error pages"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield all events through a page in a named location, a missing page, and a page that the service is asked for."""
    service = stage.service()
    ports = {name: free_port() for name in ("named", "missing", "proxied")}
    pages = stage.folder / "pages"
    pages.mkdir(mode=0o755)
    (pages / "sorry.html").write_text("<h1>Sorry</h1>", "utf-8")
    start(stage, "error_pages.conf", service=service, **ports, port=ports["named"])
    for name, port in ports.items():
        ways = clients(f"http://127.0.0.1:{port}", ("http-get", "http-post", "json", "soap"))
        # A Fault comes with 500, so that its page takes the place of the service's refusal.
        yield Scene(f"nginx, {name} page", stage.ledger, ways, repeats=GETS, sure={"plain": "done"})
