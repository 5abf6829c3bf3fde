"""Spyne, with the description that it writes itself."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.peers.operations import six
from tests.peers.program import free_port, python_version, python_with
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

NAME = "Spyne"
EVENTS = ("plain", "deny", "throw", "fault")


def version() -> str:
    """Return the version of Spyne."""
    return python_version("spyne")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield six operations and what can happen to a call, in both versions of SOAP."""
    script = str(Path(__file__).with_name("spyne_service.py"))
    for soap in ("1.1", "1.2"):
        port = free_port()
        stage.run(python_with("spyne"), "-W", "ignore", script, str(port), soap, port=port, kept=True)
        url = f"http://127.0.0.1:{port}/"
        description = stage.folder / f"spyne-{soap}.wsdl"
        with urllib.request.urlopen(f"{url}?wsdl", timeout=10) as answer:
            description.write_bytes(answer.read())
        ways = clients(url, ("soap",), soap_wsdl=str(description), soap_endpoint=url)
        checks = six(ways["soap"], stage.ledger, f"SOAP {soap}")
        yield Scene(f"SOAP {soap}", stage.ledger, ways, EVENTS, (), ("kill", "dies"), times=3, checks=checks)
