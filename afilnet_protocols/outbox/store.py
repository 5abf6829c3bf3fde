"""`Store`: what an outbox keeps, and each step of an entry's life as one transaction, whatever keeps it."""

from __future__ import annotations

import abc
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NotRequired, Protocol, TypedDict, Unpack

from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.new_entry import NewEntry

Conversing = tuple[str, str, str]
"""The platform, the channel's identifier and the destination of a conversation."""

EXPIRED = "it expired before its turn came"
"""Why an entry is rejected that nobody sent in time."""

POLLING = 1.0
"""After how long an idle worker looks for work by itself, in seconds."""

MANY = 1000
"""How many entries that are due again a worker is told of: it names them whenever it takes another one."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the workers of one account begin to send, all together.

    Attributes:
        account: whose rate it is.
        spacing: how long from one to the next, in seconds.
    """

    account: str
    spacing: float


class HeldUp(enum.Enum):
    """Why an entry was not sent that a worker was told of and that nothing forbids to send now."""

    IN_HAND = "in hand"
    """Another worker has an entry of its conversation in hand."""
    PASSED_OVER = "passed over"
    """It is due, or one before it is, and no worker has it in hand: another one was looking at it just then."""


class Wanted(TypedDict):
    """Which entry a worker takes, and how.

    Attributes:
        sending: whether it is ``SENDING`` from now on; else it waits in hand until :meth:`Store.begin`.
        without: the numbers of entries not to take.
        upto: an entry's number: take nothing but what is in its conversation and not behind it.
        pace: how fast all workers of an account begin together; not looked at unless :attr:`Store.shares_rate`.
    """

    sending: bool
    without: NotRequired[Sequence[int]]
    upto: NotRequired[int | None]
    pace: NotRequired[Pace | None]


@dataclass(frozen=True, slots=True)
class Later:
    """The pace allows nothing now."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Lost:
    """An entry with an unknown outcome, and what is known that helps to find out.

    Attributes:
        entry: the entry.
        claim: which attempt it was, among all attempts of the outbox.
        baseline: how many such messages the conversation showed before, with ``AT_LEAST`` of
            :mod:`afilnet_protocols.calls.recovery` on top if it did not show all; ``None`` if nobody counted.
        known: how many equal messages to the same conversation this outbox has sent since, for certain.
        perhaps: how many further equal messages of this outbox may have arrived since.
    """

    entry: Entry
    claim: int
    baseline: int | None
    known: int
    perhaps: int

    @property
    def conversation(self) -> Conversing:
        """Where it was sent."""
        arguments = self.entry.arguments
        return arguments["platform"], arguments["platform_id"], arguments["destination"]


KEPT_OUT = "a trigger or rule of the database kept the entry out: change that"
"""Why an entry is not there that the database was given, and took without an error."""

LOST_HOLD = "not sent: another worker took this one for gone and has the entry in hand"
"""Why an entry is not begun."""

UNDONE = "a trigger or rule of the database undoes, without an error, what is noted there: change that"
"""Why a row is as it was that was to be changed: whoever went on would wait for it for ever, or send it again."""


def unnoted(number: int, state: State) -> str:
    """Return what it means, for an error, if what became of an entry cannot be noted."""
    return f"entry {number} is {state} now, but that cannot be noted and it will count as unknown: "


class Alive(Protocol):
    """The proof that one worker is alive, as long as it is not closed and its process lives."""

    @property
    def token(self) -> str:
        """The worker's name, random."""

    def close(self) -> None:
        """Stop being present; doing it again does nothing."""


