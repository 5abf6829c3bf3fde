"""`InboxTables`: an inbox in tables of a database. The statements are those that SQLite and PostgreSQL both know."""

from __future__ import annotations

import abc
import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from afilnet_protocols.inbox.identity import Trace, Trust
from afilnet_protocols.inbox.incoming import Received, State, as_text, from_text
from afilnet_protocols.inbox.store import (
    TAKEN_OVER,
    ChannelState,
    Conversation,
    InboxStore,
    Limits,
    Said,
    Status,
    TakenOver,
)
from afilnet_protocols.outbox.store import Alive, Conversing
from afilnet_protocols.outbox.store import Store as OutboxStore
from afilnet_protocols.records import Message

T = TypeVar("T")

_CONVERSATION = (
    "id, platform, platform_id, destination, tip, tip_id, last, last_id, primed, primed_id, primed_at, length, intent,"
    " audit_at, stage"
)

_KEEP = """
INSERT INTO afilnet_inbox_conversations
    (account, platform, platform_id, destination, tip, tip_id, last, last_id, primed, primed_id, primed_at, length,
     intent, audit_at, stage)
VALUES (:account, :platform, :platform_id, :destination, :tip, :tip_id, :last, :last_id, :primed, :primed_id,
    :primed_at, :length, :intent, :audit_at, :stage)
ON CONFLICT (account, platform, platform_id, destination) DO UPDATE SET
    tip = excluded.tip, tip_id = excluded.tip_id, last = excluded.last, last_id = excluded.last_id,
    primed = excluded.primed, primed_id = excluded.primed_id, primed_at = excluded.primed_at,
    length = excluded.length, intent = excluded.intent, audit_at = excluded.audit_at, stage = excluded.stage
RETURNING id
"""

_RECEIVED = "m.id, m.key, c.account, m.message, m.state, m.raised, m.interrupted, m.reason, m.noticed_at"
_JOINED = "afilnet_inbox_messages AS m JOIN afilnet_inbox_conversations AS c ON c.id = m.conversation"

_MARK_HEAD = """
UPDATE afilnet_inbox_conversations SET (head, due) = (
    SELECT id, due FROM afilnet_inbox_messages
    WHERE conversation = afilnet_inbox_conversations.id AND state IN ('waiting', 'handling') ORDER BY id LIMIT 1
) WHERE id = ?
"""


class Rows(Protocol):
    """What a statement returned."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    def fetchone(self) -> Any:
        """Return the next row, or ``None``."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""


class Database(Protocol):
    """A connection, as far as it is needed here. Values stand for ``?`` or ``:name``."""

    def execute(self, query: str, values: Any = (), /) -> Rows:
        """Carry out a statement."""

    def executemany(self, query: str, values: Any, /) -> object:
        """Carry out a statement for each of several values."""


