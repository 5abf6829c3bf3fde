"""Whether a file goes by one name: the log of SQLite and the locks of workers are beside the name that it is opened by.

Who opens it by another name, or from another container that mounts the file alone, sees neither: he would send what is
being sent, and what is in the log would be lost with the container (https://www.sqlite.org/howtocorrupt.html §2.5).
"""

from __future__ import annotations

import os
from pathlib import Path

from afilnet_protocols.process.mounted import ALONE, is_mounted

SECOND_NAME = (
    "has a second name (a hard link), under which nobody sees what is kept beside this one: remove that name, and make "
    "copies with the sqlite3 command's .backup"
)


def other_name(path: Path, status: os.stat_result) -> str:
    """Return why others may know a file by another name, and what to do; nothing if there is no sign of it."""
    if status.st_nlink > 1:
        return SECOND_NAME
    return f"{ALONE}, with all that use it stopped" if is_mounted(path) else ""
