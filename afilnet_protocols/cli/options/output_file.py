"""The file that a command's option `--output` names."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Literal

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.process.mounted import is_mounted
from afilnet_protocols.retold import Retold, in_words


def write_output(path: Path, content: bytes, *, mode: Literal["wb", "ab"] = "wb") -> None:
    """Write to the file, and make folders that are missing. One that is replaced is so only when the new one is whole.

    Raises:
        ConfigurationError: it cannot be written.
    """
    told = f"--output: cannot write {path}: "
    with Retold(OSError, lambda error: ConfigurationError(told + in_words(error))):
        path.parent.mkdir(parents=True, exist_ok=True)
        if mode == "ab" or not _replaced(path, content):
            with path.open(mode) as file:
                file.write(content)


def _replaced(path: Path, content: bytes) -> bool:
    """Put a file in the place of another; return whether it is one that can be replaced.

    Half of a description or of a dialect may be read as a whole one, on a disk that became full.
    """
    place = Path(os.path.realpath(path))
    there = place.stat() if place.exists() else None
    if there is not None and not (stat.S_ISREG(there.st_mode) and os.access(place, os.W_OK) and there.st_nlink == 1):
        return False
    if is_mounted(place):
        return False
    beside = place.with_name(f".{secrets.token_hex(8)}.new")
    try:
        descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except PermissionError:
        return False  # the file may be written, its folder may not
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 -- an open descriptor
            if there is not None:
                os.fchmod(descriptor, stat.S_IMODE(there.st_mode))
            file.write(content)
        beside.replace(place)
    except BaseException:
        beside.unlink()
        raise
    return True
