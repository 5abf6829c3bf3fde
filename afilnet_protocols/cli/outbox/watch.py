"""`looks`: an outbox, looked at again and again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from afilnet_protocols.cli.terminal.output import age
from afilnet_protocols.outbox import Outbox, State


@dataclass(frozen=True)
class Look:
    """What an outbox looked like at a moment.

    Attributes:
        at: when, in local time.
        counts: how many entries were in each state.
        ages: for how long the oldest of each state had been in it, in seconds.
        rates: by how many the entries in a state grew in a second since the look before; none at first.
    """

    at: datetime
    counts: Mapping[State, int]
    ages: Mapping[State, float]
    rates: Mapping[State, float]

    @property
    def title(self) -> str:
        """When it was."""
        return f"{self.at:%H:%M:%S}"

    @property
    def rows(self) -> list[list[object]]:
        """Return a row for each state."""
        return [
            [state, count, f"{self.rates[state]:+.1f}" if state in self.rates else "", age(self.ages.get(state))]
            for state, count in self.counts.items()
        ]

    @property
    def document(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "at": self.at.astimezone().isoformat(timespec="seconds"),
            "entries": {str(state): count for state, count in self.counts.items()},
            "ages": {str(state): round(seconds, 3) for state, seconds in self.ages.items()},
            "per_second": {str(state): round(rate, 3) for state, rate in self.rates.items()},
        }


def looks(queue: Outbox, every: float, times: int | None) -> Iterator[Look]:
    """Look at an outbox.

    Args:
        queue: the outbox.
        every: how long to wait between two looks, in seconds.
        times: how often; ``None`` for ever.

    Raises:
        ConfigurationError: it cannot be read.
    """
    before: tuple[float, Mapping[State, int]] | None = None
    done = 0
    while True:
        moment, counts = time.monotonic(), queue.status()
        rates = {}
        if before is not None and moment > before[0]:
            rates = {state: (counts[state] - before[1][state]) / (moment - before[0]) for state in counts}
        yield Look(datetime.now().astimezone(), counts, queue.ages(), rates)
        before = (moment, counts)
        done += 1
        if done == times:
            return
        time.sleep(every)
