"""R18: R5 on PostgreSQL, and more: the server restarted, a connection ended, a worker frozen and woken."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
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
WORKERS = 4


@dataclass(frozen=True)
class Trouble:
    """What struck a worker at a step of an entry, and what the outbox said in the end."""

    kind: str
    protocol: Protocol
    point: str
    nth: int
    stopped: bool
    states: dict[str, State]


def measure(run: Run) -> Figure:
    """Kill workers, trouble the server, let several share the work, and compare with what arrived."""
    chance = run.chance("plan")
    plan = plan_of(run, chance, (*POINTS, *UNHEARD))
    numbers = itertools.count(1)
    with postgresql.running() as server, Sandbox(journal_size=1_000_000) as sandbox:

        def new_place() -> tuple[str, dict[str, str]]:
            number = next(numbers)
            with psycopg.connect(server.url) as db:  # what is done with is in the way
                db.execute(f"DROP SCHEMA IF EXISTS crash_{number - 1} CASCADE".encode())
            return server.url, {"schema": f"crash_{number}"}

        crashes = crash_all(sandbox, new_place, [(*each, chance.randint(1, ENTRIES)) for each in plan])
        with Forker() as forker:
            troubles = [
                trouble(kind, server, sandbox, forker, (protocol, point, chance.randint(1, ENTRIES)), new_place()[1])
                for kind, protocol, point in troubles_of(run, chance)
            ]
        shared = share(server, sandbox, chance.choices(range(run.of(40, 40, 400)), k=run.of(100, 240, 10_000)))
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
        "every worker was stopped where it was to be": all(each.stopped for each in troubles),
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


def troubles_of(run: Run, chance: random.Random) -> list[tuple[str, Protocol, str]]:
    """Return what is to strike, over which protocol and at which step: all of them in the long form."""
    everywhere = [(protocol, point) for protocol in Protocol for point in POINTS]
    return [
        (kind, *each)
        for kind in TROUBLES
        for each in (everywhere if run.long else chance.sample(everywhere, run.of(2, 12, 0)))
    ]


def trouble(
    kind: str,
    server: postgresql.Server,
    sandbox: Sandbox,
    forker: Forker,
    step: tuple[Protocol, str, int],
    how: dict[str, str],
) -> Trouble:
    """Let something happen while a worker is at a step, then another worker go on."""
    protocol, point, nth = step
    settings = sandbox.settings(protocol, plain=True)
    texts = [f"{how['schema']} {number}" for number in range(1, ENTRIES + 1)]
    job = {"path": server.url, "how": how, "settings": plain(settings), "texts": texts}
    with Outbox(server.url, settings, **how) as outbox:
        forker.start({**job, "point": point, "nth": nth, "stops": True})
        worker = forker.stopped()
        if worker is not None:
            strike(kind, server, outbox)
            os.kill(worker, signal.SIGCONT)
        forker.ended()
        for text in texts:
            put(outbox, text)
        outbox.run()
        states = {entry.arguments["message"]: entry.state for entry in outbox.entries()}
    return Trouble(kind, protocol, point, nth, worker is not None, states)


def strike(kind: str, server: postgresql.Server, outbox: Outbox) -> None:
    """Let the trouble happen to a worker that is stopped."""
    if kind == "server restarted":
        server.stop()
        server.start()
        return
    with psycopg.connect(server.url, autocommit=True) as db:
        ours = outbox._store._session.backend
        db.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'afilnet outbox' AND pid <> %s",
            (ours,),
        )
    if kind.startswith("worker frozen"):
        # Another one takes it for gone and goes on; then it comes back and knows better.
        outbox.run()


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
