"""What a conversation shows as sent, beside what the outbox has sent: who else answers, and who hears himself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.store import Conversation
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.records import Message, PartialList

ECHO = (
    "the service shows what the outbox sent as if the other party had written it: a handler would answer itself, so "
    "nothing of that conversation is handed over"
)


def others_answer(store: InboxTables, kept: Conversation, listing: Sequence[Message], new: Sequence[Message]) -> bool:
    """Return whether somebody else than the outbox has sent a message.

    Args:
        store: where the inbox is, which knows what the outbox has sent.
        kept: the conversation, as it was before.
        listing: all its messages.
        new: those that were not seen before.

    Raises:
        ConfigurationError: fewer messages of a text are shown as sent than the outbox has sent for certain, and
            there is a new one of it that is shown as received.
    """
    shown = Counter(message.message for message in listing if message.sent)
    history = kept.id is None or kept.primed is not None
    others = False
    for message in new:
        surely, perhaps = store.sent(kept.place, message.message)
        if message.sent:
            others = others or not (perhaps or history)
        elif surely > shown[message.message] and not isinstance(listing, PartialList):
            raise ConfigurationError(ECHO)
    return others
