"""A service that passes over what it is asked for, or names it otherwise, has no message handled twice or left out."""

from __future__ import annotations

import msgspec
import pytest

from afilnet_protocols import Channel, Chat, Inbox, Message, NotFoundError, PartialList, Platform
from afilnet_protocols.inbox.identity import trace
from afilnet_protocols.inbox.polling import belonging, poller
from tests.inbox.service import BEGIN, Service, opened
from tests.tables import table

NAMES, PEOPLE, TEXTS = ("100", "101"), ("341", "342", "343"), ("a", "b")
ALL = sorted(f"{name} {person} {text}" for name in NAMES for person in PEOPLE for text in TEXTS)


class Loose(Service):
    """Two channels of three conversations.

    Args:
        passes_over: what it does not look at: ``channel``, ``person``.
        named: how its records name a channel.
    """

    def __init__(self, passes_over=(), named="{}"):
        super().__init__()
        self.passes_over, self.named = passes_over, named

    def get_chat_channels(self):
        return [Channel(name, Platform.WHATSAPP, name) for name in NAMES]

    def listed(self, kind, texts, name, person=None):
        return [
            kind(
                *(self.named.format(each), Platform.WHATSAPP, f"{each} {other} {text}", other),
                *(f"{each}{other}{text}", False, "", BEGIN),
            )
            for each in NAMES
            if each == name or "channel" in self.passes_over
            for other in PEOPLE
            if person in (None, other) or "person" in self.passes_over
            for text in texts
        ]

    def get_chats(self, *, platform, platform_id):
        return self.listed(Chat, TEXTS[-1:], platform_id)

    def get_messages(self, *, platform, platform_id, destination):
        return self.listed(Message, TEXTS, platform_id, destination)

    get_unread_messages = get_messages


def handled(place, service):
    """Return what is handled in some rounds, each of an inbox opened anew."""
    given = []
    for _ in range(3):
        with opened(Inbox, place, service, start="all") as inbox:
            inbox.handler(lambda incoming: given.append(incoming.text))
            inbox.run(wait=False)
            service.wait(10_000)
    return sorted(given)


@pytest.mark.parametrize(
    ("passes_over", "named"),
    [
        ((), "{}"),
        (("channel",), "{}"),
        (("person",), "{}"),
        (("channel", "person"), "{}"),
        ((), "0{}"),
        (("person",), "0{}"),
    ],
)
def test_each_message_is_handled_once(new_place, passes_over, named):
    assert handled(new_place(), Loose(passes_over, named)) == ALL


@table("name", ["channel", "person"])
def test_a_service_that_is_believed_to_show_what_it_was_asked_for_is_found(tmp_path, monkeypatch, name):
    with monkeypatch.context() as patch:
        patch.setattr(belonging.Lists, "of", lambda self, channel, _: self._ask(channel))
        if name == "person":
            patch.setattr(poller, "of_conversation", lambda listing, *_: listing)
        passed_over = (name,)
        try:
            found = handled((tmp_path / name, {}), Loose(passed_over))
        except KeyError:
            found = None
    assert found != ALL


def test_what_was_listed_in_part_stays_so():
    channels = Loose().get_chat_channels()
    chats = PartialList(Loose(("channel",)).get_chats(platform="whatsapp", platform_id="100"), more=True)
    there = belonging.Lists(lambda _: chats).of(channels[0], channels)
    assert (len(there), there.more) == (3, True)
    listing = PartialList(Loose(("person",)).get_messages(platform="", platform_id="100", destination="341"), more=True)
    found = belonging.of_conversation(listing, ("whatsapp", "100", "341"), channels, PEOPLE)
    assert ([message.destination for message in found], found.more) == (["341", "341"], True)


@table(("channel", "person"), [("100", "342"), ("101", "341"), ("101", "342")])
@table("tip", [None, trace(Loose().get_messages(platform="", platform_id="100", destination="341")[-1])])
def test_where_all_that_is_shown_is_of_one_other_conversation_there_is_nothing(channel, person, tip):
    service, place = Loose(), ("whatsapp", "100", "341")
    shown = service.listed(Message, TEXTS, channel, person)
    assert belonging.of_conversation(shown, place, service.get_chat_channels(), PEOPLE, tip) == []


def test_a_channel_is_asked_for_its_own_only_if_another_lists_what_names_it_and_then_once():
    service, asked = Forwarding(NAMES), []
    desk, named, other = service.get_chat_channels()

    def ask(channel):
        asked.append(channel.name)
        return service.listed(Chat, TEXTS, named.platform_id if channel == desk else channel.platform_id)

    lists = belonging.Lists(ask)
    for channel in (desk, desk, other):
        lists.of(channel, [desk, named, other])
    assert asked == ["desk", "100", "desk", "101"]


