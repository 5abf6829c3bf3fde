"""One text rule for all five: what XML 1.0 can carry arrives exactly; anything else is refused before a byte leaves."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from afilnet_protocols import (
    AfilnetError,
    ChatOperations,
    MessageTooLongError,
    UnsupportedTextError,
    connect,
)
from afilnet_protocols.catalogue import GET_LIMIT, OPERATIONS, Kind
from afilnet_protocols.conformance.generated import corpus, strategies
from afilnet_protocols.sandbox import Account, Sandbox
from afilnet_protocols.vocabulary import Delivery, Protocol
from afilnet_protocols.wire.text import _NOT_XML, check_text
from tests.sizes import examples

LINE = {"platform": "whatsapp", "platform_id": "100"}
CHAT = {**LINE, "destination": "34600000000"}
PROTOCOLS = [str(protocol) for protocol in Protocol]
FORBIDDEN = [
    *(chr(code) for code in range(0x20) if chr(code) not in "\t\n\r"),
    "\ud800",
    "\udbff",
    "\udc00",
    "\udfff",
    "\udc00\ud800",
    "\ufffe",
    "\uffff",
]
EDGES = "".join(
    [
        *("\t\n\r\r\n\n\r", " \x7e\x7f\x80\x84\x85\x86\x9f\xa0", "\ud7ff\ue000\ufdd0\ufdef\ufffd"),
        *("\U00010000\U0001fffe\U0001ffff\U0010fffe\U0010ffff", "\u2028\u2029\ufeff\u202e\u200f"),
    ]
)
"""Both sides of every boundary in XML's production for a character, and what other formats treat as a line end."""


@dataclasses.dataclass
class Client:
    account: Account
    chat: ChatOperations


@pytest.fixture(scope="module")
def clients(sandbox: Sandbox) -> Iterator[dict[str, Client]]:
    """One client and one account per protocol."""
    made = {}
    for protocol in PROTOCOLS:
        account = sandbox.account()
        made[protocol] = Client(account, connect(sandbox.settings(protocol, account=account, plain=True)))
    yield made
    for client in made.values():
        client.chat.close()


@pytest.fixture(scope="module")
def readers(sandbox: Sandbox) -> Iterator[dict[str, ChatOperations]]:
    """Five clients of one account: each reads what another wrote."""
    account = sandbox.account("readers")
    made = {protocol: connect(sandbox.settings(protocol, account=account, plain=True)) for protocol in PROTOCOLS}
    yield made
    for chat in made.values():
        chat.close()


def arrived(sandbox: Sandbox, account: Account | str) -> list[str]:
    return [entry.arguments["message"] for entry in sandbox.journal(account) if "message" in entry.arguments]


@settings(max_examples=examples(20, proof=60, long=2_000))
@given(text=strategies.xml_text(max_size=200))
@example(EDGES)
@example(EDGES[::-1])
@example(" ")
@example("\r")
@example("".join(corpus.NASTY_PIECES))
def test_what_xml_can_carry_arrives_exactly_and_is_read_back_exactly_by_all_five(
    sandbox: Sandbox, readers: dict[str, ChatOperations], text: str
) -> None:
    sandbox.reset("readers")
    for chat in readers.values():
        chat.send_message(**CHAT, message=text)
    assert arrived(sandbox, "readers") == [text] * 5
    for chat in readers.values():
        assert [each.message for each in chat.get_messages(**CHAT)] == [text] * 5


@settings(max_examples=examples(10, proof=30, long=1_000))
@given(text=strategies.names(), caption=strategies.xml_text(max_size=60))
@example(" \xa0\u2003\u200b\ufeff\ue000\U0001fffe ", EDGES)
def test_so_do_names_captions_and_what_the_other_party_writes(
    sandbox: Sandbox, readers: dict[str, ChatOperations], text: str, caption: str
) -> None:
    sandbox.reset("readers")
    address = {**LINE, "destination": text}
    file = {"file_type": "image", "file_url": corpus.GOOD_URLS[0]}
    sandbox.receive(**address, message=caption, account="readers")
    for chat in readers.values():
        chat.send_file(**address, **file, message=caption)
    for chat in readers.values():
        assert {each.message for each in chat.get_messages(**address)} == {caption}
        assert [each.message for each in chat.get_unread_messages(**address)] == [caption]
        assert [each.destination for each in chat.get_chats(**LINE)] == [text]


