"""What a signal's handler raises between any two steps, as task queues' time limits do, leaves an outbox that works."""

from __future__ import annotations

import itertools
import sqlite3
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from afilnet_protocols import Outbox
from afilnet_protocols.outbox import State, one_run
from afilnet_protocols.outbox import outbox as outbox_module
from afilnet_protocols.outbox.sqlite import putting, transactions
from afilnet_protocols.settings import Settings
from tests.at_step import AtStep, Interrupted, interrupt, nothing_is_collected, steps_are_told
from tests.outbox.service import PLACE, Service

pytestmark = steps_are_told


def interrupted(step: int, do: Callable[[], object], *modules: object) -> bool:
    """Do something that is interrupted at a step of some modules; return whether there was such a step."""
    at = AtStep(step, interrupt, [getattr(each, "__file__", None) for each in modules])
    before = sys.gettrace()
    sys.settrace(at)
    try:
        do()
    except Interrupted:
        pass
    finally:
        sys.settrace(before)
    return at.left <= 0


def aside(play: Callable[[], Iterator[str]]) -> list[str]:
    """Return what is wrong, from a thread that ends with what it was told of steps."""
    with ThreadPoolExecutor(1) as thread, nothing_is_collected():
        return thread.submit(lambda: [each for each in play() if each]).result()


def putting_in(folder: Path) -> Iterator[str]:
    place, settings = folder / "outbox.db", Settings(user="u", password="p")
    other = sqlite3.connect(place, timeout=0, isolation_level=None, check_same_thread=False)
    with Outbox(place, settings) as outbox:
        for step in itertools.count(1):
            entry = {**PLACE, "destination": "341", "message": "hola", "key": str(step)}
            more = interrupted(step, lambda entry=entry: outbox.enqueue(**entry), transactions, putting)
            try:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
            except sqlite3.OperationalError:
                yield f"step {step}: everybody else is kept out"
            try:
                outbox.enqueue(**entry)
            except Exception as error:
                yield f"step {step}: {error}"
                return
            if not more:
                yield "" if step > 10 and outbox.status()[State.PENDING] == step else "not each of them is there once"
                break
    other.close()


def running(folder: Path) -> Iterator[str]:
    service, settings = Service(), Settings(user="u", password="p")
    with Outbox(folder / "outbox.db", settings, make_client=lambda _: service, conduct=service.conduct()) as outbox:
        for step in itertools.count(1):
            number = outbox.enqueue(**PLACE, destination=str(step), message="hola")
            more = interrupted(step, outbox.run, outbox_module, one_run)
            try:
                outbox.run()
            except Exception as error:
                yield f"step {step}: {error}"
                return
            found = outbox.entry(number)
            sent = len(service.messages.get(str(step), ()))
            if found is None or (found.state, sent) not in ((State.SENT, 1), (State.UNKNOWN, 1), (State.UNKNOWN, 0)):
                yield f"step {step}: {found}, sent {sent} times"
            if not more:
                yield "" if step > 10 else f"only {step} steps"
                return


def test_an_interrupted_enqueue_keeps_nobody_out_and_can_be_made_again(tmp_path) -> None:
    (tmp_path / "outbox.db").touch(mode=0o600)
    assert aside(lambda: putting_in(tmp_path)) == []


def test_an_interrupted_run_leaves_room_for_the_next(tmp_path) -> None:
    assert aside(lambda: running(tmp_path)) == []
