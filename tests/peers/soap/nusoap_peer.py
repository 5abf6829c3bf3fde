"""NuSOAP in both styles and in both of its modes, with the description that it writes itself.

Debian 12 has NuSOAP 0.9.5, whose constructors are named after their classes, and PHP 8.2, which no longer calls such
constructors; so they are renamed in a copy, as deployments of it on this PHP have done. Nothing else is changed.
"""

from __future__ import annotations

import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.peers.operations import six
from tests.peers.program import Absent, find, free_port
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

NAME = "NuSOAP"
SOURCE = Path("/usr/share/php/nusoap/nusoap.php")
EVENTS = ("plain", "deny", "throw", "fault", "mute")


def version() -> str:
    """Return the version of NuSOAP."""
    find("php")
    if not SOURCE.exists():
        raise Absent("NuSOAP is not installed (libnusoap-php)")
    found = re.search(r"var \$version = '([\d.]+)'", SOURCE.read_text("latin-1"))
    return found[1] if found else "?"


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield six operations and what can happen to a page of PHP, in both styles and modes."""
    (stage.folder / "nusoap.php").write_text(_with_constructors(SOURCE.read_text("latin-1")), "latin-1")
    script = stage.folder / "chat.php"
    shutil.copy(Path(__file__).with_name("nusoap.php"), script)
    for style in ("rpc", "document"):
        for mode in ("default", "utf-8"):
            label, port = f"{style} {mode}", free_port()
            env = {"STYLE": style, "MODE": mode, "PHP_CLI_SERVER_WORKERS": "8"}
            command = (find("php"), "-S", f"127.0.0.1:{port}", str(script))
            stage.run(*command, port=port, kept=True, env=env)
            url, description = f"http://127.0.0.1:{port}/", stage.folder / f"nusoap-{style}-{mode}.wsdl"
            with urllib.request.urlopen(f"{url}?wsdl", timeout=10) as answer:
                description.write_bytes(answer.read())
            ways = clients(url, ("soap",), soap_wsdl=str(description), soap_endpoint=url)
            # In its default mode it has no words for what ISO-8859-1 has none for.
            checks = six(ways["soap"], stage.ledger, label, name="Café <& Co>", text="¿qué tal? <&")
            yield Scene(label, stage.ledger, ways, EVENTS, (), ("kill", "dies"), times=2, checks=checks)


def _with_constructors(source: str) -> str:
    for name in re.findall(r"^class (\w+)", source, re.MULTILINE):
        source = re.sub(rf"(function |parent::){name}\s*\(", r"\1__construct(", source)
    return source