def test_every_character_of_the_first_plane_arrives(sandbox: Sandbox, clients: dict[str, Client]) -> None:
    """All 63,482 of them, in pieces that even GET can carry."""
    carried = [chr(code) for code in range(0x10000) if code in (9, 10, 13) or 0x20 <= code <= 0xD7FF]
    carried += [chr(code) for code in range(0xE000, 0xFFFE)]
    text = "".join(carried)
    for protocol, client in clients.items():
        size = 400 if protocol == "http-get" else len(text)
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        sandbox.reset(client.account)
        for piece in pieces:
            client.chat.send_message(**CHAT, message=piece)
        assert arrived(sandbox, client.account) == pieces
        assert [each.message for each in client.chat.get_messages(**CHAT)] == pieces


class Ear:
    """Hears, through the interpreter's own audit, of every connection and every look-up of a name."""

    EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg")

    def __init__(self) -> None:
        self.heard: list[str] | None = None
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: object) -> None:
        # An audit hook stays for good, so it is deaf unless a test listens.
        if self.heard is not None and event in self.EVENTS:
            self.heard.append(event)


EAR = Ear()


@pytest.fixture
def silence() -> Iterator[list[str]]:
    """Note every connection and look-up while the test runs."""
    EAR.heard = []
    yield EAR.heard
    EAR.heard = None


def refused(chat: ChatOperations, text: str) -> None:
    file = {"file_type": "image", "file_url": corpus.GOOD_URLS[0]}
    calls = [
        lambda: chat.send_message(**CHAT, message=text),
        lambda: chat.send_message(**LINE, destination=text, message="x"),
        lambda: chat.send_file(**CHAT, **file, message=text),
        lambda: chat.get_messages(**LINE, destination=text),
        lambda: chat.get_unread_messages(platform="whatsapp", platform_id=text, destination="7"),
        lambda: chat.get_chats(platform="whatsapp", platform_id=text),
    ]
    for call in calls:
        with pytest.raises(UnsupportedTextError) as caught:
            call()
        assert caught.value.delivery is Delivery.NOT_SENT


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_anything_else_is_refused_before_a_byte_leaves(
    sandbox: Sandbox, clients: dict[str, Client], silence: list[str], protocol: str
) -> None:
    client = clients[protocol]
    sandbox.reset(client.account)
    for character in FORBIDDEN:
        with pytest.raises(UnsupportedTextError):
            client.chat.send_message(**CHAT, message=f"a{character}b")
    for text in ("\x00", "a\ud800", "\uffff\r\n"):
        refused(client.chat, text)
    with connect(sandbox.settings(protocol, account=client.account)) as fresh:
        refused(fresh, "\x00")
    assert silence == []
    assert sandbox.journal(client.account) == []
    assert sandbox.tokens_issued(client.account) == 0


CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))] + ["\u2028", "\u2029"]


def refusal(call: Callable[..., object], arguments: dict[str, str]) -> str:
    """Return the words with which a text was refused; empty if it was not."""
    with contextlib.suppress(AfilnetError):
        try:
            call(**arguments)
        except UnsupportedTextError as error:
            return str(error)
    return ""


def let_through(chat: ChatOperations, controls: list[str]) -> list[tuple[str, str, str]]:
    """Return the operations, parameters and characters with which a call was not refused."""
    through = []
    usual = {**CHAT, "file_type": "image", "file_url": corpus.GOOD_URLS[0], "message": "x"}
    for operation in OPERATIONS:
        arguments = {each.name: usual[each.name] for each in operation.parameters if each.name in usual}
        for name in (each.name for each in operation.parameters if each.kind is Kind.ID):
            kept = arguments[name]
            for character in controls:
                for value in (f"{kept}{character}", f"{character}{kept}", f"{kept[:2]}{character}{kept[2:]}"):
                    told = refusal(getattr(chat, operation.name), {**arguments, name: value})
                    if not told.startswith(f"{name}: the character U+{ord(character):04X} at position"):
                        through.append((operation.name, name, character))
    return through


