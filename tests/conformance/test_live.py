"""The contract, held by a service that people use: as much as its profile can show, and no word of anybody else."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from afilnet_protocols.conformance import examination as harness
from afilnet_protocols.conformance.case_player import EXAMPLES
from afilnet_protocols.conformance.cases import CASES, by_id
from afilnet_protocols.conformance.cases.case import Case
from afilnet_protocols.conformance.mutants import live_matrix
from afilnet_protocols.conformance.reference.differential import Differential
from afilnet_protocols.conformance.reports.document import document_of
from afilnet_protocols.conformance.results.outcome import Outcome, RunReport
from afilnet_protocols.conformance.runner import run
from afilnet_protocols.conformance.targets import live_world, onlooker, relay
from afilnet_protocols.conformance.targets.capabilities import of_protocol
from afilnet_protocols.conformance.targets.live import Budget
from afilnet_protocols.conformance.targets.live_world import LiveWorld
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.party import Account, Control, Person, party_of
from afilnet_protocols.conformance.targets.recorder import UNREADABLE
from afilnet_protocols.conformance.targets.relay import addresses_of, paths_of
from afilnet_protocols.conformance.targets.target import NotShownError, Target
from afilnet_protocols.conformance.targets.terms import Terms, rules_of
from afilnet_protocols.dialects import NAMED
from afilnet_protocols.errors import ConfigurationError, OutcomeUnknownError
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.mutants import SERVER_MUTANTS
from afilnet_protocols.sandbox.mutants import by_id as server_by_id
from afilnet_protocols.sandbox.server.exchange import HttpAnswer
from afilnet_protocols.vocabulary import Protocol
from tests.sizes import examples

FOUR = ("34600000001", "34600000002", "34600000003", "34600000004")
SHOWN = (Outcome.PASS, Outcome.NOT_DECLARED)
STRANGER = "34699999999"
CANARY = "canary-of-a-stranger"

Each = Callable[[Sandbox, LiveWorld], None]


@contextmanager
def behind(
    sandbox: Sandbox,
    protocol: str = "http-post",
    *,
    recipients: tuple[str, ...] = FOUR,
    party: bool = False,
    max_sends: int = 500,
    plain: bool = False,
    **terms: Any,
) -> Iterator[tuple[Target, Budget, LiveWorld]]:
    """Give a target whose service is an account of a sandbox, which the run sees as it sees any service.

    Each forwarded call has a connection of its own: where many are made, a plain one saves most of what they cost.
    """
    account = sandbox.account()
    writes = Control(f"{sandbox.control_url}?user={account.user}") if party else None
    budget = Budget(max_sends=max_sends, recipients=recipients)
    told = Terms(party=writes, **{"wrong_password": True, "patience": 2.0, **terms})
    with LiveWorld("live", sandbox.settings(protocol, account=account, plain=plain), budget, told) as world:
        yield Target("live", world.client, of_protocol(protocol), world), budget, world


@pytest.fixture(autouse=True)
def few_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be shown of a service does not depend on how many sequences are drawn."""
    monkeypatch.setitem(EXAMPLES, "quick", examples(3, proof=10))


def shown_in(report: RunReport) -> list[str]:
    return [result.case for result in report.results if result.outcome in SHOWN]


def faults_of(report: RunReport) -> list[str]:
    return [f"{each.case} {each.outcome}: {each.reason}" for each in report.results if each.outcome not in FINE]


FINE = (*SHOWN, Outcome.UNPROVED)


@pytest.mark.parametrize("protocol", list(Protocol))
def test_without_a_recipient_nothing_is_sent_and_twenty_two_cases_are_shown(
    sandbox: Sandbox, protocol: Protocol
) -> None:
    with behind(sandbox, protocol, recipients=()) as (target, budget, world):
        report = run([target], cases=CASES, seed=1, budget=budget)
        sent = [call for call in world.journal() if call.sends and call.outcome == "SUCCESS"]
    assert faults_of(report) == []
    # Of these, LIMIT-03 is for GET alone, and AUTH-01 and -02 show wrong credentials.
    assert len(shown_in(report)) == (22 if protocol == Protocol.HTTP_GET else 21)
    assert (budget.spent, sent) == ({}, [])
    assert all(result.reason for result in report.results if result.outcome is Outcome.UNPROVED)


def test_without_a_wrong_password_either_twenty_cases_are_shown(sandbox: Sandbox) -> None:
    with behind(sandbox, "http-get", recipients=(), wrong_password=False) as (target, budget, world):
        report = run([target], cases=CASES, seed=1, budget=budget)
        codes = {call.outcome for call in world.journal()}
    assert faults_of(report) == []
    assert len(shown_in(report)) == 20
    assert budget.spent == {}
    assert "INCORRECT_USER_PASSWORD" not in codes


