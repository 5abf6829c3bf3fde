"""A network that is cut between a worker and the server in the middle of a send: by namespaces, as root only."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time

import pytest

from afilnet_protocols import Outbox
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.postgresql import session as session_module
from afilnet_protocols.settings import Settings
from tests.outbox import postgresql
from tests.outbox.service import PLACE, Service
from tests.time_limit import HANGS

SETTINGS = Settings(user="u", password="p", settle=5.0)
QUICK = "keepalives_idle=1&keepalives_interval=1&keepalives_count=2&tcp_user_timeout=2000&connect_timeout=2"
FORMER = """
SELECT set_config('synchronous_commit', 'on', false)
"""


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True)


class Cable:
    """A pair of network devices, one of them in a namespace of its own, in which a server listens."""

    def __init__(self) -> None:
        number = os.getpid() % 200
        self.name = f"afilnet{os.getpid()}"
        self.here, self.there = f"10.213.{number}.1", f"10.213.{number}.2"

    def __enter__(self) -> Cable:
        ip("netns", "add", self.name)
        end = f"v{os.getpid()}"
        self.end = end
        ip("link", "add", end, "type", "veth", "peer", "name", "far", "netns", self.name)
        ip("addr", "add", f"{self.here}/24", "dev", end)
        ip("-n", self.name, "addr", "add", f"{self.there}/24", "dev", "far")
        ip("-n", self.name, "link", "set", "lo", "up")
        ip("-n", self.name, "link", "set", "far", "up")
        self.plug()
        return self

    def plug(self) -> None:
        ip("link", "set", self.end, "up")

    def pull(self) -> None:
        ip("link", "set", self.end, "down")

    def __exit__(self, *_: object) -> None:
        for words in (("link", "del", self.end), ("netns", "del", self.name)):
            with contextlib.suppress(subprocess.CalledProcessError):
                ip(*words)


@pytest.fixture
def cable():
    if postgresql.programs() is None or shutil.which("ip") is None:
        reason = "no PostgreSQL server or no 'ip' is installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    try:
        with Cable() as made:
            yield made
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made here: {error.stderr.decode().strip()}")


class Waiting(Service):
    """Carries a message out, and answers when it is let go."""

    def __init__(self):
        super().__init__()
        self.arrived, self.let_go = threading.Event(), threading.Event()

    def send_message(self, **arguments):
        super().send_message(**arguments)
        self.arrived.set()
        assert self.let_go.wait(HANGS)


def states_when_cut(cable):
    """Pull the cable in the middle of a send; return how long the server took to notice, and the states afterwards."""
    with postgresql.running(inside=cable.name, listen=cable.there) as server:
        service = Waiting()
        far = f"postgresql://afilnet@{cable.there}:{server.port}/postgres?{QUICK}"
        near = f"postgresql://afilnet@/postgres?host={server.folder}&port={server.port}"
        cut_off = Outbox(far, SETTINGS, make_client=lambda _: service)
        with cut_off, Outbox(near, SETTINGS, make_client=lambda _: service) as other:
            for text in "ab":
                cut_off.enqueue(**PLACE, destination="341", message=text)
            reports = []
            thread = threading.Thread(target=lambda: reports.append(cut_off.run()))
            thread.start()
            assert service.arrived.wait(HANGS)
            try:
                noticed = noticed_when_pulled(cable, other)
                other._store.recover(other._store.gone()[0], State.UNKNOWN)
                between = other.status()[State.UNKNOWN]
            finally:
                cable.plug()
                service.let_go.set()
                thread.join(HANGS)
            return noticed, between, other.status(), service.copies()


LOOKS = 400
"""How often to look whether the server has noticed: for longer than it takes one that was told to look."""


def noticed_when_pulled(cable, other):
    """Pull the cable, and return after how long the server has given up the lock of who is at its other end."""
    cable.pull()
    pulled = time.monotonic()
    for _ in range(LOOKS):
        if other._store.gone():
            return time.monotonic() - pulled
        time.sleep(0.05)
    raise AssertionError("the server does not notice that the cable is pulled")


@pytest.mark.proof(short="test_a_worker_that_was_cut_off_and_comes_back_may_say_that_it_was_sent")
def test_a_worker_whose_network_is_cut_is_taken_for_gone_and_knows_better_when_it_is_back(cable):
    noticed, between, states, copies = states_when_cut(cable)
    assert noticed < 10
    assert between == 1
    assert states[State.SENT] == 2
    assert set(copies.values()) == {1}


@pytest.mark.proof(short="test_a_session_keeps_what_the_laws_rest_on")
def test_a_server_that_is_not_told_to_look_would_be_found(cable, monkeypatch):
    """Sabotage: only the worker's end of the connection looks whether the other is there."""
    monkeypatch.setattr(session_module, "SESSION_SETTINGS", FORMER)
    with pytest.raises(AssertionError, match="does not notice"):
        states_when_cut(cable)


def test_the_server_is_told_what_the_address_says(postgresql_server):
    session = session_module.Session(f"{postgresql_server.url}?{QUICK}", lambda db: None)
    shown = [
        session.do(lambda db, name=name: db.execute(f"SHOW {name}").fetchone()[0])
        for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
    ]
    session.close()
    assert shown in (["1", "1", "2", "2s"], ["1", "1", "2", "2000"])
