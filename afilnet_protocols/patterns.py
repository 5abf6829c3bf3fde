"""`late`: a regular expression that is compiled when it is first used.

Most of ours are for what hardly ever comes: odd answers, refusals, slips of the pen in a setting. Compiled where they
are written, they were a tenth of what ``connect`` costs.
"""

from __future__ import annotations

import re
from typing import AnyStr, Generic, cast


class _Late(Generic[AnyStr]):
    """Has the methods of the compiled expression, each from its first use on."""

    def __init__(self, source: AnyStr, flags: int) -> None:
        self._source: AnyStr = source
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        found: object = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, found)
        return found


def late(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what is used as the compiled expression is, by its methods and attributes."""
    return cast("re.Pattern[AnyStr]", _Late(source, flags))
