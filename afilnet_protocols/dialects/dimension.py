"""`Dimension`: one thing that a service may do in several ways; each a `Value`, with where it comes from."""

from __future__ import annotations

from typing import NamedTuple

from afilnet_protocols.vocabulary import Provenance

Answer = str | int | bool
"""A value of a dimension."""

DOCUMENTED, OBSERVED, ASSUMED = Provenance.DOCUMENTED, Provenance.OBSERVED, Provenance.ASSUMED
LIBRARIES = "the vendor's libraries for PHP, Node and Python"


class Value(NamedTuple):
    """One value of a dimension.

    Attributes:
        value: how ``dialect.toml`` writes it.
        about: what the service then does.
        provenance: whether the vendor says or shows that the service does so.
        source: where.
        refused: the field that the client's error names, if the client cannot read it; empty if it can.
    """

    value: Answer
    about: str
    provenance: Provenance = ASSUMED
    source: str = ""
    refused: str = ""


class Dimension(NamedTuple):
    """One thing that a service may do in several ways.

    Attributes:
        name: its section and key in ``dialect.toml``.
        about: the question.
        values: the answers; the first is the default.
    """

    name: str
    about: str
    values: tuple[Value, ...]

    def value(self, answer: Answer) -> Value | None:
        """Return a value by how it is written; ``None`` if there is no such value."""
        # 1 is no True here.
        return next((each for each in self.values if each.value == answer and type(each.value) is type(answer)), None)


v = Value
"""A short name for the tables, where nothing else stands."""