def test_what_two_channels_list_under_the_name_of_each_other_is_left_to_neither():
    channels = Loose().get_chat_channels()
    crossed = dict(zip(NAMES, reversed(NAMES), strict=True))
    lists = belonging.Lists(lambda channel: Loose().listed(Chat, TEXTS[:1], crossed[channel.platform_id]))
    for channel in channels:
        found = [(chat.platform_id, chat.destination) for chat in lists.of(channel, channels)]
        assert found == [(channel.platform_id, person) for person in PEOPLE]


def test_what_is_written_otherwise_belongs_to_the_conversation_that_shows_it():
    service = Loose()
    listing = service.get_messages(platform="", platform_id="100", destination="341")
    place = ("whatsapp", "100", "+341")
    assert belonging.of_conversation(listing, place, service.get_chat_channels(), {"+341", "342"}) == listing


class Renamed(Loose):
    """From its second day on, its lists have a plus sign before a number, and its messages have none."""

    day, plus = 1, ""

    def get_chats(self, *, platform, platform_id):
        last = f"a{self.day}"
        chats = self.listed(Chat, [last], platform_id)
        return [msgspec.structs.replace(chat, destination=self.plus + chat.destination) for chat in chats]

    def get_messages(self, *, platform, platform_id, destination):
        if not destination.startswith(self.plus):
            raise NotFoundError("CHAT_NOT_FOUND", "it is called otherwise now")
        texts = [f"a{day}" for day in range(1, self.day + 1)]
        return self.listed(Message, texts, platform_id, destination.removeprefix("+"))

    get_unread_messages = get_messages


class Group(Loose):
    """A conversation of several, each of whom has one of his own; its messages are named by who wrote them."""

    def get_chats(self, *, platform, platform_id):
        mine = self.listed(Chat, TEXTS[-1:], platform_id)
        last = mine[-1]
        return [*mine, msgspec.structs.replace(last, destination="-1", message=f"{platform_id} to all")]

    def get_messages(self, *, platform, platform_id, destination):
        if destination != "-1":
            return super().get_messages(platform=platform, platform_id=platform_id, destination=destination)
        last = self.listed(Message, TEXTS[-1:], platform_id)[-1]
        return [msgspec.structs.replace(last, message=f"{platform_id} to all", message_id=f"{platform_id}all")]

    get_unread_messages = get_messages


def test_what_a_conversation_was_called_before_takes_none_of_its_messages(new_place):
    place, service = new_place(), Renamed()
    handled(place, service)
    service.day, service.plus = 2, "+"
    assert {f"{name} {person} a2" for name in NAMES for person in PEOPLE} <= set(handled(place, service))


def test_what_is_named_by_who_wrote_it_is_handled_in_the_conversation_that_shows_it(new_place):
    assert handled(new_place(), Group()) == sorted([*ALL, *(f"{name} to all" for name in NAMES)])


class Answered(Group):
    """A group whose last message is one of ours, and names the group."""

    def get_chats(self, *, platform, platform_id):
        *mine, group = super().get_chats(platform=platform, platform_id=platform_id)
        ours = msgspec.structs.replace(group, message="ours", message_id=f"{platform_id}ours", sent=True)
        return [*mine, ours]

    def get_messages(self, *, platform, platform_id, destination):
        shown = super().get_messages(platform=platform, platform_id=platform_id, destination=destination)
        if destination != "-1":
            return shown
        ours = msgspec.structs.replace(
            shown[-1], destination="-1", message="ours", message_id=f"{platform_id}ours", sent=True
        )
        return [*shown, ours]

    get_unread_messages = get_messages


def test_what_is_named_by_who_wrote_it_waits_for_nobody_where_the_last_message_is_ours(new_place):
    assert handled(new_place(), Answered()) == sorted([*ALL, *(f"{name} to all" for name in NAMES)])


class AllAnswered(Loose):
    """Each conversation's last message is one of ours; what is asked about a person is passed over."""

    def __init__(self):
        super().__init__(("person",))

    def listed(self, kind, texts, name, person=None):
        there = super().listed(kind, texts, name, person)
        return [msgspec.structs.replace(each, sent=each.message.endswith(TEXTS[-1])) for each in there]


