"""Where the library logs. `logging` is loaded by whoever listens: as long as nobody has loaded it, nobody does.

A tenth of a start would be spent on it. A library writes nothing until the application says where to, so without an
application that has loaded ``logging`` there is no handler that a line could reach.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

INFO, WARNING = 20, 30
"""The levels of ``logging`` that lines of calls have."""

_NAME = "afilnet_protocols"
_ours: list[logging.Logger] = []


def logger(name: str = _NAME) -> logging.Logger:
    """Return a logger of ours, and load ``logging``: for those who have something else to load that does.

    Args:
        name: ours, or a name below it.
    """
    import logging

    if not _ours:
        log = logging.getLogger(_NAME)
        # What nobody asked for would go to standard error.
        log.addHandler(logging.NullHandler())
        _ours.append(log)
    return logging.getLogger(name)


def listening(level: int) -> logging.Logger | None:
    """Return our logger if somebody may want lines of this level, and ``None`` if nobody does.

    Args:
        level: such as ``INFO``.
    """
    if not _ours:
        if sys.modules.get("logging") is None:
            return None
        logger()
    log = _ours[0]
    return log if log.isEnabledFor(level) else None
