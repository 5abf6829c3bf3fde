"""A file of 100,000 rows is read and checked in little more than it takes to split it, and in little memory."""

from __future__ import annotations

import csv
import io
import time
import tracemalloc
from collections.abc import Callable

from afilnet_protocols.outbox.rows import read_rows
from tests.figures.figure import Figure, Run

LINES = 100_000
TIMES = 3.0
MEGABYTES = 20.0
_DEFAULTS = {"platform": "whatsapp", "platform_id": "100"}


def measure(run: Run, *, read: Callable[[bytes], object] | None = None, lines: int = LINES) -> Figure:
    """Compare with ``csv.DictReader``, in turn, and take the fastest of several rounds of each.

    Args:
        run: the long form has more rounds.
        read: reads a file; by default, reads, checks and goes through all rows once.
        lines: how many rows the file has.
    """
    read = read or _read
    content = _file(lines)
    plain, ours = [], []
    for _ in range(9 if run.long else 5):
        plain.append(_seconds(lambda: _split(content)))
        ours.append(_seconds(lambda: read(content)))
    tracemalloc.start()
    read(content)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    times = min(ours) / min(plain)
    figure = Figure("a file of rows: reading and checking it", run.seed)
    figure.counts = {
        "rows": lines,
        "csv.DictReader": f"{min(plain) / lines * 1e6:.2f} µs a row",
        "read, checked, and gone through once": f"{min(ours) / lines * 1e6:.2f} µs a row",
        "times as long": f"{times:.2f}",
        "memory at most": f"{peak:.1f} MB",
    }
    figure.targets = {
        f"at most {TIMES:g} times as long": times <= TIMES,
        f"at most {MEGABYTES:g} MB": peak <= MEGABYTES,
    }
    return figure


def _file(lines: int) -> bytes:
    rows = (f"{34600000000 + number},Hola. Su pedido {number} llega hoy.\r\n" for number in range(lines))
    return ("destination,message\r\n" + "".join(rows)).encode()


def _split(content: bytes) -> None:
    for _ in csv.DictReader(io.StringIO(content.decode(), newline="")):
        pass


def _read(content: bytes) -> None:
    for _ in read_rows(content, defaults=_DEFAULTS):
        pass


def _seconds(do: Callable[[], object]) -> float:
    begun = time.process_time()
    do()
    return time.process_time() - begun
