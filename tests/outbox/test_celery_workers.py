"""Real workers of Celery over real brokers: killed, told to stop, cut short, their tasks revoked; no count changes."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress

import pytest

celery = pytest.importorskip("celery")

from afilnet_protocols import Outbox  # noqa: E402
from afilnet_protocols.celery import Bell  # noqa: E402
from afilnet_protocols.outbox import State  # noqa: E402
from tests.outbox import brokers  # noqa: E402
from tests.outbox.service import PLACE  # noqa: E402
from tests.time_limit import HANGS  # noqa: E402

_schemas = itertools.count()

PROCESSES = 2
"""How many processes a worker has, each with one entry in hand at most."""

MANY = 200
"""So many entries that a worker has ten seconds of work: it is stopped in the middle, however busy the machine is."""


PATIENCE = 5
"""After how many seconds a worker that was told to drop all is killed: what it had in hand is in doubt anyway."""


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def broker(request):
    if not shutil.which(f"{request.param}-server"):
        reason = f"{request.param}-server is not installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with getattr(brokers, request.param)() as running:
        yield running


class Shop:
    """An application with an outbox, a bell, and workers in processes of their own."""

    def __init__(self, broker, server, sandbox, folder) -> None:
        from tests.outbox.crashes import plain

        self.sandbox, self.folder, self.texts = sandbox, folder, itertools.count()
        self.name = f"rings{next(_schemas)}"
        settings = sandbox.settings("http-post", plain=True)
        (folder / f"{self.name}.py").write_text(
            "import json\nfrom celery import Celery\nfrom afilnet_protocols.celery import Bell\n"
            "from afilnet_protocols.settings import Settings\n"
            f"app = Celery({self.name!r}, broker={broker.url!r})\n"
            "app.conf.broker_connection_retry_on_startup = True\n"
            f"app.conf.task_default_queue = {self.name!r}\n"
            f"settings = Settings(**json.loads({json.dumps(plain(settings))!r}))\n"
            f"bell = Bell(app, {server.url!r}, settings, schema={self.name!r})\n"
        )
        self.app = celery.Celery(self.name, broker=broker.url)
        self.app.conf.task_default_queue = self.name
        self.bell = Bell(self.app, server.url, settings, schema=self.name)
        self.outbox = Outbox(server.url, settings, schema=self.name)

    def put(self, count):
        """Put in entries of so many conversations, and ring for them; return their numbers."""
        numbers = [
            self.outbox.enqueue(**PLACE, destination=f"34{each % 4}", message=f"{each}")
            for each in itertools.islice(self.texts, count)
        ]
        for number in numbers:
            self.bell.ring(number)
        return numbers

    def worker(self, *words):
        command = ["-m", "celery", "-A", self.name, "worker", "-c", str(PROCESSES), "--without-gossip"]
        return subprocess.Popen(
            [sys.executable, *command, "--without-mingle", *words],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(self.folder), "C_FORCE_ROOT": "1"},
        )

    def until(self, settled, seconds=HANGS):
        """Wait until so many entries are settled, or a while where there may be nothing to wait for."""
        until = time.monotonic() + seconds
        while self.settled < settled and time.monotonic() < until:
            time.sleep(0.02)

    @property
    def settled(self):
        states = self.outbox.status()
        return sum(states.values()) - states[State.PENDING] - states[State.SENDING]

    def account(self, *, unknown):
        """Sweep, and hold what the outbox says against what arrived."""
        self.outbox.run()
        states = self.outbox.status()
        calls = [call for call in self.sandbox.journal() if call.operation == "send_message"]
        arrived = Counter(call.arguments["message"] for call in calls if call.outcome == "SUCCESS")
        assert set(arrived.values()) <= {1}
        assert states[State.SENT] + states[State.UNKNOWN] == sum(states.values())
        assert states[State.UNKNOWN] <= unknown
        assert states[State.SENT] <= len(arrived)
        return states


@contextmanager
def _ended(worker):
    try:
        yield
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@pytest.fixture
def shop(broker, postgresql_server, tmp_path):
    from afilnet_protocols.sandbox import Sandbox

    with Sandbox(journal_size=10_000) as sandbox:
        made = Shop(broker, postgresql_server, sandbox, tmp_path)
        with made.outbox:
            yield made
        made.app.close()


real = pytest.mark.proof(short="test_a_broker_that_drops_doubles_and_shuffles_changes_no_count")


@real
def test_killed_workers_and_brokers_change_no_count(shop, broker):
    shop.put(40)
    for kill in range(3):
        with _ended(shop.worker()):
            # A bell that died with a worker is not rung again: then there is nothing to wait for.
            shop.until(8 * (kill + 1), HANGS if not kill else 5)
            by_bells = shop.settled
        if kill == 1:
            broker.restart()
    assert by_bells >= 8
    shop.account(unknown=3 * PROCESSES)


@real
def test_a_warm_shutdown_leaves_nothing_in_doubt(shop):
    shop.put(MANY)
    with shop.sandbox.fault("slow_answer", operation="send_message", seconds=0.1, times=None):
        worker = shop.worker()
        with _ended(worker):
            shop.until(4)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(HANGS) == 0
    assert 4 <= shop.settled < MANY
    assert shop.outbox.status()[State.SENDING] == 0
    shop.account(unknown=0)


@real
def test_a_cold_shutdown_leaves_what_was_in_hand_in_doubt_at_most(shop):
    shop.put(MANY)
    with shop.sandbox.fault("slow_answer", operation="send_message", seconds=0.1, times=None):
        worker = shop.worker()
        with _ended(worker):
            shop.until(4)
            worker.send_signal(signal.SIGQUIT)
            with suppress(subprocess.TimeoutExpired):  # now and then a worker hangs in its end, and is killed
                worker.wait(PATIENCE)
    assert shop.settled < MANY
    shop.account(unknown=PROCESSES)


@real
def test_a_soft_time_limit_leaves_what_was_in_hand_in_doubt_and_no_more(shop):
    first, numbers = shop.put(8), []
    with _ended(shop.worker("--soft-time-limit", "4")):
        shop.until(len(first))  # what takes its time at first is done
        with shop.sandbox.fault("slow_answer", operation="send_message", seconds=HANGS):
            numbers = shop.put(3)
            shop.until(len(first) + len(numbers))
    states = shop.account(unknown=1)
    assert states[State.UNKNOWN] == 1
    assert states[State.SENT] == len(first) + len(numbers) - 1


@real
@pytest.mark.parametrize("terminate", [False, True], ids=["waiting", "under way"])
def test_a_revoked_task_is_swept_up_or_in_doubt(shop, terminate):
    ids = []
    send = shop.bell._send.delay
    shop.bell._send.delay = lambda number: ids.append(send(number).id)
    worker = shop.worker()
    with shop.sandbox.fault("slow_answer", operation="send_message", seconds=0.3, times=None), _ended(worker):
        shop.put(8)
        shop.until(1)
        shop.app.control.revoke(ids[-4:] if not terminate else ids, terminate=terminate, signal="SIGKILL")
        shop.until(8, 3)
        worker.send_signal(signal.SIGTERM)  # it ends what it has in hand
        worker.wait(HANGS)
    shop.account(unknown=PROCESSES if terminate else 0)
