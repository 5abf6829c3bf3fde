"""What an outbox takes, and what a run needs and leaves behind: one client, and a report that adds up."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from afilnet_protocols import ConfigurationError, InvalidRequestError, NotSentError, Outbox
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.outbox import State, one_run, worker
from afilnet_protocols.outbox.checks import check_key, check_times
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.settings import Settings
from afilnet_protocols.testing import no_waits
from afilnet_protocols.waiting import run, until
from tests.outbox.service import PLACE, Service
from tests.time_limit import HANGS


class Counted(Service):
    """A service that counts how often it is read and closed, and may refuse to be read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = self.closes = 0
        self.readable = 1_000

    def get_messages(self, **where: str) -> Any:
        self.reads += 1
        if self.reads > self.readable:
            raise NotSentError("nobody is there")
        return super().get_messages(**where)

    def close(self) -> None:
        self.closes += 1


def boxed(
    path: Path,
    service: Service,
    delivery: str = "at_most_once",
    make_client: Callable[[Settings], ChatOperations] | None = None,
) -> Outbox:
    settings = Settings(user="u", password="p", delivery=delivery, settle=5.0)
    make = make_client or (lambda _: service)  # type: ignore[assignment, return-value] # as much of one as is asked
    return Outbox(path / "box.db", settings, make_client=make, conduct=service.conduct())


def put(outbox: Outbox, *texts: str) -> None:
    for text in texts:
        outbox.enqueue(**PLACE, destination="341", message=text)


NO_RUNS: list[dict[str, Any]] = [
    *({"limit": given} for given in (-1, True, 1.0, "1", 2**31)),
    *({"rate": given} for given in (0, -1, math.nan, math.inf, 10_001, True, "5")),
    *({name: given} for name in ("on_progress", "until") for given in (5, True, "f")),
]


@pytest.mark.parametrize("given", NO_RUNS, ids=str)
def test_a_run_that_cannot_be_meant_is_refused_and_sends_nothing(tmp_path: Path, given: dict[str, Any]) -> None:
    service = Service()
    with boxed(tmp_path, service) as outbox:
        put(outbox, "a")
        with pytest.raises(InvalidRequestError):
            outbox.run(**given)
        assert outbox.status()[State.PENDING] == 1
        assert outbox.run(limit=0).sent == 0
        assert service.messages == {}


@pytest.mark.parametrize("given", [5, True, "f", lambda: None], ids=["a number", "a flag", "a text", "of nothing"])
def test_what_could_not_be_told_of_a_search_is_refused_before_it(tmp_path: Path, given: Any) -> None:
    service = Service()
    with boxed(tmp_path, service) as outbox, pytest.raises(InvalidRequestError, match="on_progress"):
        outbox.reconcile(on_progress=given)


def test_what_a_database_holds_and_a_worker_keeps_is_taken(tmp_path: Path) -> None:
    with boxed(tmp_path, Service()) as outbox:
        for given in ({"limit": 0}, {"limit": 2**31 - 1}, {"rate": 0.001}, {"rate": 1}, {"rate": 10_000}):
            assert outbox.run(**given).sent == 0  # type: ignore[arg-type] # each as its name demands


@pytest.mark.parametrize(("timeout", "waits"), [(0.5, 1), (1.0, 1), (1.5, 2), (2.0, 2)])
def test_no_wait_begins_when_the_time_is_up(tmp_path: Path, timeout: float, waits: int) -> None:
    service, waited = Service(), []

    def whole_second(_: float) -> None:
        waited.append(1)
        service.now += 1.0

    how = {"make_client": lambda _: service, "conduct": replace(service.conduct(), wait=whole_second)}
    settings = Settings(user="u", password="p", timeout=timeout)
    with Outbox(tmp_path / "box.db", settings, **how) as outbox:  # type: ignore[arg-type] # each as its name demands
        put(outbox, "a", "b")
        alive = outbox._store.worker()
        outbox._store.claim(alive.token, sending=True)
        assert outbox.send(2).state is State.PENDING
        alive.close()
    assert len(waited) == waits


def test_only_reconcile_reads_back_and_only_where_a_run_left_a_doubt(tmp_path: Path) -> None:
    service = Counted()
    with boxed(tmp_path, service) as outbox:
        put(outbox, "a")
        service.fates = [("lost", 0.0)]
        assert outbox.run().unknown == 1
    with boxed(tmp_path, service, "reconcile") as outbox:
        put(outbox, "b")
        began = service.now
        report = outbox.run()
        assert (report.sent, report.unknown, service.now) == (1, 0, began)
        assert outbox.status()[State.UNKNOWN] == 1  # that of the run before: reconcile() asks about it


def test_a_report_counts_each_attempt_once_and_what_was_read_back_as_sent(tmp_path: Path) -> None:
    service = Service()
    with boxed(tmp_path, service, "reconcile") as outbox:
        put(outbox, "a", "b", "c", "d")
        service.fates = [("lost", 0.0), ("dropped", 0.0), ("refused", 0.0)]
        report = outbox.run()
    assert (report.sent, report.reconciled, report.unknown, report.rejected) == (2, 1, 1, 1)


