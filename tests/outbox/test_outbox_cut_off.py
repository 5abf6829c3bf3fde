"""Somebody closes all descriptors of the process, as daemons do: what has their numbers then is left alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.time_limit import HANGS

PROGRAM = """
import os, sys, warnings
from afilnet_protocols import ConfigurationError, Outbox
from afilnet_protocols.outbox.sqlite import inherited, transactions

folder, who, build = sys.argv[1:]
if build == "sabotaged":
    transactions.are_closed = inherited.are_closed = lambda *_: False
person = {"platform": "whatsapp", "platform_id": "100", "destination": "341"}
place = folder + "/outbox.db"
warnings.simplefilter("ignore")

def become_daemon():
    os.closerange(3, 200)
    for number in range(6):
        os.open(folder + f"/{number}", os.O_RDWR | os.O_CREAT)

def attempt(action):
    try:
        print("done", action())
    except ConfigurationError as error:
        print(error)

def run():
    outbox = Outbox(place)
    outbox.enqueue(**person, message="before")
    if who == "a child" and os.fork():
        os.wait()
        os._exit(0)
    become_daemon()
    if who == "the outbox":
        attempt(lambda: outbox.enqueue(**person, message="behind"))
    if who == "another one, the first one closed":
        outbox.close()
    if who.startswith("another one") or who == "a child":
        attempt(lambda: Outbox(place).enqueue(**person, message="behind"))
    return outbox

had = run()
"""
LEFT = """
import sys
from afilnet_protocols import Outbox
print(len(Outbox(sys.argv[1]).entries()))
"""


def told(*words):
    command = [sys.executable, "-c", *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANGS).stdout


def spoilt(path):
    """Return what was written into files that are not the outbox's."""
    return b"".join((path / str(number)).read_bytes() for number in range(6))


@pytest.mark.parametrize("who", ["the outbox", "another one", "another one, the first one closed", "a child"])
def test_an_outbox_whose_descriptors_were_closed_is_refused_with_what_to_do_by(tmp_path, who):
    said = told(PROGRAM, tmp_path, who, "right")
    assert "closed" in said
    assert "as daemons do with all that they have" in said
    assert told(LEFT, tmp_path / "outbox.db") == "1\n"
    assert not spoilt(tmp_path)


def test_a_process_that_only_ends_after_that_writes_into_nothing_and_takes_no_log_away(tmp_path):
    told(PROGRAM, tmp_path, "nobody", "right")
    assert told(LEFT, tmp_path / "outbox.db") == "1\n"
    assert not spoilt(tmp_path)


def test_sabotage_what_is_not_looked_at_is_written_into_what_is_opened_next(tmp_path):
    assert told(PROGRAM, tmp_path, "the outbox", "sabotaged") == "done 2\n"
    assert told(LEFT, tmp_path / "outbox.db") != "2\n"
    assert spoilt(tmp_path)


@pytest.mark.parametrize("who", ["another one", "a child"])
def test_sabotage_what_is_not_looked_at_is_opened_again_by(tmp_path, who):
    assert told(PROGRAM, tmp_path, who, "sabotaged") == "done 2\n"
