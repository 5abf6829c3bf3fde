"""Defects in what the server does, whatever protocol it is asked over."""

from __future__ import annotations

from collections.abc import Mapping

from afilnet_protocols.catalogue import SEND_MESSAGE
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.mutants.mutant import ServerMutant
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.sandbox.state.call import Call, Item, Outcome, Refusal
from afilnet_protocols.sandbox.state.service import Service

Fields = Mapping[str, str]


class _Strips(Service):
    def append_sent(self, account: Account, platform: str, platform_id: str, destination: str, text: str) -> None:
        super().append_sent(account, platform, platform_id, destination, text.strip() or text)


class _NewestFirst(Service):
    def get_messages(self, account: Account, fields: Fields) -> list[Item] | None:
        return list(reversed(super().get_messages(account, fields) or []))


class _SendsTwice(Service):
    def append_sent(self, account: Account, platform: str, platform_id: str, destination: str, text: str) -> None:
        super().append_sent(account, platform, platform_id, destination, text)
        super().append_sent(account, platform, platform_id, destination, text)


class _OwnAreUnread(Service):
    def get_unread_messages(self, account: Account, fields: Fields) -> list[Item] | None:
        found = super().get_messages(account, fields) or []
        return [{("issent" if name == "sent" else name): value for name, value in item.items()} for item in found]


class _MixesChannels(Service):
    def get_chats(self, account: Account, fields: Fields) -> list[Item] | None:
        found = super().get_chats(account, fields) or []
        for channel in account.channels:
            if channel.platform_id != fields["platformid"]:
                others = {"platform": str(channel.platform), "platformid": channel.platform_id}
                found += super().get_chats(account, others) or []
        return found


class _MakesConversationsUp(Service):
    def get_messages(self, account: Account, fields: Fields) -> list[Item] | None:
        try:
            return super().get_messages(account, fields)
        except Refusal as refusal:
            if refusal.code != "CHAT_NOT_FOUND":
                raise
        return []


class _AcceptsAnybody(Service):
    def authenticate(self, call: Call) -> Account:
        account = self.store.account_of_user(call.user or "")
        return account or super().authenticate(call)


class _RefusesAndActs(Service):
    def call(self, call: Call) -> Outcome:
        outcome = super().call(call)
        account = call.account or self.store.account_of_user(call.user or "")
        sends = call.fields.get("method") == SEND_MESSAGE.method
        if sends and account is not None and outcome.error in ("INCORRECT_METHOD", "INCORRECT_USER_PASSWORD"):
            self.send_message(account, call.fields)
        return outcome


class _CutsLongTexts(Service):
    def append_sent(self, account: Account, platform: str, platform_id: str, destination: str, text: str) -> None:
        super().append_sent(account, platform, platform_id, destination, text[:4096])


class _CountsByConversation(Service):
    def get_messages(self, account: Account, fields: Fields) -> list[Item] | None:
        found = super().get_messages(account, fields) or []
        return [{**item, "messageid": str(number)} for number, item in enumerate(reversed(found), 1)][::-1]


class _ListingMarks(Service):
    def get_messages(self, account: Account, fields: Fields) -> list[Item] | None:
        self.store.unread(self.find_conversation(account, fields), mark_read=True)
        return super().get_messages(account, fields)


class _NumbersForNames(Service):
    def append_sent(self, account: Account, platform: str, platform_id: str, destination: str, text: str) -> None:
        name = str(int(destination)) if destination.isdecimal() else destination
        super().append_sent(account, platform, platform_id, name, text)


class _ForgetsTheLast(Service):
    def get_chat_channels(self, account: Account, fields: Fields) -> list[Item] | None:
        return (super().get_chat_channels(account, fields) or [])[:-1]


MUTANTS = (
    ServerMutant(
        id="S01",
        about="blanks at the edges of a text are stripped",
        components=Components(service=_Strips),
        expected=("TEXT-03",),
    ),
    ServerMutant(
        id="S02",
        about="messages are listed with the newest first",
        components=Components(service=_NewestFirst),
        expected=("MSGS-01",),
    ),
    ServerMutant(
        id="S03",
        about="every message is delivered twice",
        components=Components(service=_SendsTwice),
        expected=("SEND-01", "SEND-03"),
    ),
    ServerMutant(
        id="S04",
        about="own messages count as unread",
        components=Components(service=_OwnAreUnread),
        expected=("UNREAD-02",),
    ),
    ServerMutant(
        id="S05",
        about="the conversations of a channel are those of all channels",
        components=Components(service=_MixesChannels),
        expected=("CHATS-04",),
    ),
    ServerMutant(
        id="S06",
        about="a conversation that does not exist is an empty list",
        components=Components(service=_MakesConversationsUp),
        expected=("ERR-02",),
    ),
    ServerMutant(
        id="S07",
        about="any password is accepted",
        components=Components(service=_AcceptsAnybody),
        expected=("AUTH-01", "AUTH-03"),
    ),
    ServerMutant(
        id="S08",
        about="a send that is refused is carried out all the same",
        components=Components(service=_RefusesAndActs),
        expected=("ERR-06", "AUTH-01"),
    ),
    ServerMutant(
        id="S09",
        about="long texts are cut without a word",
        components=Components(service=_CutsLongTexts),
        expected=("LIMIT-02",),
    ),
    ServerMutant(
        id="S10",
        about="messages are numbered anew in every list",
        components=Components(service=_CountsByConversation),
        expected=("MSGS-03",),
    ),
    ServerMutant(
        id="S11",
        about="listing messages marks them as read",
        components=Components(service=_ListingMarks),
        expected=("MSGS-04",),
    ),
    ServerMutant(
        id="S12",
        about="recipients are kept as numbers, and leading zeros are lost",
        components=Components(service=_NumbersForNames),
        expected=("SEND-04",),
    ),
    ServerMutant(
        id="S13",
        about="the last channel is not listed",
        components=Components(service=_ForgetsTheLast),
        expected=("CHAN-01",),
    ),
)
"""The servers that do the wrong thing."""