class InboxTables(InboxStore):
    """The statements. What opens the database and its transactions are subclasses.

    Attributes:
        FOR_UPDATE: what has a ``SELECT`` hold what it finds, where several may write at once.
        SKIP_LOCKED: what has it pass over what others hold.
        SHOWN: what the outbox's index has of a text.
        SHOWN_VALUE: the same of a value.
    """

    FOR_UPDATE = ""
    SKIP_LOCKED = ""
    SHOWN = "shown"
    SHOWN_VALUE = "?"

    _outbox: OutboxStore

    @abc.abstractmethod
    def _do(self, action: Callable[[Database], T]) -> T:
        """Read something."""

    @abc.abstractmethod
    def _transaction(self, action: Callable[[Database], T]) -> T:
        """Do something whole or not at all."""

    @abc.abstractmethod
    def _given(self, connection: object) -> tuple[object, Database]:
        """Return the driver's connection inside what an application hands over, and how to use it here."""

    @abc.abstractmethod
    def _opened(self) -> AbstractContextManager[tuple[object, Database]]:
        """Return a transaction: the driver's connection, and how to use it here."""

    @abc.abstractmethod
    def _guarded(self, action: Callable[[], None]) -> None:
        """Do something with a connection, and say it in our words if it cannot be done."""

    def present(self) -> Alive:
        """Return the proof that this process is alive: the same as a worker of the outbox has."""
        return self._outbox.worker()

    # Who is there

    def take_turn(self, account: str, token: str) -> bool:
        """Become the one poller of an account, or stay it; ``False`` if another one is alive."""
        query = "SELECT poller FROM afilnet_inbox_accounts WHERE account = ?"
        row = self._do(lambda db: db.execute(query, (account,)).fetchone())
        before = row[0] if row else None
        if before == token:
            return True
        if before is not None and not self.is_gone(before):
            return False
        done = self._transaction(
            lambda db: (
                db.execute(
                    "INSERT INTO afilnet_inbox_accounts (account, poller) VALUES (?, ?)"
                    " ON CONFLICT (account) DO UPDATE SET poller = excluded.poller"
                    " WHERE coalesce(afilnet_inbox_accounts.poller, '') = ?",
                    (account, token, before or ""),
                ).rowcount
            )
        )
        return done == 1

    def leave_turn(self, account: str, token: str, now: float | None) -> None:
        """Note that a round ended; with no time, that this one polls no more."""
        change = "poller = NULL" if now is None else "polled_at = :now"
        query = f"UPDATE afilnet_inbox_accounts SET {change} WHERE account = :account AND poller = :token"  # noqa: S608 -- constants
        self._transaction(lambda db: db.execute(query, {"account": account, "token": token, "now": now}))

    def _check_turn(self, db: Database, account: str, token: str) -> None:
        query = f"SELECT 1 FROM afilnet_inbox_accounts WHERE account = ? AND poller = ?{self.FOR_UPDATE}"  # noqa: S608 -- constants
        if db.execute(query, (account, token)).fetchone() is None:
            raise TakenOver(TAKEN_OVER)

    # Noticing

    def channel(self, account: str, platform: str, platform_id: str) -> ChannelState | None:
        """Return what is kept of a channel; ``None`` if it was never seen."""
        query = (
            "SELECT trust, floor, newest_first FROM afilnet_inbox_channels"
            " WHERE (account, platform, platform_id) = (?, ?, ?)"
        )
        row = self._do(lambda db: db.execute(query, (account, platform, platform_id)).fetchone())
        return row and ChannelState(trust=Trust(row[0]), floor=row[1], newest_first=bool(row[2]))

    def prime(
        self, account: str, token: str, channel: tuple[str, str], state: ChannelState, there: Sequence[Conversation]
    ) -> None:
        """Note a channel that is seen for the first time, and the conversations whose messages are history."""

        def note(db: Database) -> None:
            self._check_turn(db, account, token)
            db.execute(
                "INSERT INTO afilnet_inbox_channels VALUES (?, ?, ?, ?, ?, ?)",
                (account, *channel, state.trust, state.floor, int(state.newest_first)),
            )
            for conversation in there:
                _keep(db, account, conversation)

        self._transaction(note)

    def conversations(self, account: str, platform: str, platform_id: str) -> list[Conversation]:
        """Return what is kept of the conversations of a channel."""
        query = (
            f"SELECT {_CONVERSATION} FROM afilnet_inbox_conversations"  # noqa: S608 -- constants
            " WHERE (account, platform, platform_id) = (?, ?, ?)"
        )
        rows = self._do(lambda db: db.execute(query, (account, platform, platform_id)).fetchall())
        return [_conversation(row) for row in rows]

    def intend(self, account: str, token: str, conversation: Conversation) -> None:
        """Note that ``get_unread_messages`` is about to be called; the conversation is kept from now on."""
        conversation.intent = True

        def note(db: Database) -> None:
            self._check_turn(db, account, token)
            conversation.id = _keep(db, account, conversation)

        self._transaction(note)

    def known(self, conversation: Conversation) -> list[Trace]:
        """Return what is kept of a conversation's messages."""
        if conversation.id is None:
            return []
        query = "SELECT digest, message_id FROM afilnet_inbox_messages WHERE conversation = ?"
        rows = self._do(lambda db: db.execute(query, (conversation.id,)).fetchall())
        return [Trace(*row) for row in rows]

    def note(
        self,
        account: str,
        token: str,
        conversation: Conversation,
        state: ChannelState,
        found: Sequence[tuple[Message, Trace, bool]],
        now: float,
    ) -> None:
        """Note what a reading of a conversation showed."""
        platform, platform_id, _ = conversation.place

        def write(db: Database) -> int:
            self._check_turn(db, account, token)
            number = _keep(db, account, conversation)
            now_known = (state.trust, int(state.newest_first))
            db.execute(
                "UPDATE afilnet_inbox_channels SET (trust, newest_first) = (?, ?)"
                " WHERE (account, platform, platform_id) = (?, ?, ?) AND (trust, newest_first) <> (?, ?)",
                (*now_known, account, platform, platform_id, *now_known),
            )
            db.executemany(
                "INSERT INTO afilnet_inbox_messages"
                " (conversation, digest, message_id, state, key, message, due, noticed_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(number, *seen, *_begun(message, wanted, now)) for message, seen, wanted in found],
            )
            if any(wanted for *_, wanted in found):
                db.execute(_MARK_HEAD, (number,))
            return number

        conversation.id = self._transaction(write)

    def saw_others(self, account: str, now: float) -> None:
        """Note that somebody else read or answered."""
        query = "UPDATE afilnet_inbox_accounts SET others_at = ? WHERE account = ?"
        self._transaction(lambda db: db.execute(query, (now, account)))

    def sent(self, place: Conversing, text: str) -> tuple[int, int]:
        """Return how often the outbox surely sent a text to a conversation, and how often it may have, with those."""
        query = (
            "SELECT count(*) FILTER (WHERE state = 'sent'), count(*) FROM afilnet_outbox WHERE attempts > 0"  # noqa: S608 -- constants
            f" AND (platform, platform_id, destination, {self.SHOWN}) = (?, ?, ?, {self.SHOWN_VALUE})"
        )
        surely, perhaps = self._do(lambda db: db.execute(query, (*place, text)).fetchone())
        return int(surely), int(perhaps)

    # Handing over

    def holders(self) -> set[str]:
        """Return the names of those who have a message in hand."""
        query = "SELECT DISTINCT owner FROM afilnet_inbox_conversations WHERE owner IS NOT NULL"
        return {str(owner) for (owner,) in self._do(lambda db: db.execute(query).fetchall())}

    def recover(self, token: str, limits: Limits, now: float) -> int:
        """Take over what a process that is gone had in hand; return how many messages it was."""

        def note(db: Database) -> int:
            query = f"SELECT id FROM afilnet_inbox_conversations WHERE owner = ?{self.FOR_UPDATE}"  # noqa: S608 -- constants
            held = db.execute(query, (token,)).fetchall()
            for (conversation,) in held:
                db.execute(
                    "UPDATE afilnet_inbox_messages SET due = ?,"
                    " state = CASE WHEN interrupted >= ? THEN 'dead' ELSE 'waiting' END,"
                    " reason = 'its handler was interrupted ' || interrupted || ' times' WHERE conversation = ?"
                    " AND state = 'handling'",
                    (now, limits.interrupted, conversation),
                )
                db.execute("UPDATE afilnet_inbox_conversations SET owner = NULL WHERE id = ?", (conversation,))
                db.execute(_MARK_HEAD, (conversation,))
            return len(held)

        return self._transaction(note)

    def claim(self, account: str, token: str, limits: Limits, now: float) -> Received | None:
        """Take the next message that is due; its attempt counts as interrupted until it is settled."""
        if not self._do(lambda db: db.execute(_DUE, (account, now)).fetchone()):
            return None  # without a transaction: who has nothing to do holds nobody up

        def take(db: Database) -> Received | None:
            found = db.execute(_DUE + self.SKIP_LOCKED, (account, now)).fetchone()
            if found is None:
                return None
            conversation, head = found
            db.execute("UPDATE afilnet_inbox_conversations SET owner = ? WHERE id = ?", (token, conversation))
            db.execute(
                "UPDATE afilnet_inbox_messages SET state = 'handling', interrupted = interrupted + 1, begun_at = ?"
                " WHERE id = ?",
                (now, head),
            )
            return _received(db.execute(f"SELECT {_RECEIVED} FROM {_JOINED} WHERE m.id = ?", (head,)).fetchone())  # noqa: S608 -- constants

        return self._transaction(take)

    def next_due(self, account: str) -> float | None:
        """Return when the next message is due, in seconds since the epoch; ``None`` if none waits."""
        query = (
            "SELECT min(due) FROM afilnet_inbox_conversations WHERE account = ? AND head IS NOT NULL AND owner IS NULL"
        )
        (due,) = self._do(lambda db: db.execute(query, (account,)).fetchone())
        return None if due is None else float(due)

    def wrote(self, spans: Sequence[tuple[float, float]]) -> int:
        """Return how many messages were handed over in several times."""
        query = "SELECT count(*) FROM afilnet_inbox_messages WHERE begun_at >= ? AND begun_at < ?"
        return self._do(lambda db: sum(int(db.execute(query, span).fetchone()[0]) for span in spans))

    @contextlib.contextmanager
    def settle(
        self,
        received: Received,
        token: str,
        said: Callable[[], Said],
        now: float,
        connection: object | None = None,
    ) -> Iterator[object]:
        """Return a transaction at whose end a message in hand is settled and its replies are in the outbox."""
        if connection is not None:
            driver, db = self._given(connection)
            yield driver
            self._guarded(lambda: self._settle(driver, db, received, token, said(), now))
            return
        with self._opened() as (driver, db):
            yield driver
            self._guarded(lambda: self._settle(driver, db, received, token, said(), now))

    def _settle(self, driver: object, db: Database, received: Received, token: str, said: Said, now: float) -> None:
        settled, replies = said
        waits = settled.state is State.WAITING
        query = "SELECT conversation FROM afilnet_inbox_messages WHERE id = ?"
        (conversation,) = db.execute(query, (received.id,)).fetchone()
        freed = "UPDATE afilnet_inbox_conversations SET owner = NULL WHERE id = ? AND owner = ?"
        if db.execute(freed, (conversation, token)).rowcount != 1:
            raise TakenOver(TAKEN_OVER)
        db.execute(
            "UPDATE afilnet_inbox_messages SET state = :state, reason = :reason, due = :due, settled_at = :settled_at,"
            " raised = raised + :raised, interrupted = interrupted - :uncounted WHERE id = :id AND state = 'handling'",
            {
                "state": settled.state.value,
                "reason": settled.reason,
                "due": now + settled.after if waits else None,
                "settled_at": None if waits else now,
                "raised": int(settled.raised),
                "uncounted": int(settled.raised or not settled.counted),
                "id": received.id,
            },
        )
        for reply in replies:
            self._outbox.enqueue(reply, connection=driver)
        db.execute(_MARK_HEAD, (conversation,))

    def state_of(self, number: int) -> State | None:
        """Return the state of a message."""
        query = "SELECT state FROM afilnet_inbox_messages WHERE id = ?"
        row = self._do(lambda db: db.execute(query, (number,)).fetchone())
        return State(row[0]) if row else None

    # Looking

    def received(self, states: Sequence[State], keys: Sequence[str] | None = None) -> list[Received]:
        """Return the messages in some states, oldest first; of certain keys only, if they are given."""
        query = f"SELECT {_RECEIVED} FROM {_JOINED} WHERE m.state IN ({_marks(states)}) AND m.message IS NOT NULL"  # noqa: S608 -- constants
        values = [state.value for state in states]
        if keys is not None:
            query, values = f"{query} AND m.key IN ({_marks(keys)})", [*values, *keys]
        rows = self._do(lambda db: db.execute(f"{query} ORDER BY m.id", values).fetchall())
        return [_received(row) for row in rows]

    def again(self, keys: Sequence[str], now: float) -> int:
        """Hand dead and rejected messages over again, as if for the first time; return how many there were."""

        def note(db: Database) -> int:
            done = db.execute(
                "UPDATE afilnet_inbox_messages SET state = 'waiting', raised = 0, interrupted = 0, due = ?,"  # noqa: S608 -- placeholders
                " settled_at = NULL WHERE state IN ('dead', 'rejected') AND message IS NOT NULL"
                f" AND key IN ({_marks(keys)}) RETURNING conversation",
                (now, *keys),
            ).fetchall()
            for conversation in {row[0] for row in done}:
                # While somebody has a message of this conversation in hand, the head is that one.
                db.execute(f"{_MARK_HEAD} AND owner IS NULL", (conversation,))
            return len(done)

        return self._transaction(note)

    def status(self, now: float) -> Status:
        """Return what is in the inbox."""

        def look(db: Database) -> Status:
            counted = "SELECT state, count(*) FROM afilnet_inbox_messages WHERE state <> 'seen' GROUP BY state"
            found = dict(db.execute(counted).fetchall())
            (oldest,) = db.execute(
                "SELECT min(noticed_at) FROM afilnet_inbox_messages WHERE state IN ('waiting', 'handling')"
            ).fetchone()
            polled, others = db.execute("SELECT min(polled_at), max(others_at) FROM afilnet_inbox_accounts").fetchone()
            waits = sorted(
                begun - noticed
                for begun, noticed in db.execute(
                    "SELECT begun_at, noticed_at FROM afilnet_inbox_messages WHERE begun_at IS NOT NULL"
                    " ORDER BY begun_at DESC LIMIT 100"
                ).fetchall()
            )
            return Status(
                counts={state: int(found.get(state.value, 0)) for state in State},
                oldest=0.0 if oldest is None else max(0.0, now - oldest),
                polled=None if polled is None else max(0.0, now - polled),
                lag=waits[min(len(waits) - 1, int(0.95 * len(waits)))] if waits else None,
                others=None if others is None else max(0.0, now - others),
            )

        return self._do(look)

    def purge(self, before: float) -> int:
        """Forget the contents of messages that were settled before a time; return how many. Traces stay."""
        query = (
            "UPDATE afilnet_inbox_messages SET message = NULL WHERE settled_at < ? AND message IS NOT NULL"
            " AND state IN ('done', 'rejected', 'dead')"
        )
        return self._transaction(lambda db: db.execute(query, (before,)).rowcount)


