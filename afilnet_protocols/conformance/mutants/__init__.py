"""Backends with one plausible mistake each, and the cases that are to catch them."""

from __future__ import annotations

from afilnet_protocols.conformance.mutants import conduct, failing, reading, writing
from afilnet_protocols.conformance.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = tuple(
    sorted(
        (*writing.SHELF.mutants, *reading.SHELF.mutants, *failing.SHELF.mutants, *conduct.SHELF.mutants),
        key=lambda mutant: mutant.id,
    )
)
"""Every broken backend, by id."""

__all__ = ["MUTANTS", "Mutant"]
