"""A child of a fork has one thread: whatever another one held at that moment must not be held in the child."""

from __future__ import annotations

import ast
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import afilnet_protocols
from afilnet_protocols import CanaryChat, Outbox, connect
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.breaker import State
from afilnet_protocols.coroutines.threaded import ThreadedChat
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.process import fork
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.telemetry import OpenTelemetryHook
from afilnet_protocols.transport import resolve
from afilnet_protocols.waiting import complete, run
from tests.test_breaker import admitted
from tests.time_limit import HANGS

PACKAGE = Path(afilnet_protocols.__file__).parent
OTHER_SIDE = {"sandbox", "conformance", "cli"}
"""Not part of a caller's process."""

FORGOTTEN = {
    "waiting/semaphore.py: Semaphore._lock": "whoever has one makes another",
    "waiting/carriers.py: Job.entry": "the carriers forget the parent's calls",
    "migration/candidate.py: Candidate._making": "the shadow makes another candidate",
}
"""Primitives of what a child does not go on with, and why it does not."""

PRIMITIVES = {"Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event", "Barrier", "Queue", "LifoQueue"}
CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


# The rule: whoever has a lock says how a child renews it.


def unrenewed(source: str) -> list[str]:
    """Return the primitives of a module that its classes do not make anew after a fork."""
    tree = ast.parse(source)
    found = []
    for each in tree.body:
        if isinstance(each, ast.ClassDef):
            methods = {line.name: line for line in each.body if isinstance(line, ast.FunctionDef)}
            renewed = _made(methods.get("after_fork"))
            for call in _own_calls(methods.get("after_fork")):
                renewed |= _made(methods.get(call))
            made = set().union(*(_made(method) for method in methods.values()))
            found += [f"{each.name}.{name}" for name in sorted(made - renewed)]
        elif isinstance(each, ast.Assign | ast.AnnAssign) and _is_primitive(each.value):
            found.append(ast.unparse(each.targets[0] if isinstance(each, ast.Assign) else each.target))
    return found


def _made(method: ast.FunctionDef | None) -> set[str]:
    lines = ast.walk(method) if method is not None else ()
    made = set()
    for line in lines:
        targets = (
            line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
        )
        for target in targets:
            pairs = [(target, line.value)]
            if isinstance(target, ast.Tuple) and isinstance(line.value, ast.Tuple):
                pairs = list(zip(target.elts, line.value.elts, strict=True))
            made |= {one.attr for one, value in pairs if isinstance(one, ast.Attribute) and _is_primitive(value)}
    return made


def _own_calls(method: ast.FunctionDef | None) -> set[str]:
    lines = ast.walk(method) if method is not None else ()
    return {line.func.attr for line in lines if isinstance(line, ast.Call) and isinstance(line.func, ast.Attribute)}


def _is_primitive(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in PRIMITIVES


MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] not in OTHER_SIDE]


def test_every_lock_of_the_package_is_renewed_in_a_child() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in MODULES
        for name in unrenewed(path.read_text(encoding="utf-8"))
    }
    assert found == set(FORGOTTEN)


def test_sabotage_a_lock_that_is_not_renewed_is_found() -> None:
    making = "import threading\nclass A:\n    def __init__(self):\n        self._lock = threading.Lock()\n"
    assert unrenewed(making) == ["A._lock"]
    assert unrenewed("import threading\n_lock = threading.Lock()\n") == ["_lock"]
    assert unrenewed(f"{making}    def after_fork(self):\n        self._lock = threading.Lock()\n") == []


