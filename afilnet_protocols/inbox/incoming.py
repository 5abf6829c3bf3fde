"""`Incoming`: one message of the other party in the hand of its handler, and what the handler says about it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from afilnet_protocols import catalogue
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.inbox.connection import DatabaseConnection
from afilnet_protocols.inbox.given_connection import Given
from afilnet_protocols.outbox.checks import check_arguments, check_times
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.outbox.row import storable
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.records import Message
from afilnet_protocols.seconds import check_seconds
from afilnet_protocols.vocabulary import Addressee, AnyFileType, platform_of


class State(StrEnum):
    """What is known about a message of the other party.

    ``WAITING → HANDLING → DONE | REJECTED | DEAD``; back to ``WAITING`` when its handler was interrupted, raised, or
    asked for it.
    """

    WAITING = "waiting"
    """Noticed, to be handled."""
    HANDLING = "handling"
    """In the hand of a handler; if its process is gone, it is handed over again."""
    DONE = "done"
    """Handled; its replies are in the outbox."""
    REJECTED = "rejected"
    """Its handler does not want it, or there is none for it."""
    DEAD = "dead"
    """Its handler raised, or was interrupted, too often."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of a message that was in hand.

    Attributes:
        state: its state from now on.
        reason: why, in words; ``None`` if there is nothing to say.
        after: how long it waits before it is handed over again, in seconds.
        raised: whether its handler raised.
        counted: whether the attempt counts as one.
    """

    state: State
    reason: str | None = None
    after: float = 0.0
    raised: bool = False
    counted: bool = True


DONE = Settled(State.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message as it is kept.

    Attributes:
        id: its number: in a conversation, in the order in which messages were first seen.
        key: a name of its own, random, the same at every attempt.
        account: whose inbox it came to.
        message: the message.
        state: what is known about it.
        raised: how many attempts ended in an exception.
        interrupted: how many attempts did not end.
        reason: what was said about it last; ``None`` if nothing was.
        noticed_at: when it was noticed, in seconds since the epoch by the poller's clock.
    """

    id: int
    key: str
    account: str
    message: Message = field(repr=False)
    state: State
    raised: int
    interrupted: int
    reason: str | None
    noticed_at: float


FIELDS = ("platform_id", "platform", "message", "destination", "message_id", "sent", "status")


def as_text(message: Message) -> str:
    """Return a message as it is kept."""
    kept = {name: getattr(message, name) for name in FIELDS}
    return json.dumps({**kept, "timestamp": message.timestamp.isoformat()}, ensure_ascii=False)


def from_text(text: str) -> Message:
    """Return a message that was kept."""
    kept = json.loads(text)
    platform, timestamp = platform_of(kept["platform"]), datetime.fromisoformat(kept["timestamp"])
    return Message(**{**kept, "platform": platform, "timestamp": timestamp})


