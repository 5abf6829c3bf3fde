"""The figures can fail: each of these plausible mistakes, built in, makes its figure miss its target."""

from __future__ import annotations

import contextlib
import functools
import socket

import pytest

from afilnet_protocols import Protocol, registry, settings
from afilnet_protocols.backends import base
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.breaker import Breaker
from afilnet_protocols.calls.retry import RetryQuota
from afilnet_protocols.coroutines import threaded
from afilnet_protocols.coroutines.threaded import ThreadedChat
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError
from afilnet_protocols.forwarding import Forwarding
from afilnet_protocols.oauth import fetch, token
from afilnet_protocols.outbox.bulk import checks
from afilnet_protocols.security import outward, safe_repr
from afilnet_protocols.security.log_filter import RedactingFilter
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import private_file, profile_file, profiles
from afilnet_protocols.transport import Transport
from afilnet_protocols.transport.answers.reader import AnswerReader
from afilnet_protocols.transport.connection import Connection
from afilnet_protocols.transport.stream import Stream
from afilnet_protocols.waiting import carriers
from afilnet_protocols.waiting.carriers import Job
from afilnet_protocols.wire import Codec, arguments, envelope
from afilnet_protocols.wire.envelope import Malformed
from tests.figures import (
    r1_fault_matrix,
    r2_effect_ledger,
    r3_not_sent_is_true,
    r6_deadlines,
    r7_crossed_answers,
    r8_no_storm,
    r9_resources,
    r11_fuzzed_answers,
    r15_crowds,
    r16_rows,
    s1_leak_hunt,
    s5_environment,
)
from tests.figures.figure import Run
from tests.figures.stage import opened
from tests.sizes import PROOF, SHORT
from tests.time_limit import HANGS
from tests.work import longer

RUN = Run(seed=1, form=SHORT)


def missed(figure):
    """Return the targets that a figure missed."""
    return [target for target, met in figure.targets.items() if not met]


@pytest.fixture
def by_exception(monkeypatch):
    """What a client does that calls a lost connection "not sent", as its exception seems to say."""

    def verdict(self, reader, loss):
        return NotSentError("not sent: the connection was lost") if loss else OutcomeUnknownError("no answer")

    monkeypatch.setattr(Connection, "_unknown", verdict)


def test_a_verdict_by_the_kind_of_exception_is_found_by_the_matrix(by_exception):
    assert "0 wrong verdicts" in missed(r1_fault_matrix.measure(RUN, only=60))


def test_a_verdict_by_the_kind_of_exception_is_found_by_the_ledger(by_exception):
    found = missed(r2_effect_ledger.measure(RUN))
    assert "0 duplicates" in found
    assert "0 denials of what happened" in found


def test_a_verdict_by_the_kind_of_exception_is_found_among_the_denials(by_exception):
    assert any("unsound" in target for target in missed(r3_not_sent_is_true.measure(RUN, count=75)))


class Cautious(Forwarding):
    """A client that never says "not sent", and so is never wrong."""

    def __init__(self, settings):
        self.chat = opened(settings)

    def _call(self, operation, arguments):
        try:
            return self.chat._call(operation, arguments)
        except NotSentError as error:
            raise OutcomeUnknownError(str(error)) from error

    def close(self):
        self.chat.close()


def test_a_client_that_never_denies_is_found_by_how_often_it_could():
    figure = r3_not_sent_is_true.measure(Run(seed=1, form=PROOF), connect=Cautious, count=100)
    assert missed(figure) == ["at least 5 told not_sent", "at most 40% of the unknown not carried out"]


def test_repeating_sends_whose_outcome_is_unknown_is_found():
    figure = r2_effect_ledger.measure(
        RUN, connect=lambda settings: opened(settings.but(delivery="at_least_once")), count=40
    )
    assert "0 duplicates" in missed(figure)


def test_a_time_that_counts_for_each_attempt_or_wait_is_found():
    for by in longer(0.4, times=3):  # until it is more than what this machine is late by itself
        late = lambda settings, by=by: opened(settings.but(timeout=settings.timeout + by))  # noqa: E731 -- one way
        found = missed(r6_deadlines.measure(RUN, connect=late, count=15))
        if found:
            break
    assert found == ["half of them end about when a bare wait does"]


def test_a_kept_connection_that_nobody_looks_at_is_found(monkeypatch):
    monkeypatch.setattr(Connection, "is_quiet", lambda self: True)
    monkeypatch.setattr(Stream, "all_arrived", lambda self: True)
    monkeypatch.setattr(AnswerReader, "keepable", property(lambda self: self.complete))
    assert any("another call's" in target for target in missed(r7_crossed_answers.measure(RUN)))


