"""A command for whose process there is no open file left, or no room on a disk, ends with a message and a code."""

from __future__ import annotations

import errno
import os
import resource
import sys
import tempfile
from pathlib import Path

import pytest

from afilnet_protocols import connect
from afilnet_protocols.backends.http_post import HttpPostBackend
from afilnet_protocols.cli import advice, app
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.server import server
from tests.cli.conftest import Run

_PORTS = 3
"""What a sandbox opens before its loop."""


def _too_many(*_: object, **__: object) -> object:
    raise OSError(errno.EMFILE, "Too many open files")


def _with_room_for(files: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Start a sandbox with so many files left to open; return how it is refused."""
    with Sandbox():
        pass  # what it loads is loaded
    held = [os.dup(0) for _ in range(files + 50)]  # the lowest first: there is no other below the last
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    said: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    monkeypatch.setattr("threading.excepthook", said.append)
    resource.setrlimit(resource.RLIMIT_NOFILE, (held[-1] + 1, hard))
    try:
        for _ in range(files):
            os.close(held.pop())
        with pytest.raises(ConfigurationError) as refused, Sandbox():
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for each in held:
            os.close(each)
    assert said == [], "nothing is said beside it"
    return str(refused.value)


def test_a_sandbox_without_open_files_is_refused_at_once_wherever_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "START_SECONDS", 300.0)
    for files in range(1, _PORTS + 3):
        assert "this process lacks what is needed here (too many open files)" in _with_room_for(files, monkeypatch)


def test_sabotage_a_loop_that_is_made_in_part_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_check_room", lambda: None)
    with pytest.raises(AssertionError, match="nothing is said"):
        _with_room_for(_PORTS + 1, monkeypatch)


def test_a_sandbox_without_a_folder_for_its_certificates_says_what_to_set(
    afilnet: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "mkdtemp", fail)
    run = afilnet("sandbox", "--json")
    assert (run.code, run.error["type"]) == (2, "ConfigurationError")
    assert "TMPDIR" in str(run.error["message"])


@pytest.mark.parametrize("words", ["demo", "compare --from sandbox:soap --to sandbox:basic --calls 5"])
def test_a_sandbox_without_room_for_a_description_says_whose_folder_is_full(
    afilnet: Run, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setattr(Path, "write_text", _full)
    run = afilnet(*words.split(), "--json")
    assert (run.code, run.error["type"]) == (2, "ConfigurationError")
    assert "TMPDIR" in str(run.error["message"])


def test_half_of_a_description_is_not_left_for_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as fresh:
        with monkeypatch.context() as full:
            full.setattr(Path, "write_text", _full)
            with pytest.raises(ConfigurationError, match="No space left"):
                fresh.settings("soap")
        with connect(fresh.settings("soap")) as chat:
            assert chat.get_chat_channels()


def _full(path: Path, text: str, **_: object) -> int:
    path.write_bytes(text[:100].encode())
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("name", ["port", "plain_port", "page_port"])
def test_of_a_port_that_is_taken_the_option_is_named(afilnet: Run, name: str, sandbox: Sandbox) -> None:
    taken = sandbox.base_url.rpartition(":")[2]
    option = f"--{name.replace('_', '-')}"
    run = afilnet("sandbox", option, taken)
    assert run.code == 2
    assert f"choose another for {name} ({option}), or 0" in run.err


def test_what_lacks_before_a_command_has_begun_is_told_and_nothing_was_sent(
    afilnet: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.import_module", _too_many)
    run = afilnet("send", "--json")
    assert (run.code, run.error["delivery"]) == (2, "not_sent")
    assert "ulimit -n" in str(run.error["what_to_do"])


def test_what_lacks_in_any_line_of_a_command_is_told_and_says_that_a_send_may_have_happened(
    afilnet: Run, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HttpPostBackend, "get_chat_channels", _too_many)
    run = afilnet("channels", "--json")
    assert (run.code, run.error["delivery"]) == (5, "unknown")
    assert "before you send anything again" in str(run.error["what_to_do"])
    assert "ulimit -n" in str(run.error["what_to_do"])
    assert "it was a read" not in afilnet("channels").err

    def without_memory(_: object) -> object:
        raise MemoryError

    monkeypatch.setattr(HttpPostBackend, "get_chat_channels", without_memory)
    run = afilnet("channels", "--json")
    assert (run.code, run.error["delivery"]) == (5, "unknown")
    assert "(memory)" in str(run.error["message"])


def test_sabotage_a_command_that_knows_no_want_is_noticed(
    afilnet: Run, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HttpPostBackend, "get_chat_channels", _too_many)
    monkeypatch.setattr(app, "shortage", lambda _: "")
    with pytest.raises(OSError, match="Too many"):
        afilnet("channels")


def test_other_faults_of_a_program_stay_what_they_are(
    afilnet: Run, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> object:
        raise KeyError("a slip of the program")

    monkeypatch.setattr(HttpPostBackend, "get_chat_channels", fail)
    with pytest.raises(KeyError):
        afilnet("channels")


def test_who_lacks_something_is_not_sent_to_look_at_the_network() -> None:
    from afilnet_protocols.process.shortage import for_want

    for lack, told in (
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (ImportError("no", name="json"), "give it what it lacks"),
    ):
        error = for_want(lack, left=False)
        assert error is not None
        assert advice.advise(error).startswith(("allow it", "give it"))
        assert told in advice.advise(error)
        assert "doctor" not in advice.advise(error)
