"""Whether an answer may repeat what was sent: then what it says in words need not be the service's own."""

from __future__ import annotations

from collections.abc import Callable

from afilnet_protocols.wire.document.meant import plainly


def may_repeat(value: object, sent: tuple[str, ...] | None) -> bool:
    """Whether a value may be what was sent, however a service writes it.

    Args:
        value: what a member of an answer holds.
        sent: what the call said; if that was not noted, any value may be it.
    """
    if sent is None or not isinstance(value, str):
        return sent is None
    from afilnet_protocols.wire.document.alike import Alike, is_cut  # few answers hold words that this hangs on

    reads = plainly(value)
    shown = Alike([value, reads])
    return any(text in (value, reads) or shown.may_hold(text) or is_cut(value, text) for text in sent)


def besides(text: str, sent: tuple[str, ...] | None, says: Callable[[str], bool]) -> str:
    """Return a text without what was sent, where that stands in it as it was sent, or reads so, as before a signature.

    Args:
        text: what a member of an answer holds.
        sent: what the call said.
        says: whether a text says what is looked for; what was sent and does not say it stays, short as it may be.
    """
    for each in sent or ():
        if each in text and says(each):
            text = text.replace(each, " ")
    reads = plainly(text) if sent else text
    for each in sent or ():
        if (told := plainly(each)) in reads and says(each):
            text = reads = reads.replace(told, " ")
    return text