def test_repeating_without_a_quota_is_found(monkeypatch):
    monkeypatch.setattr(RetryQuota, "take", lambda self, cost: True)
    assert any("quota" in target for target in missed(r8_no_storm.measure(RUN, clients=1)))


def test_a_breaker_that_never_opens_and_no_quota_is_found(monkeypatch):
    monkeypatch.setattr(RetryQuota, "take", lambda self, cost: True)

    def restless(settings):
        chat = opened(settings)
        assert isinstance(chat, WireBackend)
        chat.breaker = Breaker(threshold=10**9)
        return chat

    figure = r8_no_storm.measure(RUN, connect=restless, clients=1)
    assert any("breaker" in target for target in missed(figure))


def test_a_connection_that_is_not_closed_is_found():
    kept = []

    def leaking(settings):
        kept.append(socket.socket())
        return opened(settings)

    try:
        assert "0 leaked descriptors" in missed(r9_resources.measure(RUN, connect=leaking, count=25, patience=0))
    finally:
        for each in kept:
            each.close()


class Trusting(Codec):
    """Reads an answer as a success if it says so anywhere."""

    def __init__(self, codec):
        self._codec = codec

    def encode(self, operation, arguments):
        return self._codec.encode(operation, arguments)

    def decode(self, operation, reply):
        if b"SUCCESS" in reply.body:
            return None
        return self._codec.decode(operation, reply)


class Careless(Trusting):
    """Lets an error of its parser out."""

    def decode(self, operation, reply):
        if reply.body.endswith(b'"'):
            raise Malformed("it ends in the middle")
        return self._codec.decode(operation, reply)


def test_a_cut_success_that_is_believed_is_found():
    assert "0 fabricated successes" in missed(r11_fuzzed_answers.measure(RUN, change=Trusting, count=1_000))


def test_a_foreign_exception_is_found():
    assert "0 foreign exceptions" in missed(r11_fuzzed_answers.measure(RUN, change=Careless, count=1_000))


def keeping_the_request(exchange):
    """An exchange of which the error keeps the request, as those of many libraries do."""

    def kept(self, request, **limits):
        try:
            return (yield from exchange(self, request, **limits))
        except AfilnetError as error:
            error.request = request
            raise

    return kept


GUARDS = {
    "redaction on the loggers of libraries": (RedactingFilter, "filter", lambda self, record: True),
    "the repr of a Secret": (Secret, "__repr__", Secret.reveal),
    "secrets wrapped by Settings": (settings, "wrap_secrets", lambda values: values),
    "secrets wrapped by connect()": (registry, "wrap_secrets", lambda values: values),
    "the repr of an address": (safe_repr.Address, "__repr__", str.__repr__),
    "the repr of a profile's table": (safe_repr.KeysOnly, "__repr__", dict.__repr__),
    "the repr of the environment": (safe_repr.NamesOnly, "__repr__", lambda self: repr(dict(self))),
    "arguments that are out of the traceback": (base, "to_wire", arguments._written),
}
"""What keeps secrets out of what is left behind before anything is sent: the guard, and what stands there without."""


@pytest.mark.parametrize("guard", GUARDS)
def test_a_secret_that_a_guard_no_longer_hides_is_found(guard, monkeypatch):
    monkeypatch.setattr(*GUARDS[guard])
    assert leaks(calls=False, count=s1_leak_hunt.EACH_MISTAKE)


def test_a_token_endpoint_s_answer_in_a_traceback_is_found(monkeypatch):
    # Several guards take it out; without some of them the others still do.
    monkeypatch.setattr(fetch, "read_token", token._believed)
    monkeypatch.setattr(AfilnetError, "with_traceback", lambda error, _: error)
    assert leaks(calls=False, count=s1_leak_hunt.EACH_MISTAKE)


def test_a_file_that_was_read_is_found_in_a_traceback(monkeypatch):
    # What is wrong with a file is told later, without the frames that read it; in these it would not show itself.
    def at_once(files, faults, path, shown, fields):
        files.append(profile_file.read_profiles(path, shown, fields))

    monkeypatch.setattr(profiles, "_read_into", at_once)
    assert not leaks(calls=False, count=s1_leak_hunt.EACH_MISTAKE)
    monkeypatch.setattr(private_file.Opened, "__repr__", lambda self: repr(self.content))
    assert leaks(calls=False, count=s1_leak_hunt.EACH_MISTAKE)


def test_a_service_s_own_code_is_found(monkeypatch):
    # What is shown of an answer is masked, and so is what any error says when it leaves.
    monkeypatch.setattr(envelope, "shown", str)
    monkeypatch.setattr(outward, "mask", lambda text, **_: text)
    assert leaks(calls=True, count=700)


IN_CALLS = {
    "requests and answers that are out of the traceback": (base, "outward", lambda error: error),
    "errors without the request": (Transport, "exchanging", keeping_the_request(Transport.exchanging)),
}
"""What keeps them out of what a call leaves behind."""


