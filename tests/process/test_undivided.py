"""A fork waits for what no fork may cut in two: a child could never end it, and would wait for its locks for ever."""

from __future__ import annotations

import builtins
import importlib
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from afilnet_protocols import Outbox, connect
from afilnet_protocols.inbox.places import open_inbox
from afilnet_protocols.inbox.sqlite.store import SqliteInboxStore
from afilnet_protocols.outbox import migrate
from afilnet_protocols.outbox.sqlite import file, transactions, worker_lock
from afilnet_protocols.outbox.sqlite.transactions import Transactions
from afilnet_protocols.process import undivided
from afilnet_protocols.process.undivided import PATIENCE, Undivided
from afilnet_protocols.registry import resolve_settings
from afilnet_protocols.render import encoded
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.transport.tls import context as tls
from afilnet_protocols.transport.tls import secured_stream
from afilnet_protocols.wire.soap.binding import bind_by_zeep
from afilnet_protocols.wire.soap.description.wsdl import read
from tests.process.test_fork import CALL, in_child
from tests.tables import table
from tests.time_limit import HANGS


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


# What it keeps


def test_a_fork_waits_for_a_thread_that_is_in_the_middle(other) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        other.submit(step.__exit__).result()

    step = Undivided(wait)
    other.submit(step.__enter__).result()
    step.before_fork()
    assert len(waited) == 1
    step.after_fork_in_parent()


def test_a_fork_waits_for_nobody_who_is_not_there_and_not_for_its_own_thread() -> None:
    step = Undivided(lambda _: pytest.fail("it waits"))
    with step, step:
        step.before_fork()
        step.after_fork_in_parent()


class Watched:
    """A lock that says when somebody asks for it."""

    def __init__(self) -> None:
        self.lock, self.asked = threading.Lock(), threading.Event()
        self.release = self.lock.release

    def acquire(self, *, timeout: float) -> bool:
        taken = self.lock.acquire(blocking=False)
        self.asked.set()
        return taken or self.lock.acquire(timeout=timeout)


def test_a_thread_begins_nothing_while_another_one_forks(other, monkeypatch) -> None:
    monkeypatch.setattr(undivided, "PATIENCE", HANGS)
    step = Undivided()
    step._forks = forks = Watched()
    step.before_fork()
    forks.asked.clear()
    entering = other.submit(step.__enter__)
    assert forks.asked.wait(HANGS)
    assert not entering.done()
    assert step._inside == []
    step.after_fork_in_parent()
    entering.result(HANGS)
    assert len(step._inside) == 1
    assert not forks.lock.locked()


def test_a_thread_that_has_waited_long_enough_begins_and_leaves_the_fork_its_lock(other, monkeypatch) -> None:
    monkeypatch.setattr(undivided, "PATIENCE", 0.001)
    step = Undivided()
    step.before_fork()
    other.submit(step.__enter__).result(HANGS)
    assert len(step._inside) == 1
    assert step._forks.locked()
    step.after_fork_in_parent()


def test_a_thread_that_is_inside_goes_on_inside_while_another_one_waits_to_fork(other) -> None:
    def wait(_: float) -> None:
        forks.asked.clear()
        other.submit(lambda: (step.__enter__(), step.__exit__(), step.__exit__())).result(HANGS)

    step = Undivided(wait)
    step._forks = forks = Watched()
    other.submit(step.__enter__).result()
    step.before_fork()
    assert step._inside == []
    assert not forks.asked.is_set()
    step.after_fork_in_parent()


def test_a_fork_loses_patience_once_and_not_each_time(other, monkeypatch) -> None:
    now, waited = [0.0], [0]

    def wait(_: float) -> None:
        waited[0] += 1
        now[0] += PATIENCE / 4

    monkeypatch.setattr(undivided, "monotonic", lambda: now[0])
    step = Undivided(wait)
    other.submit(step.__enter__).result()
    for _ in range(2):
        step.before_fork()
        step.after_fork_in_parent()
    assert 4 <= waited[0] <= 6
    other.submit(step.__exit__).result()


def test_a_lock_that_was_lost_to_an_interruption_holds_up_one_fork_and_not_each(other, monkeypatch) -> None:
    monkeypatch.setattr(undivided, "PATIENCE", 0.001)
    step = Undivided()
    step._forks.acquire()  # and then a key was pressed
    other.submit(lambda: (step.before_fork(), step.after_fork_in_parent())).result(HANGS)
    step.before_fork()
    assert step._forking == threading.get_ident()
    step.after_fork_in_parent()
    assert not step._forks.locked()


