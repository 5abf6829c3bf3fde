"""`is_mounted`: whether a file is mounted by itself, as into a container, and the folder that it is in is not.

What is kept beside such a file, as a lock or a log, is then seen by nobody else, and nothing can take its place.
"""

from __future__ import annotations

import os
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
"""What is mounted where, as this process sees it (proc(5)); there is none but on Linux."""

ALONE = "is mounted by itself, as into a container: mount the folder that it is in"
"""What is said of such a file, and what to do."""


def is_mounted(path: str | os.PathLike[str]) -> bool:
    """Return whether something is mounted at a path, from whichever disk; not where the system does not say so."""
    try:
        mounts = MOUNTS.read_bytes()
    except OSError:
        return False
    there = os.fsencode(os.path.realpath(path))
    for sign in b"\\ \t\n":  # the backslash first, with which the others are written
        there = there.replace(bytes([sign]), b"\\%03o" % sign)
    return any(line.split(b" ")[4:5] == [there] for line in mounts.splitlines())
