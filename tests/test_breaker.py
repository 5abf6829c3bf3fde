"""The breaker under every interleaving of calls: any number of permits out, each given back in its own time and way."""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from afilnet_protocols import (
    AfilnetError,
    Breaker,
    ConfigurationError,
    NotSentError,
    OutcomeUnknownError,
    connect,
    connect_async,
    deadline,
)
from afilnet_protocols import breaker as breaker_module
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.breaker import FAIR_SHARE, Permit, State
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.wire import Reply, Request
from tests.sizes import examples
from tests.stepwise import stepwise
from tests.tables import table


@contextlib.contextmanager
def admitted(breaker: Breaker, *, probe: bool) -> Iterator[Permit]:
    """Give a permit back at the end, as a client does."""
    permit = breaker.admit(probe=probe)
    try:
        yield permit
    finally:
        permit.give_back()


THRESHOLD, REST, LONGEST = 3, 1.0, 4.0
ANSWERED, FAILED, NOTHING, LOST = "answered", "failed", "nothing", "lost"


class Interleaved(RuleBasedStateMachine):
    """Calls begin and end in any order. What the breaker should do is told by plain facts about each permit."""

    make = Breaker

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.breaker = self.make(threshold=THRESHOLD, rest=REST, longest_rest=LONGEST, clock=lambda: self.now)
        self.out: list[tuple[Permit, int, bool]] = []
        self.change = 0
        self.failures, self.rest = 0, REST
        self.open_until: float | None = None

    def expected(self) -> State:
        if self.open_until is None:
            return State.CLOSED
        return State.HALF_OPEN if self.now >= self.open_until else State.OPEN

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(probe=st.booleans())
    def begin(self, probe: bool) -> None:
        probing = any(is_probe for _, _, is_probe in self.out)
        as_probe = self.expected() is State.HALF_OPEN and probe and not probing
        if self.expected() is State.CLOSED or as_probe:
            permit = self.breaker.admit(probe=probe)
            self.out.append((permit, self.change, as_probe))
            return
        with pytest.raises(NotSentError) as refused:
            self.breaker.admit(probe=probe)
        assert "how it failed" in str(refused.value)
        assert refused.value.retry_after == max(0.0, self.open_until - self.now)

    @precondition(lambda self: self.out)
    @rule(which=st.randoms(use_true_random=False), how=st.sampled_from([ANSWERED, FAILED, NOTHING, LOST]))
    def end(self, which: random.Random, how: str) -> None:
        self.give_back(which.randrange(len(self.out)), how)

    @precondition(lambda self: self.expected() is State.CLOSED)
    @rule()
    def fail_until_it_opens(self) -> None:
        """What chance alone rarely comes to: calls that all fail, one after the other."""
        while self.expected() is State.CLOSED:
            self.begin(False)
            self.give_back(-1, FAILED)

    @precondition(lambda self: self.expected() is State.OPEN)
    @rule()
    def wait_until_it_may_be_probed(self) -> None:
        self.now = self.open_until

    @precondition(lambda self: self.expected() is State.HALF_OPEN and not any(probe for _, _, probe in self.out))
    @rule(how=st.sampled_from([ANSWERED, FAILED, NOTHING]))
    def probe_it(self, how: str) -> None:
        self.begin(True)
        self.give_back(-1, how)

    def give_back(self, index: int, how: str) -> None:
        permit, change, _ = self.out.pop(index)
        if how == LOST:  # interrupted before its `with` began: nobody ends it
            return
        if how == ANSWERED:
            permit.answered = True
        elif how == FAILED:
            permit.failed("how it failed")
        permit.give_back()
        if change == self.change:
            self.account(how)

    def account(self, how: str) -> None:
        if how == FAILED:
            self.failures += 1
            if self.open_until is not None:
                self.rest = min(LONGEST, 2 * self.rest)
            if self.open_until is not None or self.failures >= THRESHOLD:
                self.open_until, self.change = self.now + self.rest, self.change + 1
        elif how == ANSWERED:
            if self.open_until is not None:
                self.change += 1
            self.failures, self.rest, self.open_until = 0, REST, None

    @invariant()
    def states_agree(self) -> None:
        assert self.breaker.state is self.expected()


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(max_examples=examples(100, proof=500), stateful_step_count=30, deadline=None)


