"""The figure that the README shows: how much is asked, of whom, and how much of what is broken is caught."""

from __future__ import annotations

from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.mutants import MUTANTS
from afilnet_protocols.sandbox.mutants import SERVER_MUTANTS
from afilnet_protocols.vocabulary import Protocol


def line() -> str:
    """Return the figure as a sentence. That every mutant is caught is what the kill matrix has to show."""
    return (
        f"{len(CASES)} cases are asked of {len(tuple(Protocol))} backends; "
        f"{len(MUTANTS)} backends and {len(SERVER_MUTANTS)} servers that are broken on purpose are each caught by the "
        "case that is to catch them."
    )
