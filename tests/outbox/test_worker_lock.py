"""The lock of a worker of an outbox in a file: who holds it lives, and what a dead one left beside the file goes."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from afilnet_protocols import ConfigurationError
from afilnet_protocols.outbox.sqlite.worker_lock import WorkerLock, is_gone, sweep
from tests.time_limit import HANGS


@pytest.fixture
def place(tmp_path):
    return tmp_path / "outbox.db"


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def _be_present(place, pipe):
    presence = WorkerLock(place)
    pipe.send(presence.token)
    threading.Event().wait(HANGS)


def test_a_presence_ends_with_its_process_and_not_before(place, tmp_path):
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    other = context.Process(target=_be_present, args=(place, there))
    other.start()
    token = here.recv()
    sweep(place)
    assert not is_gone(place, token)
    other.kill()
    other.join()
    assert is_gone(place, token)
    assert list(tmp_path.iterdir()) == []
    other.close()


def test_a_forked_child_does_not_keep_its_parent_alive(place):
    presence = WorkerLock(place)
    presence.after_fork()
    assert is_gone(place, presence.token)


@pytest.mark.parametrize("ends", [WorkerLock.close, WorkerLock.after_fork], ids=["closed", "forked"])
def test_a_lock_that_is_given_up_holds_no_descriptor_and_closes_no_other_s(place, tmp_path, ends):
    lock = WorkerLock(place)
    descriptor = lock._descriptor
    ends(lock)
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)
    other = os.open(tmp_path, os.O_RDONLY)
    taken = os.dup2(other, descriptor)  # the same number, by somebody else
    lock.close()
    lock.after_fork()
    os.fstat(taken)
    for each in {other, taken}:
        os.close(each)


def test_a_worker_that_can_make_no_file_says_so(tmp_path):
    with pytest.raises(ConfigurationError, match="make one of its own beside it"):
        WorkerLock(tmp_path / "nowhere" / "outbox.db")


@pytest.mark.parametrize("swept", [False, True])
def test_a_worker_whose_file_system_has_no_locks_says_so_and_leaves_nothing_behind(place, tmp_path, monkeypatch, swept):
    def lock(*_):
        for path in tmp_path.iterdir() if swept else ():
            path.unlink()
        raise OSError(errno.ENOLCK, "No locks available")

    before = descriptors()
    monkeypatch.setattr(fcntl, "flock", lock)
    with pytest.raises(ConfigurationError, match="to lock it: No locks available"):
        WorkerLock(place)
    assert (list(tmp_path.iterdir()), descriptors()) == ([], before)


@pytest.mark.parametrize("free", [True, False], ids=["dead", "alive"])
def test_who_looks_for_dead_workers_removes_what_they_left_and_keeps_no_descriptor(place, free):
    lock = WorkerLock(place)
    if free:
        lock.after_fork()
    before = descriptors()
    sweep(place)
    assert lock._path.exists() is not free
    assert is_gone(place, lock.token) is free
    assert descriptors() == before
    lock.close()


def test_what_cannot_be_looked_into_is_left_and_taken_for_alive(place, tmp_path):
    """A link may lead to anything, and is not followed."""
    (tmp_path / "something").touch()
    link = tmp_path / "outbox.db-worker-0123456789abcdef"
    link.symlink_to(tmp_path / "something")
    sweep(place)
    assert is_gone(place, "0123456789abcdef") is False
    assert link.is_symlink()


def removed(path):
    path.unlink()


def made_anew(path):
    path.rename(path.with_name("aside"))  # so that its number is not given again
    path.touch()


@pytest.fixture
def before_the_first_lock(monkeypatch):
    """Return what says what others do with a file between its opening and its locking, and which file that was."""

    def doing(meanwhile):
        right, spoilt = fcntl.flock, []

        def lock(descriptor, how):
            if not spoilt:
                spoilt.append(Path(f"/proc/self/fd/{descriptor}").readlink())
                meanwhile(spoilt[0])
            right(descriptor, how)

        monkeypatch.setattr(fcntl, "flock", lock)
        return spoilt

    return doing


def test_what_another_one_removed_meanwhile_is_gone(place, before_the_first_lock):
    lock = WorkerLock(place)
    lock.after_fork()
    spoilt = before_the_first_lock(removed)
    assert is_gone(place, lock.token)
    assert spoilt == [lock._path]


@pytest.mark.parametrize("meanwhile", [removed, made_anew])
def test_a_worker_whose_file_was_taken_for_a_dead_one_s_takes_another(place, before_the_first_lock, meanwhile):
    before, spoilt = descriptors(), before_the_first_lock(meanwhile)
    worker = WorkerLock(place)
    assert worker._path not in spoilt
    assert not is_gone(place, worker.token)
    assert descriptors() == before + 1
    worker.close()


def test_a_worker_whose_file_somebody_is_just_looking_at_takes_another(place, before_the_first_lock, tmp_path):
    held = []

    def looked_at(path):
        held.append(os.open(path, os.O_RDWR))
        right(held[0], fcntl.LOCK_EX | fcntl.LOCK_NB)

    right = fcntl.flock
    spoilt = before_the_first_lock(looked_at)
    worker = WorkerLock(place)
    assert worker._path not in spoilt
    worker.close()
    os.close(held[0])
