"""What lists and refusals of the HTTP API show: reads of what there is, and of what there is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from afilnet_protocols.catalogue import GET_CHAT_CHANNELS
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.survey import purposes, reading
from afilnet_protocols.survey.heard import Heard
from afilnet_protocols.survey.http_api import HttpApi
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.json_envelope import read_document

Row = dict[str, object]

_NOBODY = "000000000000000"
"""A destination that no conversation has, and that no number is."""

_CREDENTIALS = ("MISSING_USER", "MISSING_PASSWORD", "INCORRECT_USER_PASSWORD")

_ORDERS = {
    ("MISSING_METHOD", "MISSING_USER"): "missing_first",
    ("INCORRECT_CLASS", "MISSING_USER"): "in_turn",
    ("MISSING_METHOD", "MISSING_METHOD"): "call_first",
    ("INCORRECT_CLASS", "MISSING_METHOD"): "call_in_turn",
}
"""The order of checks, by the codes of another class without a method, and of no user and no method."""


@dataclass
class Listings:
    """Asks for lists, and keeps what later calls go by.

    Attributes:
        api: the HTTP API.
        channels: the account's channels, as they came.
        chats: the conversations of the channel that has most.
    """

    api: HttpApi
    channels: list[Row] = field(default_factory=list)
    chats: list[Row] = field(default_factory=list)

    def ask_wrongly(self) -> None:
        """Ask for what cannot be, in two ways at once each."""
        notes = self.api.notes
        in_turn = self.api.post(purposes.FAULTS[0], {"class": "nosuch", "method": None})
        nobody = self.api.post(purposes.FAULTS[1], {"method": None, "user": None})
        notes.note(reading.manner_of_error(in_turn))
        order = _ORDERS.get((reading.code_of(in_turn), reading.code_of(nobody)))
        notes.note([("checks.order", order)] if order else [])
        absent = {"method": "getmessages", "platform": "whatsapp", "platformid": "nosuch"}
        first = {"MISSING_COMPULSORY_PARAM": "before_channel", "CHANNEL_NOT_FOUND": "after_channel"}
        code = reading.code_of(self.api.post(purposes.NO_CHANNEL, absent))
        notes.note([("checks.parameters", first[code])] if code in first else [])

    def ask_for_channels(self) -> None:
        """List the channels: before all else, for a survey of what is no service would only spoil logins.

        Raises:
            AfilnetError: nothing answered, or no service, or it refused the credentials; as a client raises it.
        """
        heard = self.api.post(purposes.CHANNELS, {"method": GET_CHAT_CHANNELS.method})
        if heard is None:
            raise self.api.asker.failure or NotSentError("the channels were not asked for")
        if heard.envelope is None or heard.code in _CREDENTIALS:
            read_document(GET_CHAT_CHANNELS, Reply(heard.status, heard.headers, heard.body))
        self.api.notes.note(reading.manner_of_success(heard))
        self.api.notes.note(reading.id_manner(heard.rows))
        self.channels = heard.rows

    def ask_for_chats(self, most: int, first: Iterable[tuple[str, str]]) -> None:
        """List the conversations of channels, until one has none and one has some.

        Args:
            most: of how many at most.
            first: platform and identifier of those that surely have some.
        """
        notes, known = self.api.notes, set(first)
        ordered = sorted(self.channels, key=lambda row: (str(row.get("platform")), str(row["platformid"])) not in known)
        for channel in ordered[:most]:
            heard = self.api.post(purposes.CHATS, {"method": "getchats", **_named(channel, "platform", "platformid")})
            if heard is None:
                continue
            notes.note(reading.nothing_there(heard, "lists.empty_channel"))
            if len(heard.rows) > len(self.chats):
                self.chats = heard.rows
            if self.chats and "lists.empty_channel" in notes.seen:
                break
        notes.note(reading.order("lists.chats", self.chats))
        notes.rows += self.chats

    def ask_for_messages(self, most: int) -> None:
        """List the messages of conversations, and of nobody.

        Args:
            most: of how many conversations at most.
        """
        read: list[tuple[Row, Sequence[Row]]] = []
        for chat in self.chats[:most]:
            heard = self.messages(purposes.MESSAGES, _named(chat, "platform", "platformid", "destination"))
            if heard is not None:
                read.append((chat, heard.rows))
        self.api.notes.note(reading.message_ids(read))
        for channel in self.channels[:1]:
            heard = self.messages(
                purposes.NOBODY, {**_named(channel, "platform", "platformid"), "destination": _NOBODY}
            )
            if heard is not None:
                self.api.notes.note(reading.nothing_there(heard, "lists.unknown_chat"))

    def messages(self, purpose: str, where: dict[str, str]) -> Heard | None:
        """List the messages of one conversation."""
        heard = self.api.post(purpose, {"method": "getmessages", **where})
        if heard is not None:
            self.api.notes.rows += heard.rows
            self.api.notes.note(reading.order("lists.messages", heard.rows))
        return heard


def _named(row: Row, *names: str) -> dict[str, str]:
    return {name: str(row.get(name)) for name in names}
