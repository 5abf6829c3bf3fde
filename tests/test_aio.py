"""The asyncio twin behaves like the synchronous client, and cancels and closes cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading

import pytest

from afilnet_protocols import (
    AfilnetError,
    AsyncChatOperations,
    Breaker,
    CanaryChat,
    ChatOperations,
    ConfigurationError,
    Delivery,
    Finding,
    InvalidRequestError,
    NotFoundError,
    NotSentError,
    RejectedRequestError,
    Settings,
    connect,
    connect_async,
    delivery_of,
)
from afilnet_protocols.begun import Begun
from afilnet_protocols.coroutines.threaded import ThreadedChat
from afilnet_protocols.deadline import Deadline, deadline, seconds_for_call
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.transport.dial import Dialer
from afilnet_protocols.transport.pool import Pool
from afilnet_protocols.waiting import run
from tests.notes import Notes
from tests.stepwise import stepwise
from tests.time_limit import HANGS
from tests.transport.scripted import ScriptedServer, ask, hold

CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


def test_the_twins_have_the_same_methods_and_parameters():
    assert ChatOperations.__abstractmethods__ == AsyncChatOperations.__abstractmethods__
    for name in ChatOperations.__abstractmethods__:
        assert inspect.signature(getattr(ChatOperations, name)) == inspect.signature(getattr(AsyncChatOperations, name))


@pytest.mark.parametrize("protocol", ["http-get", "http-post", "basic", "soap", "json"])
def test_the_six_operations_work_over_every_protocol(sandbox, protocol):
    async def calls():
        account = sandbox.account()
        async with connect_async(sandbox.settings(protocol, account=account)) as chat:
            assert await chat.get_chat_channels()
            await chat.send_message(**CALL, message="hola")
            await chat.send_file(**CALL, file_type="image", file_url="https://www.example.com/image.jpg")
            assert len(await chat.get_messages(**CALL)) == 2
            assert len(await chat.get_chats(platform="whatsapp", platform_id="100")) == 1
            assert await chat.get_unread_messages(**CALL) == []
            with pytest.raises(NotFoundError):
                await chat.get_chats(platform="whatsapp", platform_id="999")

    asyncio.run(calls())


def test_two_hundred_tasks_share_one_client(sandbox):
    async def calls():
        async with connect_async(sandbox.settings("http-post")) as chat:
            answers = await asyncio.gather(*(chat.get_chat_channels() for _ in range(200)))
        assert all(answer == answers[0] for answer in answers)

    asyncio.run(calls())


def connections_of_the_second_time(sandbox, patch, *, most: int | None = None) -> int:
    """Have 200 tasks read at once, twice; return how many connections the second time took."""
    made: list[None] = []
    dial = Dialer.dial

    def counted(*given):
        made.append(None)
        return dial(*given)

    async def calls() -> int:
        async with connect_async(sandbox.settings("http-post", plain=True)) as chat:
            await asyncio.gather(*(chat.get_chat_channels() for _ in range(200)))
            first = len(made)
            await asyncio.gather(*(chat.get_chat_channels() for _ in range(200)))
            return len(made) - first

    def ageless(**given):
        # On a machine that is held up for seconds they would be too old.
        return Pool(seconds=3600.0, most=most or given["most"])

    patch.setattr("afilnet_protocols.transport.transport.Pool", ageless)
    patch.setattr(Dialer, "dial", counted)
    return asyncio.run(calls())


def test_two_hundred_tasks_go_on_with_the_connections_that_they_have(sandbox, monkeypatch):
    assert connections_of_the_second_time(sandbox, monkeypatch) == 0


def test_sabotage_a_pool_that_keeps_few_of_them_is_found(sandbox, monkeypatch):
    assert connections_of_the_second_time(sandbox, monkeypatch, most=32) >= 100


class Slow(ChatOperations):
    """Holds each call until it is let go, and counts what began."""

    def __init__(self):
        self.go = threading.Event()
        self.begun = []
        self.closed = 0
        self.seconds = None

    def send_message(self, **arguments):
        self.begun.append(arguments["message"])
        self.seconds = seconds_for_call(30.0)
        self.go.wait(HANGS)

    def close(self):
        self.closed += 1

    get_chat_channels = send_file = get_chats = get_messages = get_unread_messages = None


async def until(condition):
    while not condition():
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def over_once(condition):
    """A time limit that is over as soon as something is so, and not before."""

    async def look():
        await until(condition)
        limit.reschedule(0.0)

    async with asyncio.timeout(None) as limit:
        looking = asyncio.create_task(look())
        try:
            yield
        finally:
            looking.cancel()


def test_a_call_cancelled_before_a_thread_took_it_is_never_sent():
    async def calls():
        slow = Slow()
        chat = ThreadedChat(slow, threads=1)
        first = asyncio.create_task(chat.send_message(**CALL, message="first"))
        await until(lambda: slow.begun)
        second = asyncio.create_task(chat.send_message(**CALL, message="second"))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        slow.go.set()
        await first
        await chat.close()
        assert slow.begun == ["first"]
        assert slow.closed == 1

    asyncio.run(calls())


def test_closing_waits_for_calls_under_way_and_drops_the_others():
    async def calls():
        slow = Slow()
        chat = ThreadedChat(slow, threads=1)
        tasks = [asyncio.create_task(chat.send_message(**CALL, message=text)) for text in ("first", "second")]
        await until(lambda: slow.begun)
        closing = asyncio.create_task(chat.close())
        await asyncio.sleep(0)
        slow.go.set()
        await closing
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert results[0] is None
        assert isinstance(results[1], ConfigurationError)
        assert slow.begun == ["first"]
        with pytest.raises(ConfigurationError):
            await chat.send_message(**CALL, message="third")
        await chat.close()
        assert slow.closed == 1

    asyncio.run(calls())


def test_the_deadline_of_the_task_travels_with_the_call():
    async def calls():
        slow = Slow()
        slow.go.set()
        async with ThreadedChat(slow) as chat:
            with deadline(20.0):
                await chat.send_message(**CALL, message="hola")
        assert 5.0 < slow.seconds <= 20.0

    asyncio.run(calls())


# The time of a call begins where it is awaited, and what has not begun by its end never begins.


def verdicts_of(calls: list[tuple[str, BaseException | None]]) -> dict[str, str]:
    return {text: "done" if error is None else str(delivery_of(error)) for text, error in calls}


async def ended(chat, text):
    try:
        await chat.send_message(**CALL, message=text)
    except (Exception, asyncio.CancelledError) as error:
        return text, error
    return text, None


def crowded() -> tuple[dict[str, str], list[str]]:
    """Two sends over one thread, the second with less time than the first takes: verdicts, and what ever began."""

    async def calls():
        slow = Slow()
        chat = ThreadedChat(slow, threads=1)
        first = asyncio.create_task(ended(chat, "first"))
        await until(lambda: slow.begun)
        with deadline(0.05):
            second = asyncio.create_task(ended(chat, "second"))
        await asyncio.wait([second], timeout=1)
        slow.go.set()
        found = verdicts_of([await second, await first])
        await chat.close()
        return found, slow.begun

    return asyncio.run(calls())


def test_a_call_without_a_thread_by_its_deadline_ends_as_not_sent_and_never_goes_out():
    assert crowded() == ({"first": "done", "second": "not_sent"}, ["first"])


def test_sabotage_a_time_that_begins_with_the_thread_is_found(monkeypatch):
    monkeypatch.setattr(ThreadedChat, "_time_limit", lambda *_: None)
    assert crowded() == ({"first": "done", "second": "done"}, ["first", "second"])


def test_the_time_that_a_call_waited_for_its_thread_is_its_own():
    async def calls():
        slow = Slow()
        chat = ThreadedChat(slow, threads=1)
        first = asyncio.create_task(ended(chat, "first"))
        await until(lambda: slow.begun)
        second = asyncio.create_task(ended(chat, "second"))
        await asyncio.sleep(0.1)
        slow.go.set()
        await asyncio.wait([first, second])
        await chat.close()
        assert slow.seconds <= 30.0 - 0.1

    asyncio.run(calls())


class Watch:
    def __init__(self):
        self.told = []

    def before(self, call):
        self.told.append(("before", call.operation))

    def after(self, call):
        self.told.append(("after", call.verdict, call.error))


def test_who_watches_is_told_of_calls_that_never_began():
    async def calls():
        slow, watch = Slow(), Watch()
        chat = ThreadedChat(slow, threads=1, hooks=[watch])
        first = asyncio.create_task(ended(chat, "first"))
        await until(lambda: slow.begun)
        with deadline(0.05):
            late = await ended(chat, "late")
        assert "(give deadline() more seconds, or begin fewer at once)" in str(late[1])
        cancelled = asyncio.create_task(ended(chat, "cancelled"))
        await asyncio.sleep(0)
        cancelled.cancel()
        found = verdicts_of([late, await cancelled])
        slow.go.set()
        await first
        await chat.close()
        assert found == {"late": "not_sent", "cancelled": "not_sent"}
        assert watch.told == [
            ("before", "send_message"),
            ("after", "not_sent", "NotSentError"),
            ("before", "send_message"),
            ("after", "not_sent", "CancelledError"),
        ]

    asyncio.run(calls())


# Cancelling


def test_a_cancelled_call_that_may_have_left_is_unknown_and_what_is_raised_because_of_it_tells():
    async def calls():
        slow = Slow()
        chat = ThreadedChat(slow)
        with pytest.raises(TimeoutError) as late:
            async with over_once(lambda: slow.begun):
                await chat.send_message(**CALL, message="hola")
        slow.go.set()
        await chat.close()
        assert delivery_of(late.value) is Delivery.UNKNOWN
        cancelled = late.value.__cause__ or late.value.__context__  # Python 3.11.2 has it behind the other
        assert "send_message" in cancelled.__notes__[0]
        assert delivery_of(TimeoutError()) is None

    asyncio.run(calls())


@pytest.fixture
def silent():
    """A service that accepts, reads, and never answers."""
    with ScriptedServer((ask, hold)) as server:
        yield server


def settings_of(url: str, **more: object) -> dict[str, object]:
    given = {"protocol": "http-post", "user": "u", "password": "a-long-password", "base_url": url}
    return {**given, "minimum_security": "none", **more}


def test_leaving_after_a_cancelled_send_does_not_wait_out_its_time(silent):
    async def calls():
        async with connect_async(**settings_of(silent.url(""), timeout=3600.0)) as chat:
            with pytest.raises(TimeoutError) as late:
                async with over_once(lambda: silent.received):
                    await chat.send_message(**CALL, message="hola")
            assert delivery_of(late.value) is Delivery.UNKNOWN

    asyncio.run(calls())


def sent_after_it_was_cancelled(silent, monkeypatch) -> int:
    """Cancel a send in the pause before it is repeated; return how many attempts it had."""
    attempts, go_on = [], threading.Event()

    def refused(*_: object, deadline: Deadline, **__: object) -> object:
        if deadline.leaving():
            attempts.append(None)
        raise NotSentError("refused")

    async def calls():
        async with ThreadedChat(connect(**settings_of(silent.url("")))) as chat:
            inner = chat._client.made
            monkeypatch.setattr(inner, "wait", stepwise(lambda *_: go_on.wait(HANGS)))
            monkeypatch.setattr(
                inner._transport, "exchanging", lambda request, **how: refused(request, deadline=how["deadline"])
            )
            task = asyncio.create_task(chat.send_message(**CALL, message="hola"))
            await until(lambda: attempts)
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as cancelled:
                await task
            assert delivery_of(cancelled.value) is Delivery.NOT_SENT
            go_on.set()
            await asyncio.sleep(0.1)

    asyncio.run(calls())
    return len(attempts)


def test_a_call_that_was_given_up_is_not_repeated(silent, monkeypatch):
    assert sent_after_it_was_cancelled(silent, monkeypatch) == 1


def test_sabotage_a_call_that_goes_on_when_it_was_given_up_is_found(silent, monkeypatch):
    monkeypatch.setattr(Begun, "given_up", False)
    assert sent_after_it_was_cancelled(silent, monkeypatch) > 1


def test_a_closed_client_refuses_what_has_not_begun_and_can_be_closed_again_after_a_cancelled_close():
    async def calls():
        slow = Slow()
        chat = ThreadedChat(slow, threads=1)
        first = asyncio.create_task(ended(chat, "first"))
        await until(lambda: slow.begun)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await chat.close()
        assert slow.closed == 0
        slow.go.set()
        await chat.close()
        assert (slow.closed, await first) == (1, ("first", None))

    asyncio.run(calls())


# Making a client


def test_its_parameters_are_those_of_connect():
    parameters = dict(inspect.signature(connect).parameters)
    assert parameters == dict(inspect.signature(connect_async).parameters)


async def beats(counted: list[None]) -> None:
    """Count how often the loop comes round."""
    while True:
        await asyncio.sleep(0)
        counted.append(None)


def test_the_loop_goes_on_while_the_client_is_made_and_a_call_ends_at_its_deadline():
    async def calls():
        go_on, slow = threading.Event(), Slow()

        def make() -> ChatOperations:
            go_on.wait(HANGS)
            return slow

        chat = ThreadedChat(make)
        counted: list[None] = []
        beating = asyncio.create_task(beats(counted))
        with deadline(0.1):
            text, error = await ended(chat, "first")
        assert delivery_of(error) is Delivery.NOT_SENT
        await until(lambda: len(counted) > 1)
        beating.cancel()
        go_on.set()
        slow.go.set()
        await chat.send_message(**CALL, message="second")
        await chat.close()
        assert (text, slow.begun, slow.closed) == ("first", ["second"], 1)

    asyncio.run(calls())


def test_a_client_that_is_being_made_when_it_is_closed_is_closed():
    async def calls():
        go_on, slow = threading.Event(), Slow()

        def make() -> ChatOperations:
            go_on.wait(HANGS)
            return slow

        chat = ThreadedChat(make)
        with deadline(0.05):
            await ended(chat, "first")
        await chat.close()
        go_on.set()
        await until(lambda: slow.closed)

    asyncio.run(calls())


@pytest.mark.parametrize("wrong", [{"protocol": "soap", "soap_wsdl": "/nowhere.wsdl"}, {"protocol": "http-pots"}])
def test_settings_that_cannot_work_are_an_error_of_the_first_await(wrong):
    async def calls():
        given = {"user": "u", "password": "a-long-password", **wrong}
        with pytest.raises(ConfigurationError):
            async with connect_async(**given):
                pass
        chat = connect_async(**given)
        for _ in range(2):
            with pytest.raises(ConfigurationError):
                await chat.get_chat_channels()
        await chat.close()

    asyncio.run(calls())


def test_settings_that_need_nothing_read_are_refused_at_once(sandbox):
    with pytest.raises(ConfigurationError, match="did you mean"):
        connect_async(tiemout=3)  # type: ignore[call-arg]
    low = Settings(user="u", password="a-long-password", protocol="http-get", minimum_security="none").but()
    object.__setattr__(low, "minimum_security", "high")
    with pytest.raises(ConfigurationError):
        connect_async(low)


def test_hooks_and_a_breaker_reach_the_client(sandbox):
    async def calls():
        watch, breaker = Watch(), Breaker(threshold=3)
        async with connect_async(sandbox.settings("json"), hooks=[watch], breaker=breaker) as chat:
            await chat.get_chat_channels()
            assert chat._client.made.breaker is breaker
        assert watch.told == [("before", "get_chat_channels"), ("after", "done", "")]

    asyncio.run(calls())


ROUNDS = 100


class AfterRounds:
    """What a conversation is read through: it answers when the client's loop has come round so often since it began."""

    def __init__(self):
        self.counted: list[None] = []
        self.hold, self.let_go = False, threading.Event()

    def around(self, path, endpoint):
        def after_rounds(request):
            while self.hold and len(self.counted) < ROUNDS and not self.let_go.wait(0.001):
                pass
            return endpoint(request)

        return after_rounds