def test_what_cannot_be_read_back_stays_in_doubt_and_the_run_ends_well(tmp_path: Path) -> None:
    service = Counted()
    with boxed(tmp_path, service, "reconcile") as outbox:
        put(outbox, "a")
        service.fates, service.readable = [("lost", 0.0)], 1  # before it is sent, and never again
        report = outbox.run()
        assert (report.sent, report.unknown, service.reads) == (0, 1, 2)


def test_an_outbox_makes_one_client_however_often_it_runs_and_closes_it_once(tmp_path: Path) -> None:
    service, made = Counted(), []

    def make(settings: Settings) -> ChatOperations:
        made.append(settings)
        return service  # type: ignore[return-value] # as much of one as is asked

    outbox = boxed(tmp_path, service, "reconcile", make)
    for text in ("a", "b", "c"):
        put(outbox, text)
        outbox.run()
    outbox.close()
    outbox.close()
    assert (len(made), service.closes) == (1, 1)
    assert made[0].delivery == "at_most_once"  # whatever the outbox does: a client repeats nothing by itself


def test_threads_that_need_the_client_at_once_make_one(tmp_path: Path) -> None:
    """One runs the outbox while another reconciles: of two clients, one would never be closed."""
    service, other = Counted(), threading.Event()
    made: list[Counted] = []

    def make(_: Settings) -> ChatOperations:
        made.append(service)
        other.wait(0.3)  # long enough for the other to come here as well
        return service  # type: ignore[return-value] # as much of one as is asked

    with boxed(tmp_path, service, make_client=make) as outbox:
        threads = [threading.Thread(target=each) for each in (outbox.run, outbox.reconcile)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(made), service.closes) == (1, 1)


def test_a_client_that_could_not_be_made_is_made_at_the_next_run(tmp_path: Path) -> None:
    service, failures = Service(), [ConfigurationError("not yet")]

    def make(_: Settings) -> ChatOperations:
        if failures:
            raise failures.pop()
        return service  # type: ignore[return-value] # as much of one as is asked

    with boxed(tmp_path, service, make_client=make) as outbox:
        put(outbox, "a")
        with pytest.raises(ConfigurationError, match="not yet"):
            outbox.run()
        assert outbox.run().sent == 1


def test_an_outbox_waits_while_something_is_to_be_sent_or_being_sent_and_not_for_what_is_settled(
    tmp_path: Path,
) -> None:
    service = Service()
    with boxed(tmp_path, service) as outbox:
        assert outbox.waits() is False
        put(outbox, "a", "b", "c")
        assert outbox.waits() is True
        service.fates = [("done", 0.0), ("lost", 0.0), ("refused", 0.0)]
        outbox.run()
        assert outbox.waits() is False  # sent, in doubt, rejected
        put(outbox, "d")
        alive = outbox._store.worker()
        outbox._store.claim(alive.token, sending=True)
        assert outbox.status()[State.SENDING] == 1
        assert outbox.waits() is True
        alive.close()


@pytest.mark.parametrize("state", ["lost", "SENT", "", 5, b"sent", ["sent"]], ids=repr)
def test_a_state_that_there_is_not_is_refused(tmp_path: Path, state: Any) -> None:
    with boxed(tmp_path, Service()) as outbox, pytest.raises(InvalidRequestError, match="state must be one of"):
        outbox.entries(state)


def test_a_file_s_number_is_that_of_its_entry(tmp_path: Path) -> None:
    with boxed(tmp_path, Service()) as outbox:
        put(outbox, "a")
        number = outbox.enqueue_file(
            **PLACE, destination="341", file_type="image", file_url="https://files.example.com/a.png"
        )
        assert [each.id for each in outbox.entries()] == [1, number]


@pytest.mark.parametrize("name", ["get_chats", "", 5, None], ids=repr)
def test_an_outbox_takes_nothing_but_what_is_sent(tmp_path: Path, name: Any) -> None:
    message = {**PLACE, "destination": "341", "message": "hola"}
    with boxed(tmp_path, Service()) as outbox:
        with pytest.raises(InvalidRequestError, match="an outbox holds"):
            outbox.put([("send_message", message, None), (name, message, None)])
        assert outbox.entries() == []


NO_ENTRIES: list[Any] = [5, None, "send_message", [None], [()], [("send_message", {})], [("send_message", [], None)]]
NO_ENTRIES += [[("send_message", {}, None, 4)], [{"operation": "send_message"}]]


@pytest.mark.parametrize("entries", NO_ENTRIES, ids=repr)
def test_what_are_no_entries_is_refused(tmp_path: Path, entries: Any) -> None:
    with boxed(tmp_path, Service()) as outbox, pytest.raises(InvalidRequestError, match="an entry is an operation"):
        outbox.put(entries)


