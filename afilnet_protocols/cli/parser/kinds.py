"""What a word of the command line is read as: a text, a file, a number, one of some values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path


class Kind:
    """Any text.

    Attributes:
        metavar: how the help calls a value.
        about: what the help says of the values there are, in brackets.
    """

    metavar = "TEXT"
    about = ""

    def read(self, word: str) -> object:
        """Return the value that a word stands for.

        Raises:
            ValueError: it stands for none; its text says why.
        """
        return word


class File(Kind):
    """The path of a file or folder, which need not exist."""

    metavar = "FILE"

    def read(self, word: str) -> Path:
        """Return the path."""
        return Path(word)


class Number(Kind):
    """A number within limits.

    Args:
        of: what reads it: ``int`` or ``float``.
        least: the lowest allowed, if there is one.
        most: the highest allowed, if there is one beside it.
    """

    metavar = "NUMBER"

    def __init__(self, of: type[int | float] = int, least: float | None = None, most: float | None = None) -> None:
        self._of, self._least, self._most = of, least, most
        if least is not None:
            self.about = f"{least:g} or more" if most is None else f"{least:g} to {most:g}"

    def read(self, word: str) -> float:
        """Return the number.

        Raises:
            ValueError: it is none, or beyond the limits.
        """
        try:
            number = self._of(word)
        except ValueError:
            number = None
        if number is None:
            raise ValueError(f"{word!r} is not a {'whole ' if self._of is int else ''}number")
        if not (self._least is None or number >= self._least) or not (self._most is None or number <= self._most):
            raise ValueError(f"{word} is not {self.about}")
        if not math.isfinite(number):
            raise ValueError(f"{word} is not a number that can be counted with")
        return number


class Choice(Kind):
    """One of some values.

    Args:
        values: the values.
        others: whether there may be others, which are checked elsewhere.
    """

    def __init__(self, values: Sequence[str], *, others: bool = False) -> None:
        self.values = tuple(values)
        self._others = others
        self.metavar = f"[{'|'.join(values)}]"

    def read(self, word: str) -> str:
        """Return the value.

        Raises:
            ValueError: it is not one of them.
        """
        if self._others or word in self.values:
            return word
        raise ValueError(f"{word!r} is not one of {', '.join(map(repr, self.values))}")


TEXT = Kind()
FILE = File()
WHOLE = Number(int)
FRACTION = Number(float)