def finding_of_a_loop_that_goes_on(reconciling, *, timeout):
    """Reconcile with a service that answers only if the loop goes on meanwhile."""
    rounds = AfterRounds()

    async def calls(sandbox):
        async with connect_async(sandbox.settings("http-post", plain=True, timeout=timeout)) as chat:
            with sandbox.fault("reset_before_answer", operation="send_message"):
                _, error = await ended(chat, "hola")
            beating = asyncio.create_task(beats(rounds.counted))
            rounds.hold = True
            try:
                return await reconciling(chat, error)
            finally:
                rounds.let_go.set()
                beating.cancel()

    with Sandbox(components=Components(around=rounds.around)) as sandbox:
        return asyncio.run(calls(sandbox))


def test_reconciling_is_a_coroutine_and_the_loop_goes_on():
    def reconciling(chat, error):
        return chat.reconcile(error, settle=0.01)

    assert finding_of_a_loop_that_goes_on(reconciling, timeout=HANGS) is Finding.POSSIBLY_DELIVERED


@pytest.mark.parametrize("given", [RejectedRequestError("INCORRECT_CHAT"), TimeoutError(), "unknown", None], ids=repr)
def test_what_is_not_in_doubt_is_not_found_out_about(sandbox, given):
    async def ask(chat):
        async with chat:
            await chat.reconcile(given)

    settings = sandbox.settings("http-post")
    for chat in (connect_async(settings), ThreadedChat(connect(settings))):
        with pytest.raises(InvalidRequestError, match="OutcomeUnknownError of a send, not "):
            asyncio.run(ask(chat))


