"""`Store`: what an outbox keeps, and each step of an entry's life as one transaction, whatever keeps it."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.outbox.entry import Entry, State

Conversing = tuple[str, str, str]
"""The platform, the channel's identifier and the destination of a conversation."""


@dataclass(frozen=True, slots=True)
class Lost:
    """An entry with an unknown outcome, and what is known that helps to find out.

    Attributes:
        entry: the entry.
        claim: which attempt it was, among all attempts of the outbox.
        baseline: how many such messages the conversation showed before; ``None`` if nobody counted.
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


class Alive(Protocol):
    """The proof that one worker is alive, as long as it is not closed and its process lives.

    Attributes:
        token: the worker's name, random.
    """

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

    # Workers

    @abc.abstractmethod
    def worker(self) -> Alive:
        """Return the proof that a worker of this process is alive, held from now on."""

    @abc.abstractmethod
    def is_gone(self, owner: str) -> bool:
        """Whether a worker has ended, however it ended. Never true of one that is alive and reachable."""

    @abc.abstractmethod
    def owners(self) -> set[str]:
        """Return the names of the workers that have an entry in hand."""

    # Coming in

    @abc.abstractmethod
    def enqueue(
        self, operation: str, arguments: Mapping[str, str], *, key: str | None, connection: object | None = None
    ) -> tuple[int, bool]:
        """Put an entry in; return its number and whether it is new.

        Args:
            operation: the operation's name.
            arguments: its arguments, checked.
            key: the caller's name for it, checked.
            connection: the caller's connection, in whose transaction it is done; one of the store's own by default.

        Raises:
            InvalidRequestError: there is another entry of this name.
        """

    @abc.abstractmethod
    def enqueue_all(self, entries: Sequence[tuple[str, Mapping[str, str], str | None]]) -> list[tuple[int, bool]]:
        """Put entries in, all in one transaction; return the number of each and whether it is new.

        Raises:
            InvalidRequestError: there is another entry of one of their names.
        """

    # Reading

    @abc.abstractmethod
    def counts(self) -> dict[State, int]:
        """Return how many entries are in each state."""

    @abc.abstractmethod
    def entries(self, state: State | None, numbers: Sequence[int] | None = None) -> list[Entry]:
        """Return the entries in a state, or all, oldest first; of certain numbers only, if they are given."""

    @abc.abstractmethod
    def next_due(self, without: Sequence[int]) -> float | None:
        """Return how long until the next entry may be due, in seconds; ``None`` if none will be by itself."""

    @abc.abstractmethod
    def lost(self, conversation: Conversing | None = None) -> list[Lost]:
        """Return the entries whose outcome is unknown, of one conversation or of all, oldest attempt first."""

    # An entry's life

    @abc.abstractmethod
    def claim(self, owner: str, *, sending: bool, without: Sequence[int] = ()) -> Entry | None:
        """Take the next entry that is due, so that no other worker does.

        Args:
            owner: who takes it.
            sending: whether it is ``SENDING`` from now on; else it waits in hand until :meth:`begin`.
            without: the numbers of entries not to take.
        """

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
        """Note that a worker is gone, and return the entries that it had begun to send.

        Args:
            owner: the worker.
            begun: what these entries are from now on.
        """

    @abc.abstractmethod
    def settle(self, lost: Lost, state: State) -> bool:
        """Note what was found out about an entry whose outcome was unknown; ``False`` if it was known meanwhile."""

    @abc.abstractmethod
    def again(self, numbers: Sequence[int], state: State) -> int:
        """Make entries in a state due again; return how many there were."""
