"""Whatever a backend makes, returns, raises or prints: it is told as the backend's, in words, and ends no run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from afilnet_protocols import connect, connect_async
from afilnet_protocols.comparison import canonical
from afilnet_protocols.conformance.cases import by_id
from afilnet_protocols.conformance.examination import examine
from afilnet_protocols.conformance.results.outcome import CaseResult, Outcome
from afilnet_protocols.conformance.runner import run
from afilnet_protocols.conformance.targets.stage import Candidate, Stage
from afilnet_protocols.settings import Settings
from tests.cli.conftest import afilnet  # noqa: F401 - the fixture
from tests.tables import table

Make = Callable[[Settings], Any]


@pytest.fixture(scope="module")
def theatre() -> Iterator[Stage]:
    with Stage() as running:
        yield running


def outcome_on(theatre: Stage, make: Make, case: str = "CHATS-01") -> CaseResult:
    target = theatre.target(Candidate("foreign", "http-post", make=make, plain=True))
    return run([target], cases=[by_id(case)], seed=1, chosen=True).results[0]


class Half:
    def get_chat_channels(self) -> list[object]:
        return []


class Wrapper:
    def __init__(self, settings: Settings) -> None:
        self.wrapped = connect(settings)

    def __getattr__(self, name: str) -> object:
        return getattr(self.wrapped, name)


async def awaited(settings: Settings) -> object:
    return connect(settings)


NO_CLIENTS: dict[str, tuple[Make, str]] = {
    "nothing": (lambda settings: None, "NoneType has no get_chat_channels()"),
    "a class": (lambda settings: Half, "type has no send_message()"),
    "half a client": (lambda settings: Half(), "Half has no send_message()"),
    "what hands on all but with": (lambda settings: Wrapper(settings), "Wrapper has no __enter__()"),
    "a client for asyncio": (lambda settings: connect_async(settings), "the calls of AsyncChat are coroutines"),
    "a coroutine": (lambda settings: awaited(settings), "coroutine has no get_chat_channels()"),
}


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@table("what", NO_CLIENTS)
def test_what_is_no_client_is_named_with_what_it_lacks(theatre: Stage, what: str) -> None:
    make, words = NO_CLIENTS[what]
    result = outcome_on(theatre, make)
    assert (result.outcome, words in result.reason) == (Outcome.SETUP_FAILED, True), result.reason
    target = theatre.target(Candidate("foreign", "http-post", make=make, plain=True))
    *_, last = examine([target])
    assert (last.holds, words in last.seen) == (False, True), last.seen


class Mute(Exception):
    """An error that cannot be told."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


def answering(answer: Callable[[], object]) -> Make:
    """Return what makes clients that list conversations in a way of their own."""

    def make(settings: Settings) -> object:
        chat = connect(settings)
        chat.get_chats = lambda **_: answer()  # type: ignore[method-assign, assignment, return-value] - what is tried
        return chat

    return make


def raised(error: BaseException) -> object:
    raise error


ANSWERS: dict[str, Callable[[], object]] = {
    "raised": lambda: raised(Mute()),
    "returned": Mute,
    "in a list": lambda: [Mute()],
    "in a list that is none": lambda: iter([Mute()]),
}


@table("how", ANSWERS)
def test_what_cannot_even_be_told_is_a_failure_of_who_gives_it(theatre: Stage, how: str) -> None:
    assert outcome_on(theatre, answering(ANSWERS[how])).outcome is Outcome.FAIL


def test_a_factory_whose_error_cannot_be_told_has_failed(theatre: Stage) -> None:
    result = outcome_on(theatre, lambda settings: raised(Mute()))
    assert (result.outcome, result.reason) == (Outcome.SETUP_FAILED, "Mute: ")


def test_sabotage_words_that_are_asked_for_blindly_are_taken_for_a_mistake_of_the_suite(
    theatre: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canonical, "words_of", str)
    assert outcome_on(theatre, answering(ANSWERS["raised"])).outcome is Outcome.HARNESS_ERROR


PRINTS = """
import sys
from afilnet_protocols import connect
print("while it is imported")
def make(settings):
    print("while a client is made")
    return connect(settings)
"""


def test_what_a_backend_prints_is_no_part_of_the_result(
    afilnet: Callable[..., Any],  # noqa: F811 - the fixture
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "printing.py").write_text(PRINTS, "utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    ended = afilnet("conformance", "run", "entry:printing:make", "--case", "SEND-01", "--plain", "--json")
    assert json.loads(ended.out)["verdict"]["exit_code"] == ended.code
    assert "while it is imported" in ended.err
    assert "while a client is made" in ended.err
