"""A file of 100,000 rows is read and checked in little more than it takes to split it, and in little memory."""

from __future__ import annotations

import csv
import io
import time
import tracemalloc
from collections.abc import Callable, Iterable

from afilnet_protocols.outbox.bulk.rows import read_rows
from tests.figures.figure import Figure, Run

LINES = 100_000
TIMES = 3.0
MEGABYTES = 20.0
"""What 100,000 rows may take; fewer take less."""
_DEFAULTS = {"platform": "whatsapp", "platform_id": "100"}


Read = Callable[[bytes], Iterable[object]]


def measure(run: Run, *, read: Read | None = None, lines: int | None = None) -> Figure:
    """Compare with ``csv.DictReader``, in turn, and take the fastest of several rounds of each.

    Args:
        run: the long form has more rounds, the short one fewer rows.
        read: reads and checks a file.
        lines: another number of rows.
    """
    read, lines = read or _read, lines or run.of(LINES // 5, LINES, LINES)
    content = _file(lines)
    plain, ours, through = [], [], []
    for _ in range(run.of(3, 3, 9)):
        plain.append(_seconds(lambda: _split(content)))
        ours.append(_seconds(lambda: read(content)))
        through.append(_seconds(lambda: _all_of(read(content))))
    tracemalloc.start()
    _all_of(read(content))
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    times, megabytes = min(ours) / min(plain), MEGABYTES * lines / LINES
    figure = Figure("a file of rows: reading and checking it", run.seed)
    figure.counts = {
        "rows": lines,
        "csv.DictReader": f"{min(plain) / lines * 1e6:.2f} µs a row",
        "read and checked, as before the first send": f"{min(ours) / lines * 1e6:.2f} µs a row",
        "times as long": f"{times:.2f}",
        "the same, and gone through once": f"{min(through) / min(plain):.2f} times as long",
        "memory at most": f"{peak:.1f} MB",
    }
    figure.targets = {
        f"at most {TIMES:g} times as long": times <= TIMES,
        f"at most {megabytes:g} MB": peak <= megabytes,
    }
    return figure


def _file(lines: int) -> bytes:
    rows = (f"{34600000000 + number},Hola. Su pedido {number} llega hoy.\r\n" for number in range(lines))
    return ("destination,message\r\n" + "".join(rows)).encode()


def _split(content: bytes) -> None:
    _all_of(csv.DictReader(io.StringIO(content.decode(), newline="")))


def _read(content: bytes) -> Iterable[object]:
    return read_rows(content, defaults=_DEFAULTS)


def _all_of(rows: Iterable[object]) -> None:
    for _ in rows:
        pass


def _seconds(do: Callable[[], object]) -> float:
    begun = time.process_time()
    do()
    return time.process_time() - begun
