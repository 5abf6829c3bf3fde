"""What a service may do to whoever reads it, done by the sandbox: an inbox bears it, and a plain loop does not."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest

from afilnet_protocols import AfilnetError, Inbox, connect
from afilnet_protocols.inbox import identity
from afilnet_protocols.inbox.manner import Conduct
from afilnet_protocols.inbox.polling import poller
from afilnet_protocols.inbox.polling.audits import Audits
from afilnet_protocols.inbox.polling.poller import LONG, Poller
from afilnet_protocols.sandbox import Options

CHANNEL = {"platform": "whatsapp", "platform_id": "100"}
ANN = {**CHANNEL, "destination": "341"}
BOB = {**CHANNEL, "destination": "342"}


class World:
    """An account of a sandbox, whoever reads it, and one clock for both."""

    def __init__(self, sandbox, folder, **options):
        self.sandbox, self.folder = sandbox, folder
        self.account = sandbox.account(options=Options(**options))
        self.protocol = "http-post"

    def settings(self):
        return self.sandbox.settings(self.protocol, account=self.account, plain=True)

    def fault(self, kind, **given):
        return self.sandbox.fault(kind, account=self.account, **given)

    def inbox(self, **given):
        conduct = Conduct(now=self.sandbox.clock.timestamp, wait=lambda _: None, chance=lambda: 0.5)
        return Inbox(self.folder / "app.db", self.settings(), conduct=conduct, **{"start": "all", **given})

    def times(self, seconds):
        """Yield while time goes by, often at first and then seldom."""
        for after in itertools.chain(range(5, 41, 5), range(100, int(seconds) + 1, 100)):
            yield after
            self.sandbox.clock.advance(5 if after <= 40 else 100)

    def reads(self, operation):
        return sum(call.operation == operation for call in self.account.journal())


@pytest.fixture
def world(sandbox, tmp_path):
    made = World(sandbox, tmp_path)
    yield made
    sandbox.drop(made.account)
    sandbox.clock.reset()


# The ills: what happens before anybody reads, and what happens between two rounds


def nothing(world):
    world.account.receive(**ANN, message="hello")
    return ["hello"]


def late(world):
    world.account.receive(**ANN, message="late", appears_after=12)
    world.account.receive(**ANN, message="early")
    return ["early", "late"]


def late_in_the_list(world):
    world.account.receive_many(**ANN, messages=["one", "two"])
    world.fault("late_message", operation="get_messages", times=1)
    world.fault("late_message", operation="get_unread_messages", times=1)
    return ["one", "two"]


def reused(world):
    world.fault("reused_ids", times=None)
    return _many(world)


def changing(world):
    world.fault("changing_ids", times=None)
    return _many(world)


def blank_for_a_while(world):
    world.fault("blank_ids", times=12)
    return _many(world)


def changing_for_a_while(world):
    world.fault("changing_ids", times=4)
    return _many(world)


def equal_in_one_second(world):
    world.account.receive_many(**ANN, messages=["yes"] * 3)
    return ["yes"] * 3


def left_out(world):
    world.account.receive(**ANN, message="hello")
    world.account.receive(**BOB, message="there")
    world.fault("missing_conversation", operation="get_chats", times=3)
    return ["there", "hello"]


def read_by_a_person(world):
    world.account.receive(**ANN, message="hello")
    world.account.read_elsewhere(**ANN)
    return ["hello"]


def another_poller(world):
    world.account.receive(**ANN, message="hello")
    world.fault("read_elsewhere", operation="get_unread_messages", times=None)
    return ["hello"]


def lost_answers(world):
    world.account.receive(**ANN, message="hello")
    world.fault("cut_before_answer", operation="get_unread_messages", times=2)
    return ["hello"]


def _many(world):
    texts = [str(number) for number in range(10)]
    world.account.receive_many(**ANN, messages=texts)
    return texts


ILLS = (
    nothing,
    late,
    late_in_the_list,
    reused,
    changing,
    changing_for_a_while,
    blank_for_a_while,
    equal_in_one_second,
    left_out,
    read_by_a_person,
    another_poller,
    lost_answers,
)


def received_by_inbox(world, ill, **given):
    seen = []
    with world.inbox(**given) as inbox:

        @inbox.handler()
        def handle(incoming):
            seen.append(incoming.text)

        inbox.run(wait=False)
        expected = ill(world)
        for _ in world.times(900):
            inbox.run(wait=False)
    return seen, expected


WHOLE = pytest.mark.proof(short="test_an_inbox_bears_it")


@pytest.mark.parametrize("read", [pytest.param("messages", marks=WHOLE), "unread"])
@pytest.mark.parametrize("ill", ILLS, ids=lambda ill: ill.__name__)
def test_an_inbox_bears_it(world, ill, read):
    world.account.receive(**ANN, message="before")
    seen, expected = received_by_inbox(world, ill, read=read)
    assert seen == ["before", *expected]


OVER = pytest.mark.proof(short="test_over_every_protocol")


@pytest.mark.parametrize(
    "protocol", ["soap", *(pytest.param(each, marks=OVER) for each in ("http-get", "basic", "json"))]
)
def test_over_every_protocol(world, protocol):
    world.protocol = protocol
    seen, expected = received_by_inbox(world, late, read="unread")
    assert seen == expected


# What usual loops do


def by_the_last_message(world, chat, known):
    """Read a conversation when its last message is another, and know messages by their identifiers."""
    for last in chat.get_chats(**CHANNEL):
        if known.get(last.destination) != last.message_id:
            for message in chat.get_messages(**last.address):
                if message.message_id not in known and not message.sent:
                    known[message.message_id] = ""
                    yield message
            known[last.destination] = last.message_id


def by_content(world, chat, known):
    """Know messages by their time and text."""
    for last in chat.get_chats(**CHANNEL):
        for message in chat.get_messages(**last.address):
            if (message.timestamp, message.message) not in known and not message.sent:
                known[message.timestamp, message.message] = ""
                yield message


def by_what_is_unread(world, chat, known):
    """Ask for what is unread."""
    for last in chat.get_chats(**CHANNEL):
        for message in chat.get_unread_messages(**last.address):
            if message.message_id not in known and not message.sent:
                known[message.message_id] = ""
                yield message


SPOILT = [
    (by_the_last_message, late),
    (by_the_last_message, late_in_the_list),
    (by_the_last_message, reused),
    (by_the_last_message, changing),
    (by_content, equal_in_one_second),
    (by_what_is_unread, read_by_a_person),
    (by_what_is_unread, another_poller),
    (by_what_is_unread, lost_answers),
]


@pytest.mark.parametrize(("loop", "ill"), SPOILT, ids=lambda each: each.__name__)
def test_a_plain_loop_loses_or_doubles(sandbox, tmp_path, loop, ill):
    world = World(sandbox, tmp_path, reading_marks_read=True)
    assert _looped(world, loop, nothing) == (["hello"], ["hello"])
    world = World(sandbox, tmp_path, reading_marks_read=True)
    seen, expected = _looped(world, loop, ill)
    sandbox.clock.reset()
    assert Counter(seen) != Counter(expected)


def _looped(world, loop, ill):
    known, seen, expected = {}, [], ill(world)
    with connect(world.settings(), delivery="at_most_once") as chat:
        for _ in world.times(900):
            try:
                seen += [message.message for message in loop(world, chat, known)]
            except AfilnetError:
                continue
    return seen, expected


# Long conversations, many ills at once

TEN_THOUSAND = pytest.mark.proof(short="test_a_long_conversation_is_not_read_whole_for_each_new_message")


@pytest.mark.parametrize("marks", [True, False])
@pytest.mark.parametrize("count", [LONG + 100, pytest.param(10_000, marks=TEN_THOUSAND)])
def test_a_long_conversation_is_not_read_whole_for_each_new_message(sandbox, tmp_path, count, marks):
    world, seen = World(sandbox, tmp_path, reading_marks_read=marks), []
    world.account.receive_many(**ANN, messages=(f"old {number}" for number in range(count)))
    world.account.read_elsewhere(**ANN)
    sandbox.clock.advance(10)
    with world.inbox(start="now") as inbox:

        @inbox.handler()
        def handle(incoming):
            seen.append(incoming.text)

        inbox.run(wait=False)
        sandbox.clock.advance(10)
        for number in range(8):
            world.account.receive(**ANN, message=f"new {number}")
            inbox.run(wait=False)
            sandbox.clock.advance(2)
        whole = world.reads("get_messages")
        for _ in world.times(900):
            inbox.run(wait=False)
    assert seen == [f"new {number}" for number in range(8)]
    assert whole <= 3 < 8 <= world.reads("get_unread_messages") + whole
    sandbox.drop(world.account)
    sandbox.clock.reset()


@pytest.mark.parametrize("seed", [0])
def test_whatever_happens_together_nothing_is_lost_or_doubled(world, seed):
    chance = random.Random(seed)
    seen, wanted = [], Counter()
    kinds = ["late_message", "reused_ids", "changing_ids", "blank_ids", "missing_conversation", "read_elsewhere"]
    with world.inbox(read=chance.choice(["auto", "unread"])) as inbox:

        @inbox.handler()
        def handle(incoming):
            seen.append((incoming.conversation["destination"], incoming.text))
            if chance.random() < 0.3:
                incoming.reply("thank you")

        for number in range(12):
            place = chance.choice([ANN, BOB])
            texts = [chance.choice(["yes", f"text {number}"]) for _ in range(chance.randint(1, 3))]
            if chance.random() < 0.3:
                world.account.receive(**place, message=f"late {number}", appears_after=chance.randint(1, 60))
                wanted[place["destination"], f"late {number}"] += 1
            world.account.receive_many(**place, messages=texts)
            wanted.update((place["destination"], text) for text in texts)
            if chance.random() < 0.5:
                world.fault(chance.choice(kinds), times=chance.randint(1, 4))
            if chance.random() < 0.2:
                world.account.read_elsewhere(**place)
            for _ in range(chance.randint(0, 3)):
                inbox.run(wait=False)
                world.sandbox.clock.advance(chance.choice([1, 5, 40]))
        for _ in world.times(1500):
            inbox.run(wait=False)
    assert Counter(seen) == wanted


@pytest.mark.proof(short="test_whatever_happens_together_nothing_is_lost_or_doubled")
@pytest.mark.parametrize("seed", range(1, 9))
def test_so_it_is_with_other_chances(world, seed):
    test_whatever_happens_together_nothing_is_lost_or_doubled(world, seed)


# What cannot fail proves nothing


def no_audits(monkeypatch):
    monkeypatch.setattr(Audits, "plan", lambda _, kept, *__, **___: setattr(kept, "audit_at", None))


def only_ids(monkeypatch):
    def new(listing, known, trust):
        ids = {message_id for _, message_id in known}
        fresh = {message.message_id: message for message in listing if message.message_id not in ids}
        return identity.Sorted(list(fresh.values()), identity.Trust.TRUSTED)

    monkeypatch.setattr(poller, "sort_whole", new)


def believes_unread(monkeypatch):
    """Take what is unread for all that is new."""

    def read(self, kept, chat, state, now):
        found = self._chat.get_unread_messages(platform="whatsapp", platform_id="100", destination=kept.place[2])
        new = identity.Sorted(found, identity.Trust.TRUSTED)
        self._note(kept, identity.trace(chat), found, new, state, now, whole=False)

    monkeypatch.setattr(Poller, "_read", read)


@pytest.mark.parametrize(
    ("spoil", "ill"),
    [(no_audits, late), (only_ids, reused), (only_ids, changing), (believes_unread, read_by_a_person)],
    ids=lambda each: each.__name__,
)
def test_sabotage_an_inbox_that_is_built_wrongly_does_not(world, monkeypatch, spoil, ill):
    spoil(monkeypatch)
    seen, expected = received_by_inbox(world, ill, read="messages")
    assert seen != expected
