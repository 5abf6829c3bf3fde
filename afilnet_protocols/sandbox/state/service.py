"""The operations themselves, over the store: plain fields in, an outcome out. No protocol is known here.

What is not on the vendor's page is *assumed*, and listed in :mod:`.provenance`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from afilnet_protocols.catalogue import OPERATIONS, Operation
from afilnet_protocols.dialects import Dialect
from afilnet_protocols.errors import UnsupportedTextError
from afilnet_protocols.sandbox.faults.fault_book import (
    AnswerCode,
    FaultBook,
    FaultMet,
    ListOtherwise,
    NamedFault,
)
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.sandbox.state.call import Call, Item, Outcome, Refusal, carries
from afilnet_protocols.sandbox.state.call_checks import CallChecks
from afilnet_protocols.sandbox.state.clock import Clock
from afilnet_protocols.sandbox.state.journal import NOBODY, Journal
from afilnet_protocols.sandbox.state.listing import WHOLE, identified, without
from afilnet_protocols.sandbox.state.messages import MessageRow
from afilnet_protocols.sandbox.state.store import Store
from afilnet_protocols.vocabulary import FileType

_FILE_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


class Service(CallChecks):
    """The chat service. A server mutant is a subclass that overrides one of these methods.

    Attributes:
        dialect: how it speaks.
        sent: the account's number and the identifier of the message that was sent last.
        met: what call met a fault last, by operation and account.
        listing: how the call that is carried out is shown what there is.
    """

    def __init__(
        self, store: Store, clock: Clock, journal: Journal, faults: FaultBook, dialect: Dialect | None = None
    ) -> None:
        self.dialect = dialect or Dialect()
        self.store = store
        self.clock = clock
        self.journal = journal
        self.faults = faults
        self.sent: tuple[int, str] | None = None
        self.met: tuple[Call, Operation[object], Account] | None = None
        self.listing = WHOLE
        self._readings = 0
        self._stamp = (0, "")
        # What each operation does, found once; the catalogue says which there are.
        self._does: dict[str, Callable[[Account, Mapping[str, str]], list[Item] | None]] = {
            operation.name: getattr(self, operation.name) for operation in OPERATIONS
        }

    def call(self, call: Call) -> Outcome:
        """Carry out a call and write it down in the journal.

        Raises:
            FaultMet: it met a fault, and nothing was done nor written down.
        """
        account = call.account
        operation: Operation[object] | None = None
        items: list[Item] | None = None
        error: str | None = None
        try:
            account, operation = self.admit(call)
            fault = self.faults.take(operation=operation.name, protocol=call.protocol, account=account.number)
            if isinstance(fault, AnswerCode):
                raise Refusal(fault.code)
            if isinstance(fault, NamedFault):
                self.met = (call, operation, account)
                raise FaultMet(fault)
            self.listing = fault.listing if isinstance(fault, ListOtherwise) else WHOLE
            if self.dialect.checks_parameters == "after_channel":
                self.check_channel(account, operation, call.fields)
            self.check_parameters(operation, call.fields)
            if self.listing.read_before:
                self.store.mark_all_read(account)
            items = self._does[operation.name](account, call.fields)
        except Refusal as refusal:
            error = refusal.code
        owner = account or (self.store.account_of_user(call.user) if call.user else None)
        self.journal.note(
            owner.number if owner else NOBODY,
            at=self.stamp(),
            protocol=call.protocol,
            operation=operation.name if operation else None,
            arguments=call.fields,
            outcome=error or "SUCCESS",
            user=owner.user if owner else None,
        )
        return Outcome(
            error=error,
            operation=operation,
            items=items,
            ids_as_numbers=account is not None and account.options.ids_as_numbers,
        )

    def refuse(self, protocol: str, code: str) -> Outcome:
        """Write down a call that an endpoint refused before it knew whose it was."""
        self.journal.note(
            NOBODY, at=self.stamp(), protocol=protocol, operation=None, arguments={}, outcome=code, user=None
        )
        return Outcome(error=code)

    def ordered(self, rows: list[MessageRow]) -> list[MessageRow]:
        """Return messages, which come oldest first, in the order of the dialect."""
        return rows[::-1] if self.dialect.lists_messages == "newest_first" else rows

    def hidden(self, account: Account) -> frozenset[int]:
        """Return the numbers of messages that are not there yet for the call that is carried out."""
        late = self.store.newest_received(account) if self.listing.late else frozenset()
        return late | self.store.hidden(account, self.clock.timestamp())

    def written(self, account: Account, sent: str, rows: list[MessageRow]) -> list[Item]:
        """Return messages by wire name, identified as the account does it."""
        self._readings += 1
        return _items(sent, identified(rows, self.listing.ids or account.options.message_ids, self._readings))

    # The six operations, by their Python names

    def get_chat_channels(self, account: Account, fields: Mapping[str, str]) -> list[Item] | None:
        """List the channels of the account."""
        return [
            {"platformid": channel.platform_id, "platform": str(channel.platform), "name": channel.name}
            for channel in account.channels
        ]

    def send_message(self, account: Account, fields: Mapping[str, str]) -> list[Item] | None:
        """Append an outgoing message; its conversation is created if needed."""
        platform, platform_id = self.find_channel(account, fields)
        self.append_sent(account, platform, platform_id, fields["destination"], fields["message"])
        return None

    def send_file(self, account: Account, fields: Mapping[str, str]) -> list[Item] | None:
        """Append an outgoing file, told by its caption or address, to a conversation that exists."""
        self.find_conversation(account, fields)
        if fields["type"] not in tuple(FileType):
            raise Refusal("INCORRECT_FILETYPE")
        if not _FILE_ADDRESS.fullmatch(fields["fileurl"]):
            raise Refusal("INCORRECT_FILEURL")
        thumb = fields.get("thumburl")
        if thumb and not _FILE_ADDRESS.fullmatch(thumb):
            raise Refusal("INCORRECT_THUMBURL")
        text = fields.get("message") or fields["fileurl"]
        self.append_sent(account, fields["platform"], fields["platformid"], fields["destination"], text)
        return None

    def get_chats(self, account: Account, fields: Mapping[str, str]) -> list[Item] | None:
        """List the last message of each conversation of a channel, in the order of the dialect."""
        platform, platform_id = self.find_channel(account, fields)
        rows = self.store.last_messages(account, platform, platform_id, hidden=self.hidden(account))
        if self.listing.leaves_out is not None:
            rows = without(rows, self.listing.leaves_out)
        if not rows and account.options.empty_chats == "error":
            raise Refusal("CHAT_NOT_FOUND")
        if self.dialect.lists_chats == "newest_first":
            rows.sort(key=lambda row: int(row.message_id), reverse=True)
        return self.written(account, "sent", rows)

    def get_messages(self, account: Account, fields: Mapping[str, str]) -> list[Item] | None:
        """List all messages of a conversation, in the order of the dialect."""
        conversation = self.listed_conversation(account, fields)
        if conversation is None:
            return []
        rows = self.store.messages(conversation, hidden=self.hidden(account))
        return self.written(account, "sent", self.ordered(rows))

    def get_unread_messages(self, account: Account, fields: Mapping[str, str]) -> list[Item] | None:
        """List the unread messages of a conversation, and mark them as read if the account says so."""
        conversation = self.listed_conversation(account, fields)
        if conversation is None:
            return []
        marks = account.options.reading_marks_read
        unread = self.store.unread(conversation, mark_read=marks, hidden=self.hidden(account))
        return self.written(account, "issent", self.ordered(unread))

    # What happens to messages

    def append_sent(self, account: Account, platform: str, platform_id: str, destination: str, text: str) -> None:
        """Append an outgoing message."""
        (identifier,) = self.store.append(
            account,
            text,
            platform=platform,
            platform_id=platform_id,
            destination=destination,
            sent=True,
            status="sent",
            timestamp=self.stamp(),
            unread=False,
        )
        if account.options.sends_appear_after > 0:
            self.store.hide(account, [identifier], self.clock.timestamp() + account.options.sends_appear_after)
        self.sent = (account.number, identifier)

    def receive(
        self,
        account: Account,
        platform: str,
        platform_id: str,
        destination: str,
        *texts: str,
        appears_after: float = 0.0,
    ) -> list[str]:
        """Append messages from the other party, of one second, and return their identifiers.

        Raises:
            Refusal: the account has no such channel.
            UnsupportedTextError: a text has a character that XML 1.0 cannot carry.
        """
        if not account.has_channel(platform, platform_id):
            raise Refusal("CHANNEL_NOT_FOUND")
        if not all(map(carries, (*texts, destination))):
            raise UnsupportedTextError("a message may only have characters that XML 1.0 can carry")
        identifiers = self.store.append(
            account,
            *texts,
            platform=platform,
            platform_id=platform_id,
            destination=destination,
            sent=False,
            status="received",
            timestamp=self.stamp(),
            unread=True,
        )
        if appears_after > 0:
            self.store.hide(account, identifiers, self.clock.timestamp() + appears_after)
        return identifiers

    def stamp(self) -> str:
        """Return the clock's time as ``yyyy-mm-dd hh:mm:ss``."""
        second = int(self.clock.timestamp())
        if self._stamp[0] != second:
            self._stamp = (second, datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S"))
        return self._stamp[1]


def _items(sent: str, rows: list[MessageRow]) -> list[Item]:
    """Write messages by wire name; ``sent`` is how this operation spells that field."""
    return [
        {
            "platformid": row.platform_id,
            "platform": row.platform,
            "message": row.message,
            "destination": row.destination,
            "messageid": row.message_id,
            sent: row.sent,
            "status": row.status,
            "datetime": row.timestamp,
        }
        for row in rows
    ]
