"""SOAP::Lite in Perl, in the style rpc: it names no types of records, and writes texts beyond ASCII as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.operations import six
from tests.peers.program import Absent, find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Scene, clients
from tests.peers.soap.description import wsdl
from tests.peers.stage import Stage

NAME = "SOAP::Lite"
EVENTS = ("plain", "deny", "throw", "fault")


def version() -> str:
    """Return the version of SOAP::Lite."""
    found = version_of(find("perl"), "-MSOAP::Lite", "-e", "print $SOAP::Lite::VERSION", pattern=r"^\d+\.\d+$")
    if found == "?":
        raise Absent("SOAP::Lite is not installed (libsoap-lite-perl)")
    return found


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield six operations and what can happen to a call, as both uses of rpc are described."""
    script = str(Path(__file__).with_name("soap_lite.pl"))
    for style in ("rpc literal", "rpc encoded"):
        port = free_port()
        stage.run(find("perl"), script, str(port), port=port, kept=True)
        url, description = f"http://127.0.0.1:{port}/", stage.folder / f"soap-lite-{style.replace(' ', '-')}.wsdl"
        description.write_text(wsdl(url, style))
        ways = clients(url, ("soap",), soap_wsdl=str(description), soap_endpoint=url)
        checks = six(ways["soap"], stage.ledger, style)
        yield Scene(style, stage.ledger, ways, EVENTS, (), ("kill", "dies"), times=2, checks=checks)
