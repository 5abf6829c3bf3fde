"""Which outbox a command is about: its place, and in a database its schema."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from afilnet_protocols.cli.parser import grammar
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.places import DEFAULT_SCHEMA, check_shown, is_there

if TYPE_CHECKING:
    from afilnet_protocols.outbox import Outbox
    from afilnet_protocols.settings import Settings


@dataclass(frozen=True)
class Place:
    """Where an outbox is.

    Attributes:
        name: the path of its file, or ``postgresql://…``.
        schema: in PostgreSQL, the schema of its tables.
    """

    name: str
    schema: str

    def __str__(self) -> str:
        """Return it as a command line has it."""
        return self.name if self.schema == DEFAULT_SCHEMA else f"{self.name} --schema {self.schema}"

    def made(self, settings: Settings | None = None) -> Outbox:
        """Open it; it is made if it is not there."""
        from afilnet_protocols.outbox import Outbox

        return Outbox(check_shown(self.name), settings, schema=self.schema)

    def there(self, settings: Settings | None = None) -> Outbox:
        """Open it, if it is there: a mistyped name shall not make an empty outbox.

        Raises:
            InvalidRequestError: it is not.
        """
        if not is_there(check_shown(self.name), schema=self.schema):
            raise InvalidRequestError(f"there is no outbox {str(self)!r}: 'afilnet outbox put' makes one")
        return self.made(settings)


def at_outbox(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the words that say which outbox, and hand it to the command as its parameter ``outbox``."""

    @functools.wraps(function)
    def command(*, outbox: str, schema: str, **given: object) -> None:
        function(outbox=Place(outbox, schema), **given)

    made = grammar.option(
        "--schema",
        metavar="NAME",
        default=DEFAULT_SCHEMA,
        help=f"In PostgreSQL, the schema of its tables ({DEFAULT_SCHEMA!r} by default).",
    )(command)
    return grammar.argument(
        "outbox",
        metavar="OUTBOX",
        help="The outbox's file, or postgresql://… without a password.",
    )(made)
