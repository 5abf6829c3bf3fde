"""What a word of the command line is read as: a text, a file, a number, one of some values."""

from __future__ import annotations

import errno
import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Kind:
    """A text, which is not empty.

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
        if not word:
            raise ValueError("it is empty")
        return word

    def known(self) -> Iterable[str]:
        """Return the values that a shell can offer; there may be others."""
        return ()


class Anything(Kind):
    """Any text, also an empty one: what it may be is decided where it is used."""

    def read(self, word: str) -> str:
        """Return the text.

        Raises:
            ValueError: it is none.
        """
        # Python gives a byte that is no part of UTF-8 as a character that nothing can carry.
        wrong = next((ord(each) - 0xDC00 for each in word if "\udc80" <= each <= "\udcff"), None)
        if wrong is not None:
            raise ValueError(f"it is not in {sys.getfilesystemencoding()}: it holds the byte {wrong:02x}")
        return word


class Known(Kind):
    """A text of which some values are known; whether another one is right is decided where it is used.

    Args:
        known: returns the values. A shell asks for them, and nobody else does.
        metavar: how the help calls a value.
    """

    def __init__(self, known: Callable[[], Iterable[str]], metavar: str = "TEXT") -> None:
        self._known, self.metavar = known, metavar

    def known(self) -> Iterable[str]:
        """Return the values."""
        return self._known()


class File(Kind):
    """The path of a file to be read, or of one that may be there already; whether it is, whoever opens it says."""

    metavar = "FILE"

    def read(self, word: str) -> Path:
        """Return the path.

        Raises:
            ValueError: it is none, or that of a folder.
        """
        path = _path(word)
        if _is_folder(path):
            raise ValueError(f"{_quoted(word, path=True)} is a folder: name a file")
        return path


class OldFile(File):
    """The path of a file that is there."""

    def read(self, word: str) -> Path:
        """Return the path.

        Raises:
            ValueError: there is none.
        """
        path = super().read(word)
        # Not `Path.exists`, which raises what is no answer to the question, such as of a name that is too long.
        if not os.path.exists(path):  # noqa: PTH110
            raise ValueError(f"there is no file {_quoted(word, path=True)}")
        return path


class NewFile(File):
    """The path of a file to be written: refused before the work is done that it is for, not after it.

    Args:
        folders: whether folders that are missing will be made.
    """

    def __init__(self, *, folders: bool = False) -> None:
        self._folders = folders

    def read(self, word: str) -> Path:
        """Return the path.

        Raises:
            ValueError: there can be no such file.
        """
        path = super().read(word)
        nearest = next((each for each in path.parents if os.path.lexists(each)), path.parent)
        if not _is_folder(nearest if self._folders else path.parent):
            told = f"there is no folder {_quoted(str(path.parent), path=True)}"
            raise ValueError(f"cannot write {_quoted(word, path=True)}: {told}")
        if not os.access(path if os.path.lexists(path) else nearest, os.W_OK):
            raise ValueError(f"cannot write {_quoted(word, path=True)}")
        return path


class Folder(Kind):
    """The path of a folder, which need not exist."""

    metavar = "DIR"

    def read(self, word: str) -> Path:
        """Return the path.

        Raises:
            ValueError: it is none, or that of a file.
        """
        path = _path(word)
        if os.path.lexists(path) and not _is_folder(path):
            raise ValueError(f"{_quoted(word, path=True)} is no folder")
        return path


class Number(Kind):
    """A number within limits.

    Args:
        of: what reads it: ``int`` or ``float``.
        least: the lowest allowed, if there is one.
        most: the highest allowed, if there is one beside it.
        above: what it has to be more than, if it may not be that itself.
    """

    metavar = "NUMBER"

    def __init__(
        self,
        of: type[int | float] = int,
        least: float | None = None,
        most: float | None = None,
        *,
        above: float | None = None,
    ) -> None:
        self._of, self._least, self._most, self._above = of, least, most, above
        if least is not None:
            self.about = f"{least:g} or more" if most is None else f"{least:g} to {most:g}"
        if above is not None:
            self.about = f"more than {above:g}"

    def read(self, word: str) -> float:
        """Return the number.

        Raises:
            ValueError: it is none, or beyond the limits.
        """
        try:
            number = self._of(word)
        except (ValueError, OverflowError):
            number = None
        if number is None:
            raise ValueError(f"{_quoted(word)} is not a {'whole ' if self._of is int else ''}number")
        if not self._is_within(number):
            raise ValueError(f"{_cut(word)} is not {self.about}")
        if not math.isfinite(number):
            raise ValueError(f"{_cut(word)} is not a number that can be counted with")
        return number

    def _is_within(self, number: float) -> bool:
        # So that what is no number, and compares with nothing, is within no limits.
        if self._above is not None and not number > self._above:
            return False
        if self._least is not None and not number >= self._least:
            return False
        return self._most is None or number <= self._most


class Choice(Kind):
    """One of some values."""

    def __init__(self, values: Sequence[str], *, others: bool = False) -> None:
        self.values = tuple(values)
        self._others = others
        self.metavar = f"[{'|'.join(values)}]"

    def read(self, word: str) -> str:
        """Return the value.

        Raises:
            ValueError: it is not one of them.
        """
        if (self._others and word) or word in self.values:
            return word
        raise ValueError(f"{_quoted(word)} is not one of {', '.join(map(repr, self.values))}")

    def known(self) -> Iterable[str]:
        """Return the values."""
        return self.values


def _path(word: str) -> Path:
    if not word or "\0" in word:
        raise ValueError("it is empty" if not word else "no path holds a NUL")
    from pathlib import Path  # most commands are given no file

    # No shell does it behind the "=" of an option. Not `Path.expanduser`, which raises for a user that there is not.
    path = Path(os.path.expanduser(word))  # noqa: PTH111
    try:
        os.lstat(path)
    except OSError as error:
        problem = error.errno
    else:
        problem = 0
    if problem == errno.ENAMETOOLONG:
        raise ValueError(f"{_quoted(word, path=True)} is longer than the name of a file can be")
    return path


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


TEXT = Kind()
ANYTHING = Anything()
FILE = File()
OLD_FILE = OldFile()
NEW_FILE = NewFile()
OUTPUT = NewFile(folders=True)
FOLDER = Folder()
WHOLE = Number(int)
RATE = Number(float, above=0)


def _cut(word: str) -> str:
    from afilnet_protocols.suggestion import cut

    return cut(word)


def _quoted(word: str, *, path: bool = False) -> str:
    from afilnet_protocols.suggestion import LONGEST_PATH, LONGEST_WORD, quoted  # only a mistake needs it

    return quoted(word, LONGEST_PATH if path else LONGEST_WORD)
