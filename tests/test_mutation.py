"""What changes lines of this library puts a change in place where that is the same as another source."""

from __future__ import annotations

import gc
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutation.bodies import functions, put, replaced, statement_at, telling
from tests.mutation.changes import changes, code_of

SOURCE = """
import functools
LEAST = 1
class Box:
    most = 3
    @functools.cache
    def fits(self, number, *, more=2):
        if number > self.most:
            return LEAST
        inner = [each + 1 for each in (number,
            more)]
        return inner
def made():
    return Box()
"""


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "box.py"
    path.write_text(SOURCE, "utf-8")
    spec = importlib.util.spec_from_file_location("box", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    gc.freeze()  # as it was: what was read at first needs no other look


def test_a_change_of_a_body_is_put_in_place_and_any_other_is_not(module: ModuleType) -> None:
    there, before = functions(module), code_of(SOURCE)
    found = {change.name: replaced(there, before, change.code) for change in changes(SOURCE)}
    elsewhere = {name for name, bodies in found.items() if bodies is None}
    assert elsewhere == {"module: 1 -> 2", "Box: 3 -> 4", "Box.fits: 2 -> 3"}
    put(found["Box.fits: each + 1 -> each - 1"] or [])
    assert module.made().fits(2) == [1, 1]
    put(found["made: return Box() -> return None"] or [])
    assert module.made() is None


def test_each_statement_says_when_a_test_comes_to_it(module: ModuleType) -> None:
    told: list[int] = []
    vars(module)["__reached__"] = told.append
    put(replaced(functions(module), code_of(SOURCE), telling(SOURCE)) or [])
    assert module.made().fits(2) == [3, 3]
    lines = SOURCE.splitlines()
    assert [lines[line - 1].split()[0] for line in told] == ["return", "if", "inner", "return"]
    assert statement_at(SOURCE)(lines.index("            more)]") + 1) in told
