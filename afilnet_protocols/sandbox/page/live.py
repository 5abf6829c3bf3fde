"""What has changed, told to an open page as server-sent events (HTML §9.2). Without an open page nobody looks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from afilnet_protocols.sandbox.page.recording import Recordings
from afilnet_protocols.sandbox.server.wire_log import WireLog
from afilnet_protocols.sandbox.state.service import Service

EVERY = 0.1
"""How often an open page's stream looks, in seconds."""

_QUIET = 150
"""After how many looks without news a comment is sent, so that a page that is gone is noticed."""


def state(service: Service, wires: WireLog, recordings: Recordings) -> dict[str, str]:
    """Return a mark for each thing that is shown; one that differs from before says that it has changed."""
    faults = service.faults.armed()
    return {
        "messages": str(service.store.changes),
        "calls": str(wires.count),
        "faults": "/".join(f"{armed.number}:{armed.met}:{armed.hits}" for armed in faults),
        "clock": service.clock.setting,
        "recording": str(recordings.changes),
        "dialect": str(id(service.dialect)),
    }


async def changes(service: Service, wires: WireLog, recordings: Recordings) -> AsyncIterator[bytes]:
    """Yield an event for everything that changes, first of all one that says how things are."""
    before: dict[str, str] = {}
    quiet = 0
    while True:
        now = state(service, wires, recordings)
        changed = [name for name, mark in now.items() if before.get(name) != mark]
        if changed:
            event = "change" if before else "hello"
            yield f"event: {event}\ndata: {json.dumps(changed)}\n\n".encode()
            before, quiet = now, 0
        elif quiet >= _QUIET:
            yield b": still here\n\n"
            quiet = 0
        quiet += 1
        await asyncio.sleep(EVERY)
