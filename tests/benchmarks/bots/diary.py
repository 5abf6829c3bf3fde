"""What a handler notes, in a file that outlives it: a line when it begins with a text, and one when it ends."""

from __future__ import annotations

import os

WORK = 0.05
"""How long a handler works before it answers, in seconds: as long as asking somebody else takes."""

BASE = os.environ.get("BOT_BASE", "")
_file = os.open(os.environ.get("BOT_DIARY", os.devnull), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def note(what: str, text: str) -> None:
    """Note that a handler began with, or ended, the message of a text."""
    os.write(_file, f"{what} {text}\n".encode())
