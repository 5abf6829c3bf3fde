"""`in_place_of`: which of our options takes the place of one that other programs have."""

from __future__ import annotations

import re
from collections.abc import Collection

from afilnet_protocols.settings.foreign_names import foreign

_NO_ANSWER = ("protocol", "json")
"""Words that name a protocol, and are options by chance."""


def in_place_of(name: str, known: Collection[str]) -> str | None:
    """Return what to write in place of an option; ``None`` if no option of the command is for that."""

    def option(setting: re.Match[str]) -> str:
        spelled = f"--{setting[0].replace('_', '-')}"
        return spelled if spelled in known and setting[0] not in _NO_ANSWER else setting[0]

    told = foreign(name) or ""
    spelled = re.sub(r"[a-z][a-z_]+", option, told)
    return spelled if spelled != told else None
