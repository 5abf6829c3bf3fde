"""Apache with PHP inside and, before and after it, mod_security with its core rules, which judge answers as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.apache.start import MODULES, start, version
from tests.peers.program import free_port
from tests.peers.scene import FORMS, PHP, Scene, clients
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "Apache, mod_security"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what can happen to a page of PHP behind a firewall for web applications."""
    port = free_port()
    rules = stage.write(Path(__file__).with_name("mod_security.conf"), modules=MODULES)
    needs = ("libphp8.2.so", "mod_security2.so")
    start(stage, "mod_php.conf", port=port, needs=needs, www=stage.php(), display="On", more=f"Include {rules}")
    # What the rules make of a message is their business: no verdict has to come.
    ways = clients(f"http://127.0.0.1:{port}", FORMS)
    yield Scene("mod_security", stage.ledger, ways, PHP, ("slow",), ("kill", "dies"), sure={}, times=2)