# The same, seen: a thread holds it, the process forks, and the child goes on.


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def in_child(action: Callable[[], object], seconds: float = 60.0) -> bool:
    """Return whether a child can do something and does not hang, which takes so long to be seen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of threads at a fork
        child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            os._exit(0 if action() is not False else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


Held = Callable[[WireBackend], Callable[[], object]]
"""What another thread takes, and gives back when it is called."""


def taken(lock: object) -> Callable[[], object]:
    assert lock.acquire(timeout=HANGS)  # type: ignore[attr-defined]
    return lock.release  # type: ignore[attr-defined]


def probing(chat: WireBackend) -> Callable[[], object]:
    """Hold the one permit of a half-open breaker."""
    breaker = chat.breaker
    for _ in range(10):
        with admitted(breaker, probe=True) as permit:
            permit.failed("it failed")
    breaker._clock = lambda: 1e12
    assert breaker.state is State.HALF_OPEN
    permit = breaker.admit(probe=True)
    return permit.give_back


def every_slot(_: WireBackend) -> Callable[[], object]:
    slots = [complete(resolve._slots.take(Deadline(1.0))) for _ in range(16)]
    return lambda: [slot.give_back() for slot in slots]


def lock_of_breaker(chat: WireBackend) -> Callable[[], object]:
    """Hold it after a failure, for without one there is nothing to count and it is not asked for."""
    chat.breaker._failures = 1
    return taken(chat.breaker._lock)


def lock_of_quota(chat: WireBackend) -> Callable[[], object]:
    """Hold it after a repeat, for a bucket that is full takes nothing back."""
    assert chat._rule.quota.take(14)
    return taken(chat._rule.quota._lock)


def whole_quota(chat: WireBackend) -> Callable[[], object]:
    quota = chat._rule.quota
    while quota.take(14):
        pass
    return lambda: quota.give_back(500)


def in_conversation(chat: WireBackend) -> Callable[[], object]:
    held = chat._reconciler._locks.of(*CALL.values())
    assert complete(held.acquire(Deadline(1.0)))
    return held.release


HELD: dict[str, Held] = {
    "the breaker's lock": lock_of_breaker,
    "the breaker's only permit": probing,
    "the quota's lock": lock_of_quota,
    "the lock of the conversation": in_conversation,
    "the lock of the conversations": lambda chat: taken(chat._reconciler._locks._lock),
    "the provider's lock": lambda chat: taken(chat._tokens._lock),
    "the lock of a place": lambda chat: taken(chat._places.free._lock),
    "the only place": lambda chat: complete(chat._places.free.take(Deadline(1.0))).give_back,
    "every slot for look-ups": every_slot,
}


def goes_on(sandbox: Sandbox, other: ThreadPoolExecutor, held: Held, seconds: float = 60.0) -> bool:
    how = {"delivery": "reconcile", "settle": 0.1, "max_connections": 1}
    settings = sandbox.settings("json", account=sandbox.account(), plain=True, **how)
    with connect(settings) as chat:
        give_back = other.submit(held, chat).result()
        try:
            return in_child(
                lambda: (
                    chat.get_chat_channels(),
                    chat.send_message(**CALL, message="from the child"),
                    run(resolve._slots.take(Deadline(0.5)), Deadline(0.5)).give_back(),
                    chat.close(),
                ),
                seconds,
            )
        finally:
            other.submit(give_back).result()


@pytest.mark.parametrize("what", HELD)
def test_a_child_holds_nothing_of_its_parents_threads(sandbox, other, what) -> None:
    assert goes_on(sandbox, other, HELD[what])


class Nothing(list[object]):
    """Holds nothing, whatever is added."""

    def add(self, each: object) -> None:
        pass


@pytest.mark.parametrize("what", [what for what in HELD if what != "the closing flag's lock"])
def test_sabotage_a_child_that_renews_nothing_is_found(sandbox, other, what, monkeypatch) -> None:
    monkeypatch.setattr(fork, "_renewed", Nothing())
    assert not goes_on(sandbox, other, HELD[what], seconds=0.5)


def test_a_child_has_a_whole_quota(sandbox, other) -> None:
    with connect(sandbox.settings("http-post")) as chat:
        give_back = other.submit(whole_quota, chat).result()
        assert in_child(lambda: chat._rule.quota.take(14))
        assert not chat._rule.quota.take(14)
        give_back()


def test_a_canary_goes_on_in_a_child(sandbox, other) -> None:
    made = [connect(sandbox.settings("http-post")) for _ in range(2)]
    with CanaryChat(*made, share=1.0) as chat:
        for lock in (chat._lock, chat._tally._lock, chat._candidate._making):
            give_back = other.submit(taken, lock).result()
            assert in_child(chat.get_chat_channels)
            other.submit(give_back).result()


def test_a_chat_of_tasks_goes_on_in_a_child(sandbox) -> None:
    import asyncio

    chat = ThreadedChat(connect(sandbox.settings("http-post")), threads=1)
    assert asyncio.run(chat.get_chat_channels())
    assert in_child(lambda: asyncio.run(chat.get_chat_channels()))
    asyncio.run(chat.close())


def test_spans_of_the_parent_are_not_the_childs(sandbox) -> None:
    hook = OpenTelemetryHook()
    hook._spans["a call of the parent"] = None  # type: ignore[assignment]
    assert in_child(lambda: not hook._spans)


def handles(path: Path) -> int:
    there = [Path("/proc/self/fd", number) for number in os.listdir("/proc/self/fd")]  # noqa: PTH208
    return sum(link.is_symlink() and path.name in os.readlink(link) for link in there)  # noqa: PTH115


@pytest.mark.parametrize("how", ["closed", "dropped", "closed while a thread holds its lock"])
def test_a_child_closes_no_handle_of_its_parents_outbox(tmp_path, other, how) -> None:
    path = tmp_path / "outbox.db"
    kept = [Outbox(path)]
    kept[0].enqueue(**CALL, message="hola")
    give_back = other.submit(taken, kept[0]._store._lock).result() if "lock" in how else lambda: None

    def in_the_child() -> bool:
        before = handles(path)
        if how != "dropped":
            kept[0].close()
        kept.clear()
        return before == handles(path) > 0

    assert in_child(in_the_child)
    other.submit(give_back).result()
    kept[0].enqueue(**CALL, message="still the parent's")
    kept[0].close()
    assert sqlite3.connect(path).execute("SELECT count(*) FROM sqlite_master").fetchone()


def test_an_outbox_says_to_a_child_whose_it_is(tmp_path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        taken = outbox._run.begin()

        def refused() -> bool:
            try:
                outbox.run()
            except afilnet_protocols.ConfigurationError as error:
                return "parent process" in str(error)
            return False

        assert in_child(refused)
        taken.give_back()


def test_a_run_in_whose_middle_a_child_is_forked_ends_there_with_what_to_do(tmp_path, monkeypatch) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:

        def in_the_child(_: object) -> None:
            outbox.after_fork()
            raise afilnet_protocols.ConfigurationError("opened by the parent process")

        monkeypatch.setattr(outbox._store, "next_due", in_the_child)
        with pytest.raises(afilnet_protocols.ConfigurationError, match="parent"):
            outbox.run()


def test_threads_of_the_parent_do_not_exist_in_a_child() -> None:
    assert in_child(lambda: threading.active_count() == 1)


# The same where Python is not told of the fork, as under uWSGI without ``py-call-osafterfork``.

UNTOLD = """
import asyncio, ctypes, os, signal, sys
from afilnet_protocols import connect
from afilnet_protocols.waiting import carriers
from afilnet_protocols.coroutines import threaded
from afilnet_protocols.backends import base

