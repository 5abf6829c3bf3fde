"""Which outbox or inbox a command is about: its place, and in a database its schema."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from afilnet_protocols.cli.parser import grammar
from afilnet_protocols.cli.parser.parameters import Option, Parameter
from afilnet_protocols.cli.parser.words import UsageError
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.places import DEFAULT_SCHEMA, NO_SCHEMA, check_shown, is_address, is_there
from afilnet_protocols.suggestion import LONGEST_PATH, quoted

LOOKING = "looking into the place"
"""What is said of a file or a database that is slow."""

if TYPE_CHECKING:
    from afilnet_protocols.inbox import Inbox
    from afilnet_protocols.outbox import Outbox
    from afilnet_protocols.settings import Settings


def as_a_word(path: object) -> str:
    """Return a path or an address as a word of a command line: in quotation marks where a shell would read more."""
    import shlex  # only what tells of a command needs it

    text = str(path)
    word = shlex.quote(text)
    # Commands stand in single quotation marks in our sentences.
    return f'"{text}"' if word != text and text.isprintable() and not set("\"'$`\\!") & set(text) else word


@dataclass(frozen=True)
class Place:
    """Where something is.

    Attributes:
        name: the path of its file, or ``postgresql://…``.
        schema: in PostgreSQL, the schema of its tables.
    """

    name: str
    schema: str

    def __str__(self) -> str:
        """Return it as a command line has it."""
        name = as_a_word(self.name)
        return name if self.schema == DEFAULT_SCHEMA else f"{name} --schema {as_a_word(self.schema)}"

    def check_there(self, what: str, *, made_by: str) -> None:
        """Refuse a place where nothing is: a mistyped name shall not make an empty outbox or inbox.

        Raises:
            InvalidRequestError: nothing is there.
        """
        if not is_there(check_shown(self.name), schema=self.schema):
            beside = "" if self.schema == DEFAULT_SCHEMA else f" in the schema {quoted(self.schema)}"
            raise InvalidRequestError(
                f"there is no {what} {quoted(self.name, LONGEST_PATH)}{beside}: 'afilnet {what} {made_by}' makes one"
            )


class OutboxPlace(Place):
    """Where an outbox is."""

    def made(self, settings: Settings | None = None) -> Outbox:
        """Open it; it is made if it is not there."""
        from afilnet_protocols.outbox import Outbox

        return Outbox(check_shown(self.name), settings, schema=self.schema)

    def there(self, settings: Settings | None = None) -> Outbox:
        """Open it, if it is there.

        Raises:
            InvalidRequestError: it is not.
        """
        self.check_there("outbox", made_by="put")
        return self.made(settings)


class InboxPlace(Place):
    """Where an inbox is."""

    def there(self) -> Inbox:
        """Open it, if there is anything.

        Raises:
            InvalidRequestError: there is nothing.
        """
        from afilnet_protocols.inbox import Inbox

        self.check_there("inbox", made_by="run")
        return Inbox(self.name, schema=self.schema)


def at_place(word: str, kind: type[Place]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what gives a command the words that say where something is, and hands them over as one parameter.

    Args:
        word: the parameter, such as ``outbox``.
        kind: what it is.
    """

    def placed(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def command(*, schema: str, **given: object) -> None:
            if schema != DEFAULT_SCHEMA and not is_address(str(given[word])):
                raise UsageError(f"--schema {NO_SCHEMA}")
            function(**{**given, word: kind(str(given[word]), schema)})

        about = f"The {word}'s file, or postgresql://… without a password."
        of_schema = "In PostgreSQL, the schema of its tables."
        option = Option("--schema", metavar="NAME", default=DEFAULT_SCHEMA, help=of_schema)
        return grammar.having(Parameter(word, metavar=word.upper(), help=about), option)(command)

    return placed


at_outbox = at_place("outbox", OutboxPlace)
at_inbox = at_place("inbox", InboxPlace)
