"""Engines side by side under `kill -9`: `python -m tests.benchmarks.engines [--messages N] [--kills K] [--seed S]`.

Each engine is given the same messages in the same order for four conversations, and one worker at a time; the worker is
killed, with all that it has started, at a moment by chance after its first message, and another one goes on. In the end
what the service carried out is compared with what the engine says. CPU is that of the worker alone, in a run in which
nobody is killed. An engine that is not installed is left out, with the reason. `--only WORD` takes some.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.engines.engine import Engine
from tests.benchmarks.engines.trial import Account, Ground, Moments, cpu_per_message, killed
from tests.benchmarks.engines.with_arq import Arq
from tests.benchmarks.engines.with_celery import CeleryAlone, CeleryRings
from tests.benchmarks.engines.with_dramatiq import Dramatiq
from tests.benchmarks.engines.with_outbox import OutboxInFile, OutboxOnServer
from tests.benchmarks.engines.with_procrastinate import Procrastinate
from tests.benchmarks.engines.with_rq import Rq
from tests.outbox import brokers, postgresql

ENGINES: tuple[Engine, ...] = (
    OutboxInFile(),
    OutboxOnServer(),
    CeleryRings(),
    CeleryAlone("redis", late=False),
    CeleryAlone("redis", late=True),
    CeleryAlone("rabbitmq", late=False),
    CeleryAlone("rabbitmq", late=True),
    Dramatiq("redis"),
    Dramatiq("rabbitmq"),
    Procrastinate(again=False),
    Procrastinate(again=True),
    Rq(),
    Arq(once=False),
    Arq(once=True),
)

HEADING = (
    "| engine | chosen | lost | held back | doubled | in doubt, and said so | overtaken | CPU, ms |\n"
    "|---|---|---|---|---|---|---|---|"
)


def main() -> int:
    """Try the chosen engines and print a row for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engines", description=__doc__)
    parser.add_argument("--messages", type=int, default=250, help="how many messages each engine is given")
    parser.add_argument("--kills", type=int, default=30, help="how many workers are killed of each")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="draw the moments of this run again")
    parser.add_argument("--only", metavar="WORD", default="", help="only engines with this word in their name")
    given = parser.parse_args()
    chosen = [engine for engine in ENGINES if given.only.lower() in engine.name.lower()]
    lacking = {id(engine): engine.lacks() for engine in chosen}
    with contextlib.ExitStack() as ending:
        ground, versions = _ground(ending, [engine for engine in chosen if not lacking[id(engine)]])
        print(f"{given.messages} messages, {given.kills} kills, seed {given.seed}; {versions}\n\n{HEADING}")
        for engine in chosen:
            reason = lacking[id(engine)]
            if reason:
                print(f"| {engine.name} | {engine.settings} | left out: {reason} |", flush=True)
                continue
            begun = time.monotonic()
            moments = Moments.by_chance(random.Random(f"{given.seed}/{engine.name}/{engine.settings}"))
            account = killed(engine, ground, messages=given.messages, kills=given.kills, moments=moments)
            cpu = cpu_per_message(engine, ground, messages=given.messages)
            print(_row(engine, account, cpu, given.kills), flush=True)
            print(f"{engine.name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return 0


def _ground(ending: contextlib.ExitStack, engines: list[Engine]) -> tuple[Ground, str]:
    """Start the servers that these engines stand on; return them, and their versions."""
    running = {
        name: ending.enter_context(getattr(brokers, name)()).url
        for name in ("redis", "rabbitmq")
        if any(engine.broker == name for engine in engines)
    }
    versions = []
    if "redis" in running:
        told = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout
        versions.append(f"Redis {re.search(r'v=([0-9.]+)', told)[1]}")  # type: ignore[index]  # it says so
    if "rabbitmq" in running:
        told = " ".join(path.name for path in Path("/usr/lib/rabbitmq/lib").iterdir())
        versions.append(f"RabbitMQ {told.partition('-')[2]}")
    if not any(engine.database for engine in engines):
        return Ground(running, ""), ", ".join(versions)
    server = ending.enter_context(postgresql.running())
    programs = postgresql.programs()
    versions.append(f"PostgreSQL {programs.parent.name if programs else ''}")
    return Ground(running, server.url), ", ".join(versions)


def _row(engine: Engine, account: Account, cpu: float, kills: int) -> str:
    name = " ".join([engine.name.partition(",")[0], engine.version()]).strip() + "," + engine.name.partition(",")[2]
    doubtful = f"{account.doubtful} ({account.doubtful_sent} had arrived)" if account.doubtful else "0"
    killed = f" ({account.kills} kills)" if account.kills < kills else ""
    cells = [name, engine.settings + killed, account.lost, account.kept, account.doubled, doubtful, account.overtaken]
    return f"| {' | '.join(map(str, [*cells, f'{cpu:.1f}']))} |"


if __name__ == "__main__":
    sys.exit(main())
