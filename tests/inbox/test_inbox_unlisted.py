"""What the service says that it has and does not list is told, once, where something of it may be missed."""

from __future__ import annotations

import asyncio

import pytest

from afilnet_protocols import AsyncInbox, Inbox, PartialList
from afilnet_protocols.inbox import Polling, State
from afilnet_protocols.inbox.polling import poller
from afilnet_protocols.inbox.polling.unlisted import Unlisted
from afilnet_protocols.records import Channel
from afilnet_protocols.vocabulary import Platform
from tests.inbox.service import Service, opened

SAYS = "listing: the service says that there are more {} than it lists, and what it leaves out is not handed over"
MESSAGES, OVER = SAYS.format("messages"), "listing: works again"


class Cutting(Service):
    """Lists so many records at most, and says where it leaves some out.

    Attributes:
        cuts: the operations of which it cuts the lists.
        most: how many it lists.
        newest: whether it lists the newest, or the oldest.
    """

    def __init__(self, *cuts, most=2, newest=True, **given):
        super().__init__(**given)
        self.cuts, self.most, self.newest = set(cuts), most, newest

    def _cut(self, operation, listing):
        if operation not in self.cuts or len(listing) <= self.most:
            return listing
        begin = len(listing) - self.most if self.newest else 0
        return PartialList(listing[begin : begin + self.most], more=True)

    def get_chat_channels(self):
        mute = Channel("200", Platform.TELEGRAM, "Telegram")
        return self._cut("get_chat_channels", [mute, *super().get_chat_channels()])

    def get_chats(self, *, platform, platform_id):
        chats = super().get_chats(platform=platform, platform_id=platform_id) if platform_id == "100" else []
        return self._cut("get_chats", chats)

    def get_messages(self, **place):
        return self._cut("get_messages", super().get_messages(**place))

    def get_unread_messages(self, **place):
        return self._cut("get_unread_messages", super().get_unread_messages(**place))


class Handled:
    """An inbox that handles what it is handed, and what was told of it."""

    def __init__(self, place, service, **given):
        self.service, self.texts, self.told = service, [], []
        self.inbox = opened(Inbox, place, service, on_trouble=lambda each: self.told.append(str(each)), **given)
        self.inbox.handler(lambda incoming: self.texts.append(incoming.text))
        self.inbox.engine.begin()

    def rounds(self, *seconds):
        """Make rounds, each so many seconds after the one before."""
        for after in seconds:
            self.service.now += after
            self.inbox.engine.poll()
            while (incoming := self.inbox.engine.claim()) is not None:
                self.inbox._hand_over(incoming)
        return self.texts


@pytest.fixture
def handled(tmp_path):
    made = []

    def make(service, **given):
        polling = Polling(quickest=1.0, usual=1.0, slowest=1.0, audits=(30.0, 600.0))
        made.append(Handled((tmp_path / "inbox.db", {}), service, **{"polling": polling, "start": "all", **given}))
        return made[-1]

    yield make
    for each in made:
        each.inbox.engine.end()
        each.inbox.close()


def writes(service, *texts, destination="341"):
    for text in texts:
        service.write(destination, text)


def what_is_cut_is_told(handled):
    here = handled(Cutting("get_messages"))
    writes(here.service, "1", "2", "3")
    assert here.rounds(0, 2, 2) == ["2", "3"]
    assert here.told == [MESSAGES]
    assert here.inbox.report().unlisted
    assert here.inbox.report().failure is None


def test_messages_that_are_not_listed_are_told_once(handled):
    what_is_cut_is_told(handled)


def test_sabotage_an_inbox_that_takes_a_part_for_the_whole_is_found(handled, monkeypatch):
    monkeypatch.setattr(Unlisted, "note", lambda *_, **__: None)
    with pytest.raises(AssertionError):
        what_is_cut_is_told(handled)


@pytest.mark.parametrize(
    ("operation", "what"), [("get_chats", "conversations"), ("get_chat_channels", "channels")], ids=str
)
def test_so_are_conversations_and_channels_until_they_are_listed(handled, operation, what):
    here = handled(Cutting(operation, most=1))
    for destination in ("341", "342"):
        writes(here.service, "hello", destination=destination)
    here.rounds(0, 2)
    assert here.told == [SAYS.format(what)]
    here.service.cuts = set()
    here.rounds(2000, 2)
    assert here.told == [SAYS.format(what), OVER]
    assert here.texts == ["hello", "hello"]
    assert not here.inbox.report().unlisted


