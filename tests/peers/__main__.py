"""Plays sends through real servers and prints one table: ``python -m tests.peers [--only NAME] [--long] [--json]``.

Every verdict is compared with what the service behind the peer wrote down before it answered.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.peers.drive import Tally, play
from tests.peers.program import Absent
from tests.peers.roster import peers
from tests.peers.scene import Peer
from tests.peers.stage import Stage

AT_ONCE = 3
COLUMNS = ("peer", "version", "checks", "sends", "unknown", "wrong", "foreign", "doubled")
WIDTHS = (27, 11, 6, 5, 7, 5, 7, 7)


@dataclass
class Row:
    """A peer's row of the table."""

    name: str
    version: str = ""
    absent: str = ""
    seconds: float = 0.0
    tally: Tally = field(default_factory=Tally)

    def cells(self) -> tuple[object, ...]:
        """Return what stands in the columns."""
        tally = self.tally
        unknown = tally.verdicts["unknown"]
        return (
            self.name,
            self.version,
            tally.checks,
            tally.sends,
            unknown,
            len(tally.wrong),
            tally.foreign,
            tally.doubled,
        )

    def data(self) -> dict[str, object]:
        """Return it for programs."""
        more = {"absent": self.absent, "seconds": round(self.seconds, 1), "wrong": self.tally.wrong}
        more |= {"verdicts": dict(self.tally.verdicts), "repeated_by_intermediary": self.tally.repeated_by_intermediary}
        return dict(zip(COLUMNS, self.cells(), strict=True)) | more


def run(peer: Peer, *, times: int = 1) -> Row:
    """Start a peer, play its scenes, and stop it."""
    row, begun = Row(peer.NAME), time.monotonic()
    try:
        row.version = peer.version()
        for _ in range(times):
            with Stage() as stage:
                for scene in peer.scenes(stage):
                    row.tally.add(play(scene))
    except Absent as error:
        row.absent = str(error)
    except Exception as error:
        row.tally.wrong.append(
            f"{peer.NAME} could not be played: {traceback.format_exc() if not str(error) else error}"
        )
    row.seconds = time.monotonic() - begun
    return row


def line(cells: tuple[object, ...]) -> str:
    """Return a line of the table."""
    texts = [
        f"{cell:<{width}}" if width > 10 else f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True)
    ]
    return " ".join(texts).rstrip()


def main() -> int:
    """Play the chosen peers; return 0 if nothing is wrong and, in CI, nobody is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    parser.add_argument("--only", metavar="NAME", action="append", help="peers whose names contain this word")
    parser.add_argument("--long", action="store_true", help="five times as many sends")
    parser.add_argument("--json", action="store_true", help="print a JSON line for each peer")
    given = parser.parse_args()
    words = [word.lower() for word in given.only or [""]]
    chosen = [peer for peer in peers() if any(word in peer.NAME.lower() for word in words)]
    if not chosen:
        parser.error(f"no peer has a name with {given.only}; there are: {', '.join(peer.NAME for peer in peers())}")
    rows: list[Row] = []
    if not given.json:
        print(line(COLUMNS))
    begun = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for row in pool.map(lambda peer: run(peer, times=5 if given.long else 1), chosen):
            rows.append(row)
            show(row, as_json=given.json)
    return conclude(rows, time.monotonic() - begun, quiet=given.json)


def show(row: Row, *, as_json: bool) -> None:
    """Print a row, and under it what was wrong."""
    if as_json:
        print(json.dumps(row.data(), ensure_ascii=False), flush=True)
        return
    print(f"{row.name}: not here: {row.absent}" if row.absent else line(row.cells()), flush=True)
    for text in row.tally.wrong[:20]:
        print(f"    {' '.join(text.split())[:600]}")


def conclude(rows: list[Row], seconds: float, *, quiet: bool) -> int:
    """Print the sum and return the exit code."""
    total, played = Tally(), [row for row in rows if not row.absent]
    for row in played:
        total.add(row.tally)
    missing = len(rows) - len(played)
    if not quiet:
        print(line(Row(f"{len(played)} peers", f"{seconds:.0f} s", tally=total).cells()))
        repeated = f"{total.repeated_by_intermediary} sends were repeated by intermediaries by themselves"
        print(f"{repeated}; {missing} peers are not here.")
    return 0 if total.good and not (missing and os.environ.get("CI") == "true") else 1


if __name__ == "__main__":
    sys.exit(main())
