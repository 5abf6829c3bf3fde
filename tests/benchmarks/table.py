"""What was measured, as rows of a table: ours, the peers, the limits, and whether each target was met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO


@dataclass(frozen=True)
class Target:
    """What must hold: a value that is not above (or not below) a bound.

    Attributes:
        of: what the value is, in words, such as ``ours / zeep``.
        value: what was measured.
        bound: what must be reached.
        stretch: what would be better still.
        least: whether the bounds are the least values instead of the greatest.
        unit: the unit of all three; a ratio has none.
    """

    of: str
    value: float
    bound: float
    stretch: float | None = None
    least: bool = False
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the bound is reached."""
        return self.value >= self.bound if self.least else self.value <= self.bound

    @property
    def verdict(self) -> str:
        """What to write about it."""
        if not self.met:
            return "**missed**"
        if self.stretch is None:
            return "met"
        beyond = self.value >= self.stretch if self.least else self.value <= self.stretch
        return "met, stretch too" if beyond else "met"

    def as_text(self) -> str:
        """Return the value beside its bound."""
        sign = "≥" if self.least else "≤"
        stretch = "" if self.stretch is None else f", stretch {_number(self.stretch)}"
        return f"{self.of}: {_number(self.value)}{self.unit} ({sign} {_number(self.bound)}{self.unit}{stretch})"


@dataclass(frozen=True)
class Row:
    """One kind of work.

    Attributes:
        work: what was done.
        unit: the unit of the figures.
        ours: our figures, by what they are of.
        peers: those of the peers.
        limits: those of the limits.
        targets: what must hold.
        remark: what a reader has to know, such as the reason for a miss.
        curves: the cost by size, for a plot.
    """

    work: str
    unit: str
    ours: Mapping[str, float]
    peers: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    targets: Sequence[Target] = ()
    remark: str = ""
    curves: Mapping[str, Mapping[int, float]] = field(default_factory=dict)


HEADER = "| work | unit | ours | peers | limits | targets | |\n|---|---|---|---|---|---|---|\n"


def as_markdown(row: Row) -> str:
    """Return a row of the table, with a line end."""
    targets = "<br>".join(target.as_text() for target in row.targets)
    verdicts = "<br>".join(target.verdict for target in row.targets)
    work = f"{row.work}<br>*{row.remark}*" if row.remark else row.work
    cells = [work, row.unit, *(_figures(each) for each in (row.ours, row.peers, row.limits)), targets, verdicts]
    return f"| {' | '.join(cells)} |\n"


def write_text(row: Row, out: TextIO) -> None:
    """Write a row for a terminal."""
    out.write(f"{row.work} [{row.unit}]\n")
    for kind, figures in (("ours", row.ours), ("peer", row.peers), ("limit", row.limits)):
        out.writelines(f"  {kind:6} {name:38} {_number(value):>10}\n" for name, value in figures.items())
    out.writelines(f"  {target.verdict.strip('*'):17} {target.as_text()}\n" for target in row.targets)
    if row.remark:
        out.write(f"  {row.remark}\n")
    out.flush()


def _figures(figures: Mapping[str, float]) -> str:
    return "<br>".join(f"{name} {_number(value)}" for name, value in figures.items())


def _number(value: float) -> str:
    """Return a number with about three digits."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