class KeepsThePermit(Breaker):
    """Takes a permit back only if something was said of it: a call that could not be encoded says nothing."""

    def take_back(self, permit: Permit, *, proven: bool, cause: str) -> None:
        if proven:
            super().take_back(permit, proven=proven, cause=cause)

    @property
    def _probing(self) -> bool:
        return self._probe is not None


class CountsLateFailures(Breaker):
    """Lets the failures of calls that began before it opened lengthen the rest."""

    def take_back(self, permit: Permit, *, proven: bool, cause: str) -> None:
        permit.period = self._period
        super().take_back(permit, proven=proven, cause=cause)


class TakesSilenceForAnAnswer(Breaker):
    """Closes after a probe that never left."""

    def take_back(self, permit: Permit, *, proven: bool, cause: str) -> None:
        super().take_back(permit, proven=True, cause=cause)


class LetsManyProbe(Breaker):
    """Lets every read through as soon as the rest is over."""

    _probing = False  # type: ignore[assignment] # the sabotage


class ForgetsTheCause(Breaker):
    """Does not say why calls rest."""

    def take_back(self, permit: Permit, *, proven: bool, cause: str) -> None:
        super().take_back(permit, proven=proven, cause=cause and "something")


# That it is found is enough: nobody reads the shortest way to it.
UNTIL_FOUND = settings(max_examples=500, deadline=None, database=None, phases=[Phase.generate])
SABOTAGES = [KeepsThePermit, CountsLateFailures, TakesSilenceForAnAnswer, LetsManyProbe, ForgetsTheCause]


@table("sabotage", SABOTAGES)
def test_sabotage_is_found_by_the_interleavings(sabotage: type[Breaker]) -> None:
    machine = type(sabotage.__name__, (Interleaved,), {"make": sabotage})
    with pytest.raises((AssertionError, NotSentError, pytest.fail.Exception)):  # a refusal where none should be, too
        run_state_machine_as_test(machine, settings=UNTIL_FOUND)


def test_a_permit_of_an_earlier_time_counts_for_nothing_however_often_it_opened_and_closed_since() -> None:
    now = [0.0]
    breaker = Breaker(threshold=1, rest=REST, longest_rest=LONGEST, clock=lambda: now[0])
    early = breaker.admit(probe=False)
    for _ in range(3):
        with admitted(breaker, probe=False) as permit:
            permit.failed("it failed")
        now[0] += LONGEST
        with admitted(breaker, probe=True) as permit:
            permit.answered = True
        early.failed("late")
        early.give_back()
        assert breaker.state is State.CLOSED


def opened(now: list[float]) -> Breaker:
    breaker = Breaker(threshold=1, rest=REST, clock=lambda: now[0])
    with admitted(breaker, probe=True) as permit:
        permit.failed("no answer")
    assert breaker.state is State.OPEN
    return breaker


def test_a_call_that_waited_until_another_thread_had_closed_it_passes() -> None:
    breaker = opened([0.0])

    class Waiting:
        """A lock in front of which the answer to the probe came in."""

        def __enter__(self) -> None:
            breaker._opened_at = None

        def __exit__(self, *_: object) -> None: ...

    breaker._lock = Waiting()  # type: ignore[assignment] # what is made of it is used
    assert isinstance(breaker.admit(probe=False), Permit)


def test_a_permit_that_was_made_while_it_was_open_counts_for_nothing_once_it_has_closed(monkeypatch) -> None:
    now = [0.0]
    breaker = opened(now)

    def made(owner: Breaker, period: int) -> Permit:
        permit = Permit(owner, period)
        if breaker.state is State.OPEN:  # and just then another thread's probe is answered
            now[0] += REST
            with admitted(breaker, probe=True) as probe:
                probe.answered = True
        return permit

    monkeypatch.setattr(breaker_module, "Permit", made)
    with admitted(breaker, probe=False) as late:
        late.failed("no answer either")
    assert breaker.state is State.CLOSED