class Store(abc.ABC):
    """Where the entries of an outbox are. Each method is one transaction, on disk when it returns.

    Every method raises a ``ConfigurationError`` if the place cannot be used.
    """

    @property
    @abc.abstractmethod
    def place(self) -> str:
        """Where it is, as messages name it; without a secret."""

    @abc.abstractmethod
    def close(self) -> None:
        """Close it; doing it again does nothing."""

    @property
    def shares_rate(self) -> bool:
        """Whether the pace of :meth:`claim` is kept across workers; else each worker keeps its own."""
        return False

    # Workers

    def rest(self, seconds: float, wait: Callable[[float], None]) -> None:
        """Wait until something may have been put in, so long at most, in seconds, and never much longer.

        Args:
            seconds: how long.
            wait: waits so many seconds, where nobody tells of what is put in.
        """
        wait(min(seconds, POLLING))

    @abc.abstractmethod
    def worker(self) -> Alive:
        """Return the proof that a worker of this process is alive, held from now on."""

    @abc.abstractmethod
    def gone(self) -> list[str]:
        """Return the names of the workers that have an entry in hand and have ended, however they ended.

        One that is alive and reachable is never among them.
        """

    # Coming in

    @abc.abstractmethod
    def enqueue(
        self, entry: NewEntry, *, connection: object | None = None, strict_order: bool = False
    ) -> tuple[int, bool]:
        """Put an entry in; return its number and whether it is new.

        Args:
            entry: the entry.
            connection: the caller's connection, in whose transaction it is done; one of the store's own by default.
            strict_order: whether others that put into the same conversation so wait until this transaction ends.

        Raises:
            InvalidRequestError: there is another entry of this name.
        """

    @abc.abstractmethod
    def enqueue_all(self, entries: Sequence[NewEntry]) -> list[tuple[int, bool]]:
        """Put entries in, all in one transaction; return the number of each and whether it is new.

        Raises:
            InvalidRequestError: there is another entry of one of their names.
        """

    # Reading

    @abc.abstractmethod
    def counts(self) -> dict[State, int]:
        """Return how many entries are in each state."""

    @abc.abstractmethod
    def remaining(self) -> int:
        """Return how many entries are pending or being sent."""

    @abc.abstractmethod
    def ages(self) -> dict[State, float]:
        """Return how long ago, in seconds, the entry of each state that is there changed least recently."""

    @abc.abstractmethod
    def came(self, within: float) -> dict[State, int]:
        """Return how many of the entries in each state have come into it in the last so many seconds."""

    @abc.abstractmethod
    def overdue(self) -> float | None:
        """Return how long ago, in seconds, the pending entry was due that waits longest; ``None`` if none is due."""

    @abc.abstractmethod
    def entries(self, state: State | None, numbers: Sequence[int] | None = None) -> list[Entry]:
        """Return the entries in a state, or all, oldest first; of certain numbers only, if they are given."""

    @abc.abstractmethod
    def next_due(self, without: Sequence[int]) -> float | None:
        """Return how long until the next entry may be due, in seconds; ``None`` if none will be by itself."""

    @abc.abstractmethod
    def put_off(self) -> list[int]:
        """Return the entries that are due again after they did not get through, :data:`MANY` at most."""

    @abc.abstractmethod
    def held_up(self, number: int) -> HeldUp | None:
        """Return what keeps an entry that could be sent now; ``None`` if it is settled, or waits for its time."""

    @abc.abstractmethod
    def lost(self, conversation: Conversing | None = None) -> list[Lost]:
        """Return the entries whose outcome is unknown, of one conversation or of all, oldest attempt first."""

    # An entry's life

    @abc.abstractmethod
    def claim(self, owner: str, **wanted: Unpack[Wanted]) -> Entry | Later | None:
        """Take the next entry that is due, so that no other worker does.

        Returns:
            The entry; one that had expired is ``REJECTED``, and in nobody's hand. ``None`` if none is due.
        """

    @abc.abstractmethod
    def proceed(self, number: int, owner: str, **wanted: Unpack[Wanted]) -> Entry | Later | None:
        """Note that an entry in hand was sent, and :meth:`claim` the next one: both or neither."""

    @abc.abstractmethod
    def begin(self, number: int, owner: str, baseline: int) -> None:
        """Note that an entry in hand is about to be sent, and what its conversation showed before."""

    @abc.abstractmethod
    def finish(
        self, number: int, owner: str, state: State, *, error: AfilnetError | None = None, pause: float = 0.0
    ) -> Entry:
        """Note what became of an entry in hand.

        It is noted even where another worker has meanwhile taken this one for gone: this one knows better.

        Args:
            number: the entry.
            owner: who had it in hand.
            state: its state from now on.
            error: what went wrong, if anything did.
            pause: how long a pending entry rests, in seconds.
        """

    @abc.abstractmethod
    def recover(self, owner: str, begun: State) -> list[int]:
        """Note that a worker is gone, and return the entries that it had begun to send."""

    @abc.abstractmethod
    def settle(self, lost: Lost, state: State) -> bool:
        """Note what was found out about an entry whose outcome was unknown; ``False`` if it was known meanwhile."""

    @abc.abstractmethod
    def again(self, numbers: Sequence[int], state: State) -> int:
        """Make entries in a state due again, not before the time that they were given; return how many there were."""

    @abc.abstractmethod
    def purge(self, older_than: float) -> int:
        """Delete what was settled so long ago, in seconds, and is not needed to judge another; return how many."""
