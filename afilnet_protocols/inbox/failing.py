"""`HandlingFailed`, and what is kept as the reason of an attempt that failed."""

from __future__ import annotations

from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.security.redaction import shown

LONGEST_REASON = 300
"""How many characters of a reason are kept."""


class HandlingFailed(Exception):
    """A handler raises it to say in words why an attempt failed. They are kept with the message, and listed.

    Of other exceptions only the class is kept, for nobody knows what their texts hold.
    """


def kept(told: str) -> str:
    """Return words of another program as they are kept: no living secret of this package, one line, within limits."""
    return shown(told, limit=LONGEST_REASON)


def reason_of(error: BaseException) -> str:
    """Return why an attempt failed, as it is kept."""
    if isinstance(error, HandlingFailed) and str(error):
        return kept(str(error))
    told = f"its handler raised {type(error).__name__}"
    # What this package says holds no secret.
    return kept(f"{told}: {error}") if isinstance(error, AfilnetError) else told
