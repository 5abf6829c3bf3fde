"""Backends with one plausible mistake each, and the cases that are to catch them."""

from __future__ import annotations

from afilnet_protocols.conformance.mutants import (
    afterwards,
    calling,
    conduct,
    failing,
    leaving,
    logins,
    reading,
    shapes,
    telling,
    wires,
    writing,
)
from afilnet_protocols.conformance.mutants.mutant import Mutant

_SHELVES = (writing, reading, failing, conduct, logins, telling, shapes, calling, leaving, afterwards, wires)

MUTANTS: tuple[Mutant, ...] = tuple(
    sorted(
        (mutant for shelf in _SHELVES for mutant in shelf.SHELF.mutants),
        key=lambda mutant: (len(mutant.id), mutant.id),
    )
)
"""Every broken backend, by id."""

__all__ = ["MUTANTS", "Mutant"]
