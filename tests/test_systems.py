"""Where the package cannot work it says so in one sentence, before anything else fails."""

from __future__ import annotations

import errno
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from afilnet_protocols.transport import stream

PACKAGE = Path(stream.__file__).parent.parent
ABSENT = ("fcntl", "termios", "resource", "pwd", "uvloop")
"""Modules that Windows has not."""

ON_WINDOWS = f"""
import sys, os
sys.modules.update(dict.fromkeys({ABSENT!r}))
os.name = "nt"
try:
    import {{module}}
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize(
    "module", ["afilnet_protocols", "afilnet_protocols.cli", "afilnet_protocols.outbox", "afilnet_protocols.sandbox"]
)
def test_windows_is_refused_at_import_with_one_sentence(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_WINDOWS.format(module=module)], capture_output=True, text=True, check=True
    )
    assert (done.stdout.count("\n"), done.stderr) == (1, "")
    assert "needs a POSIX system" in done.stdout
    assert "WSL" in done.stdout


def test_no_branch_is_left_for_a_system_that_is_refused() -> None:
    dead = re.compile(r"win32|os\.name ==|hasattr\(os, |msvcrt")
    found = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if dead.search(path.read_text("utf-8"))}
    assert found == set()


def test_a_branch_that_is_left_would_be_found() -> None:
    """The sentence itself is the one place that asks for the system."""
    asking = [path for path in PACKAGE.rglob("*.py") if "os.name" in path.read_text("utf-8")]
    assert asking == [PACKAGE / "__init__.py"]


def test_a_kernel_that_does_not_tell_what_arrived_is_not_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS has no ``TIOCOUTQ`` for sockets: what it would have told is not held against an answer."""

    def refuse(*_: object) -> bytes:
        raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")

    monkeypatch.setattr(stream, "ioctl", refuse)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert stream.Stream(ours).all_arrived()