_DUE = """
SELECT id, head FROM afilnet_inbox_conversations INDEXED BY afilnet_inbox_due
WHERE account = ? AND due <= ? AND head IS NOT NULL AND owner IS NULL ORDER BY due LIMIT 1
"""


def _marks(values: Sequence[object]) -> str:
    """Return as many placeholders as there are values; of none, what nothing is equal to."""
    return ", ".join("?" * len(values)) or "NULL"


def _begun(message: Message, wanted: bool, now: float) -> tuple[object, ...]:
    """Return the state, key, content and times that a message begins with."""
    if wanted:
        return State.WAITING.value, secrets.token_hex(12), as_text(message), now, now
    return "seen", None, None, None, now


def _keep(db: Database, account: str, kept: Conversation) -> int:
    platform, platform_id, destination = kept.place
    row = db.execute(
        _KEEP,
        {
            "account": account,
            "platform": platform,
            "platform_id": platform_id,
            "destination": destination,
            **_pair("tip", kept.tip),
            **_pair("last", kept.last),
            **_pair("primed", kept.primed),
            "primed_at": kept.primed_at,
            "length": kept.length,
            "intent": int(kept.intent),
            "audit_at": kept.audit_at,
            "stage": kept.stage,
        },
    ).fetchone()
    return int(row[0])


