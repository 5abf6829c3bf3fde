"""What a figure is: counts that were measured, what they must be, and the seed to measure them again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.sizes import LONG, PROOF, SHORT

T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """How to measure: with which seed, and how much.

    Attributes:
        seed: makes the same run again.
        form: ``short`` is what the README's command runs, which the planted mistakes are found by; ``proof`` what
            continuous integration runs; ``long`` takes hours.
        keep: where the counts of the parts that were measured are kept, so that a long run can go on after a break;
            ``None`` for nowhere.
    """

    seed: int
    form: str = PROOF
    keep: Path | None = None

    @property
    def long(self) -> bool:
        """Whether this is the long form."""
        return self.form == LONG

    def of(self, short: T, proof: T, long: T) -> T:
        """Return what belongs to the form of this run."""
        return {SHORT: short, PROOF: proof, LONG: long}[self.form]

    def chance(self, *names: object) -> random.Random:
        """Return a source of randomness that depends on the seed and these names alone."""
        return random.Random(f"{self.seed}/{names!r}")

    def part(self, measure: Callable[[], dict[str, int]], *names: object) -> dict[str, int]:
        """Return the counts of a part, named as for :meth:`chance`; those that were kept, if it was measured before."""
        name = [self.seed, self.form, *map(str, names)]
        if self.keep is not None and self.keep.exists():
            for line in self.keep.read_text("utf-8").splitlines():
                known, counts = json.loads(line)
                if known == name:
                    return dict(counts)
        counts = measure()
        if self.keep is not None:
            with self.keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, counts]) + "\n")
        return counts


@dataclass
class Figure:
    """Counts, and the conditions they must meet.

    Attributes:
        about: what was measured, in one line.
        seed: what it was measured with.
        counts: what was counted, in the order to print.
        targets: for each condition, in words, whether it was met.
        examples: what went wrong, if anything did.
    """

    about: str
    seed: int
    counts: dict[str, object] = field(default_factory=dict)
    targets: dict[str, bool] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    @property
    def reached(self) -> bool:
        """Whether there are conditions and all are met."""
        return bool(self.targets) and all(self.targets.values())

    def as_text(self, name: str, seconds: float) -> str:
        """Return the figure for people."""
        lines = [f"{name}: {self.about}"]
        lines += [f"  {label:<44} {value}" for label, value in self.counts.items()]
        lines += [f"  {'ok  ' if met else 'MISS'} {target}" for target, met in self.targets.items()]
        lines += [f"  for example: {example}" for example in self.examples[:10]]
        return "\n".join([*lines, f"  seed {self.seed}, {seconds:.1f} s"])

    def as_data(self, name: str, seconds: float) -> dict[str, object]:
        """Return the figure for programs."""
        return {
            "figure": name,
            "about": self.about,
            "seed": self.seed,
            "seconds": round(seconds, 1),
            "counts": self.counts,
            "targets": self.targets,
            "reached": self.reached,
            "examples": self.examples[:10],
        }