def test_sabotage_a_reconciliation_that_blocks_the_loop_is_found():
    async def blocking(chat, error):
        return run(error.reconciling(0.01), Deadline(HANGS))

    with pytest.raises(AfilnetError):
        finding_of_a_loop_that_goes_on(blocking, timeout=0.3)


def test_a_process_without_threads_gets_errors_of_ours_and_loses_no_place(sandbox, monkeypatch):
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def calls():
        chat = ThreadedChat(connect(sandbox.settings("http-post")))
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            for _ in range(40):
                with pytest.raises(NotSentError):
                    await chat.get_chat_channels()
        assert await chat.get_chat_channels()
        await chat.close()

    asyncio.run(calls())


def test_an_error_of_a_send_over_an_intermediary_is_unknown_once_it_may_have_left():
    """A canary makes two calls of one: what has left is not known, and a cancelled call is unknown."""

    async def calls():
        slow = Slow()
        chat = ThreadedChat(CanaryChat(Slow(), slow, share=1.0))
        task = asyncio.create_task(ended(chat, "hola"))
        await until(lambda: slow.begun)
        task.cancel()
        _, error = await task
        slow.go.set()
        await chat.close()
        assert delivery_of(error) is Delivery.UNKNOWN

    asyncio.run(calls())


@pytest.mark.parametrize("protocol", ["http-get", "http-post", "basic", "soap", "json"])
def test_a_client_reports_on_its_security_as_its_twin_does(sandbox, protocol):
    settings = sandbox.settings(protocol)

    async def reports():
        async with connect_async(settings) as chat:
            before = await chat.security_report()
            await chat.get_chat_channels()
            return before, await chat.security_report()

    with connect(settings) as twin:
        before = twin.security_report()
        twin.get_chat_channels()
        after = twin.security_report()
    seen = asyncio.run(reports())
    assert [each.level for each in seen] == [before.level, after.level]
    assert [each.guarantees for each in seen] == [before.guarantees, after.guarantees]


