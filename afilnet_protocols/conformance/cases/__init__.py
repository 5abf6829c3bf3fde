"""What is asked of every backend, case by case, each with a stable id and the requirement it stands for."""

from __future__ import annotations

import difflib

from afilnet_protocols.conformance.cases import (
    channels,
    conversations,
    credentials,
    delivery,
    errors,
    files,
    interrupted,
    limits,
    messages,
    security,
    sending,
    strangers,
    text,
    times,
    unread,
)
from afilnet_protocols.conformance.cases.case import AREAS, Case, Effects, Level

CASES: tuple[Case, ...] = (
    *channels.BOOK.cases,
    *sending.BOOK.cases,
    *files.BOOK.cases,
    *conversations.BOOK.cases,
    *messages.BOOK.cases,
    *unread.BOOK.cases,
    *errors.BOOK.cases,
    *credentials.BOOK.cases,
    *security.BOOK.cases,
    *strangers.BOOK.cases,
    *text.BOOK.cases,
    *limits.BOOK.cases,
    *times.BOOK.cases,
    *delivery.BOOK.cases,
    *interrupted.BOOK.cases,
)
"""Every case, by area."""

_BY_ID = {case.id: case for case in CASES}


def by_id(identifier: str) -> Case:
    """Return the case with this id.

    Raises:
        KeyError: there is none; the text suggests the nearest.
    """
    found = _BY_ID.get(identifier)
    if found is None:
        near = difflib.get_close_matches(identifier, _BY_ID, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "see the list of cases"
        raise KeyError(f"there is no case {identifier!r}: {hint}")
    return found


__all__ = ["AREAS", "CASES", "Case", "Effects", "Level", "by_id"]
