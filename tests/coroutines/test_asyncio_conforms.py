"""The asyncio client is asked everything that is asked of any backend, over the five protocols."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from afilnet_protocols import AfilnetError, ChatOperations, Settings
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.conformance.case_player import CasePlayer
from afilnet_protocols.conformance.cases import by_id
from afilnet_protocols.conformance.results.outcome import Outcome
from afilnet_protocols.conformance.runner import run
from afilnet_protocols.conformance.suite import BackendConformance
from afilnet_protocols.conformance.targets.stage import Candidate, Stage
from afilnet_protocols.forwarding import Arguments
from tests.figures.in_loop import InLoop, R
from tests.matrix import Connect

SOME = ("TEXT-02", "SEND-01", "SEND-02", "ERR-01", "DELIV-01", "MSGS-01")


@pytest.fixture(scope="module")
def theatre() -> Iterator[Stage]:
    with Stage() as running:
        yield running


def outcomes(theatre: Stage, make: Connect) -> set[Outcome]:
    target = theatre.target(Candidate("asyncio", "http-post", make=make, plain=True))
    report = run([target], cases=[by_id(each) for each in SOME], seed=1, chosen=True)
    return {result.outcome for result in report.results}


def test_some_cases_are_shown_over_the_loop(theatre: Stage) -> None:
    assert outcomes(theatre, InLoop) == {Outcome.PASS}


class Deaf(InLoop):
    """Takes every refusal for a success."""

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        with contextlib.suppress(AfilnetError):
            return super()._call(operation, arguments)
        return [] if operation.record is not None else None  # type: ignore[return-value]  # the sabotage


def test_sabotage_a_driver_that_loses_errors_is_found(theatre: Stage) -> None:
    assert Outcome.FAIL in outcomes(theatre, Deaf)


@pytest.mark.proof(short="test_some_cases_are_shown_over_the_loop")
class InTheLoop(BackendConformance):
    """Every case, made by a task."""

    def make(self, settings: Settings) -> ChatOperations:
        return InLoop(settings)


class TestHttpGet(InTheLoop):
    protocol = "http-get"
    plain = True


class TestHttpPost(InTheLoop):
    protocol = "http-post"


class TestBasic(InTheLoop):
    protocol = "basic"
    plain = True


class TestSoap(InTheLoop):
    protocol = "soap"
    plain = True


class TestJson(InTheLoop):
    protocol = "json"


@pytest.fixture(scope="class")
def afilnet_player(afilnet_target: object, afilnet_seed: int) -> Iterator[CasePlayer]:
    """The sequences of the generated cases: as many as the quick profile plays, and no wire in what they report."""
    player = CasePlayer([afilnet_target], seed=afilnet_seed, examples=10, draws_wire=False)  # type: ignore[list-item]
    yield player
    player.close()
