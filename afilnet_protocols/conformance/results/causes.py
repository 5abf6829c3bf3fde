"""Failures that have one cause, so that a mistake which fails forty cases is told once and not forty times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from afilnet_protocols.comparison.canonical import Plain

T = TypeVar("T")

Sign = tuple[str, ...]
"""What failures of one cause have in common."""


def sign(*, backend: str, outcome: str, operation: str, field: str, expected: Plain, actual: Plain) -> Sign:
    """Return what a failure has in common with others of the same cause.

    That is the backend, the operation and the place, whatever its position in a list, and in what manner the outcome
    is another one: an error of a class in place of a record, a text in place of a number. The values themselves differ
    from case to case.
    """
    return backend, outcome, operation, re.sub(r"\[\d+\]", "[]", field), _manner(expected), _manner(actual)


def _manner(outcome: Plain) -> str:
    if isinstance(outcome, dict):
        if "raised" in outcome:
            return f"raised {outcome['raised']} {outcome.get('code')} {outcome.get('delivery')}"
        return ", ".join(sorted(outcome))
    return type(outcome).__name__


def grouped(failures: Iterable[T], sign_of: Callable[[T], Sign]) -> list[list[T]]:
    """Return the failures of each cause, the first one of each in front, in the order in which causes came up."""
    found: dict[Sign, list[T]] = {}
    for failure in failures:
        found.setdefault(sign_of(failure), []).append(failure)
    return list(found.values())
