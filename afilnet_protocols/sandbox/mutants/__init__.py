"""Servers with one plausible defect each: to prove that a suite catches them, or that a client copes with them."""

from __future__ import annotations

import difflib

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox.mutants import answers, behaviour
from afilnet_protocols.sandbox.mutants.mutant import ServerMutant
from afilnet_protocols.suggestion import quoted

SERVER_MUTANTS: tuple[ServerMutant, ...] = tuple(
    sorted((*behaviour.MUTANTS, *answers.MUTANTS), key=lambda mutant: mutant.id)
)
"""Every broken server, by id."""


def by_id(identifier: str) -> ServerMutant:
    """Return the broken server with this id.

    Raises:
        ConfigurationError: there is none; the text lists those that there are.
    """
    found = next((mutant for mutant in SERVER_MUTANTS if mutant.id == identifier.upper()), None)
    if found is None:
        known = [mutant.id for mutant in SERVER_MUTANTS]
        near = difflib.get_close_matches(identifier.upper(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {known[0]} to {known[-1]}"
        raise ConfigurationError(f"there is no broken server {quoted(identifier)}: {hint}")
    return found


__all__ = ["SERVER_MUTANTS", "ServerMutant", "by_id"]
