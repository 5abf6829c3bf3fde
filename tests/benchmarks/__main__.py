"""Measure everything that the page on performance claims: `python -m tests.benchmarks [--quick] [--only WORD]`.

A full run writes docs/performance.md and its plot; `--quick` runs each measurement briefly and writes nothing, so that
it shows only that all of it still runs.
"""

from __future__ import annotations

import argparse
import compileall
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import afilnet_protocols
from tests.benchmarks import calls, lists, outboxes, page, servers, starts, tasks, waiting_memory
from tests.benchmarks.interleaved import Plan
from tests.benchmarks.service import Service, running
from tests.benchmarks.table import Row, write_text

Measurement = Callable[[Service, Plan], Iterator[Row]]

ALL: tuple[Measurement, ...] = (
    calls.reads,
    calls.sends,
    calls.together,
    tasks.waiting,
    waiting_memory.waiting_memory,
    outboxes.outbox_costs,
    outboxes.outbox_claims,
    lists.decoding,
    lists.growth,
    lists.memory,
    starts.imports,
    starts.commands,
    starts.clients,
    servers.start,
    servers.load,
    servers.steps,
)


def main() -> int:
    """Measure, print, and after a full run write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of everything, and no page")
    parser.add_argument(
        "--only", metavar="WORD", help="only the measurements with this word in their name, and no page"
    )
    given = parser.parse_args()
    # As an installer leaves it: where Python writes no bytecode, each start would compile a checkout anew.
    compileall.compile_dir(Path(afilnet_protocols.__file__).parent, quiet=1)
    rows = []
    with running() as service:
        for measurement in ALL:
            if given.only and given.only not in measurement.__name__:
                continue
            for row in measurement(service, Plan(given.quick)):
                write_text(row, sys.stdout)
                rows.append(row)
    if not given.quick and not given.only:
        page.write(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