url, authority, build = sys.argv[1:]
if build == "sabotaged":
    base.notice_fork = carriers.notice_fork = lambda: None
chat = connect(protocol="http-post", user="user", password="password", base_url=url, ca_file=authority)
tasks = threaded.ThreadedChat(chat, threads=1)

def kept():
    return [connection for idle in chat._transport.kept.values() for connection in idle]

asyncio.run(tasks.get_chat_channels())
of_parent = kept()
assert of_parent
if not ctypes.PyDLL(None).fork():
    chat.get_chat_channels()
    print("its own" if not any(each in of_parent for each in kept()) else "the parent's", flush=True)
    signal.setitimer(signal.ITIMER_REAL, 0.5 if build == "sabotaged" else 60.0)
    asyncio.run(tasks.get_chat_channels())
    print("in a thread of its own", flush=True)
    os._exit(0)
os.wait()
"""


def untold(sandbox: Sandbox, build: str) -> str:
    given = sandbox.settings("http-post")
    command = [sys.executable, "-c", UNTOLD, given.base_url, str(given.ca_file), build]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANGS).stdout


def test_a_client_begins_afresh_in_a_child_of_which_python_is_not_told(sandbox) -> None:
    assert untold(sandbox, "right") == "its own\nin a thread of its own\n"


def test_sabotage_a_fork_that_nobody_notices_leaves_the_child_what_is_its_parents(sandbox) -> None:
    assert untold(sandbox, "sabotaged") == "the parent's\n"


def test_what_is_renewed_may_notice_the_fork_again_as_what_a_signal_calls_does(monkeypatch) -> None:
    class Caller:
        renewed = 0

        def after_fork(self) -> None:
            self.renewed += 1
            if self.renewed == 1:
                fork.notice_fork()

    caller = Caller()
    monkeypatch.setattr(fork, "_renewed", [caller])
    monkeypatch.setattr(fork, "_process", -1)
    fork.notice_fork()
    assert caller.renewed
    fork.notice_fork()
    assert caller.renewed == 2