def test_what_can_be_printed_needs_no_further_look() -> None:
    printable = "".join(character for character in map(chr, range(0x110000)) if character.isprintable())
    assert _NOT_XML.search(printable) is None
    assert _NOT_XML.search(f"{printable}\ud800") is not None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_identifier_has_a_control_character_or_a_line_end(
    clients: dict[str, Client], silence: list[str], protocol: str
) -> None:
    # All over one, and over the others some of each kind: they share the check, which is what this shows.
    controls = CONTROLS if protocol == "http-post" else ["\x00", "\t", "\n", "\x7f", "\x85", "\u2029"]
    assert let_through(clients[protocol].chat, controls) == []
    assert silence == []


def test_a_build_that_takes_identifiers_for_texts_is_found(
    clients: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afilnet_protocols.wire.arguments.check_identifier", check_text)
    assert len(let_through(clients["http-post"].chat, ["\n"])) == 9 * 3  # nine identifiers, in three places each


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_call_that_does_leave_is_heard(sandbox: Sandbox, silence: list[str], protocol: str) -> None:
    with connect(sandbox.settings(protocol, account=sandbox.account(), plain=True)) as chat:
        chat.send_message(**CHAT, message="x")
    assert "socket.connect" in silence


@settings(max_examples=examples(20, proof=60, long=2_000))
@given(text=strategies.forbidden_text())
def test_all_five_refuse_the_same_texts(sandbox: Sandbox, clients: dict[str, Client], text: str) -> None:
    for client in clients.values():
        with pytest.raises(UnsupportedTextError):
            client.chat.send_message(**CHAT, message=text)


def test_a_request_just_within_the_limit_of_get_arrives_and_one_above_it_is_refused(sandbox: Sandbox) -> None:
    account = sandbox.account("u", password="p")
    for overrides in ({}, {"protocol": "basic", "http_verb": "GET"}):
        chosen = dataclasses.replace(sandbox.settings("http-get", account=account, plain=True), **overrides)
        with connect(chosen) as chat:
            with pytest.raises(MessageTooLongError) as caught:
                chat.send_message(**CHAT, message="x" * GET_LIMIT)
            room = GET_LIMIT - (caught.value.actual - GET_LIMIT)
            assert (caught.value.limit, caught.value.delivery) == (GET_LIMIT, Delivery.NOT_SENT)
            sandbox.reset(account)
            for text in ("x" * room, "é" * (room // 6), "+" * (room // 3)):
                chat.send_message(**CHAT, message=text)
                for longer in (text + "x" * 6, text + "é"):
                    with pytest.raises(MessageTooLongError):
                        chat.send_message(**CHAT, message=longer)
            assert [len(text) for text in arrived(sandbox, account)] == [room, room // 6, room // 3]


@pytest.mark.parametrize("protocol", ["http-post", "basic", "soap", "json"])
def test_a_megabyte_arrives_over_the_others(sandbox: Sandbox, clients: dict[str, Client], protocol: str) -> None:
    client = clients[protocol]
    text = "0123456789ñ\r\n+&<😀>" * (1_000_000 // 18)
    sandbox.reset(client.account)
    client.chat.send_message(**CHAT, message=text)
    assert arrived(sandbox, client.account) == [text]
    assert [each.message for each in client.chat.get_messages(**CHAT)] == [text]
    with connect(sandbox.settings(protocol, account=client.account)) as over_tls:
        assert [each.message for each in over_tls.get_messages(**CHAT)] == [text]


@given(st.sampled_from(PROTOCOLS), strategies.xml_text(max_size=20))
@settings(max_examples=examples(10, proof=25))
def test_the_two_sides_of_the_rule_are_the_same(clients: dict[str, Client], protocol: str, text: str) -> None:
    """The strategies' idea of what XML can carry is the client's: nothing that one draws is refused by the other."""
    clients[protocol].chat.send_message(**CHAT, message=text)
