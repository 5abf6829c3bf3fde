"""R14: two worker processes share one outbox and send each message once."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections import Counter
from pathlib import Path

from afilnet_protocols.outbox import Outbox, State
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Figure, Run
from tests.outbox.crashes import Forker, plain

CONVERSATIONS = 37


def measure(run: Run) -> Figure:
    """Let two processes work on one file, and count what arrived."""
    messages = run.of(100, 600, 10_000)
    chance = run.chance("places")
    places = [f"34{chance.randrange(CONVERSATIONS)}" for _ in range(messages)]
    with Sandbox(journal_size=10 * messages) as sandbox, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outbox.db"
        settings = sandbox.settings(chance.choice([Protocol.HTTP_POST, Protocol.JSON]), plain=True)
        with Outbox(path, settings) as outbox:
            given = [
                (
                    "send_message",
                    {"platform": "whatsapp", "platform_id": "100", "destination": place, "message": f"{number}"},
                    None,
                )
                for number, place in enumerate(places)
            ]
            outbox.put(given)
            ended, reports = _both(path, {"path": str(path), "settings": plain(settings), "texts": []})
            states = outbox.status()
        arrived = [call for call in sandbox.journal() if call.operation == "send_message"]
    counts = Counter(call.arguments["message"] for call in arrived)
    orders: dict[str, list[int]] = {}
    for call in arrived:
        orders.setdefault(call.arguments["destination"], []).append(int(call.arguments["message"]))
    return Figure(
        "two workers, each a process, on one outbox",
        run.seed,
        counts={
            "messages": messages,
            "conversations": len(orders),
            "sent by the first": reports[0]["sent"],
            "sent by the second": reports[1]["sent"],
            "arrived": len(arrived),
            "duplicates": sum(count - 1 for count in counts.values()),
            "lost": messages - len(counts),
        },
        targets={
            "both ended well, and both sent": ended == [0, 0] and all(report["sent"] for report in reports),
            "each message arrived once": set(counts.values()) == {1} and len(counts) == messages,
            "each is noted as sent": states[State.SENT] == messages == sum(states.values()),
            "each conversation is in order": all(order == sorted(order) for order in orders.values()),
        },
    )


def _both(path: Path, job: dict[str, object]) -> tuple[list[int], list[dict[str, int]]]:
    """Let two processes begin together: each stops when it has taken a first entry, and goes on when both have."""
    results = [path.with_name(f"report-{number}") for number in range(2)]
    with Forker() as first, Forker() as second:
        for forker, result in zip((first, second), results, strict=True):
            forker.start({**job, "point": "claim.after", "stops": True, "result": str(result)})
        for worker in [first.stopped(), second.stopped()]:
            if worker is not None:
                os.kill(worker, signal.SIGCONT)
        ended = [first.ended(), second.ended()]
    return ended, [json.loads(result.read_text("utf-8")) for result in results if result.exists()]
