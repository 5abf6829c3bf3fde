"""An outbox for asyncio is the same outbox: same methods, same laws, and none in doubt because a task was cancelled."""

from __future__ import annotations

import asyncio
import inspect
import secrets
import threading

import pytest

from afilnet_protocols import AsyncOutbox, ConfigurationError, InvalidRequestError, Outbox
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.aio import aside as aside_module
from afilnet_protocols.settings import Settings
from tests.outbox.service import PLACE, Service
from tests.time_limit import HANGS

SETTINGS = Settings(user="u", password="p", settle=5.0)


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def opened(new_place, service):
    """Return what makes an outbox at one place, asynchronous or not."""
    place, how = new_place()

    def make(kind=AsyncOutbox):
        return kind(place, SETTINGS, make_client=lambda _: service, conduct=service.conduct(), **how)

    return make


def test_it_has_the_methods_of_an_outbox_with_their_parameters():
    ours, theirs = (
        {name: each for name, each in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
        for kind in (AsyncOutbox, Outbox)
    )
    assert ours.keys() - {"after_fork"} == theirs.keys() - {"after_fork"}
    for name in ours.keys() - {"after_fork"}:
        assert inspect.signature(ours[name]) == inspect.signature(theirs[name]), name
    assert [name for name in ours if not inspect.iscoroutinefunction(ours[name])] == ["after_fork", "stop"]
    assert inspect.signature(AsyncOutbox) == inspect.signature(Outbox)


def test_what_is_put_in_is_sent_once_with_the_same_verdicts(opened, service):
    async def work():
        async with opened() as outbox:
            numbers = [await outbox.enqueue(**PLACE, destination="341", message=text) for text in "abcd"]
            file = await outbox.enqueue_file(
                **PLACE, destination="342", file_type="image", file_url="https://example.com/a.jpg", not_before=None
            )
            arguments = {**PLACE, "destination": "343", "message": "e"}
            assert await outbox.put([("send_message", arguments, "key")]) == [True]
            service.fates = [("done", 0.0), ("refused", 0.0), ("dropped", 0.0)]
            service.send_file = lambda **_: None
            told = []
            report = await outbox.run(on_progress=lambda entry: told.append((entry.id, threading.current_thread())))
            assert {number for number, _ in told} == {*numbers, file, file + 1}
            assert {thread for _, thread in told} == {threading.current_thread()}
            looked = []
            found = await outbox.reconcile(
                on_progress=lambda entry: looked.append((entry.id, threading.current_thread()))
            )
            assert {number for number, _ in looked} == {*found} != set()
            assert {thread for _, thread in looked} == {threading.current_thread()}
            assert await outbox.retry(state="unknown", accept_duplicates=True) == 1
            assert (await outbox.send(numbers[2])).state is State.SENT
            assert sum((await outbox.status()).values()) == 6
            assert (await outbox.entry(file)).operation == "send_file"
            assert len(await outbox.entries("rejected")) == 1
            assert State.SENT in await outbox.ages()
            assert await outbox.purge(older_than=0) == 6
            return report

    report = asyncio.run(work())
    assert (report.sent, report.rejected, report.unknown) == (4, 1, 1)


def test_what_progress_raises_ends_the_run_and_nothing_is_in_doubt(opened):
    class Enough(Exception):
        pass

    def enough(_):
        raise Enough

    async def work():
        async with opened() as outbox:
            for text in "ab":
                await outbox.enqueue(**PLACE, destination="341", message=text)
            with pytest.raises(Enough):
                await outbox.run(on_progress=enough)
            return await outbox.status()

    states = asyncio.run(work())
    assert (states[State.SENT], states[State.PENDING]) == (1, 1)


class Slow(Service):
    """Takes its time for each message, until it is let go."""

    def __init__(self):
        super().__init__()
        self.entered, self.let_go = threading.Event(), threading.Event()

    def send_message(self, **arguments):
        self.entered.set()
        assert self.let_go.wait(HANGS)
        super().send_message(**arguments)


def cancelled_in_the_middle(new_place):
    """Cancel a run while a message is under way; return what the outbox says at the moment when the task has ended."""
    place, how = new_place()
    service = Slow()

    async def work():
        async with AsyncOutbox(place, SETTINGS, make_client=lambda _: service, **how) as outbox:
            for text in "ab":
                await outbox.enqueue(**PLACE, destination="341", message=text)
            task = asyncio.create_task(outbox.run())
            await asyncio.to_thread(service.entered.wait)
            task.cancel()
            asyncio.get_running_loop().call_later(0.05, service.let_go.set)
            with pytest.raises(asyncio.CancelledError):
                await task
            states = await outbox.status()
            again = await outbox.run()
            return states, again

    return asyncio.run(work())


def test_a_cancelled_run_ends_after_the_entry_in_hand_and_another_goes_on(new_place):
    states, again = cancelled_in_the_middle(new_place)
    assert (states[State.SENT], states[State.PENDING], again.sent) == (1, 1, 1)


def test_a_run_that_is_left_behind_when_its_task_is_cancelled_is_found(new_place, monkeypatch):
    """Sabotage: the task does not wait for its thread."""

    async def left(self, work, until):
        return await aside_module.aside(lambda: work(lambda: False))

    monkeypatch.setattr(aside_module.Aside, "_to_its_end", left)
    with pytest.raises((AssertionError, ConfigurationError)):
        test_a_cancelled_run_ends_after_the_entry_in_hand_and_another_goes_on(new_place)


def test_close_lets_a_run_end_and_later_calls_are_refused(opened, service):
    async def work():
        outbox = opened()
        await outbox.enqueue(**PLACE, destination="341", message="a")
        task = asyncio.create_task(outbox.run(wait=True))
        while not service.messages:
            await asyncio.sleep(0.01)
        await outbox.close()
        assert task.done()
        await outbox.close()
        with pytest.raises(ConfigurationError, match="closed"):
            await outbox.status()

    asyncio.run(work())


def test_the_loop_goes_on_meanwhile(new_place):
    place, how = new_place()
    service = Slow()

    async def work():
        async with AsyncOutbox(place, SETTINGS, make_client=lambda _: service, **how) as outbox:
            await outbox.enqueue(**PLACE, destination="341", message="a")
            task = asyncio.create_task(outbox.run())
            while not service.entered.is_set():
                await asyncio.sleep(0)
            assert (await outbox.status())[State.SENDING] == 1
            await outbox.enqueue(**PLACE, destination="342", message="b")
            service.let_go.set()
            return await task

    assert asyncio.run(work()).sent == 2


def test_nothing_is_opened_before_it_is_used_and_no_secret_is_shown():
    outbox = AsyncOutbox("postgresql://me:s3cr3t@127.0.0.1:1/db", SETTINGS)
    assert "s3cr3t" not in repr(outbox)
    with pytest.raises(ConfigurationError) as caught:
        asyncio.run(outbox.status())
    assert "s3cr3t" not in repr(caught.value)


def test_a_number_that_is_not_there(opened):
    async def work():
        async with opened() as outbox:
            with pytest.raises(InvalidRequestError):
                await outbox.send(99)

    asyncio.run(work())


# In the application's transaction


def committed(opened, open_connection):
    """Put an entry in within a transaction that is undone, then within one that is not; return what is there."""

    async def work():
        async with opened() as outbox:
            for text, keep in (("a", False), ("b", True)):
                connection = await open_connection()
                number = await outbox.enqueue(**PLACE, destination="341", message=text, connection=connection)
                assert await outbox.entries() == []
                await (connection.commit if keep else connection.rollback)()
                await connection.close()
            return number, [entry.id for entry in await outbox.entries()], (await outbox.run()).sent

    number, there, sent = asyncio.run(work())
    assert (there, sent) == ([number], 1)


@pytest.fixture
def on_server(postgresql_server, service):
    schema = f"asynchronous_{secrets.token_hex(8)}"

    def make():
        return AsyncOutbox(postgresql_server.url, SETTINGS, schema=schema, make_client=lambda _: service)

    return make


def test_an_entry_is_part_of_a_transaction_of_psycopg_s_asynchronous_connection(on_server, postgresql_server):
    psycopg = pytest.importorskip("psycopg")
    committed(on_server, lambda: psycopg.AsyncConnection.connect(postgresql_server.url))


def test_an_entry_is_part_of_a_transaction_of_sqlalchemy_s_asynchronous_connection(on_server, postgresql_server):
    asyncio_of = pytest.importorskip("sqlalchemy.ext.asyncio")
    pool = pytest.importorskip("sqlalchemy.pool")

    async def connect():
        url = postgresql_server.url.replace("postgresql://", "postgresql+psycopg://")
        return await asyncio_of.create_async_engine(url, poolclass=pool.NullPool).connect()

    committed(on_server, connect)


def test_an_entry_is_part_of_a_transaction_of_a_connection_that_is_not_asynchronous(tmp_path):
    import sqlite3

    async def work():
        async with AsyncOutbox(tmp_path / "outbox.db", SETTINGS) as outbox:
            with sqlite3.connect(tmp_path / "outbox.db") as database:
                await outbox.enqueue(**PLACE, destination="341", message="a", connection=database)
                assert await outbox.entries() == []
            database.close()
            assert len(await outbox.entries()) == 1
            with pytest.raises(ConfigurationError, match="connection="):
                await outbox.enqueue(**PLACE, destination="341", message="a", connection=object())

    asyncio.run(work())


def test_what_the_server_refuses_on_it_is_told(on_server, postgresql_server):
    psycopg = pytest.importorskip("psycopg")

    async def work():
        async with on_server() as outbox, await psycopg.AsyncConnection.connect(postgresql_server.url) as connection:
            await outbox.enqueue(**PLACE, destination="341", message="a", key="k", connection=connection)
            with pytest.raises(InvalidRequestError, match="another entry"):
                await outbox.enqueue(**PLACE, destination="341", message="b", key="k", connection=connection)
            with pytest.raises(psycopg.Error):
                await connection.execute("SELECT nothing")
            with pytest.raises(ConfigurationError, match="a statement before it in this transaction failed"):
                await outbox.enqueue(**PLACE, destination="341", message="b", connection=connection)

    asyncio.run(work())


# What is asked of it while it is being opened


def meanwhile(opened, monkeypatch, ask):
    """Have an outbox run, ask something of it before it is open, and return how the run ended and the outbox."""
    begun, go_on = threading.Event(), threading.Event()
    made = []

    async def work():
        outbox = opened()
        make = outbox._make

        def slowly():
            begun.set()
            assert go_on.wait(HANGS)
            made.append(make())
            return made[0]

        monkeypatch.setattr(outbox, "_make", slowly)
        run = asyncio.create_task(outbox.run(wait=True))
        await asyncio.to_thread(begun.wait, HANGS)
        await ask(outbox)
        go_on.set()
        return (await asyncio.wait_for(asyncio.gather(run, return_exceptions=True), HANGS))[0]

    return asyncio.run(work()), made[0]


async def stop(outbox):
    outbox.stop()


async def close(outbox):
    await outbox.close()


def test_one_that_is_stopped_before_it_is_open_ends_its_run_at_once(opened, monkeypatch):
    report, made = meanwhile(opened, monkeypatch, stop)
    assert report.stopped == "it was asked to stop"
    made.close()


def test_one_that_is_closed_before_it_is_open_stays_closed(opened, monkeypatch):
    ended, made = meanwhile(opened, monkeypatch, close)
    assert isinstance(ended, ConfigurationError)
    with pytest.raises(ConfigurationError, match="closed"):
        made.status()
