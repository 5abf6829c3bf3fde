"""A table in one test loses nothing of what a test of every row says."""

from __future__ import annotations

import inspect

import pytest

from tests.tables import table

seen: list[object] = []


@table("number", [1, 2, 3])
@table(("letter", "word"), [("a", "one"), ("b", "two")])
def test_every_combination_is_checked(number: int, letter: str, word: str) -> None:
    seen.append((number, letter, word))


def test_they_were() -> None:
    seen.clear()
    test_every_combination_is_checked()  # type: ignore[call-arg] # the table gives what it takes
    assert seen == [(number, *row) for number in (1, 2, 3) for row in (("a", "one"), ("b", "two"))]


@pytest.mark.parametrize("letter", ["a", "b"])
@table("number", [1, 2])
def test_rows_may_be_checked_beside_parameters_and_fixtures(number: int, letter: str, request: pytest.FixtureRequest):
    assert f"[{letter}]" in request.node.name
    assert number in (1, 2)


class TestOfAClass:
    known = (1, 2)

    @table("number", [1, 2])
    def test_rows_are_checked_with_what_the_class_has(self, number: int) -> None:
        assert number in self.known

    @table("number", [1, 2, 3])
    def one_is_not_known(self, number: int) -> None:
        assert number in self.known

    def test_and_the_row_that_fails_is_named(self) -> None:
        with pytest.raises(ExceptionGroup, match="1 of 3 rows: 3"):
            self.one_is_not_known()  # type: ignore[call-arg] # the table gives what it takes


def test_every_row_that_fails_is_named_and_none_hides_another() -> None:
    @table(("number", "word"), [(1, "one"), (2, "deux"), (3, "three"), (4, "vier"), (5, "cinq")])
    def words(number: int, word: str) -> None:
        if word == "vier":
            pytest.fail("that is German")
        assert not word.endswith(("x", "q")), "that is French"

    with pytest.raises(ExceptionGroup, match=r"3 of 5 rows: 2, 'deux'; 4, 'vier'; 5, 'cinq'") as caught:
        words()
    assert [str(each).partition("\n")[0] for each in caught.value.exceptions] == [
        "that is French",
        "that is German",
        "that is French",
    ]
    assert caught.value.exceptions[0].__notes__ == ["the row: 2, 'deux'"]


@pytest.mark.parametrize("skipped", [1, 2, 3])
def test_a_row_that_is_skipped_hides_none_that_fails(skipped: int) -> None:
    checked: list[int] = []

    @table("number", [1, 2, 3])
    def numbers(number: int, fails: bool) -> None:
        checked.append(number)
        if number == skipped:
            pytest.skip("not here")
        assert not fails

    with pytest.raises((ExceptionGroup, pytest.skip.Exception)) as caught:  # or this test would be skipped itself
        numbers(fails=True)
    assert isinstance(caught.value, ExceptionGroup)
    assert len(caught.value.exceptions) == 2
    with pytest.raises(pytest.skip.Exception, match="not here"):
        numbers(fails=False)
    assert checked == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize("hides", [KeyboardInterrupt, SystemExit])
def test_what_is_no_failure_of_a_row_ends_the_test(hides: type[BaseException]) -> None:
    @table("number", [1, 2])
    def stopped(number: int) -> None:
        raise hides

    with pytest.raises(hides):
        stopped()


def test_a_table_without_rows_and_one_that_does_not_fit_are_refused() -> None:
    for names, rows in (("number", []), (("number", "word"), [(1,)])):
        with pytest.raises((AssertionError, ValueError)):
            table(names, rows)


def test_only_what_no_row_gives_is_asked_of_fixtures() -> None:
    @table("number", [1])
    def needing(sandbox: object, number: int) -> None: ...

    assert list(inspect.signature(needing).parameters) == ["sandbox"]