def test_each_failed_probe_doubles_the_rest_up_to_the_longest() -> None:
    now = [0.0]
    breaker = Breaker(threshold=1, rest=REST, longest_rest=LONGEST, clock=lambda: now[0])
    with admitted(breaker, probe=False) as permit:
        permit.failed("it failed")
    for rest in (REST, 2 * REST, LONGEST, LONGEST):
        with pytest.raises(NotSentError) as refused:
            breaker.admit(probe=True)
        assert refused.value.retry_after == rest
        now[0] += rest
        with admitted(breaker, probe=True) as permit:
            permit.failed("again")


def test_what_it_is_without_being_told_otherwise() -> None:
    now = [0.0]
    breaker = Breaker(clock=lambda: now[0])
    for number in range(10):
        assert breaker.state is State.CLOSED, number
        with admitted(breaker, probe=False) as permit:
            permit.failed("it failed")
    assert breaker.state is State.OPEN
    for _ in range(8):
        now[0] += 30.0
        with admitted(breaker, probe=True) as permit:
            permit.failed("again")
    with pytest.raises(NotSentError) as refused:
        breaker.admit(probe=True)
    assert refused.value.retry_after == 30.0


def test_an_answer_that_was_waited_for_long_enough_is_a_fair_trial() -> None:
    breaker = Breaker(rest=REST, longest_rest=REST)
    assert breaker.is_fair(0.0)  # nobody has said how patient they are
    breaker.shared_by(2.0)
    assert breaker.is_fair(2.0 * FAIR_SHARE)
    assert not breaker.is_fair(1.99 * FAIR_SHARE)


TOO_LONG = ({"longest_rest": float("inf")}, {"longest_rest": 10**400}, {"rest": 10**400, "longest_rest": 10**401})
NOT_MEANT = (
    {"threshold": 0},
    {"rest": 0},
    {"rest": 2, "longest_rest": 1},
    {"threshold": "5"},
    {"threshold": float("nan")},
    {"rest": None},
    {"rest": [1]},
    *TOO_LONG,
)


def taken(make: type[Breaker]) -> list[dict[str, object]]:
    """Return the numbers that cannot be meant and are not refused where they are given."""
    found = []
    for wrong in NOT_MEANT:
        with contextlib.suppress(ConfigurationError):
            make(**wrong)  # type: ignore[arg-type] # the wrong ones
            found.append(wrong)
    return found


class ChecksNothing(Breaker):
    """Takes any number, and fails when it is first asked."""

    def __init__(self, **given: object) -> None:
        super().__init__()
        for name, value in given.items():
            setattr(self, f"_{name}", value)


def test_numbers_that_cannot_be_meant_are_refused() -> None:
    assert taken(Breaker) == []
    assert Breaker(longest_rest=100 * 365 * 86_400).state is State.CLOSED


def test_it_shows_whether_calls_pass() -> None:
    assert repr(Breaker()) == "<Breaker closed>"


def test_a_breaker_that_looks_at_its_numbers_only_later_is_found() -> None:
    assert taken(ChecksNothing) == list(NOT_MEANT)


def test_a_breaker_that_takes_numbers_of_too_many_digits_for_a_clock_is_found(monkeypatch) -> None:
    monkeypatch.setattr(breaker_module, "LONGEST", float("inf"))
    assert taken(Breaker) == list(TOO_LONG)


# The same in a client: what is between asking and giving back may end in any way.

CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
PROTOCOLS = ["http-get", "http-post", "basic", "soap", "json"]