def test_a_report_makes_the_client_and_is_had_of_a_closed_one(sandbox):
    async def report():
        chat = connect_async(sandbox.settings("http-post"))
        made = await chat.security_report()
        await chat.close()
        return made.level, (await chat.security_report()).level

    assert asyncio.run(report()) == ("medium", "medium")


def test_a_client_of_another_package_has_no_report_and_says_so(monkeypatch):
    monkeypatch.setattr("afilnet_protocols.aio.connect", lambda *_, **__: Slow())

    async def report():
        async with connect_async(protocol="http-post") as chat:
            await chat.security_report()

    with pytest.raises(ConfigurationError, match="a Slow has no security report"):
        asyncio.run(report())


NO_TIMES = (-1, 0, True, "30", b"30", [1], {}, float("nan"), float("inf"), 10**400)


@pytest.mark.parametrize("seconds", NO_TIMES, ids=lambda given: repr(given)[:12])
def test_a_timeout_that_is_no_time_is_refused_by_name_when_the_client_is_made(seconds):
    async def refused():
        chat = connect_async(user="u", password="p", base_url="https://localhost:1", timeout=seconds)
        with pytest.raises(ConfigurationError, match=r"^timeout "):
            await chat.get_chat_channels()

    asyncio.run(refused())


def test_a_call_on_a_closed_client_says_what_it_was_and_hooks_are_told(sandbox) -> None:
    async def play() -> tuple[AfilnetError, list[str]]:
        notes = Notes()
        async with connect_async(sandbox.settings("http-post"), hooks=[notes]) as chat:
            await chat.get_chat_channels()
        notes.told.clear()
        with pytest.raises(ConfigurationError) as raised:
            await chat.get_chat_channels()
        return raised.value, notes.told

    error, told = asyncio.run(play())
    assert (error.operation, error.protocol) == ("get_chat_channels", "http-post")
    assert told == ["before", "after not_sent ConfigurationError"]