def test_with_four_who_agreed_and_with_somebody_who_writes_more_is_shown(sandbox: Sandbox) -> None:
    with behind(sandbox, plain=True) as (target, budget, _):
        alone = run([target], cases=CASES, seed=1, budget=budget)
    with behind(sandbox, "basic", party=True, plain=True) as (target, more, _):
        together = run([target], cases=CASES, seed=1, budget=more)
    assert faults_of(alone) == faults_of(together) == []
    assert len(shown_in(alone)) >= 42
    assert len(shown_in(together)) >= 62
    assert budget.spent["live"] <= 60
    assert more.spent["live"] <= 100


IN_FULL = (Protocol.HTTP_POST, Protocol.JSON)


@pytest.mark.proof("test_with_four_who_agreed_and_with_somebody_who_writes_more_is_shown")
@pytest.mark.parametrize(
    "protocol",
    [pytest.param(each, marks=[] if each in IN_FULL else [pytest.mark.long], id=each) for each in Protocol],
)
def test_in_an_account_where_anything_goes_all_is_shown_but_what_wants_a_sandbox(
    sandbox: Sandbox, protocol: Protocol
) -> None:
    with behind(sandbox, protocol, party=True, lab=True, max_sends=5000) as (target, budget, _):
        report = run([target], cases=CASES, seed=1, budget=budget)
    assert faults_of(report) == []
    assert len(shown_in(report)) >= 74
    assert {each.case for each in report.results if each.case not in shown_in(report)} == {
        case.id for case in CASES if {Need.CLOCK, Need.PLENTY} & case.needs
    }


def in_a_dialect(name: str, cases: Sequence[Case] = CASES, least: int = 62) -> list[str]:
    rules = rules_of(NAMED[name])
    with Sandbox(like=name) as sandbox, behind(sandbox, party=True, plain=True, rules=rules) as (target, budget, _):
        report = run([target], cases=cases, seed=1, budget=budget)
    return faults_of(report) or ["too little is shown"] * (len(shown_in(report)) < least)


LONG = "MSGS-05"
"""Its other party writes 120 times, and each time everything is read to see it come."""

LISTING = [
    case
    for case in CASES
    if case.area in ("CHAN", "CHATS", "MSGS", "UNREAD") and not case.generated and case.id != LONG
]
"""What is asked of lists, where dialects differ most."""


def test_a_service_that_lists_the_newest_first_is_a_dialect_and_no_fault() -> None:
    assert in_a_dialect("tidy", LISTING, 13) == []


@pytest.mark.proof("test_a_service_that_lists_the_newest_first_is_a_dialect_and_no_fault")
@pytest.mark.parametrize("name", NAMED)
def test_every_built_in_dialect_is_spoken_through_a_profile(name: str) -> None:
    assert in_a_dialect(name) == []


def test_a_dialect_that_is_not_told_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: the run takes every service for one of the vendor's samples."""
    monkeypatch.setitem(globals(), "rules_of", lambda dialect: live_world.Rules())
    assert in_a_dialect("tidy", [case for case in LISTING if case.area == "MSGS"], 0)


def test_twenty_sends_leave_and_no_more_unless_it_is_said(sandbox: Sandbox) -> None:
    with behind(sandbox, max_sends=3) as (target, budget, _):
        report = run([target], cases=[by_id(each) for each in ("SEND-01", "SEND-03", "FILE-01")], seed=1, budget=budget)
        assert budget.spent == {"live": 3}
    assert [each.outcome for each in report.results] == [Outcome.PASS, Outcome.PASS, Outcome.UNPROVED]
    assert "--max-sends" in report.results[-1].reason


def talkative(sandbox: Sandbox, world: LiveWorld) -> None:
    """Let a stranger write into every channel whenever the run asks for anything."""
    account = world._settings.user
    forwarded = world.relay._forwarded

    def interrupted(request: Any, address: str) -> Any:
        for channel in sandbox.accounts()[-1].channels:
            where = {"platform": channel.platform, "platform_id": channel.platform_id, "destination": STRANGER}
            sandbox.receive(**where, message=CANARY, account=account)
        return forwarded(request, address)

    world.relay._forwarded = interrupted  # type: ignore[method-assign]


READING = ("CHAN-02", "CHATS-02", "CHATS-03", "CHATS-04", "MSGS-01", "UNREAD-01", "SEND-02", "ERR-02", "TIME-01")


