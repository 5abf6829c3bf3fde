"""Instructions of a call, counted by valgrind: a yardstick that a busy machine does not move.

`python -m tests.benchmarks.instructions [read-http …]` counts a process that makes 200 calls and one that makes 100,
and prints the difference for each call. The service is another process, whose instructions are not counted.
`tasks` are reads by twenty tasks at once, `dials` reads by tasks that each make a connection, and `resumed` sends with
`tls_resumption`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.service import CHANNEL, Service, running

WORK = ("read-http", "read-https", "send-https", "resumed-https", "tasks-http", "tasks-https", "dials-http")
MESSAGE = {**CHANNEL, "destination": "34600000000", "message": "hola, ¿qué tal?"}
WARM, CALLS = 60, 100
TOGETHER = 20


def _calls(service: Service, work: str, count: int, protocol: str) -> None:
    """Make the calls; in the process that is counted."""
    what, _, scheme = work.partition("-")
    if what in ("tasks", "dials"):
        asyncio.run(_in_tasks(service, scheme, count, protocol, together=TOGETHER if what == "tasks" else count))
        return
    chat = service.connect(protocol, scheme, resume=what == "resumed")
    for _ in range(count):
        if what == "read":
            chat.get_chat_channels()
        else:
            chat.send_message(**MESSAGE)
    chat.close()


async def _in_tasks(service: Service, scheme: str, count: int, protocol: str, *, together: int) -> None:
    async with service.connect_async(protocol, scheme) as chat:

        async def caller() -> None:
            for _ in range(count // together):
                await chat.get_chat_channels()

        await asyncio.gather(*(caller() for _ in range(together)))


def _counted(service: Service, work: str, count: int, protocol: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(os.environ.get("KEEP_PROFILE", folder)) / f"profile-{work}-{count}"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", sys.executable]
        told = json.dumps(dataclasses.asdict(service))
        child = subprocess.run(
            [*command, "-m", "tests.benchmarks.instructions", "--child", told, work, str(count), protocol],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"Collected : (\d+)", child.stderr)
    assert found is not None, child.stderr
    return int(found[1])


def instructions(service: Service, work: str, *, protocol: str = "http-post") -> float:
    """Return the instructions of one call.

    Args:
        service: what is called.
        work: one of ``WORK``.
        protocol: over which protocol.
    """
    few = _counted(service, work, WARM + CALLS, protocol)
    many = _counted(service, work, WARM + 2 * CALLS, protocol)
    return (many - few) / CALLS


def available() -> bool:
    """Return whether there is a valgrind to count with."""
    return shutil.which("valgrind") is not None


def main() -> None:
    """Count, and print."""
    if sys.argv[1:2] == ["--child"]:
        told, work, count, protocol = sys.argv[2:]
        _calls(Service(**json.loads(told)), work, int(count), protocol)
        return
    with running() as service:
        for work in sys.argv[1:] or WORK:
            sys.stdout.write(f"{work}: {instructions(service, work):,.0f} instructions a call\n")


if __name__ == "__main__":
    main()