class Incoming(OfThisProcess):
    """A message of the other party, in hand.

    What is said about it becomes true when its handler returns, in one transaction: the replies are in the outbox and
    the message is done, or neither. A handler that raises has said nothing.

    Attributes:
        message: the message.
        key: a name of its own, the same at every attempt: what makes a handler's own deeds repeatable.
        attempt: which attempt it is, counted from 1; those that were interrupted count.
        age: how long ago it was noticed, in seconds.
    """

    _other_process = "give the other one its `message` and its `key`, and say here what became of it"

    def __init__(
        self,
        received: Received,
        *,
        age: float,
        commit: Callable[[Incoming, object | None], AbstractContextManager[DatabaseConnection]],
        once: bool = False,
    ) -> None:
        self.message = received.message
        self.key = received.key
        self.attempt = received.raised + received.interrupted
        self.age = age
        self.received = received
        self.replies: list[NewEntry] = []
        self.settled = DONE
        self.closed = False
        self.given: Given | None = None
        self.undone = False
        self._commit = commit
        self._once = once

    @property
    def text(self) -> str:
        """The text of the message."""
        return self.message.message

    @property
    def conversation(self) -> Addressee:
        """What names the conversation to an operation, as in ``chat.get_messages(**incoming.conversation)``."""
        return self.message.address

    def reply(
        self,
        message: str | None = None,
        *,
        file_type: AnyFileType | None = None,
        file_url: str | None = None,
        thumb_url: str | None = None,
        not_before: datetime | None = None,
        expires: datetime | None = None,
    ) -> None:
        """Answer with a message, or with a file. It goes into the outbox together with the mark of this message.

        Args:
            message: the text; of a file, the text that accompanies it.
            file_type: what kind of file it is; with ``file_url``.
            file_url: the file's public ``https`` address.
            thumb_url: the address of a thumbnail.
            not_before: as for :meth:`Outbox.enqueue`.
            expires: as for :meth:`Outbox.enqueue`.

        Raises:
            InvalidRequestError: it cannot be sent, or the message is settled already.
        """
        self._open()
        operation = catalogue.SEND_MESSAGE if file_url is None and file_type is None else catalogue.SEND_FILE
        given: dict[str, object] = {**self.conversation, "message": message}
        if operation is catalogue.SEND_FILE:
            given |= {"file_type": file_type, "file_url": file_url, "thumb_url": thumb_url}
        earliest, latest = check_times(not_before, expires)
        self.replies.append(
            NewEntry(
                operation=operation.name,
                arguments=check_arguments(operation, given),
                key=f"reply {self.key} {len(self.replies) + 1}",
                not_before=earliest,
                expires=latest,
            )
        )

    def retry(self, after: float = 0.0, *, reason: str | None = None) -> None:
        """Have it handed over again later; its conversation waits, others go on. Replies are not sent this time.

        Args:
            after: how long from now, in seconds. It does not count as an attempt.
            reason: what is out of order, in words, if something is: it is kept, and told as a trouble.

        Raises:
            InvalidRequestError: the message is settled already, a negative time, the reason is no text, or
                ``processing="at_most_once"``.
        """
        self._open()
        check_seconds("after", after)
        reason = _kept(reason)
        if self._once:
            raise InvalidRequestError('processing="at_most_once" hands a message over once: it cannot be retried')
        self.settled = Settled(State.WAITING, reason=reason, after=after, counted=False)

    def reject(self, reason: str | None = None) -> None:
        """Say that it is not to be handled. Replies are sent all the same; it is listed with its reason.

        Raises:
            InvalidRequestError: the message is settled already, or the reason is no text.
        """
        self._open()
        reason = _kept(reason)
        self.settled = Settled(State.REJECTED, reason=reason)

    @contextlib.contextmanager
    def transaction(self, connection: object | None = None) -> Iterator[DatabaseConnection]:
        """Write the application's rows, the replies and the mark in one commit, at the end of this ``with``.

        Everything else waits meanwhile for the file; so what takes long belongs before it. If it raises, what was said
        of the message in it is undone with the rows, unless the connection is the caller's. What the driver raises of
        the application's own statements is left as it is.

        Args:
            connection: the application's connection to the same database, of the driver, SQLAlchemy or Django, in a
                transaction, or one that begins it by itself. The caller commits it before the handler ends; if it is
                rolled back, the message is handed over again. One that is still in the transaction then is rolled back,
                since nobody could write the message meanwhile.

        Yields:
            The connection: ``sqlite3``'s or psycopg's, in a transaction; ``isinstance`` tells a type checker which.

        Raises:
            InvalidRequestError: the message is settled already.
            ConfigurationError: the place cannot be written, the connection commits each statement by itself, or another
                process has taken the message over.
        """
        self._open()
        before, settled = len(self.replies), self.settled
        try:
            with self._commit(self, connection) as database:
                self.given = None if connection is None else Given(connection, database)
                yield database
        except BaseException:
            if connection is None:  # else it is the caller who commits or not
                del self.replies[before:]
                self.settled = settled
            raise
        self.closed = True

    def done(self) -> None:
        """Settle it now: replies and mark in one commit. A handler that returns does it by itself.

        Raises:
            InvalidRequestError: the message is settled already.
            ConfigurationError: the place cannot be written, or another process has taken the message over.
        """
        with self.transaction():
            pass

    def _open(self) -> None:
        if self.closed:
            raise InvalidRequestError("this message is settled already")

    def __repr__(self) -> str:
        return f"<Incoming {self.key} attempt {self.attempt}>"


def _kept(reason: object) -> str | None:
    """Return a reason as every database can keep it: a handler may have it from anywhere."""
    if not (reason is None or isinstance(reason, str)):
        raise InvalidRequestError(f"a reason is a text, not {type(reason).__name__}: write str(reason)")
    return None if reason is None else storable(reason)
