"""PHP's SoapServer in three styles."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from afilnet_protocols import connect
from tests.peers.operations import six
from tests.peers.php.start import version
from tests.peers.program import Absent, find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Check, Scene, clients
from tests.peers.soap.description import OPERATIONS, STYLES, wsdl
from tests.peers.stage import Stage

__all__ = ["NAME", "scenes", "version"]

NAME = "PHP SoapServer"
EVENTS = ("plain", "deny", "throw", "busy", "fault", "mistake", "mute", "e403", "e404", "e502")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield six operations and what can happen to a page of PHP, in every style."""
    if not version_of(find("php"), "-r", 'echo class_exists("SoapServer") ? "1.0" : "";').startswith("1"):
        raise Absent("PHP has no SoapServer (php-soap)")
    names = json.dumps({name: parameters for name, (parameters, _) in OPERATIONS.items()})
    script = stage.folder / "soap.php"
    shutil.copy(Path(__file__).with_name("php_soap.php"), script)
    for style in STYLES:
        port, description = free_port(), stage.folder / f"{style.replace(' ', '-')}.wsdl"
        url = f"http://127.0.0.1:{port}"
        description.write_text(wsdl(f"{url}/soap.php", style), "utf-8")
        env = {"WSDL": str(description), "STYLE": style, "NAMES": names, "PHP_CLI_SERVER_WORKERS": "8"}
        stage.run(
            find("php"), "-d", "display_errors=0", "-S", f"127.0.0.1:{port}", str(script), port=port, kept=True, env=env
        )
        ways = clients(url, ("soap",), soap_wsdl=str(description), soap_endpoint=f"{url}/soap.php")
        checks = [*six(ways["soap"], stage.ledger, style), ("one object in two rows", _twice(ways["soap"]))]
        yield Scene(style, stage.ledger, ways, EVENTS, (), ("kill", "dies"), times=2, checks=checks)


def _twice(settings: Mapping[str, Any]) -> Check:
    def check() -> str | None:
        with connect(**settings) as chat:
            found = [record.message_id for record in chat.get_chats(platform="whatsapp", platform_id="200")]
        return None if found == ["7", "7"] else f"{found} instead of the same row twice"

    return check