def half_open(chat: WireBackend, clock: list[float]) -> Breaker:
    """Give a client a breaker that has just opened, and whose rest is over."""
    chat.breaker = breaker = Breaker(threshold=1, clock=lambda: clock[0])
    with admitted(breaker, probe=True) as permit:
        permit.failed("how it failed")
    assert breaker.state is State.OPEN
    clock[0] += REST
    assert breaker.state is State.HALF_OPEN
    return breaker


class Interrupted(BaseException):
    """What a signal handler may raise."""


def raising(error: BaseException):
    def exchange(*_: object, **__: object) -> Reply:
        raise error

    return exchange


NOTHING_PROVEN = {
    "an argument that cannot be sent": lambda chat: chat.get_messages(**{**CALL, "destination": "\x00"}),
    "settings that cannot work": raising(ConfigurationError("the address cannot work")),
    "no thread, socket or slot of our own": raising(NotSentError("no thread", local=True)),
    "a signal": raising(Interrupted()),
    "an exit": raising(SystemExit()),
    "the end of a generator": raising(GeneratorExit()),
    "a bug": raising(ValueError("a bug")),
}


@table("operation", ["get_chat_channels", "send_message"])
@table("why", NOTHING_PROVEN)
@table("protocol", PROTOCOLS)
def test_a_probe_that_proves_nothing_leaves_the_next_one_its_place(sandbox, monkeypatch, protocol, why, operation):
    call = NOTHING_PROVEN[why]
    with connect(sandbox.settings(protocol)) as chat:
        breaker = half_open(chat, [0.0])
        chat.wait = lambda *_: ()
        with monkeypatch.context() as patch:
            if "argument" not in why:
                patch.setattr(chat._transport, "exchanging", call)
                call = getattr(type(chat), operation)
            more = {} if operation == "get_chat_channels" or "argument" in why else {**CALL, "message": "hola"}
            with pytest.raises((AfilnetError, Interrupted, SystemExit, GeneratorExit, ValueError)):
                call(chat, **more)
        assert breaker.state is State.HALF_OPEN
        assert chat.get_chat_channels()
        assert breaker.state is State.CLOSED


def test_a_request_that_cannot_be_encoded_gives_the_probe_back(sandbox):
    with connect(sandbox.settings("http-get")) as chat:
        half_open(chat, [0.0])
        with pytest.raises(AfilnetError):
            chat.get_messages(**{**CALL, "destination": "7" * 5000})
        assert chat.get_chat_channels()


def test_repeats_inside_a_call_ask_again_and_the_error_names_the_cause(sandbox, monkeypatch):
    with connect(sandbox.settings("http-post"), breaker=Breaker(threshold=2, clock=lambda: 0.0)) as chat:
        chat.wait = lambda *_: ()
        made = []

        def refuse(*_: object, **__: object) -> Reply:
            made.append(None)
            raise NotSentError("no connection to service.example: refused")

        monkeypatch.setattr(chat._transport, "exchanging", refuse)
        with pytest.raises(NotSentError, match=r"NotSentError: no connection to service\.example") as resting:
            chat.get_chat_channels()
        assert resting.value.retry_after == pytest.approx(REST)
        assert len(made) == 2


class Served:
    """A service that takes a while, on the clock of the test, and answers if the call still has time."""

    def __init__(self, takes: float, clock: list[float]) -> None:
        self.takes, self.clock = takes, clock

    @stepwise
    def exchanging(self, request: Request, *, deadline: Deadline, reuse: bool) -> Reply:
        if self.takes >= deadline.remaining():
            deadline.at = 0.0  # it has passed
            raise OutcomeUnknownError("no complete answer came in time")
        return Reply(200, {}, b'{"status": "SUCCESS", "result": {"list": []}}')


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("seconds", "held_against_it"), [(0.05, False), (2.0, False), (3.0, True), (None, True)])
def test_only_a_lateness_that_had_its_time_is_held_against_the_service(
    sandbox, monkeypatch, seconds, held_against_it, shared
):
    """With a shared breaker the patience is that of the most patient client."""
    breaker = Breaker(threshold=3)
    patient = connect(sandbox.settings("http-post", timeout=5.0), breaker=breaker)
    chat = connect(sandbox.settings("http-post", timeout=1.0), breaker=breaker) if shared else patient
    monkeypatch.setattr(chat._transport, "exchanging", Served(1e9, []).exchanging)
    chat.wait = lambda *_: ()
    with patient, chat:
        for _ in range(4):
            with deadline(seconds) if seconds else contextlib.nullcontext(), pytest.raises(AfilnetError):
                chat.send_message(**CALL, message="hola")
        expected = held_against_it and not (shared and seconds is None)
        assert (breaker.state is State.OPEN) is expected
    assert FAIR_SHARE * 5.0 < 3.0


