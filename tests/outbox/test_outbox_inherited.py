"""A child of a fork works on a file that its parent had open when it forked: what it notes is there for others."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from afilnet_protocols import ConfigurationError
from afilnet_protocols.outbox.sqlite import inherited
from afilnet_protocols.outbox.sqlite.file import identity, log_of
from afilnet_protocols.outbox.sqlite.inherited import Inherited
from tests.time_limit import HANGS

PROGRAM = """
import ctypes, os, sqlite3, subprocess, sys, warnings
from afilnet_protocols import ConfigurationError, Outbox
from afilnet_protocols.outbox.sqlite import transactions

place, order, build, fork = sys.argv[1:]
if fork == "untold":
    os.fork = ctypes.PyDLL(None).fork  # as hosts in C do that do not tell Python
if build == "sabotaged":
    transactions.lock_inherited = lambda path: None
if build == "unnoticed":
    transactions.notice_fork = lambda: None
person = {"platform": "whatsapp", "platform_id": "100", "destination": "341"}
LOOK = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); "
LOOK += "print(*db.execute('SELECT count(*) FROM afilnet_outbox').fetchone()); db.close()"

def look():
    return subprocess.run([sys.executable, "-IS", "-c", LOOK, place], capture_output=True, text=True).stdout.strip()

def work():
    mine = Outbox(place)
    mine.enqueue(**person, message="the parent's")
    opened, opens = os.pipe()
    closed, closes = os.pipe()
    if not os.fork():
        if order == "opened before":
            outbox = Outbox(place)
            os.write(opens, b".")
            os.read(closed, 1)
        else:
            os.read(closed, 1)
            outbox = Outbox(place)
        outbox.enqueue(**person, message="the child's")
        print(look(), end=" ")
        outbox.enqueue(**person, message="the child's again")
        print(look())
        return
    if order == "opened before":
        os.read(opened, 1)
    mine.close()
    os.write(closes, b".")
    os.wait()

warnings.simplefilter("ignore")
try:
    work()
except ConfigurationError as error:
    print(error)
"""


ENDING = """
import atexit, ctypes, os, subprocess, sys, warnings
from afilnet_protocols import Outbox
from afilnet_protocols.outbox.sqlite import transactions

place, build, fork = sys.argv[1:]
if fork == "untold":
    os.fork = ctypes.PyDLL(None).fork
if build == "sabotaged":
    atexit.unregister(transactions._outlive)
if build == "unnoticed":
    transactions.notice_fork = lambda: None
person = {"platform": "whatsapp", "platform_id": "100", "destination": "341"}
KILLED = "import os, sys; from afilnet_protocols import Outbox; outbox = Outbox(sys.argv[1]); "
KILLED += f"outbox.enqueue(**{person}, message='hola'); os._exit(0)"  # so that it is in the log alone

warnings.simplefilter("ignore")
mine = Outbox(place)
ended, ends = os.pipe()
if not os.fork():
    os.read(ended, 1)
    sys.exit()
mine.close()
subprocess.run([sys.executable, "-c", KILLED, place], check=True)
os.write(ends, b".")
os.wait()
print(len(Outbox(place).entries()))
"""


HELD = """
import ctypes, os, sys, threading, warnings
from afilnet_protocols import ConfigurationError, Outbox

place, action, fork = sys.argv[1:]
if fork == "untold":
    os.fork = ctypes.PyDLL(None).fork
warnings.simplefilter("ignore")
mine = Outbox(place)
taken = mine._run.begin()
threading.Thread(target=mine._store._lock.acquire).start()
if not os.fork():
    try:
        print("done", getattr(mine, action)(), flush=True)
    except ConfigurationError as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
"""


def told(path, *words, program=PROGRAM, fork="told"):
    command = [sys.executable, "-c", program, str(path / "outbox.db"), *words, fork]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANGS).stdout


BOTH = pytest.mark.parametrize("fork", ["told", "untold"])
"""Whether Python is told of the fork: uWSGI does not, unless it is given ``py-call-osafterfork``."""


@BOTH
def test_what_a_child_notes_is_there_when_its_parent_has_closed_the_file(tmp_path, fork):
    assert told(tmp_path, "opened before", "right", fork=fork) == "2 3\n"


def test_sabotage_a_child_that_has_no_locks_loses_the_log_that_it_writes(tmp_path):
    assert told(tmp_path, "opened before", "sabotaged") != "2 3\n"


def test_sabotage_a_fork_that_is_not_noticed_leaves_the_child_without_locks(tmp_path):
    assert told(tmp_path, "opened before", "unnoticed", fork="untold") != "2 3\n"


@BOTH
def test_a_file_that_a_parent_has_closed_since_the_fork_is_refused_with_what_to_do(tmp_path, fork):
    assert "let the parent close it before it forks" in told(tmp_path, "opened behind", "right", fork=fork)


def test_whoever_tries_again_and_again_to_open_a_file_that_is_refused_leaves_no_handle_open(tmp_path, monkeypatch):
    path = tmp_path / "outbox.db"
    path.touch()
    for missing in ("log", "index"):
        log = (0, 0) if missing == "log" else identity(log_of(path))
        monkeypatch.setattr(inherited, "_inherited", {identity(path): Inherited(log, None, frozenset())})
        before = sorted(Path("/dev/fd").iterdir())
        with pytest.raises(ConfigurationError, match="let the parent close it" if missing == "log" else "locked"):
            inherited.lock_inherited(path)
        assert sorted(Path("/dev/fd").iterdir()) == before
        log_of(path).touch()


def test_without_a_log_there_is_nothing_to_lock(tmp_path):
    path = tmp_path / "outbox.db"
    with sqlite3.connect(path) as own:
        own.execute("CREATE TABLE orders (id)")
    own.close()
    path.chmod(0o600)
    assert told(tmp_path, "opened behind", "right") == "2 3\n"


@BOTH
def test_a_child_that_ends_takes_no_log_away_that_somebody_who_was_killed_has_left(tmp_path, fork):
    assert told(tmp_path, "right", program=ENDING, fork=fork) == "1\n"


def test_sabotage_a_child_that_ends_without_noticing_what_it_is_takes_that_log_away(tmp_path):
    assert told(tmp_path, "unnoticed", program=ENDING, fork="untold") == "0\n"


def test_sabotage_a_child_that_lets_go_what_is_its_parent_s_has_it_closed(tmp_path):
    assert told(tmp_path, "sabotaged", program=ENDING) == "0\n"


@BOTH
@pytest.mark.parametrize("action", ["entries", "run", "close"])
def test_a_child_does_not_wait_for_a_thread_of_its_parent_that_has_the_outbox_in_hand(tmp_path, action, fork):
    said = told(tmp_path, action, program=HELD, fork=fork)
    assert said == "done None\n" if action == "close" else "opened by the parent process" in said
