"""What a setting is: its kind, allowed values and names. Each one is declared once, in :class:`Settings` itself.

Environment variables, command-line options, the schema of ``afilnet.toml``, checks and documentation are derived from
:data:`afilnet_protocols.settings.FIELDS`, which is read from that class.
"""

from __future__ import annotations

import functools
import os
import re
from enum import StrEnum

import msgspec

from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.security.secret import Secret

PREFIX = "AFILNET_"
"""What the name of every environment variable of ours begins with."""


class Kind(StrEnum):
    """How the value of a setting is written."""

    WORD = "word"
    """One of a few values."""
    TEXT = "text"
    """Any text without control characters."""
    SECRET = "secret"  # noqa: S105 - the name of a kind, not a password
    """A text that is never shown."""
    URL = "url"
    """An ``https`` address."""
    FILE = "file"
    """A file that exists."""
    FILE_OR_URL = "file_or_url"
    """A file that exists, or an ``https`` address."""
    NEW_FILE = "new_file"
    """A file that need not exist yet."""
    DIGEST = "digest"
    """A SHA-256, in hexadecimal."""
    SECONDS = "seconds"
    """A duration: a positive number of seconds, at most a day."""
    COUNT = "count"
    """A whole number, at least 1."""
    FLAG = "flag"
    """True or false."""
    NAMES = "names"
    """Several names: a list in TOML, separated by commas in the environment and on the command line."""


_OF_FILES = (Kind.FILE, Kind.FILE_OR_URL, Kind.NEW_FILE)


class SettingField(msgspec.Struct, frozen=True):
    """One setting.

    Attributes:
        name: its name in Python and TOML.
        kind: how it is written.
        default: its value where no source gives one.
        values: the allowed values of a :attr:`Kind.WORD`.
        open_ended: whether further values may exist, which are checked elsewhere.
        needed_by: the protocols that do not work without it.
        owner: the class that declares it, whose docstring says what it is.
    """

    name: str
    kind: Kind
    default: object
    values: tuple[str, ...] = ()
    open_ended: bool = False
    needed_by: tuple[str, ...] = ()
    owner: type | None = None

    @property
    def about(self) -> str:
        """What it is, in one phrase: what the docstring of its owner says of it."""
        return _abouts(self.owner).get(self.name, "")

    @property
    def secret(self) -> bool:
        """Whether the value must never be shown."""
        return self.kind is Kind.SECRET

    @property
    def variable(self) -> str:
        """The environment variable that holds the value."""
        return PREFIX + self.name.upper()

    @property
    def file_variable(self) -> str | None:
        """The environment variable that names a file that holds the value; only secrets have one."""
        return f"{self.variable}_FILE" if self.secret else None

    @property
    def option(self) -> str | None:
        """The command-line option; a secret has none, because other users can read a process's arguments."""
        return None if self.secret else "--" + self.name.replace("_", "-")

    def wrapped(self, value: object) -> object:
        """Return a value in a form that a traceback may print with its local variables, equal to what was given.

        Texts become secrets and addresses, whose repr does not show what may be secret in them. Paths become texts.
        """
        if self.kind in _OF_FILES and isinstance(value, os.PathLike):
            return _path(value)
        if not isinstance(value, str):
            return value
        if self.secret:
            return Secret(value)
        is_address = self.kind is Kind.URL or (self.kind is Kind.FILE_OR_URL and "://" in value)
        return origin_only(value) if is_address else value

    def names_a_file(self, value: object) -> bool:
        """Whether a value is the path of a file, and not an address or something else."""
        of_files = self.kind in (Kind.FILE, Kind.NEW_FILE) or (
            self.kind is Kind.FILE_OR_URL and isinstance(value, str) and "://" not in value
        )
        return of_files and isinstance(value, str) and value.strip() != ""

    def parse(self, text: str) -> object:
        """Turn the text of an environment variable or option into a value.

        Text that is no such value is returned as it is, for the checks to refuse by name.
        """
        if self.kind is Kind.SECONDS:
            return _number(text)
        if self.kind is Kind.COUNT:
            return _count(text)
        if self.kind is Kind.FLAG:
            return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
        if self.kind is Kind.NAMES:
            return tuple(name.strip() for name in text.split(","))
        if self.kind in _OF_FILES:
            # No shell does it in a variable that a service manager sets, nor behind the "=" of an option.
            return os.path.expanduser(text)
        return text


def _path(value: os.PathLike[str]) -> object:
    """Return the text of a path; what says none, which the checks refuse, as it is."""
    try:
        return os.fspath(value)
    except Exception:  # noqa: BLE001 - a foreign method says it
        return value


@functools.cache
def _abouts(owner: type | None) -> dict[str, str]:
    """Return the phrases of a docstring, by attribute. Only help and documentation ask for them."""
    import inspect

    from afilnet_protocols.docstring import docstring

    # Python 3.13 takes the indentation off docstrings, earlier versions leave it.
    section = inspect.cleandoc(docstring(owner) if owner is not None else "").partition("Attributes:\n")[2]
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, flags=re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def _count(text: str) -> object:
    try:
        return int(text) if text.isdecimal() else text
    except ValueError:  # it has too many digits
        return text


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text
