"""What a command can be told: options by their names, arguments by their places."""

from __future__ import annotations

from collections.abc import Callable

from afilnet_protocols.cli.parser.kinds import TEXT, Kind

CONNECTION = "Connection (secrets come from the environment, files or a profile only)"
"""The heading of the options about the connection."""


class Parameter:
    """What a command can be told: a word that is known by its place, unless it is an option.

    Attributes:
        name: what its function calls it.
        opts: the names that it is given by; empty if it is known by its place.
        kind: what its words are read as.
        metavar: how the help calls its value.
        required: whether it has to be given.
        multiple: whether it may be given more than once; its value is then a tuple.
        default: its value when it is not given.
    """

    opts: tuple[str, ...] = ()

    def __init__(
        self,
        name: str,
        *,
        kind: Kind = TEXT,
        metavar: str | None = None,
        help: str | Callable[[], str],  # noqa: A002 -- as it is called wherever commands are declared
        required: bool = True,
        multiple: bool = False,
        default: object = None,
    ) -> None:
        self.name, self.kind, self._help = name, kind, help
        self.metavar = metavar or kind.metavar
        self.required, self.multiple, self.default = required, multiple, default

    @property
    def help(self) -> str:
        """What the help says of it."""
        return self._help if isinstance(self._help, str) else self._help()


class Option(Parameter):
    """A word that is known by its name.

    Attributes:
        flag: whether it has no value, and is on when it is given.
        opposite: the names that turn it off.
        heading: what it stands under in the help.
    """

    def __init__(
        self,
        *words: str,
        flag: bool = False,
        heading: str = "Options",
        kind: Kind = TEXT,
        metavar: str | None = None,
        help: str | Callable[[], str],  # noqa: A002
        required: bool = False,
        multiple: bool = False,
        default: object = None,
    ) -> None:
        """Declare an option.

        Args:
            words: its names, ``--on/--off`` for both of a flag; and last, without hyphens, what its function calls it,
                if that is not its name.
            flag: whether it has no value.
            heading: what it stands under in the help.
            kind: what its words are read as.
            metavar: how the help calls its value.
            help: what the help says of it.
            required: whether it has to be given.
            multiple: whether it may be given more than once.
            default: its value when it is not given; of a flag that cannot be turned off, ``False``.
        """
        spelled = [word for word in words if word.startswith("-")]
        self.opts = tuple(word.partition("/")[0] for word in spelled)
        self.opposite = tuple(word.partition("/")[2] for word in spelled if "/" in word)
        self.flag, self.heading = flag, heading
        name = words[-1] if not words[-1].startswith("-") else self.opts[-1].lstrip("-").replace("-", "_")
        super().__init__(
            name,
            kind=kind,
            metavar=metavar,
            help=help,
            required=required,
            multiple=multiple,
            default=False if flag and default is None and not self.opposite else default,
        )


HELP = Option("-h", "--help", flag=True, help="Show this message and exit.")
JSON = Option("--json", flag=True, help="Print one JSON document instead of a table.")
