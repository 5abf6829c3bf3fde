"""`InboxStore`: what an inbox keeps, and each step of a message's life as one transaction, whatever keeps it."""

from __future__ import annotations

import abc
import enum
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.connection import DatabaseConnection
from afilnet_protocols.inbox.identity import Trace, Trust
from afilnet_protocols.inbox.incoming import Received, Settled, State
from afilnet_protocols.outbox.store import Alive, Conversing
from afilnet_protocols.outbox.store import Incoming as Reply
from afilnet_protocols.records import Message


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


Said = tuple[Settled, Sequence[Reply]]
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
        length: how many messages the last whole listing had.
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


class InboxStore(abc.ABC):
    """Where an inbox is. Each method is one transaction, on disk when it returns.

    Every method raises a ``ConfigurationError`` if the place cannot be used. ``now`` is in seconds since the epoch.
    """

    @abc.abstractmethod
    def close(self) -> None:
        """Close it; doing it again does nothing."""

    # Who is there

    @abc.abstractmethod
    def present(self) -> Alive:
        """Return the proof that this process is alive, held from now on."""

    @abc.abstractmethod
    def take_turn(self, account: str, token: str) -> Turn:
        """Become the one poller of an account, or stay it, unless another one is alive."""

    @abc.abstractmethod
    def leave_turn(self, account: str, token: str, now: float | None) -> None:
        """Note that a round ended; with no time, that this one polls no more."""

    # Noticing: only for the poller; each raises ``ConfigurationError`` if another one took over

    @abc.abstractmethod
    def channel(self, account: str, platform: str, platform_id: str) -> ChannelState | None:
        """Return what is kept of a channel; ``None`` if it was never seen."""

    @abc.abstractmethod
    def prime(
        self, account: str, token: str, channel: tuple[str, str], state: ChannelState, there: Sequence[Conversation]
    ) -> None:
        """Note a channel that is seen for the first time, and the conversations whose messages are history."""

    @abc.abstractmethod
    def conversations(self, account: str, platform: str, platform_id: str) -> list[Conversation]:
        """Return what is kept of the conversations of a channel."""

    @abc.abstractmethod
    def intend(self, account: str, token: str, conversation: Conversation) -> None:
        """Note that ``get_unread_messages`` is about to be called; the conversation is kept from now on."""

    @abc.abstractmethod
    def known(self, conversation: Conversation) -> list[Trace]:
        """Return what is kept of a conversation's messages."""

    @abc.abstractmethod
    def note(
        self,
        account: str,
        token: str,
        conversation: Conversation,
        state: ChannelState,
        found: Sequence[tuple[Message, Trace, bool]],
        now: float,
    ) -> None:
        """Note what a reading of a conversation showed.

        Args:
            account: whose.
            token: the poller.
            conversation: what is kept of it from now on; its number is filled in.
            state: what is kept of its channel from now on.
            found: the new messages in their order, each with its trace and whether it is to be handled.
            now: when they were noticed.
        """

    @abc.abstractmethod
    def saw_others(self, account: str, now: float) -> None:
        """Note that somebody else read or answered."""

    @abc.abstractmethod
    def sent(self, place: Conversing, text: str) -> tuple[int, int]:
        """Return how often the outbox surely sent a text to a conversation, and how often it may have, with those."""

    # Handing over

    @abc.abstractmethod
    def holders(self) -> set[str]:
        """Return the names of those who have a message in hand."""

    @abc.abstractmethod
    def is_gone(self, token: str) -> bool:
        """Whether the process of a name has ended."""

    @abc.abstractmethod
    def recover(self, token: str, limits: Limits, now: float) -> int:
        """Take over what a process that is gone had in hand; return how many messages it was."""

    @abc.abstractmethod
    def claim(self, account: str, token: str, limits: Limits, now: float) -> Received | None:
        """Take the next message that is due; its attempt counts as interrupted until it is settled."""

    @abc.abstractmethod
    def next_due(self, account: str) -> float | None:
        """Return when the next message is due, in seconds since the epoch; ``None`` if none waits."""

    @abc.abstractmethod
    def wrote(self, spans: Sequence[tuple[float, float]]) -> int:
        """Return how many messages were handed over in several times: from when to when, in seconds since the epoch."""

    @abc.abstractmethod
    def settle(
        self,
        received: Received,
        token: str,
        said: Callable[[], Said],
        now: float,
        connection: object | None = None,
    ) -> AbstractContextManager[DatabaseConnection]:
        """Return a transaction at whose end a message in hand is settled and its replies are in the outbox.

        Entering it yields the connection; what is said of the message is asked at its end. If the message is in hand
        no more, it raises ``TakenOver`` and nothing is written.
        """

    @abc.abstractmethod
    def state_of(self, number: int) -> State | None:
        """Return the state of a message."""

    # Looking

    @abc.abstractmethod
    def received(self, states: Sequence[State], keys: Sequence[str] | None = None) -> list[Received]:
        """Return the messages in some states, oldest first; of certain keys only, if they are given."""

    @abc.abstractmethod
    def again(self, keys: Sequence[str], now: float) -> int:
        """Hand dead and rejected messages over again, as if for the first time; return how many there were."""

    @abc.abstractmethod
    def status(self, now: float) -> Status:
        """Return what is in the inbox."""

    @abc.abstractmethod
    def purge(self, before: float) -> int:
        """Forget the contents of messages that were settled before a time; return how many. Traces stay."""
