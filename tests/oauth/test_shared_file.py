"""A file of secrets that processes share: whole on the disk, locked by whoever works on it and by nobody else."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from afilnet_protocols import NotSentError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.shared_file import FileLock, SharedFile
from afilnet_protocols.waiting import complete
from tests.tables import table


@table(("length", "read"), [(1_048_576, True), (1_048_577, False)])
def test_a_file_is_read_up_to_a_megabyte(tmp_path: Path, length: int, read: bool) -> None:
    path = tmp_path / "tokens"
    path.write_bytes(b'{"a": 1}'.ljust(length))
    path.chmod(0o600)
    assert SharedFile(str(path)).read() == ({"a": 1} if read else None)


def in_a_child(do: Callable[[], bool]) -> bool:
    """Have a forked child do something, and return whether it went well."""
    child = os.fork()
    if child == 0:
        ended = 1
        try:
            ended = 0 if do() else 1
        finally:
            os._exit(ended)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def is_free(path: Path) -> bool:
    with SharedFile(str(path)).lock() as lock:
        try:
            complete(lock.take(Deadline(0)))
        except NotSentError:
            return False
    return True


def the_lock_stays_while_a_child_gives_up_its_copy(path: Path) -> None:
    with SharedFile(str(path)).lock() as lock:
        complete(lock.take(Deadline(5)))
        work = lock.during(lambda: None)

        def give_up() -> bool:
            work()
            lock.__exit__(None, None, None)
            return not is_free(path)

        assert in_a_child(give_up)
        assert not is_free(path)
        work()
    assert is_free(path)


def test_a_lock_ends_with_its_context_whoever_else_has_its_handle(tmp_path: Path) -> None:
    with SharedFile(str(tmp_path / "tokens")).lock() as lock:
        complete(lock.take(Deadline(5)))
        handle = lock._handle
        copy = os.dup(handle)
    try:
        assert is_free(tmp_path / "tokens")
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(handle)
    finally:
        os.close(copy)


def test_what_is_put_in_place_is_on_the_disk_as_a_whole_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synced = tmp_path / "tokens", list[tuple[int, int]]()

    def sync(handle: int) -> None:
        found = os.fstat(handle)
        synced.append((found.st_ino, 0 if stat.S_ISDIR(found.st_mode) else found.st_size))

    monkeypatch.setattr(os, "fsync", sync)
    assert SharedFile(str(path)).replace({"a": "b"}) is True
    file, folder = path.stat(), tmp_path.stat()
    assert synced == [(file.st_ino, file.st_size), (folder.st_ino, 0)], (
        "the file is whole, and then it is in its folder"
    )
    assert SharedFile(str(tmp_path / "nowhere" / "tokens")).replace({}) is False
    assert len(synced) == 2


def test_what_killed_processes_had_begun_to_write_is_removed_and_nothing_else(tmp_path: Path) -> None:
    other = {".tokens.refresh.0123456789abcdef", ".tokens.notes", ".tokens.0123456789abcde", "tokens.0123456789abcdef"}
    for name in {".tokens.0123456789abcdef", ".tokens.fedcba9876543210", *other}:
        (tmp_path / name).write_text("{}")
    assert SharedFile(str(tmp_path / "tokens")).writable()
    assert SharedFile(str(tmp_path / "tokens")).replace({})
    assert {path.name for path in tmp_path.iterdir()} == {"tokens", *other}


def test_a_folder_that_cannot_be_synced_keeps_nobody_from_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[int] = []

    def sync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            folders.append(handle)
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.chdir(tmp_path)
    assert SharedFile("tokens").replace({"a": "b"}) is True
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(folders[0])
    assert SharedFile("tokens").read() == {"a": "b"}


def test_a_forked_child_gives_back_no_lock_of_its_parents(tmp_path: Path) -> None:
    the_lock_stays_while_a_child_gives_up_its_copy(tmp_path / "tokens")


def test_that_check_notices_a_child_that_goes_on_with_its_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileLock, "after_fork", lambda _: None)
    with pytest.raises(AssertionError):
        the_lock_stays_while_a_child_gives_up_its_copy(tmp_path / "tokens")


def test_a_forked_child_keeps_no_lock_of_a_parent_that_has_died(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    told, tell = os.pipe()
    ready, begun = os.pipe()

    def die_with_the_lock() -> bool:
        with SharedFile(str(path)).lock() as lock:
            complete(lock.take(Deadline(5)))
            child = os.fork()
            if child == 0:
                os.close(tell)
                os.write(begun, b"x")
                os.read(told, 1)  # until the test is over
            os._exit(0)

    try:
        assert in_a_child(die_with_the_lock)
        os.read(ready, 1)
        assert is_free(path)
    finally:
        for each in (told, tell, ready, begun):
            os.close(each)
