"""What an inbox keeps: of channels, conversations and messages, and of whose turn it is."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.identity import Trace, Trust
from afilnet_protocols.inbox.incoming import Settled, State
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.outbox.store import Conversing


class TakenOver(ConfigurationError):
    """Another process has taken this one's work over, and nothing of it was noted."""


TAKEN_OVER = "this process was taken for gone, and another one goes on with its work"


class Turn(enum.Enum):
    """Whose turn it is to poll an account."""

    OTHERS = "others"
    """Another process's, which is alive."""
    TAKEN = "taken"
    """This one's from now on: others may have polled since it did."""
    KEPT = "kept"
    """This one's, as it was: nobody else has polled in between."""


Said = tuple[Settled, Sequence[NewEntry]]
"""What becomes of a message in hand, and what goes into the outbox with that."""


@dataclass(slots=True, kw_only=True)
class ChannelState:
    """What is kept of a channel.

    Attributes:
        trust: what is thought of the identifiers of its messages.
        floor: the wall time, as text, before which a conversation that turns up has history; ``None`` for no history.
        newest_first: in which order its messages are listed, as far as is known.
    """

    trust: Trust = Trust.UNPROVEN
    floor: str | None = None
    newest_first: bool = False


@dataclass(slots=True, kw_only=True)
class Conversation:
    """What is kept of a conversation, but for its messages.

    Attributes:
        id: its number; ``None`` if it is not kept yet.
        place: the platform, the channel's identifier and the destination.
        tip: the last message that ``get_chats`` showed when it was read last.
        last: the last message of the last listing.
        primed: its last message when the inbox was begun: history, with what is before it.
        primed_at: the wall time of that message, as text.
        length: how many messages it has, by the last whole listing and what came since.
        intent: whether ``get_unread_messages`` may have been carried out without its answer being noted.
        audit_at: when it is read once more, in seconds since the epoch; ``None`` for not by itself.
        stage: which of the audits that is.
    """

    place: Conversing = field(repr=False)
    id: int | None = None
    tip: Trace | None = None
    last: Trace | None = None
    primed: Trace | None = None
    primed_at: str | None = None
    length: int = 0
    intent: bool = False
    audit_at: float | None = None
    stage: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """After how many attempts a message is dead.

    Attributes:
        raised: how many may end in an exception.
        interrupted: how many may be ended from outside: by a kill, a loss of power, or by the message itself.
    """

    raised: int = 3
    interrupted: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is in an inbox.

    Attributes:
        counts: how many messages are in each state.
        oldest: for how long the oldest message has waited since it was noticed, in seconds; 0 if none waits.
        polled: how long ago the last round of polling ended, in seconds; ``None`` if there was none.
        lag: how long the messages that were begun last (a hundred at most) had waited since they were noticed: the
            95th percentile, in seconds; ``None`` if there were none.
        others: how long ago somebody else was seen to read or answer in this account, in seconds; ``None`` if never.
    """

    counts: dict[State, int]
    oldest: float
    polled: float | None
    lag: float | None
    others: float | None

    @property
    def backlog(self) -> int:
        """How many messages are to be handled."""
        return self.counts[State.WAITING] + self.counts[State.HANDLING]
