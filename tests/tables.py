"""A table in one test: every row is checked, and each that fails is named.

`pytest.mark.parametrize` makes a test of every row, each with fixtures, reports and messages to another process, which
costs more than most rows do. This does the same for rows that leave nothing behind and need no fixture of their own.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

Test = Callable[..., None]


@dataclass(frozen=True)
class Row:
    """A row: what the parameters are given, and what it is called."""

    given: dict[str, Any]
    name: str


def table(names: str | Sequence[str], rows: Iterable[Any], *, ids: Callable[[Any], str] = ascii) -> Callable[..., Test]:
    """Check every row in one test, which raises all failures together; one that is skipped hides none.

    What is decorated is left as `__wrapped__`, for a sabotage that needs one row.
    Tables above each other are every combination of their rows, as with `pytest.mark.parametrize`.

    Args:
        names: the parameters that a row is given to, as in `pytest.mark.parametrize`.
        rows: the values of each; one value by itself where there is one name.
        ids: returns the name of a value.
    """
    told = [_row(names, row, place, ids) for place, row in enumerate(rows)]
    assert told, "a table without rows shows nothing"

    def decorate(test: Test) -> Test:
        body, below = getattr(test, "below", (test, []))
        tables = [told, *below]

        @functools.wraps(body)
        def checked(*instance: Any, **fixtures: Any) -> None:
            failed: dict[str, Exception] = {}
            skipped: list[pytest.skip.Exception] = []
            combinations = list(itertools.product(*tables))
            for chosen in combinations:
                name = ", ".join(row.name for row in chosen)
                try:
                    body(*instance, **fixtures, **{key: value for row in chosen for key, value in row.given.items()})
                except Exception as error:
                    failed[name] = error
                except pytest.fail.Exception as failure:
                    failed[name] = AssertionError(failure.msg).with_traceback(failure.__traceback__)
                except pytest.skip.Exception as skip:
                    skipped.append(skip)
            for name, error in failed.items():
                error.add_note(f"the row: {name}")
            if failed:
                raise ExceptionGroup(
                    f"{len(failed)} of {len(combinations)} rows: {'; '.join(failed)}", list(failed.values())
                )
            if skipped:
                raise skipped[0]

        by_rows = {name for each in tables for name in each[0].given}
        signature = inspect.signature(body)
        left = [each for name, each in signature.parameters.items() if name not in by_rows]
        checked.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined] # pytest asks for it
        checked.below = body, tables  # type: ignore[attr-defined] # a table above this one does
        return checked

    return decorate


def _row(names: str | Sequence[str], row: Any, place: int, ids: Callable[[Any], str]) -> Row:
    if isinstance(names, str):
        names, row = [names], row if isinstance(row, type(pytest.param())) else (row,)
    name = None
    if isinstance(row, type(pytest.param())):
        assert not row.marks, "a row has no marks of its own"
        name, row = row.id, row.values
    given = dict(zip(names, row, strict=True))
    return Row(given, name or ", ".join(f"number {place}" if callable(value) else ids(value) for value in row))