@pytest.mark.parametrize("name", ["mesage", "file_url", "", "key"])
def test_an_entry_has_no_argument_that_its_operation_has_not(tmp_path: Path, name: str) -> None:
    message = {**PLACE, "destination": "341", "message": "hola", name: "hola"}
    with boxed(tmp_path, Service()) as outbox:
        with pytest.raises(InvalidRequestError, match="send_message has no parameter"):
            outbox.put([("send_message", message, None)])
        assert outbox.entries() == []


def test_a_key_has_one_to_two_hundred_characters_and_an_entry_expires_after_it_may_be_sent() -> None:
    for key in ("k", "k" * 200):
        assert check_key(key) == key
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    assert check_times(moment, moment + timedelta.resolution) == (moment, moment + timedelta.resolution)
    for refused in ("", "k" * 201):
        with pytest.raises(InvalidRequestError, match="a key is"):
            check_key(refused)
    for earlier in (moment, moment - timedelta.resolution):
        with pytest.raises(InvalidRequestError, match="expires"):
            check_times(moment, earlier)


def test_what_is_put_in_is_new_once(tmp_path: Path) -> None:
    message = {**PLACE, "destination": "341", "message": "hola"}
    with boxed(tmp_path, Service()) as outbox:
        assert outbox.put([("send_message", message, None), ("send_message", message, "k")]) == [True, True]
        assert outbox.put([("send_message", message, "k"), ("send_message", message, None)]) == [False, True]
        assert len(outbox.entries()) == 3


class Choosy(Service):
    """A service that takes nothing for some, and keeps in mind who was tried."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: list[str] = []

    def send_message(self, *, platform: str, platform_id: str, destination: str, message: str) -> None:
        self.tried.append(destination)
        if destination < "3":
            raise NotSentError("not for this one")
        super().send_message(platform=platform, platform_id=platform_id, destination=destination, message=message)


def test_what_a_run_has_tried_comes_after_what_it_has_not(new_place: Callable[[], Any]) -> None:
    service, (place, where) = Choosy(), new_place()
    settings = Settings(user="u", password="p")
    with no_waits(), Outbox(place, settings, make_client=lambda _: service, **where) as outbox:
        outbox._conduct = Conduct(chance=lambda: 0.0)
        for number in "123456":
            outbox.enqueue(**PLACE, destination=number, message="hola")
        report = outbox.run()
    assert service.tried[:6] == list("123456")
    assert (report.sent, report.remaining) == (4, 2)


def test_what_earlier_runs_tried_comes_after_what_nobody_has_tried(new_place: Callable[[], Any], monkeypatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 2)
    service, (place, where) = Choosy(), new_place()
    settings = Settings(user="u", password="p")
    with Outbox(place, settings, make_client=lambda _: service, **where) as outbox:
        outbox._conduct = Conduct(clock=lambda: service.now, wait=service.wait, chance=lambda: 1e-9)
        for number in "123456":
            outbox.enqueue(**PLACE, destination=number, message="hola")
        assert outbox.run().stopped is not None
        service.tried.clear()
        report = outbox.run(limit=5)
    assert service.tried == list("13456")  # the first attempt is the one of eight that may go to what was tried
    assert (report.sent, report.remaining) == (4, 2)


class Waiting(Service):
    """A service that lets a send go when its outbox is told to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.outbox: Outbox | None = None

    def send_message(self, **arguments: str) -> None:
        assert self.outbox is not None
        self.entered.set()
        run(until(self.outbox._stop, Deadline(HANGS)), Deadline(HANGS))
        super().send_message(**arguments)


def test_closing_lets_the_run_of_another_thread_end_after_the_entry_in_hand(tmp_path: Path) -> None:
    service = Waiting()
    outbox = service.outbox = boxed(tmp_path, service)
    for text in ("a", "b"):
        outbox.enqueue(**PLACE, destination="341", message=text)
    with ThreadPoolExecutor(1) as thread:
        report = thread.submit(outbox.run)
        assert service.entered.wait(HANGS)
        outbox.close()
        assert report.done()
    assert (report.result().sent, report.result().remaining) == (1, 1)


def test_closing_within_a_run_waits_for_nobody(tmp_path: Path) -> None:
    outbox = boxed(tmp_path, Service())
    for text in ("a", "b"):
        outbox.enqueue(**PLACE, destination="341", message=text)
    with pytest.raises(ConfigurationError, match="closed"):
        outbox.run(on_progress=lambda _: outbox.close())


def test_nobody_waits_for_the_run_of_a_thread_that_has_ended(monkeypatch):
    monkeypatch.setattr(one_run, "run", pytest.fail)
    own = one_run.OneRun("running")
    with ThreadPoolExecutor(1) as thread:
        begun = thread.submit(own.begin).result()
    own.wait_for_another(HANGS)
    begun.give_back()
