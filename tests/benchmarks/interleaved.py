"""Interleaved rounds: every contender in turn, again and again, so that a slow moment of the machine falls on all.

What one leaves behind (caches full of its own, memory just given back to the system, threads that still wind down and
whose CPU is this process's) must not be counted as the cost of whoever comes next. So a turn begins with calls that are
not counted, and each round has an order of its own, so that nobody comes after the same one each time.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Call = Callable[[], object]


@dataclass(frozen=True)
class Plan:
    """How long to measure.

    Attributes:
        quick: whether it only has to run: one round of few calls, and smaller sizes.
    """

    quick: bool = False

    def rounds(self, usual: int) -> int:
        """Return how many rounds to make, where a full run makes this many."""
        return 1 if self.quick else usual

    def calls(self, usual: int) -> int:
        """Return how many calls a round has, where it has this many in a full run."""
        return min(2, usual) if self.quick else usual


def cpu_per_call(contenders: Mapping[str, Call], *, rounds: int, calls: int) -> dict[str, float]:
    """Return the medians of CPU microseconds per call, by contender, of this process and all its threads."""
    return _medians(contenders, rounds, calls, time.process_time)


def seconds_per_call(contenders: Mapping[str, Call], *, rounds: int, calls: int = 1) -> dict[str, float]:
    """Return the medians of elapsed microseconds per call, for what runs in processes of its own."""
    return _medians(contenders, rounds, calls, time.perf_counter)


def _medians(contenders: Mapping[str, Call], rounds: int, calls: int, clock: Callable[[], float]) -> dict[str, float]:
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    orders = random.Random(len(contenders))  # the same in each run
    for call in contenders.values():
        call()
    for _ in range(rounds):
        for name in orders.sample(list(contenders), len(contenders)):
            call = contenders[name]
            for _ in range(calls // 3):
                call()
            begun = clock()
            for _ in range(calls):
                call()
            samples[name].append((clock() - begun) / calls * 1e6)
    return {name: statistics.median(taken) for name, taken in samples.items()}
