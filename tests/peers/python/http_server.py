"""Python's own http.server: it keeps connections, and takes one at a time."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from afilnet_protocols import connect
from tests.peers.operations import PERSON
from tests.peers.program import free_port
from tests.peers.scene import Check, Scene, clients
from tests.peers.stage import SERVICE, Ledger, Stage

NAME = "http.server (Python)"
PROTOCOLS = ("http-get", "http-post", "basic", "json", "soap")


def version() -> str:
    """Return the version of Python."""
    return platform.python_version()


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield a read and then a send by one client, whose own idle connection must not stand in its way."""
    port = free_port()
    stage.run(sys.executable, str(SERVICE / "one_at_a_time.py"), str(port), port=port, kept=True)
    checks: list[tuple[str, Check]] = []
    for protocol in PROTOCOLS:
        given = clients(f"http://127.0.0.1:{port}", (protocol,), timeout=3.0)[protocol]
        checks.append((f"a read and then a send by {protocol}", _read_and_send(given, stage.ledger, protocol)))
    yield Scene("one at a time", stage.ledger, {}, (), (), (), checks=checks)


def _read_and_send(given: Mapping[str, Any], ledger: Ledger, protocol: str) -> Check:
    word = f"plain-after-a-read-by-{protocol}"

    def check() -> str | None:
        with connect(**given) as chat:
            for number in range(3):
                chat.get_chat_channels()
                chat.send_message(**PERSON, message=f"{word}-{number}")
        done = sum(ledger.carried_out()[f"{word}-{number}"] for number in range(3))
        return None if done == 3 else f"{done} of 3 carried out"

    return check