def told(sandbox: Sandbox, *, stranger: bool) -> tuple[list[tuple[str, str]], str]:
    with behind(sandbox, party=True) as (target, budget, world):
        if stranger:
            talkative(sandbox, world)
        report = run([target], cases=[by_id(each) for each in READING], seed=1, budget=budget)
        assert not stranger or world._seen.others > 10
    everything = json.dumps(document_of(report, CASES)) + repr(report)
    return [(each.case, each.outcome) for each in report.results], everything


def test_a_stranger_who_writes_meanwhile_changes_nothing_and_is_nowhere(sandbox: Sandbox) -> None:
    quiet, _ = told(sandbox, stranger=False)
    loud, everything = told(sandbox, stranger=True)
    assert loud == quiet
    assert {outcome for _, outcome in quiet} == {Outcome.PASS}
    assert CANARY not in everything
    assert STRANGER not in everything


@pytest.mark.parametrize(
    ("where", "attribute", "broken"),
    [
        (onlooker.Onlooker, "_belongs", lambda self, record: True),
        (live_world.LiveWorld, "exchanges", lambda self: self.relay.tap.exchanges(())),
    ],
)
def test_a_run_that_looks_at_strangers_is_noticed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, where: type, attribute: str, broken: object
) -> None:
    """Sabotage: everybody's conversations are looked into; what the service answers is kept."""
    monkeypatch.setattr(where, attribute, broken)
    with pytest.raises(AssertionError):
        test_a_stranger_who_writes_meanwhile_changes_nothing_and_is_nowhere(sandbox)


@pytest.mark.parametrize("identifier", ["S02", "S08", "S13", "S15", "S16"])
def test_broken_servers_are_caught_through_a_profile_too(identifier: str) -> None:
    (kill,) = live_matrix.kills([server_by_id(identifier)], seed=1)
    assert kill.killed


@pytest.mark.proof("test_broken_servers_are_caught_through_a_profile_too")
def test_every_broken_server_that_can_be_seen_is_caught() -> None:
    found = list(live_matrix.kills(seed=1))
    assert [kill.mutant for kill in found if not kill.killed] == []
    assert len(found) == len(SERVER_MUTANTS) - len(live_matrix.UNSEEN)


@pytest.mark.parametrize(
    ("identifier", "where", "attribute", "broken"),
    [
        ("S13", live_world.LiveWorld, "channels", property(lambda self: self.looking().get_chat_channels())),
        ("S15", onlooker.Onlooker, "_is_due", lambda self, when: True),
        ("S16", live_world.Terms, "wrong_password", property(lambda self: False, lambda self, value: None)),
    ],
)
def test_a_run_that_believes_what_the_service_says_lets_it_survive(
    monkeypatch: pytest.MonkeyPatch, identifier: str, where: type, attribute: str, broken: object
) -> None:
    """Sabotage: channels that the owner names, this machine's clock, and the service's word for dead tokens are left
    out of account.
    """
    monkeypatch.setattr(where, attribute, broken)
    (kill,) = live_matrix.kills([server_by_id(identifier)], seed=1)
    assert not kill.killed


def test_a_broken_server_that_looks_right_survives_and_is_told() -> None:
    """Sabotage: a server that is not broken, among those that are."""
    right = dataclasses.replace(server_by_id("S02"), components=Components())
    (kill,) = live_matrix.kills([right], seed=1)
    assert not kill.killed


def test_what_fails_after_a_send_is_not_made_shorter_by_sending_again() -> None:
    with Sandbox(components=server_by_id("S02").components) as sandbox, behind(sandbox) as (target, budget, _):
        report = run([target], cases=[by_id("FILE-01")], seed=1, budget=budget, chosen=True)
    assert report.results[0].outcome is Outcome.FAIL
    assert budget.spent == {"live": 2}


def test_a_case_whose_precondition_does_not_hold_is_not_shown(sandbox: Sandbox) -> None:
    with behind(sandbox, recipients=FOUR[:1]) as (target, budget, world):
        for channel in world.channels:
            where = {"platform": channel.platform, "platform_id": channel.platform_id, "destination": FOUR[0]}
            sandbox.receive(**where, message="from before", account=world._settings.user)
        cases = [by_id(each) for each in ("CHATS-01", "FILE-05", "CHATS-04")]
        report = run([target], cases=cases, seed=1, budget=budget)
    assert Counter(each.outcome for each in report.results) == {Outcome.UNPROVED: 3}


