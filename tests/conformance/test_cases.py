"""Every case is in the list, in the code and on the page, under one id; and a run that proves nothing says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afilnet_protocols import ChatOperations, Settings, connect
from afilnet_protocols.backends.http_post import HttpPostBackend
from afilnet_protocols.conformance import cases
from afilnet_protocols.conformance.case_player import EXAMPLES
from afilnet_protocols.conformance.cases import AREAS, CASES, Effects, Level, by_id
from afilnet_protocols.conformance.cases import page as case_page
from afilnet_protocols.conformance.generated.coverage import STATES
from afilnet_protocols.conformance.results.outcome import CaseResult, ExitCode, Outcome, RunReport
from afilnet_protocols.conformance.results.verdict import judge
from afilnet_protocols.conformance.runner import run
from afilnet_protocols.conformance.targets import capabilities
from afilnet_protocols.conformance.targets.capabilities import CAPABILITIES, DEFAULT, TOKENS
from afilnet_protocols.conformance.targets.stage import Candidate, Stage
from afilnet_protocols.conformance.targets.target import Target

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cases.md"
CODE = Path(cases.__file__).parent


@pytest.fixture(scope="module")
def theatre() -> Iterator[Stage]:
    with Stage() as running:
        yield running


def test_ids_are_unique_belong_to_an_area_and_every_area_has_some() -> None:
    identifiers = [case.id for case in CASES]
    assert len(identifiers) == len(set(identifiers)) >= 70
    assert all(re.fullmatch(r"[A-Z]+-\d\d", identifier) for identifier in identifiers)
    assert {case.area for case in CASES} == set(AREAS)


def test_every_area_has_one_generated_case() -> None:
    assert [case.area for case in CASES if case.generated] == list(AREAS)


def test_no_case_is_an_orphan_between_the_code_the_list_and_the_page() -> None:
    in_code = {
        identifier
        for file in CODE.glob("*.py")
        for identifier in re.findall(r"@BOOK\.case\(\s*\"([A-Z]+-\d\d)\"", file.read_text("utf-8"))
    }
    on_page = re.findall(r"^\| `([A-Z]+-\d\d)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert in_code == {case.id for case in CASES} == set(on_page)
    assert len(on_page) == len(CASES)


def test_the_page_is_as_it_is_rendered() -> None:
    text = PAGE.read_text("utf-8")
    assert text == case_page.fill(text), (
        "run: python -m afilnet_protocols.conformance.cases.page docs/reference/cases.md"
    )
    assert set(re.findall(r"<!-- cases: (.*) -->", text)) == set(case_page.TABLES)


def test_every_case_quotes_a_requirement_and_says_what_it_depends_on() -> None:
    for case in CASES:
        assert len(case.requirement.split()) >= 8, case.id
        assert case.requirement.endswith("."), case.id
        assert (case.level is Level.CAPABILITY) == (case.capability is not None)
        assert case.capability is None or case.capability in CAPABILITIES
    assert {case.capability for case in CASES} - {None} == set(CAPABILITIES)


def test_an_unknown_case_and_an_unknown_capability_are_refused_with_a_suggestion() -> None:
    assert by_id("TEXT-02").title == "line ends"
    with pytest.raises(KeyError, match="did you mean 'TEXT-0"):
        by_id("TEXT-2")
    with pytest.raises(ValueError, match="did you mean 'tokens'"):
        capabilities.declared(["token"])
    with pytest.raises(ValueError, match="unlimited-size"):
        capabilities.declared(["all"])


def outcomes(target: Target, *identifiers: str, **options: Any) -> dict[str, CaseResult]:
    report = run([target], cases=[by_id(each) for each in identifiers], seed=1, **options)
    return {result.case: result for result in report.results}


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\r", "\x85", "\xa0", "\u3000", "\u200b", "\ufeff"])
def test_whoever_strips_any_one_blank_is_found_by_a_case_about_text(theatre: Stage, blank: str) -> None:
    class Strips(HttpPostBackend):
        def _call(self, operation: Any, arguments: Any) -> Any:
            text = arguments.get("message") or ""
            return super()._call(operation, {**arguments, "message": text.strip(blank) or text} if text else arguments)

    target = theatre.target(Candidate("strips", "http-post", make=Strips, plain=True))
    assert Outcome.FAIL in {result.outcome for result in outcomes(target, "TEXT-02", "TEXT-03").values()}


def test_declaring_too_much_and_too_little_are_both_told(theatre: Stage) -> None:
    boastful = theatre.target(Candidate("boastful", "http-post", plain=True, capabilities=DEFAULT | {TOKENS}))
    modest = theatre.target(Candidate("modest", "http-post", plain=True, capabilities=frozenset()))
    honest = theatre.target(Candidate("honest", "http-post", plain=True))
    found = [outcomes(target, "AUTH-05", "LIMIT-02") for target in (boastful, modest, honest)]
    assert [{case: result.outcome for case, result in each.items()} for each in found] == [
        {"AUTH-05": Outcome.OVER_CLAIMED, "LIMIT-02": Outcome.PASS},
        {"AUTH-05": Outcome.NOT_DECLARED, "LIMIT-02": Outcome.UNDER_CLAIMED},
        {"AUTH-05": Outcome.NOT_DECLARED, "LIMIT-02": Outcome.PASS},
    ]
    assert "'tokens'" in found[0]["AUTH-05"].reason


def test_nothing_that_travels_over_get_declares_that_it_believes_in_absence(theatre: Stage) -> None:
    def over_get(settings: Settings) -> ChatOperations:
        return connect(settings.but(http_verb="GET"))

    declared = capabilities.of_protocol("basic", http_verb="GET")
    honest = theatre.target(Candidate("honest-get", "basic", make=over_get, plain=True, capabilities=declared))
    boastful = theatre.target(Candidate("boastful-get", "basic", make=over_get, plain=True, capabilities=DEFAULT))
    asked = ("DELIV-07", "DELIV-08", "LIMIT-03", "SEC-06")
    assert [result.outcome for result in outcomes(honest, *asked).values()] == [
        Outcome.NOT_DECLARED,
        Outcome.PASS,
        Outcome.PASS,
        Outcome.PASS,
    ]
    assert outcomes(boastful, *asked)["DELIV-07"].outcome is Outcome.OVER_CLAIMED


def test_a_backend_that_cannot_be_made_is_told_apart_from_one_that_is_wrong(theatre: Stage) -> None:
    def make(settings: Settings) -> ChatOperations:
        raise ImportError("a library is missing")

    result = outcomes(theatre.target(Candidate("missing", "soap", make=make)), "CHAN-01")["CHAN-01"]
    assert result.outcome is Outcome.SETUP_FAILED
    assert "a library is missing" in result.reason


def test_a_mistake_of_the_suite_is_no_failure_of_the_backend(theatre: Stage) -> None:
    case = cases.Case(
        **{name: getattr(by_id("CHAN-01"), name) for name in cases.Case.__slots__ if name != "check"},
        check=lambda context: context.nothing,  # type: ignore[attr-defined]
    )
    (result,) = run([theatre.target(Candidate("right", "basic", plain=True))], cases=[case], seed=1).results
    assert result.outcome is Outcome.HARNESS_ERROR


def full_run(theatre: Stage) -> RunReport:
    targets = [theatre.target(Candidate("http-post", "http-post", plain=True))]
    report = run(targets, cases=[case for case in CASES if case.generated], seed=1)
    assert report.floors == STATES
    return report


def test_a_full_run_that_reaches_a_state_too_rarely_is_incomplete(
    theatre: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXAMPLES, "quick", 1)
    assert "visited too rarely" in " ".join(judge(full_run(theatre)).reasons)


@pytest.mark.proof("tests/conformance/test_openings.py::test_an_opening_visits_its_state_whatever_the_seed")
def test_a_full_run_reaches_every_state_of_the_model(theatre: Stage) -> None:
    report = full_run(theatre)
    assert {state: report.coverage[state] for state in STATES if report.coverage[state] < STATES[state]} == {}
    assert (report.void, report.complete) == ("", True)


def test_a_part_of_the_cases_has_no_floor(theatre: Stage) -> None:
    target = theatre.target(Candidate("http-post", "http-post", plain=True))
    assert run([target], cases=[by_id("SEND-01")], seed=1).floors == {}


def test_a_run_of_nothing_is_void(theatre: Stage) -> None:
    target = theatre.target(Candidate("http-post", "http-post", plain=True))
    assert run([target], cases=[], seed=1).void
    assert run([], cases=CASES, seed=1).void
    only_sends = run([target], cases=[by_id("SEND-01")], seed=1, read_only=True)
    assert only_sends.void
    assert not only_sends.complete


def test_a_run_that_a_control_passes_is_void(theatre: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    target = theatre.target(Candidate("http-post", "http-post", plain=True))
    assert run([target], cases=[by_id("CHAN-01")], seed=1).void == ""
    toothless = cases.Case(
        **{name: getattr(by_id("CHAN-01"), name) for name in cases.Case.__slots__ if name != "check"},
        check=lambda context: None,
    )
    assert "C00" in run([target], cases=[toothless], seed=1).void


def test_a_case_about_what_a_backend_does_not_declare_says_so_and_which_to_add(theatre: Stage) -> None:
    void = run(
        [theatre.target(Candidate("soap", "soap", plain=True))], cases=[by_id("AUTH-05")], seed=1, chosen=True
    ).void
    assert "AUTH-05 on soap: it does not declare 'tokens'" in void
    assert "--case SEND-03" in void


def test_cases_that_were_chosen_say_which_to_add_where_they_prove_little_alone(theatre: Stage) -> None:
    target = theatre.target(Candidate("http-post", "http-post", plain=True))
    alone = run([target], cases=[by_id("CHATS-01")], seed=1, chosen=True)
    assert alone.void == ""
    assert judge(alone).code is ExitCode.INCOMPLETE
    assert any("C01" in reason and "--case SEND-" in reason for reason in alone.alone)

    whole = run([target], cases=[by_id("CHATS-01"), by_id("SEND-03")], seed=1, chosen=True)
    assert (whole.alone, judge(whole).code) == ([], ExitCode.PROVED)


def test_all_targets_are_compared_at_once_and_each_at_fault_is_named(theatre: Stage) -> None:
    def wrong(settings: Settings) -> ChatOperations:
        chat = connect(settings)
        chat.get_messages = lambda **_: []  # type: ignore[method-assign]
        return chat

    candidates = [
        Candidate("one", "http-post", plain=True),
        *(Candidate(name, "basic", make=wrong, plain=True) for name in ("two", "three", "four")),
    ]
    report = run([theatre.target(each) for each in candidates], cases=[by_id("MSGS-09")], seed=1)
    assert {result.backend: result.outcome for result in report.results} == {
        "one": Outcome.PASS,
        "two": Outcome.FAIL,
        "three": Outcome.FAIL,
        "four": Outcome.FAIL,
    }
    failed = report.results[0]
    assert failed.operation == "get_messages"
    # The wire of every backend stands beside it, without the password.
    assert set(failed.wire) == {"one", "two", "three", "four"}
    shown = "".join(exchange.request + exchange.reply for exchange in failed.wire["one"])
    assert "getmessages" in shown
    assert "password=••••" in shown


class Elsewhere:
    """A service that cannot be moved, as a target sees it: a sandbox behind a client, and no world."""

    def __init__(self, theatre: Stage) -> None:
        moved = theatre.target(Candidate("elsewhere", "json", plain=True))
        assert moved.world is not None
        self.world = moved.world
        self.world.reset()
        self.target = Target("elsewhere", moved.make, moved.capabilities)

    def sends(self) -> list[str]:
        return [call.arguments["destination"] for call in self.world.journal() if "message" in call.arguments]


def test_a_live_service_is_only_read_and_the_rest_is_unproved(theatre: Stage) -> None:
    live = Elsewhere(theatre)
    found = run([live.target], cases=CASES, seed=1)
    assert live.sends() == []
    shown = {result.case for result in found.results if result.outcome is Outcome.PASS}
    # That nothing is sent by ERR-01, whose channel is made up, only a relay can see.
    assert shown == {case.id for case in CASES if not case.needs and case.effects is Effects.READS} - {"ERR-01"}
    assert {result.outcome for result in found.results} == {Outcome.PASS, Outcome.UNPROVED}
    assert not found.complete


def test_sends_to_a_live_service_go_to_those_who_may_be_written_to_and_are_counted(theatre: Stage) -> None:
    live = Elsewhere(theatre)
    channel = live.world.channels[0]
    live.world.receive(
        platform=str(channel.platform), platform_id=channel.platform_id, destination="7", message="from before"
    )
    found = outcomes(live.target, "SEND-01", "SEND-03", "FILE-01", max_sends=3, recipients=["7"])
    assert live.sends() == ["7", "7", "7"]
    assert [result.outcome for result in found.values()] == [Outcome.PASS, Outcome.PASS, Outcome.UNPROVED]


def test_a_live_service_that_is_wrong_is_found_wrong(theatre: Stage) -> None:
    live = Elsewhere(theatre)

    class Deaf:
        def __init__(self) -> None:
            self.chat = live.target.make()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.chat, name)

        def send_message(self, **_: Any) -> None:
            pass

    target = Target("deaf", Deaf)  # type: ignore[arg-type]
    assert outcomes(target, "SEND-01", recipients=["7"])["SEND-01"].outcome is Outcome.FAIL


def test_longer_profiles_play_more() -> None:
    assert EXAMPLES["quick"] < EXAMPLES["ci"] < EXAMPLES["long"]
