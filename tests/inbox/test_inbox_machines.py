"""Several machines' worth of processes on PostgreSQL, killed again and again: nothing is lost, doubled or overtaken."""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter

import pytest

from afilnet_protocols.outbox import Outbox
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.state.accounts import Options
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Run
from tests.figures.i1_inbox_crashes import Ledger, one
from tests.inbox.crashes import PLACE, Forker
from tests.outbox.crashes import plain

MACHINES = 3


def test_a_process_on_a_server_is_killed_and_another_goes_on(postgresql_server, tmp_path):
    place = (postgresql_server.url, {"schema": "inbox_killed"})
    with Forker() as forker, Sandbox(journal_size=1) as sandbox:
        ledger = one(Run(seed=2), forker, sandbox, tmp_path, Protocol.HTTP_POST, marks=True, kills=4, place=place)
    assert ledger.killed == 4
    assert not ledger.failed
    assert not +ledger.faults(), ledger.faults()


@pytest.mark.proof(short="test_a_process_on_a_server_is_killed_and_another_goes_on")
def test_three_machines_whose_processes_are_killed_lose_and_double_nothing(postgresql_server, tmp_path, request):
    kills = 330 if request.config.getoption("--long") else 10
    place = (postgresql_server.url, {"schema": "inbox_machines"})
    ledger = Ledger("http-post", True, "unread")
    with Sandbox(journal_size=1) as sandbox:
        account = sandbox.account(options=Options(reading_marks_read=True))
        job = {
            "path": place[0],
            "how": place[1],
            "log": str(tmp_path / "log"),
            "settings": plain(sandbox.settings(Protocol.HTTP_POST, account=account, plain=True)),
            "read": "unread",
        }

        def machine(number: int) -> None:
            chance = Run(seed=3).chance("machine", number)
            with Forker() as forker:
                killed = 0
                while killed < kills:
                    destination = f"34{number}{chance.randint(0, 3)}"
                    text = f"{number} {killed} {chance.random()}"
                    sandbox.receive(**PLACE, destination=destination, message=text, account=account)
                    ledger.received.append((destination, text))
                    ended = forker.run({**job, "kill_at": chance.randint(1, 60)})
                    killed += ended == -signal.SIGKILL
                    ledger.failed += ended not in (0, -signal.SIGKILL)

        threads = [threading.Thread(target=machine, args=(number,)) for number in range(MACHINES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with Forker() as forker:
            for later in (0.0, 700.0, 1400.0):
                assert forker.run({**job, "later": later}) == 0
        ledger.log = [json.loads(line) for line in (tmp_path / "log").read_text("utf-8").splitlines()]
        with Outbox(place[0], **place[1]) as outbox:
            entries = outbox.entries()
    replies = Counter((entry.arguments["destination"], entry.arguments["message"]) for entry in entries)
    assert replies == Counter((destination, f"re: {text}") for destination, text in ledger.received)
    assert not ledger.failed
    by_place = {}
    for destination, text in ledger.received:
        by_place.setdefault(destination, []).append(text)
    assert ledger.ended() == by_place
