"""Which messages of a listing are new. Identifiers are believed only after they were seen to be worth it.

No vendor page says that identifiers are there, unique, or the same at a second reading. So a message is known by its
content and by how many like it there are, which needs whole listings; and by its identifier too, once a second reading
showed the same ones. Where identifiers turn out to be blank, reused or changing, they are never believed again.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from afilnet_protocols.records import Chat, Message

LONGEST = 1000
"""How many bytes an identifier may have, in UTF-8. A row of an index has room for two, and for an account."""


class Trust(StrEnum):
    """What is thought of the identifiers of a channel's messages."""

    UNPROVEN = "unproven"
    """No message was read twice yet."""
    TRUSTED = "trusted"
    """Present, unique in their conversation, and the same when read again."""
    REFUSED = "refused"
    """Blank, twice in one conversation, or changed. It stays so."""


class Trace(NamedTuple):
    """What is kept of a message to know it again.

    Attributes:
        digest: of its content; not of its status, which changes by itself.
        message_id: its identifier.
    """

    digest: str
    message_id: str

    def same(self, other: Trace | None, trust: Trust) -> bool:
        """Whether both may be of one message; a new one of the same text in the same second may look the same."""
        if other is None or self.digest != other.digest:
            return False
        return trust is not Trust.TRUSTED or self.message_id == other.message_id


def trace(message: Message | Chat) -> Trace:
    """Return what is kept of a message.

    Its time counts as the service wrote it: the setting ``service_timezone`` does not make it another message.
    """
    wall = message.timestamp.replace(tzinfo=None).isoformat()
    content = f"{message.sent:d}\n{wall}\n{message.message}"
    message_id = message.message_id
    if is_long(message_id):
        message_id = f"blake2b {hashlib.blake2b(message_id.encode()).hexdigest()}"
    return Trace(hashlib.blake2b(content.encode(), digest_size=12).hexdigest(), message_id)


def is_long(identifier: str) -> bool:
    """Whether an identifier is longer than it may be to be looked for in an index."""
    return len(identifier.encode()) > LONGEST


@dataclass(slots=True)
class Sorted:
    """A listing, compared with what is known.

    Attributes:
        new: the messages that are new, in the order of the listing.
        trust: what is thought of identifiers now.
        doubtful: whether the listing contradicts what is known, and a whole one has to decide.
    """

    new: list[Message] = field(default_factory=list)
    trust: Trust = Trust.UNPROVEN
    doubtful: bool = False


def sort_whole(listing: Sequence[Message], known: Iterable[Trace], trust: Trust) -> Sorted:
    """Compare the whole listing of a conversation with what is known of it.

    Args:
        listing: all its messages, in the service's order.
        known: what is kept of the messages that were seen in it.
        trust: what was thought of identifiers until now.
    """
    if not are_sound(listing):
        trust = Trust.REFUSED
    open_: dict[str, list[str]] = defaultdict(list)
    for digest, message_id in known:
        open_[digest].append(message_id)
    unmatched: list[tuple[Message, Trace]] = []
    again = False
    for message in listing:
        found = trace(message)
        if found.message_id in open_.get(found.digest, ()):
            open_[found.digest].remove(found.message_id)
            again = True
        else:
            unmatched.append((message, found))
    strange: list[tuple[Message, Trace]] = []
    for message, found in unmatched:
        if open_.get(found.digest):
            # The same content under another identifier, and the one that it had is gone.
            open_[found.digest].pop(0)
            trust = Trust.REFUSED
        else:
            strange.append((message, found))
    if trust is Trust.UNPROVEN and again:
        trust = Trust.TRUSTED
    # One whose identifier can be believed was given another text or time: it is no other message.
    edited = {message_id for ids in open_.values() for message_id in ids} if trust is Trust.TRUSTED else set()
    return Sorted([message for message, found in strange if found.message_id not in edited], trust)


def sort_unread(unread: Sequence[Message], known: Iterable[Trace]) -> Sorted:
    """Compare an answer that is not the whole conversation with what is known of it, by identifiers alone.

    Args:
        unread: some of its messages, whose identifiers are trusted.
        known: what is kept of the messages that were seen in it.
    """
    if not are_sound(unread):
        return Sorted(doubtful=True)
    traces = set(known)
    digests, ids = {each.digest for each in traces}, {each.message_id for each in traces}
    new = []
    for message in unread:
        found = trace(message)
        if found in traces:
            continue
        if found.message_id in ids or found.digest in digests:
            return Sorted(doubtful=True)  # of the same text and second, or one whose identifier has changed
        new.append(message)
    return Sorted(new, Trust.TRUSTED)


def newest_first(listing: Sequence[Message]) -> bool | None:
    """Whether a listing begins with its newest message; ``None`` if its times do not show that.

    No vendor page says in which order messages are listed. The last message of ``get_chats`` does not show it either:
    another one may have come in between.

    Args:
        listing: messages in the service's order.
    """
    if len(listing) < 2:
        return None
    begin, end = (message.timestamp.replace(tzinfo=None) for message in (listing[0], listing[-1]))
    return None if begin == end else begin > end


def are_sound(listing: Sequence[Message]) -> bool:
    """Whether every message has an identifier of its own."""
    ids = {message.message_id for message in listing}
    return len(ids) == len(listing) and all(identifier.strip() for identifier in ids)
