"""How much of what was to be looked at was looked at: agreement says little beside calls that nobody compared.

Calls are not left out by chance. Those that take long, that change, or that meet a candidate at rest are, and
differences live there. So what was left out is counted for every operation, and too much of it keeps a recommendation
back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LEFT_OUT = 0.1
"""The share of the calls, of all and of each operation, that may be left out of a recommendation to change over."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was asked for and what came of it.

    Attributes:
        asked: how many calls of each operation were to be looked at.
        judged: how many of them ended in a verdict, for or against. Whatever else became of a call, it was left out.
    """

    asked: Mapping[str, int]
    judged: Mapping[str, int]

    @property
    def calls(self) -> int:
        """How many calls were to be looked at."""
        return sum(self.asked.values())

    @property
    def verdicts(self) -> int:
        """How many calls ended in a verdict."""
        return sum(self.judged.values())

    @property
    def left_out(self) -> int:
        """How many calls were left out."""
        return max(0, self.calls - self.verdicts)

    @property
    def share(self) -> float:
        """The share of the calls that was left out, from 0 to 1."""
        return self.left_out / self.calls if self.calls else 0.0

    def __str__(self) -> str:
        return _told(self.left_out, self.calls)

    def gaps(self, most: float) -> Iterator[str]:
        """Yield where too much was left out to recommend anything: of all calls, or of an operation.

        Args:
            most: the share that may be left out, from 0 to 1.
        """
        if self.share > most:
            yield f"{self} of the calls were left out, and at most {most:.0%} may be"
        yield from self.gaps_of_operations(most)

    def gaps_of_operations(self, most: float) -> Iterator[str]:
        """Yield the operations of which too much was left out.

        Args:
            most: the share that may be left out, from 0 to 1.
        """
        for operation, calls in self.asked.items():
            left = calls - self.judged.get(operation, 0)
            if left > most * calls:
                yield f"{_told(left, calls)} of {operation} were left out, and at most {most:.0%} may be"


def _told(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "0 of 0"