def test_a_secret_that_stands_everywhere_shows_nothing(sandbox: Sandbox) -> None:
    account = sandbox.account(password="password")
    settings = sandbox.settings("http-post", account=account)
    with LiveWorld("live", settings, Budget(), Terms()) as world:
        assert Need.SECRETS not in world.offers
    with behind(sandbox) as (_, _, other):
        assert Need.SECRETS in other.offers


def test_a_token_endpoint_that_an_issuer_names_stands_behind_the_relay_too(sandbox: Sandbox) -> None:
    """Else the client would ask for tokens past it, without the profile's pin and proxy, and the relay know none."""
    settings = sandbox.settings("json", account=sandbox.account(), token_url=None, issuer=sandbox.base_url)
    with LiveWorld("live", settings, Budget(), Terms()) as world:
        assert Need.TOKENS in world.offers
        with world.client() as chat:
            assert len(chat.get_chat_channels()) == 4
        assert (world.tokens_issued(), world.relay.forwarded) == (1, 2)
        relayed = world._relayed(tls=False)
    assert (relayed.issuer, relayed.assertion_audience) == (None, sandbox.token_url)


@pytest.mark.parametrize("wsdl", ["file", "address"])
def test_an_address_that_a_description_names_stands_behind_the_relay_with_its_path(sandbox: Sandbox, wsdl: str) -> None:
    account = sandbox.account()
    settings = sandbox.settings("soap", account=account, soap_endpoint=None)
    if wsdl == "address":
        settings = settings.but(soap_wsdl=sandbox.wsdl_url)
    with LiveWorld("live", settings, Budget(), Terms()) as world, world.client() as chat:
        assert len(chat.get_chat_channels()) == 4
        assert world.relay.forwarded == 1


def test_the_query_of_an_address_goes_with_every_call(sandbox: Sandbox) -> None:
    settings = sandbox.settings("json", account=sandbox.account()).but(json_url=f"{sandbox.json_url}?tenant=1")
    with LiveWorld("live", settings, Budget(), Terms()) as world, world.client() as chat:
        assert len(chat.get_chat_channels()) == 4
    assert sandbox._wires.all()[-1].request.target == "/api/json/?tenant=1"


def test_two_addresses_of_one_path_are_two_behind_the_relay() -> None:
    """An API and its token endpoint at two hosts, or told apart by their queries: else all calls would go to one."""
    urls = {"json": "https://api.example.com/v%31", "token": "https://auth.example.com/v1?grant=1"}
    assert paths_of(urls) == {"json": "/v%31", "token": "/token/v1"}
    assert dict(addresses_of(urls)) == {"/v1": ("json", urls["json"]), "/token/v1": ("token", urls["token"])}
    bare = {"json": "https://api.example.com", "token": "https://auth.example.com/"}
    assert dict(addresses_of(bare)) == {"/": ("json", bare["json"]), "/token/": ("token", bare["token"])}


