"""`Unlisted`: the lists that are not whole, as the service says itself, or of which something cannot be kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from afilnet_protocols.records import has_more

LONG = (
    "the service lists {} whose identifiers have more than 1,000 bytes, which cannot be kept, and what they hold is "
    "not handed over"
)

What = Literal["channels", "conversations", "messages"]


class Unlisted:
    """What was seen of lists, each as it was read last."""

    def __init__(self) -> None:
        self._cut: set[tuple[What, tuple[str, ...]]] = set()
        self._long: set[tuple[What, tuple[str, ...]]] = set()

    def note(self, what: What, of: tuple[str, ...], listing: Sequence[object], *, misses: bool = True) -> None:
        """Note a list.

        Args:
            what: what it lists.
            of: the channel or the conversation.
            listing: what was read.
            misses: whether what it does not list may be what nobody has seen.
        """
        if has_more(listing) and misses:
            self._cut.add((what, of))
        else:
            self._cut.discard((what, of))

    def note_long(self, what: What, of: tuple[str, ...], there: bool) -> None:
        """Note whether a list has a name in it that is too long to be kept."""
        (self._long.add if there else self._long.discard)((what, of))

    @property
    def reason(self) -> str | None:
        """What is wrong, in words; ``None`` if nothing is."""
        kinds = sorted({what for what, _ in self._cut})
        if not kinds:
            long = sorted({what for what, _ in self._long})
            return LONG.format(" and ".join(long)) if long else None
        told = "the service says that there are more {} than it lists, and what it leaves out is not handed over"
        return told.format(" and ".join(kinds))