@pytest.mark.parametrize("off", [None, False])
def test_it_can_be_switched_off(sandbox, monkeypatch, off):
    with connect(sandbox.settings("http-post"), breaker=off) as chat:
        chat.wait = lambda *_: ()
        monkeypatch.setattr(chat._transport, "exchanging", raising(NotSentError("refused")))
        for _ in range(30):
            with pytest.raises(NotSentError, match="refused"):
                chat.get_chat_channels()


@pytest.mark.parametrize("make", [connect, connect_async])
def test_what_is_no_breaker_is_refused_where_it_is_given(make):
    for wrong in (0, 1.5, "off", Breaker, [], object()):
        with pytest.raises(ConfigurationError, match=r"^breaker is a Breaker"):
            make(user="u", password="a password", breaker=wrong)


def test_clients_of_one_origin_may_share_one(sandbox, monkeypatch):
    breaker = Breaker(threshold=3)
    one, other = (connect(sandbox.settings("http-post"), breaker=breaker) for _ in range(2))
    with one, other:
        monkeypatch.setattr(one._transport, "exchanging", raising(NotSentError("refused")))
        one.wait = lambda *_: ()
        with pytest.raises(NotSentError):
            one.get_chat_channels()
        with pytest.raises(NotSentError, match="rest for"):
            other.get_chat_channels()


def test_the_candidate_of_a_migration_has_one_alike():
    from afilnet_protocols.registry import Fitted

    given = Breaker(threshold=7)
    fitted = Fitted((), given)
    with Sandbox() as sandbox:
        first, second = fitted.make(sandbox.settings("http-post")), fitted.make(sandbox.settings("json"))
        with first, second:
            assert first.breaker is given
            assert second.breaker is not given
            assert second.breaker._threshold == 7


class Named(Breaker):
    """One of an application, with a parameter of its own."""

    def __init__(self, name):
        super().__init__(threshold=3)
        self.name = name


def test_an_application_s_own_breaker_is_asked_for_another_only_by_a_candidate(sandbox):
    given = Named("billing")
    with connect(sandbox.settings("http-post"), breaker=given) as chat:
        assert chat.breaker is given


def test_a_backend_that_takes_none_says_so(sandbox, monkeypatch):
    class Bare:
        pass

    monkeypatch.setattr("afilnet_protocols.registry.find", lambda *_: lambda settings: Bare())
    assert isinstance(connect(sandbox.settings("http-post")), Bare)
    with pytest.raises(ConfigurationError, match="takes no breaker"):
        connect(sandbox.settings("http-post"), breaker=Breaker())


def test_threads_leave_no_permit_behind():
    """Many threads, each with a client's call of its own kind: afterwards a read passes."""
    breaker = Breaker(threshold=2, rest=0.001, longest_rest=0.002)
    turns = itertools.cycle(
        [lambda permit: setattr(permit, "answered", True), lambda permit: permit.failed("refused"), lambda permit: None]
    )

    def work() -> None:
        for _ in range(200):
            try:
                with admitted(breaker, probe=True) as permit:
                    next(turns)(permit)
            except (NotSentError, ValueError):
                time.sleep(0)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.005)
    with admitted(breaker, probe=True) as permit:
        permit.answered = True
    assert breaker.state is State.CLOSED