def test_calls_and_tokens_of_one_path_go_where_they_belong(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is behind one address of the sandbox stands for two hosts: the relay alone has to tell them apart."""
    settings = sandbox.settings("json", account=sandbox.account())
    asked: list[str] = []

    def forwarded(self: relay.Relay, request: Any, address: str) -> HttpAnswer:
        asked.append(address)
        return HttpAnswer(200, b'{"access_token": "t", "token_type": "Bearer", "expires_in": 60}')

    monkeypatch.setattr(relay.Relay, "_forwarded", forwarded)
    api, tokens = "https://api.example.com/", "https://auth.example.com/"
    world = LiveWorld("live", settings.but(json_url=api, token_url=tokens), Budget(), Terms())
    with world, world.client() as chat, pytest.raises(OutcomeUnknownError):
        chat.get_chat_channels()  # the answer is that of a token endpoint
    assert asked[:2] == [tokens, api]


def test_a_world_that_cannot_begin_leaves_no_relay(sandbox: Sandbox) -> None:
    settings = sandbox.settings("json", token_url=None, issuer=f"{sandbox.base_url}/nowhere")
    world = LiveWorld("live", settings, Budget(), Terms())
    with pytest.raises(ConfigurationError, match="issuer"):
        world.__enter__()
    assert not hasattr(world, "relay")


def test_wrong_passwords_are_shown_only_when_that_is_asked_for(sandbox: Sandbox) -> None:
    with behind(sandbox, wrong_password=False) as (target, budget, _):
        report = run([target], cases=[by_id("AUTH-01"), by_id("CHAN-01"), by_id("ERR-01")], seed=1, budget=budget)
    by_case = {each.case: each for each in report.results}
    assert by_case["AUTH-01"].outcome is Outcome.UNPROVED
    assert "--wrong-password" in by_case["AUTH-01"].reason


def test_what_may_not_leave_is_not_held_against_what_comes_after(sandbox: Sandbox) -> None:
    with behind(sandbox, recipients=FOUR[:1], party=True, max_sends=4) as (target, budget, _):
        cases = [case for case in CASES if not case.generated and case.id != LONG]
        report = run([target], cases=cases, seed=1, budget=budget)
    assert faults_of(report) == []
    assert budget.spent == {"live": 4}
    assert [each.case for each in report.results] == [case.id for case in cases]


def test_a_relay_that_tires_its_client_out_is_noticed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: a send that may not leave is answered by what looks like a failing service, to one client for all."""
    monkeypatch.setattr(relay, "refusal", lambda call, request, code: UNREADABLE)
    monkeypatch.setattr(Differential, "close", lambda self: None)
    with pytest.raises(AssertionError):
        test_what_may_not_leave_is_not_held_against_what_comes_after(sandbox)


class Phone:
    """Somebody at a phone: does what it is told, and says so."""

    def __init__(self, sandbox: Sandbox, user: str, answers: str = "\n") -> None:
        self.told: list[str] = []
        self.sandbox, self.user, self.answers = sandbox, user, answers

    def say(self, text: str) -> None:
        self.told.append(text)
        head, message, _ = text.split("\n\n")
        _, person, _, platform, identifier, *_ = head.replace(",", "").split()
        where = {"platform": platform, "platform_id": identifier, "destination": person}
        self.sandbox.receive(**where, message=message.strip(), account=self.user)  # type: ignore[arg-type]

    def hear(self) -> str:
        return self.answers


def test_a_person_at_a_phone_is_told_what_to_write_and_may_skip_it(sandbox: Sandbox) -> None:
    account = sandbox.account()
    settings = sandbox.settings("basic", account=account)
    cases = [by_id(each) for each in ("MSGS-02", "UNREAD-01", "LIMIT-04", "TEXT-02")]
    for answers, outcomes in (("\n", {Outcome.PASS: 2, Outcome.UNPROVED: 2}), ("s\n", {Outcome.UNPROVED: 4})):
        phone = Phone(sandbox, account.user, answers)
        budget = Budget(recipients=FOUR)
        terms = Terms(party=Person(phone.say, phone.hear), patience=2.0)
        with LiveWorld("live", settings, budget, terms) as world:
            target = Target("live", world.client, of_protocol("basic"), world)
            report = run([target], cases=cases, seed=1, budget=budget, chosen=True)
        assert Counter(each.outcome for each in report.results) == outcomes
        assert any(FOUR[0] in text for text in phone.told)


def test_another_account_writes_as_itself_and_as_nobody_else(sandbox: Sandbox) -> None:
    from afilnet_protocols import connect

    with connect(sandbox.settings("http-post", account=sandbox.account())) as chat:
        party = Account(chat, to="34611111111", own=FOUR[0])
        party.write(platform="whatsapp", platform_id="100", destination=f"+{FOUR[0]}", message="hola")
        assert [each.destination for each in chat.get_chats(platform="whatsapp", platform_id="100")] == ["34611111111"]
        with pytest.raises(NotShownError, match="several people"):
            party.write(platform="whatsapp", platform_id="100", destination=FOUR[1], message="hola")


def test_a_party_that_cannot_be_is_refused_before_anything_is_asked() -> None:
    for word, to, recipients in (("p", None, FOUR), ("p", "1", ()), ("https://example.com/_sandbox/", None, FOUR)):
        with pytest.raises(ConfigurationError, match="--party"):
            party_of(word, to=to, recipients=recipients)


def test_what_is_missing_is_said_with_what_would_show_it(sandbox: Sandbox) -> None:
    def reason(case: Case, target: Target, budget: Budget) -> str:
        return budget.refusal(case, target)

    with behind(sandbox) as (target, budget, _):
        reasons = {case.id: reason(case, target, budget) for case in CASES}
    assert "--party" in reasons["MSGS-01"]
    assert "only a sandbox" in reasons["TIME-02"]
    assert reasons["SEND-01"] == reasons["ERR-03"] == ""


def test_a_service_that_cannot_be_reached_is_not_taken_for_one_that_answers_nonsense() -> None:
    """What the relay answers in its place is no news of the service: why nothing came is."""
    with Sandbox() as gone:
        settings = gone.settings("http-post", plain=True).but(soap_wsdl=None)
    with LiveWorld("live", settings, Budget(), Terms()) as world:
        *_, check = harness.examine([Target("live", world.client, of_protocol("http-post"), world)])
    assert not check.holds
    assert "connection refused" in check.seen