def _pair(name: str, kept: Trace | None) -> dict[str, str | None]:
    return {name: kept and kept.digest, f"{name}_id": kept and kept.message_id}


def _conversation(row: Sequence[object]) -> Conversation:
    number, platform, platform_id, destination, *traces, primed_at, length, intent, audit_at, stage = row
    tip, last, primed = (
        None if digest is None else Trace(str(digest), str(message_id))
        for digest, message_id in zip(traces[::2], traces[1::2], strict=True)
    )
    return Conversation(
        id=int(str(number)),
        place=(str(platform), str(platform_id), str(destination)),
        tip=tip,
        last=last,
        primed=primed,
        primed_at=None if primed_at is None else str(primed_at),
        length=int(str(length)),
        intent=bool(intent),
        audit_at=None if audit_at is None else float(str(audit_at)),
        stage=int(str(stage)),
    )


def _received(row: Sequence[object]) -> Received:
    number, key, account, message, state, raised, interrupted, reason, noticed_at = row
    return Received(
        id=int(str(number)),
        key=str(key),
        account=str(account),
        message=from_text(str(message)),
        state=State(str(state)),
        raised=int(str(raised)),
        interrupted=int(str(interrupted)),
        reason=None if reason is None else str(reason),
        noticed_at=float(str(noticed_at)),
    )