class Left(list[int]):
    """Threads that are inside, of whom a fork has lost its patience as soon as one is looked for."""

    def __init__(self, step: Undivided) -> None:
        self._step = step

    def __contains__(self, each: object) -> bool:
        self._step._inside = []
        return super().__contains__(each)

    def count(self, each: int) -> int:
        self._step._inside = []
        return super().count(each)


def test_a_thread_comes_and_goes_in_peace_while_a_fork_loses_its_patience(monkeypatch) -> None:
    monkeypatch.setattr(undivided, "PATIENCE", 0.001)
    step = Undivided()
    for forking in (None, 1):
        step._inside, step._forking = Left(step), forking
        with step:
            pass
    assert step._inside == []


def test_a_child_that_was_forked_in_the_middle_begins_afresh() -> None:
    with undivided.undivided:
        assert in_child(lambda: undivided.undivided._inside == [])
    assert undivided.undivided._inside == []


def test_of_two_registrations_the_first_to_come_counts() -> None:
    step = Undivided()
    step.before_fork()
    step.before_fork()
    step.after_fork_in_parent()
    step.after_fork_in_parent()
    assert not step._forks.locked()


def test_what_it_loads_first_is_loaded_once_its_forks_wait_before_those_of_logging(tmp_path, monkeypatch) -> None:
    (tmp_path / "loaded_in_one_step.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    registered: list[Undivided] = []
    monkeypatch.setattr(Undivided, "register", lambda step: registered.append(step))
    step = Undivided()
    with mock.patch.dict(sys.modules):
        for _ in range(2):
            step.load("loaded_in_one_step")
            assert registered == [step]


# What is in it


def inside() -> bool:
    return threading.get_ident() in undivided.undivided._inside


def watched(monkeypatch, owner: object, name: str, noted: list[bool]) -> None:
    """Have it noted whether a function is called inside."""
    real = getattr(owner, name)

    def call(*given: object, **named: object) -> object:
        noted.append(inside())
        return real(*given, **named)

    monkeypatch.setattr(owner, name, call)


def a_handshake(monkeypatch, noted: list[bool]) -> None:
    real = secured_stream.survived

    def survived(shake: Callable[[], None]) -> Callable[[], None]:
        monkeypatch.setattr(secured_stream, "survived", real)  # what comes later reads and writes
        return lambda: (noted.append(inside()), real(shake)())[1]

    monkeypatch.setattr(secured_stream, "survived", survived)


class Noting(sqlite3.Connection):
    """A connection that notes how it is closed and how a transaction is taken back."""

    noted: list[bool]

    def execute(self, statement: str, *given: Any) -> sqlite3.Cursor:
        if statement == "ROLLBACK":
            self.noted.append(inside())
        return super().execute(statement, *given)

    def close(self) -> None:
        self.noted.append(inside())
        super().close()


def an_end(monkeypatch, noted: list[bool]) -> None:
    monkeypatch.setattr(Noting, "noted", noted, raising=False)
    monkeypatch.setattr(file.sqlite3, "connect", partial(sqlite3.connect, factory=Noting))


def given_up(path: Path) -> None:
    store = SqliteInboxStore(path)
    with pytest.raises(KeyError), store._opened():
        raise KeyError
    store.close()


def an_import(name: str) -> Watching:
    """Have it noted whether a module is asked for inside."""

    def watch(monkeypatch: pytest.MonkeyPatch, noted: list[bool]) -> None:
        real = builtins.__import__

        def ask(asked: str, *given: Any, **named: Any) -> object:
            if asked == name:
                noted.append(inside())
            return real(asked, *given, **named)

        monkeypatch.setattr(builtins, "__import__", ask)

    return watch


Watching = Callable[[pytest.MonkeyPatch, list[bool]], None]
Doing = Callable[[Sandbox, Path], object]


def called(sandbox: Sandbox, protocol: str) -> None:
    with connect(sandbox.settings(protocol)) as chat:
        chat.get_chat_channels()


STEPS: dict[str, tuple[Watching, Doing]] = {
    "a file is opened": (
        lambda patch, noted: watched(patch, file.sqlite3, "connect", noted),
        lambda _, folder: Outbox(folder / "opened.db").close(),
    ),
    "code for a file is loaded": (
        an_import("afilnet_protocols.outbox.sqlite.store"),
        lambda _, folder: Outbox(folder / "loaded.db").close(),
    ),
    "code for an inbox is loaded": (
        an_import("afilnet_protocols.inbox.sqlite.store"),
        lambda _, folder: open_inbox(folder / "loaded.db", schema="").close(),
    ),
    "code for settings is loaded": (
        an_import("afilnet_protocols.settings.sources"),
        lambda *_: resolve_settings(protocol="http-post", user="u", password="p"),
    ),
    "its tables are brought to this version": (
        lambda patch, noted: watched(patch, file, "version_of", noted),
        lambda _, folder: (Outbox(folder / "old.db").close(), migrate(folder / "old.db")),
    ),
    "something is put into it": (
        lambda patch, noted: watched(patch, Transactions, "_usable", noted),
        lambda _, folder: Outbox(folder / "put.db").enqueue(**CALL, message="hola"),
    ),
    "it is noted that it is open": (
        lambda patch, noted: watched(patch, transactions, "renew_in_child", noted),
        lambda _, folder: Outbox(folder / "noted.db").close(),
    ),
    "it is noted that a worker is there": (
        lambda patch, noted: watched(patch, worker_lock, "renew_in_child", noted),
        lambda _, folder: worker_lock.WorkerLock(folder / "noted.db").close(),
    ),
    "it is closed": (an_end, lambda _, folder: Outbox(folder / "closed.db").close()),
    "a handler's transaction is taken back": (an_end, lambda _, folder: given_up(folder / "inbox.db")),
    "TLS is set up": (
        lambda patch, noted: watched(patch, tls, "context_for", noted),
        lambda sandbox, _: called(sandbox, "http-post"),
    ),
    "hands are shaken": (a_handshake, lambda sandbox, _: called(sandbox, "http-post")),
    "code for tokens is loaded": (
        lambda patch, noted: watched(patch, importlib, "import_module", noted),
        lambda sandbox, _: called(sandbox, "json"),
    ),
    "code for odd descriptions is loaded": (
        lambda patch, noted: watched(patch, importlib, "import_module", noted),
        lambda *_: bind_by_zeep(read(encoded("afilnet-chat.wsdl"))),
    ),
}


def is_one_step(sandbox: Sandbox, folder: Path, what: str) -> bool:
    """Return whether all that is watched is done inside."""
    noted: list[bool] = []
    watching, doing = STEPS[what]
    with pytest.MonkeyPatch.context() as patch:
        watching(patch, noted)
        doing(sandbox, folder)
    assert noted
    return all(noted)


@table("what", STEPS)
def test_no_fork_cuts_it_in_two_when(sandbox, tmp_path, what) -> None:
    assert is_one_step(sandbox, tmp_path, what)
    assert not inside()


@table("what", STEPS)
def test_sabotage_what_a_fork_may_cut_in_two_is_noticed_when(sandbox, tmp_path, monkeypatch, what) -> None:
    monkeypatch.setattr(Undivided, "__enter__", lambda _: None)
    assert not is_one_step(sandbox, tmp_path, what)


# The same, seen: a thread loads what its first call needs, the process forks, and the child makes that call


PROGRAM = """
import os, signal, sys, threading, warnings
warnings.simplefilter("ignore")  # newer Pythons warn of threads at a fork
from importlib.machinery import SourceFileLoader
import afilnet_protocols.process.undivided
from afilnet_protocols import connect
afilnet_protocols.process.undivided.PATIENCE = {patience}
begun, goes_on = threading.Event(), threading.Event()
execute = SourceFileLoader.exec_module
def executed(loader, module):
    if module.__name__ == "afilnet_protocols.oauth.fetch":
        begun.set()
        goes_on.wait()
    execute(loader, module)
SourceFileLoader.exec_module = executed
chat = connect(**{settings})
thread = threading.Thread(target=chat.get_chat_channels)
thread.start()
begun.wait()
os.register_at_fork({when}=goes_on.set)
child = os.fork()
if not child:
    signal.setitimer(signal.ITIMER_REAL, {seconds})
    chat.get_chat_channels()
    os._exit(0)
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def child_ends(sandbox, *, patience: float, when: str, seconds: float) -> int:
    given = sandbox.describe()
    names = ("json_url", "token_url", "client_id", "client_secret", "ca_file")
    settings = {"protocol": "json"} | {name: given[name] for name in names}
    program = PROGRAM.format(settings=settings, patience=patience, when=when, seconds=seconds)
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=HANGS, check=True)
    return int(told.stdout)


def test_a_child_makes_the_call_that_a_thread_of_its_parent_was_about_to_make(sandbox) -> None:
    assert child_ends(sandbox, patience=HANGS, when="before", seconds=HANGS) == 0


def test_sabotage_a_fork_that_does_not_wait_is_noticed(sandbox) -> None:
    assert child_ends(sandbox, patience=0, when="after_in_parent", seconds=0.5) == -signal.SIGALRM
