"""The rows of an inbox's tables: what goes into them, and what is made of them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.identity import Trace
from afilnet_protocols.inbox.incoming import Received, State, as_text, from_text
from afilnet_protocols.inbox.store import Conversation
from afilnet_protocols.inbox.tables.database import Database
from afilnet_protocols.outbox.store import UNDONE
from afilnet_protocols.records import Message

CONVERSATION = (
    "id, platform, platform_id, destination, tip, tip_id, last, last_id, primed, primed_id, primed_at, length, intent,"
    " audit_at, stage"
)
"""The columns of a conversation."""

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

RECEIVED = "m.id, m.key, c.account, m.message, m.state, m.raised, m.interrupted, m.reason, m.noticed_at"
"""The columns of a message that is or was to be handled."""
JOINED = "afilnet_inbox_messages AS m JOIN afilnet_inbox_conversations AS c ON c.id = m.conversation"
"""What those columns are selected from."""

MARK_HEAD = """
UPDATE afilnet_inbox_conversations SET (head, due) = (
    SELECT id, due FROM afilnet_inbox_messages
    WHERE conversation = afilnet_inbox_conversations.id AND state IN ('waiting', 'handling') ORDER BY id LIMIT 1
) WHERE id = ?
"""
"""Notes in a conversation which of its messages is handled next, and when: whoever looks for work reads no messages."""


def keep(db: Database, account: str, kept: Conversation) -> int:
    """Write what is kept of a conversation; return its number.

    Raises:
        ConfigurationError: the database keeps it out.
    """
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
    if row is None:
        raise ConfigurationError(UNDONE)
    return int(row[0])


def _pair(name: str, kept: Trace | None) -> dict[str, str | None]:
    return {name: kept and kept.digest, f"{name}_id": kept and kept.message_id}


def read_conversation(row: Sequence[object]) -> Conversation:
    """Return the conversation that ``CONVERSATION`` was selected of."""
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


def begun(message: Message, wanted: bool, now: float) -> tuple[object, ...]:
    """Return the state, key, content and times that a message begins with."""
    if wanted:
        return State.WAITING.value, secrets.token_hex(12), as_text(message), now, now
    return "seen", None, None, None, now


def read_received(row: Sequence[object]) -> Received:
    """Return the message that ``RECEIVED`` was selected of."""
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
