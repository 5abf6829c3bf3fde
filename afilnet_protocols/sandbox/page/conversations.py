"""What the page shows of the sandbox's state: accounts, conversations, and windows of messages."""

from __future__ import annotations

from dataclasses import dataclass

from afilnet_protocols.sandbox.server.wire_log import Wire, WireLog
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.sandbox.state.store import Store

WINDOW = 60
"""How many messages are sent to the page at a time."""

MOST_FOUND = 100
"""How many hits of a search are shown."""

_CONVERSATIONS = """
SELECT c.platform, c.platform_id, c.destination, m.message, m.timestamp, m.number,
    (SELECT count(*) FROM messages AS u WHERE u.conversation = c.number AND u.unread)
FROM conversations AS c JOIN messages AS m ON m.account = c.account
    AND m.number = (SELECT max(number) FROM messages WHERE conversation = c.number)
WHERE c.account = ? ORDER BY m.number DESC LIMIT 500
"""
_COLUMNS = "m.number, m.message, m.sent, m.status, m.timestamp, m.unread"
_FOUND = f"""
SELECT c.platform, c.platform_id, c.destination, {_COLUMNS}
FROM messages AS m JOIN conversations AS c ON c.number = m.conversation
WHERE m.account = ? AND (instr(lower(m.message), lower(?)) OR instr(lower(c.destination), lower(?)))
ORDER BY m.number DESC LIMIT {MOST_FOUND}
"""  # noqa: S608 - put together from constants


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """A conversation by its name: the account's channel, and the other party."""

    platform: str
    platform_id: str
    destination: str


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """A conversation in the list."""

    where: ConversationKey
    last: str
    at: str
    unread: int


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message, as it is shown."""

    number: int
    text: str
    sent: bool
    status: str
    at: str
    unread: bool
    wire: Wire | None

    @property
    def file(self) -> dict[str, str] | None:
        """The file that it is, by the parameters of its call; ``None`` for a text."""
        arrival = self.wire.arrival if self.wire else None
        return dict(arrival.arguments) if arrival is not None and arrival.operation == "send_file" else None


@dataclass(frozen=True, slots=True)
class Window:
    """Some messages of a conversation, oldest first, and whether there are others before and after them."""

    bubbles: list[Bubble]
    before: bool
    after: bool


class ConversationReader:
    """Reads what is shown."""

    def __init__(self, store: Store, wires: WireLog) -> None:
        self._store = store
        self._wires = wires

    def summaries(self, account: Account) -> list[ConversationSummary]:
        """Return the conversations of an account, the newest first."""
        rows = self._store.rows(_CONVERSATIONS, (account.number,))
        return [
            ConversationSummary(ConversationKey(a, b, c), text, at, unread) for a, b, c, text, at, _, unread in rows
        ]

    def window(
        self, account: Account, where: ConversationKey, *, before: int = 0, after: int | None = None, around: int = 0
    ) -> Window | None:
        """Return messages of a conversation; ``None`` if there is no such conversation."""
        conversation = self._store.conversation(account, where.platform, where.platform_id, where.destination)
        if conversation is None:
            return None
        if around:
            first = self._part(conversation, "m.number < ?", around, "DESC", WINDOW // 2)[::-1]
            rows = [*first, *self._part(conversation, "m.number >= ?", around, "ASC", WINDOW // 2)]
        elif after is not None:
            rows = self._part(conversation, "m.number > ?", after, "ASC", WINDOW)
        else:
            rows = self._part(conversation, "m.number < ?", before or 2**62, "DESC", WINDOW)[::-1]
        if not rows:
            return Window([], before=False, after=False)
        return Window(
            self._bubbles(account, rows),
            before=bool(self._part(conversation, "m.number < ?", rows[0][0], "DESC", 1)),
            after=bool(self._part(conversation, "m.number > ?", rows[-1][0], "ASC", 1)),
        )

    def found(self, account: Account, words: str) -> list[tuple[ConversationKey, Bubble]]:
        """Return the newest messages that hold some words, or whose other party does."""
        rows = self._store.rows(_FOUND, (account.number, words, words))
        return [
            (ConversationKey(*row[:3]), bubble)
            for row, bubble in zip(rows, self._bubbles(account, [row[3:] for row in rows]), strict=True)
        ]

    def _part(self, conversation: int, condition: str, number: int, order: str, most: int) -> list[tuple]:  # type: ignore[type-arg]
        return self._store.rows(
            f"SELECT {_COLUMNS} FROM messages AS m WHERE m.conversation = ? AND {condition}"  # noqa: S608 - constants
            f" ORDER BY m.number {order} LIMIT {most}",
            (conversation, number),
        )

    def _bubbles(self, account: Account, rows: list[tuple]) -> list[Bubble]:  # type: ignore[type-arg]
        wires = {wire.message: wire for wire in self._wires.all() if wire.message is not None}
        return [
            Bubble(number, text, bool(sent), status, at, bool(unread), wires.get((account.number, str(number))))
            for number, text, sent, status, at, unread in rows
        ]
