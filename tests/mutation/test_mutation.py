"""What changes lines of this library puts a change in place where that is the same as another source."""

from __future__ import annotations

import gc
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutation.bodies import constants, functions, put, put_constants, put_script, replaced, statement_at, telling
from tests.mutation.changes import changes, code_of
from tests.mutation.statements import statement_changes

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
    found = {change.name: replaced(there, before, change.after) for change in changes(SOURCE)}
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


def test_a_text_or_number_of_a_module_is_put_in_place_also_where_it_was_imported(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = ModuleType("box.user")
    vars(user)["LEAST"] = 1
    for each in (module, user):
        monkeypatch.setitem(sys.modules, each.__name__, each)
    (least,) = (change for change in changes(SOURCE) if change.name == "module: 1 -> 2")
    assert isinstance(least.after, CodeType)
    put_constants(constants(module, least.after))
    assert [module.made().fits(4), vars(user)["LEAST"]] == [2, 2]


def test_a_statement_is_changed_one_word_at_a_time_and_one_assignment_less() -> None:
    told = "UPDATE a SET x = y + 1, z = NULL WHERE b <= ? AND c IS NOT NULL -- AND so on"
    assert {after for _, after in statement_changes(told)} == {
        told.replace("x = y + 1,", ""),
        told.replace(", z = NULL", ""),
        told.replace("+", "-"),
        told.replace("1", "2"),
        told.replace("<=", "<"),
        told.replace("? AND", "? OR"),
        told.replace("IS NOT NULL", "IS NULL"),
    }


def test_what_is_filled_in_after_a_set_is_no_assignment_of_the_statement() -> None:
    assert list(statement_changes("UPDATE x SET ")) == []


def test_a_text_in_a_module_is_changed_if_it_is_a_statement_that_something_is_done_with() -> None:
    source = '''QUERY = f"SELECT {1 + 1} WHERE a = b"\n"""What a SELECT is."""\nNAME = "a = b"\n'''
    names = [change.name for change in changes(source)]
    assert [name for name in names if "1" not in name] == ["module: WHERE a [= -> <>] b"]


def test_a_script_is_read_otherwise_from_a_change_on_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_text", Path.read_text)  # put back afterwards
    for name in ("script.sql", "other.sql"):
        (tmp_path / name).write_text("SELECT 1", "utf-8")
    put_script(tmp_path / "script.sql", "SELECT 2")
    assert (tmp_path / "script.sql").read_text("utf-8") == "SELECT 2"
    assert (tmp_path / "other.sql").read_text(encoding="utf-8") == "SELECT 1"
