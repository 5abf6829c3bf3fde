"""What npm's SOAP servers have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.operations import six
from tests.peers.program import free_port, node_with
from tests.peers.scene import Scene, clients
from tests.peers.soap.description import wsdl
from tests.peers.stage import Stage

EVENTS = ("plain", "deny", "throw", "fault")


def through(stage: Stage, package: str) -> Iterator[Scene]:
    """Yield six operations and what can happen to a call, document/literal."""
    port, description = free_port(), stage.folder / "chat.wsdl"
    url = f"http://127.0.0.1:{port}/soap"
    description.write_text(wsdl(url, "document"), "utf-8")
    script = str(Path(__file__).with_name("node_service.js"))
    stage.run(node_with(package), script, package, str(port), str(description), port=port, kept=True)
    ways = clients(url, ("soap",), soap_wsdl=str(description), soap_endpoint=url)
    checks = six(ways["soap"], stage.ledger, "document")
    yield Scene(package, stage.ledger, ways, EVENTS, (), ("kill", "dies"), times=3, checks=checks)
