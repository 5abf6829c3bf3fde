"""Whether an answer may repeat what was sent: then what it says in words need not be the service's own."""

from __future__ import annotations


def may_repeat(value: object, sent: tuple[str, ...] | None) -> bool:
    """Whether a value may be what was sent, however a service writes it.

    Args:
        value: what a member of an answer holds.
        sent: what the call said; if that was not noted, any value may be it.
    """
    if sent is None or not isinstance(value, str):
        return sent is None
    from afilnet_protocols.alike import Alike  # few answers hold words that this hangs on

    shown = Alike([value])
    return any(value == text or shown.may_hold(text) for text in sent)
