"""Where a user's own files are: below ``XDG_CONFIG_HOME`` and ``XDG_CACHE_HOME``, or where the system puts such files.

As the XDG Base Directory Specification has it, a relative path in a variable is ignored; it would lead to the current
folder, which may be anybody's.
"""

from __future__ import annotations

import os
import sys


def config_folder(name: str) -> str | None:
    """Return where a user keeps settings of that name; ``None`` if the environment names no absolute place."""
    return _below("XDG_CONFIG_HOME", "~/Library/Application Support" if sys.platform == "darwin" else "~/.config", name)


def cache_folder(name: str) -> str | None:
    """Return where a program of that name keeps what it can make again; ``None`` as in :func:`config_folder`."""
    return _below("XDG_CACHE_HOME", "~/Library/Caches" if sys.platform == "darwin" else "~/.cache", name)


def _below(variable: str, usual: str, name: str) -> str | None:
    named = os.environ.get(variable, "")
    folder = named if os.path.isabs(named) else os.path.expanduser(usual)
    return os.path.join(folder, name) if os.path.isabs(folder) else None