def test_what_a_service_shows_of_everybody_is_handled_once_where_the_last_messages_are_ours(new_place):
    assert handled(new_place(), AllAnswered()) == [text for text in ALL if text.endswith(TEXTS[0])]


class CutAndAnswered(AllAnswered):
    """The same; its lists cut what some wrote, as a preview."""

    def get_chats(self, *, platform, platform_id):
        chats = super().get_chats(platform=platform, platform_id=platform_id)
        return [chats[0], *(msgspec.structs.replace(chat, message=f"{chat.message[:3]}…") for chat in chats[1:])]


def test_what_a_service_shows_of_everybody_is_handled_once_where_its_lists_cut_texts(new_place):
    assert handled(new_place(), CutAndAnswered()) == [text for text in ALL if text.endswith(TEXTS[0])]


@table(
    ("last_of", "has_last", "more", "kept"),
    [
        (lambda _: {"of another"}, True, False, True),
        (lambda _: {"of another"}, True, True, False),
        (lambda _: {"of another"}, False, False, False),
        (lambda _: {"of another", trace(Loose().listed(Message, TEXTS, "100", "342")[0]).digest}, True, False, False),
        (lambda _: set(), True, False, False),
        (None, True, False, False),
    ],
)
def test_what_others_wrote_is_of_a_group_if_the_listing_is_seen_to_lack_their_own(last_of, has_last, more, kept):
    theirs, (*_, ours) = (Loose().listed(Message, TEXTS, "100", person) for person in ("342", "341"))
    shown = PartialList([*theirs, ours] if has_last else theirs, more=more)
    place, channels = ("whatsapp", "100", "341"), Loose().get_chat_channels()
    found = belonging.of_conversation(shown, place, channels, PEOPLE, trace(ours), last_of)
    assert [message for message in found if message.destination == "342"] == (theirs if kept else [])


def test_a_group_whose_members_are_never_heard_in_it_would_be_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(poller.Poller, "_last_of", lambda *_: set())
    assert handled((tmp_path / "group", {}), Answered()) == ALL


def test_a_listing_that_is_never_seen_to_be_of_everybody_would_be_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(poller.Poller, "_last_of", lambda *_: {"of nobody"})
    assert len(handled((tmp_path / "all", {}), AllAnswered())) > len(ALL) // 2


class Forwarding(Loose):
    """A channel of an operator that lists what came in on the others, under their names; they list it or do not.

    Args:
        seen_there: the channels that list their own.
        gone: those that are listed, and not there when they are asked.
    """

    def __init__(self, seen_there, gone=()):
        super().__init__()
        self.seen_there, self.gone = seen_there, gone

    def get_chat_channels(self):
        return [Channel("9", Platform.OPERATOR, "desk"), *super().get_chat_channels()]

    def get_chats(self, *, platform, platform_id):
        if platform == Platform.OPERATOR:
            return [chat for name in NAMES for chat in super(Forwarding, self).get_chats(platform="", platform_id=name)]
        if platform_id in self.gone:
            raise NotFoundError("CHANNEL_NOT_FOUND", "it is no more")
        return super().get_chats(platform=platform, platform_id=platform_id) if platform_id in self.seen_there else []

    def get_messages(self, *, platform, platform_id, destination):
        if platform == Platform.OPERATOR:
            return [message for name in NAMES for message in self.listed(Message, TEXTS, name, destination)]
        return super().get_messages(platform=platform, platform_id=platform_id, destination=destination)

    get_unread_messages = get_messages


@table("seen_there", [NAMES, NAMES[:1], NAMES[1:], ()], ids=lambda names: " ".join(names) or "none")
def test_what_names_another_channel_is_left_to_it_only_if_it_lists_it(new_place, seen_there):
    assert set(ALL) <= set(handled(new_place(), Forwarding(seen_there)))


def test_a_channel_that_is_gone_holds_up_no_other_that_names_it(new_place):
    assert set(ALL) <= set(handled(new_place(), Forwarding(NAMES[:1], gone=NAMES[1:])))


def test_what_an_operator_lists_under_the_names_of_others_is_handled_once(new_place):
    assert handled(new_place(), Forwarding(NAMES)) == ALL


def test_a_service_that_is_believed_to_show_elsewhere_what_it_shows_here_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(belonging.Lists, "_listed", everything_elsewhere)
    assert handled((tmp_path / "elsewhere", {}), Forwarding(())) != ALL


def everything_elsewhere(lists, channel, _):
    lists._own = {(str(Platform.WHATSAPP), name): set(PEOPLE) for name in NAMES}
    return lists._ask(channel)
