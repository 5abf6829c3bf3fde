"""`Finding`: what a case found wrong, told so that somebody can act on it."""

from __future__ import annotations

from collections.abc import Sequence

from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.comparison.steps import Step

_RUNNERS = ("_pytest", "hypothesis")
"""Packages whose exceptions end a test, or a search, from wherever it is."""


def ends_the_run(error: BaseException) -> bool:
    """Whether what was raised ends the run, or the case, as whoever runs it wants; anything else is a finding.

    Code under test may raise what is no ``Exception``: an exit of its own would be taken for the run's result, and
    others would leave it without any.

    Args:
        error: Ctrl-C, what a runner of tests raises, or of a class that says so by its attribute ``ends_the_run``.
    """
    if isinstance(error, Exception | KeyboardInterrupt):
        return isinstance(error, KeyboardInterrupt)
    kind = type(error)
    # Some of pytest's give themselves out as Python's own.
    runners = any(each.__module__.partition(".")[0] in _RUNNERS for each in kind.__mro__)
    return runners or bool(getattr(kind, "ends_the_run", False))


class Finding(AssertionError):
    """A backend did something else than it should.

    Attributes:
        odd: the names of those at fault.
        operation: what they did wrong.
        field: the place where it shows, such as ``returned[0].message``.
        expected: what should have been there, in canonical form.
        actual: what was there.
        steps: the sequence, up to and including the step at which it showed.
    """

    def __init__(
        self,
        *,
        odd: Sequence[str],
        operation: str,
        field: str,
        expected: Plain,
        actual: Plain,
        steps: Sequence[Step],
        heading: str = "",
        said: str = "",
    ) -> None:
        self.odd = tuple(odd)
        self.operation = operation
        self.field = field
        self.expected = expected
        self.actual = actual
        self.steps = tuple(steps)
        super().__init__(self._report(heading or f"{', '.join(odd)} does not do what is required", said))

    def _report(self, heading: str, said: str) -> str:
        width = max(len("expected"), *(len(name) for name in self.odd)) + 2
        lines = [
            heading,
            f"  operation {self.operation}, step {len(self.steps)}, field {self.field}",
            f"  {'expected:':{width}}{self.expected!r}",
            f"  {self.odd[0] + ':':{width}}{self.actual!r}",
            *([f"  its error says: {said}"] if said else []),
            "the sequence:",
        ]
        lines += [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join(lines)
