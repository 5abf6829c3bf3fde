"""R18: R5 on PostgreSQL, and more: the server restarted, a connection ended, a worker frozen and woken."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass

import psycopg

from afilnet_protocols.outbox import Outbox, State
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Figure, Run
from tests.figures.r5_outbox_crashes import ENTRIES, crash_all, judged, plan_of
from tests.outbox import postgresql
from tests.outbox.crashes import POINTS, UNHEARD, Forker, plain, put

MISSING = "no PostgreSQL server is installed (initdb was not found)"

TROUBLES = ("server restarted", "connection ended", "worker frozen and taken for gone")
AGAIN = 10
"""How often each trouble strikes in the long form; otherwise once."""
CONVERSATIONS, WORKERS = 40, 4


@dataclass(frozen=True)
class Trouble:
    """What struck a worker in the middle of a send, and what the outbox said in the end."""

    kind: str
    states: dict[str, State]


def measure(run: Run) -> Figure:
    """Kill workers, trouble the server, let several share the work, and compare with what arrived."""
    chance = run.chance("plan")
    plan = plan_of(run, chance, (*POINTS, *UNHEARD))
    numbers = itertools.count()
    with postgresql.running() as server, Sandbox(journal_size=1_000_000) as sandbox:

        def new_place() -> tuple[str, dict[str, str]]:
            return server.url, {"schema": f"crash_{next(numbers)}"}

        crashes = crash_all(sandbox, new_place, [(*each, chance.randint(1, ENTRIES)) for each in plan])
        troubles = [
            trouble(kind, server, sandbox, f"trouble_{kind[:6].strip()}_{number}")
            for kind in TROUBLES
            for number in range(AGAIN if run.long else 1)
        ]
        shared = share(server, sandbox, chance.choices(range(CONVERSATIONS), k=run.of(100, 240, 10_000)))
        sent = [call for call in sandbox.journal() if call.outcome == "SUCCESS" and call.operation == "send_message"]
    arrived = Counter(call.arguments["message"] for call in sent)
    figure = judged(crashes, arrived, run.seed)
    figure.about = "a worker on PostgreSQL is killed, cut off or frozen at every step, and another goes on"
    wrong = [each for each in troubles if faulty(each, arrived)]
    figure.examples += [str(each) for each in wrong]
    figure.counts |= {"troubles": len(troubles), "messages shared by four": len(shared)}
    orders: dict[str, list[int]] = {}
    for call in sent:
        if call.arguments["message"].startswith("shared "):
            orders.setdefault(call.arguments["destination"], []).append(int(call.arguments["message"].split()[1]))
    figure.targets |= {
        "trouble doubles and loses nothing": not wrong,
        "four workers send each message once": all(arrived[text] == 1 for text in shared),
        "each conversation is in order": all(order == sorted(order) for order in orders.values()),
    }
    return figure


def faulty(trouble: Trouble, arrived: Counter[str]) -> bool:
    """Whether a message was lost or doubled, or more than one is in doubt."""
    states = trouble.states
    return (
        any(arrived[text] > 1 for text in states)
        or any(state is State.SENT and not arrived[text] for text, state in states.items())
        or any(state not in (State.SENT, State.UNKNOWN) for state in states.values())
        or sum(state is State.UNKNOWN for state in states.values()) > 1
    )


def trouble(kind: str, server: postgresql.Server, sandbox: Sandbox, schema: str) -> Trouble:
    """Let something happen while a worker waits for the service, and another worker go on."""
    settings = sandbox.settings(Protocol.HTTP_POST, plain=True)
    texts = [f"{schema} {number}" for number in range(1, ENTRIES + 1)]
    with (
        Forker() as forker,
        sandbox.fault("dripped_body", operation="send_message", every=0.02),
        Outbox(server.url, settings, schema=schema) as outbox,
    ):
        for text in texts:
            put(outbox, text)
        forker.start({"path": server.url, "how": {"schema": schema}, "settings": plain(settings), "texts": []})
        worker = forker.started()
        _until(lambda: outbox.status()[State.SENDING] == 1)
        strike(kind, server, worker, outbox)
        forker.ended()
        outbox.run()
        return Trouble(kind, {entry.arguments["message"]: entry.state for entry in outbox.entries()})


def strike(kind: str, server: postgresql.Server, worker: int, outbox: Outbox) -> None:
    """Let the trouble happen."""
    if kind == "server restarted":
        server.stop()
        server.start()
        return
    if kind.startswith("worker frozen"):
        os.kill(worker, signal.SIGSTOP)
    with psycopg.connect(server.url, autocommit=True) as db:
        ours = outbox._store._session.backend
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'afilnet outbox' AND pid <> %s",
            (ours,),
        )
    if kind.startswith("worker frozen"):
        # Another one takes it for gone and goes on; then it comes back and knows better.
        outbox.run()
        os.kill(worker, signal.SIGCONT)


def share(server: postgresql.Server, sandbox: Sandbox, places: list[int]) -> list[str]:
    """Let four processes send what is there."""
    settings = sandbox.settings(Protocol.HTTP_POST, plain=True)
    texts = [f"shared {number}" for number in range(len(places))]
    with Outbox(server.url, settings, schema="shared") as outbox:
        outbox.put(
            (
                "send_message",
                {"platform": "whatsapp", "platform_id": "100", "destination": f"35{place}", "message": text},
                None,
            )
            for place, text in zip(places, texts, strict=True)
        )
    job = {"path": server.url, "how": {"schema": "shared"}, "settings": plain(settings), "texts": []}
    threads = [threading.Thread(target=_worked, args=(job,)) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return texts


def _worked(job: dict[str, object]) -> None:
    with Forker() as forker:
        forker.start(job)
        forker.ended()


def _until(reached: object) -> None:
    while not reached():  # type: ignore[operator]  # a condition
        time.sleep(0.005)