def test_several_are_told_together():
    seen = Unlisted()
    seen.note("messages", ("whatsapp", "100", "341"), PartialList([], more=True))
    seen.note("channels", (), PartialList([], more=True))
    assert str(seen.reason).startswith("the service says that there are more channels and messages than")


@pytest.mark.parametrize("start", ["all", "now"])
def test_a_part_in_which_nothing_is_missing_is_no_trouble(handled, start):
    here = handled(Cutting("get_messages"), start=start)
    if start == "now":
        writes(here.service, "a", "b", "c")
        here.rounds(0)
    for text in ("1", "2", "3", "4"):
        writes(here.service, text)
        here.rounds(2)
    assert here.texts == ["1", "2", "3", "4"]
    assert here.told == []


def test_a_conversation_of_history_that_turns_up_in_part_is_no_trouble(handled):
    here = handled(Cutting("get_messages"), start="now")
    writes(here.service, "known", destination="342")
    here.rounds(0)
    here.service.write("341", "old", at=500)
    here.service.write("341", "older", at=400)
    here.service.write("341", "now")
    assert here.rounds(2) == ["now"]
    assert here.told == []


def test_more_at_once_than_are_listed_are_told_and_over_when_the_next_joins_on(handled):
    here = handled(Cutting("get_messages"))
    writes(here.service, "1")
    here.rounds(0)
    writes(here.service, "2", "3", "4")
    here.rounds(2)
    assert here.told == [MESSAGES]
    writes(here.service, "5")
    assert here.rounds(2) == ["1", "3", "4", "5"]
    assert here.told == [MESSAGES, OVER]


def test_what_is_shown_and_not_listed_is_told_and_looked_for_as_long_as_it_is(handled):
    here = handled(Cutting("get_messages", newest=False))
    writes(here.service, "1", "2", "3")
    assert here.rounds(0, 31, 601, 601, 601) == ["1", "2"]
    assert here.told == [MESSAGES]
    here.service.cuts = set()
    assert here.rounds(601) == ["1", "2", "3"]
    assert here.told == [MESSAGES, OVER]


def a_part_of_what_is_unread_is_no_answer(handled):
    here = handled(Cutting("get_unread_messages", marks=True), read="unread")
    writes(here.service, "1")
    here.rounds(0, 31, 601)
    writes(here.service, "2", "3", "4")
    assert here.rounds(2) == ["1", "2", "3", "4"]
    assert here.service.calls["get_unread_messages"] == 1
    assert here.told == []


def test_a_part_of_what_is_unread_has_the_whole_read(handled):
    a_part_of_what_is_unread_is_no_answer(handled)


def test_sabotage_an_inbox_that_believes_it_is_found(handled, monkeypatch):
    monkeypatch.setattr(poller, "has_more", lambda listing: False)
    with pytest.raises(AssertionError):
        a_part_of_what_is_unread_is_no_answer(handled)


def test_a_channel_of_which_nothing_is_listed_has_not_begun(handled):
    here = handled(Cutting("get_chats", most=0), start="now")
    writes(here.service, "history")
    here.rounds(0)
    assert here.told == [SAYS.format("conversations")]
    here.service.cuts = set()
    assert here.rounds(2) == []
    writes(here.service, "now")
    assert here.rounds(2) == ["now"]


def test_tasks_are_told_too(tmp_path):
    service, told = Cutting("get_messages"), []
    writes(service, "1", "2", "3")

    async def run():
        inbox = opened(
            AsyncInbox,
            (tmp_path / "inbox.db", {}),
            service,
            start="all",
            on_trouble=lambda each: told.append(str(each)),
        )
        async with inbox:
            inbox.handler(lambda incoming: None)
            report = await inbox.run(wait=False)
            return report.unlisted, (await inbox.status()).counts[State.DONE]

    assert asyncio.run(run()) == (True, 2)
    assert [*map(str, told)] == [MESSAGES]