@pytest.mark.parametrize("guard", IN_CALLS)
def test_a_secret_of_a_call_that_a_guard_no_longer_hides_is_found(guard, monkeypatch):
    monkeypatch.setattr(*IN_CALLS[guard])
    assert leaks(calls=True, count=700)


def leaks(*, calls, count):
    """Hunt as S1 does until something is found, and return it; with every guard in place S1 itself finds nothing."""
    hunt = s1_leak_hunt.Hunt(RUN.chance("hunt"), once=True)
    hunt.run(count, calls=calls)
    return hunt.leaks


@pytest.fixture(scope="module")
def forked():
    """One interpreter that tells the story of hostile environments in a child each time."""
    with s5_environment.Forked() as interpreter:
        yield interpreter


@pytest.mark.parametrize(
    ("obeys", "environment", "target"),
    [
        ("proxies", "HTTPS_PROXY", "no proxy, no key log, no rights for others"),
        ("proxies", "all_proxy", "the same results in each"),
        ("bundles", "REQUESTS_CA_BUNDLE", "the same results in each"),
        ("authorities", "SSL_CERT_FILE, the service's authority", "the same results in each"),
        ("key log", "SSLKEYLOGFILE", "no proxy, no key log, no rights for others"),
        (".netrc", ".netrc", "the same results in each"),
        (".netrc", "NETRC", "the same results in each"),
        ("debug level", "debug level and DEBUG logs", "no secret on stdout or stderr"),
        ("umask", "umask 000", "the same results in each"),
        ("current folder", "a folder with settings of its own", "no proxy, no key log, no rights for others"),
        ("current folder", "a folder with settings of its own", "no program of a foreign folder run"),
        ("relative folder of the user", "the same, and a relative XDG_CONFIG_HOME", "the same results in each"),
        ("every variable", "variables of a Service called afilnet", "the same results in each"),
    ],
)
def test_a_build_that_obeys_its_environment_is_found(obeys, environment, target, forked):
    over = {".netrc": Protocol.BASIC, "umask": Protocol.JSON}.get(obeys, Protocol.HTTP_POST)
    figure = s5_environment.measure(RUN, build=[obeys], only={environment}, interpreter=forked, protocols=[over])
    assert target in missed(figure)
    assert figure.targets["the plain story was told"], "it obeys, and does not simply fail"


def test_a_reader_of_rows_that_keeps_them_all_or_checks_each_cell_is_found():
    def kept(content):
        return [row for row in r16_rows.read_rows(content, defaults=r16_rows._DEFAULTS)]  # noqa: C416 - each by itself

    def cell_by_cell(content):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checks.Checks, "add_plain", lambda self, block: False)
            return r16_rows._read(content)

    assert "at most 1 MB" in missed(r16_rows.measure(RUN, read=kept, lines=5_000))
    assert "at most 3 times as long" in missed(r16_rows.measure(RUN, read=cell_by_cell, lines=5_000))


def test_the_build_as_it_is_obeys_none_of_them(forked):
    figure = s5_environment.measure(RUN, interpreter=forked)
    assert figure.counts["environments"] == 31
    assert missed(figure) == []


def in_threads(settings, **more):
    return ThreadedChat(registry.connect(settings, **more))


def test_a_deadline_that_begins_with_the_thread_is_found(monkeypatch):
    """A twin of threads in which a call's time begins when one of them takes it."""
    monkeypatch.setattr(ThreadedChat, "_time_limit", lambda *_: None)
    monkeypatch.setattr(carriers, "carried", lambda _: contextlib.nullcontext())
    for callers in (224, 448, 896):  # until they wait for longer than this machine is late by itself
        figure = r15_crowds.measure(RUN, crowds=(r15_crowds.Crowd(callers, 1, tasks=True),), twin=in_threads)
        if missed(figure):
            break
    assert "none is sent after its deadline" in missed(figure)


def test_a_verdict_that_is_told_too_early_is_found(monkeypatch):
    """A call that a thread has begun is told as not sent when its time is up."""
    monkeypatch.setattr(Job, "refuse", lambda job, error: job._fail(error) or True)
    # The thread has more time than the task, or which of them notices first that it is up would be chance.
    monkeypatch.setattr(threaded, "seconds_for_call", lambda _: r15_crowds.TIMEOUT)
    monkeypatch.setattr(carriers, "carried", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(r15_crowds, "TAKES", 3 * r15_crowds.TIMEOUT)
    twin = functools.partial(in_threads, timeout=HANGS)
    figure = r15_crowds.measure(RUN, crowds=(r15_crowds.Crowd(8, 1, tasks=True),), twin=twin)
    assert "none that is told not_sent was sent" in missed(figure)
