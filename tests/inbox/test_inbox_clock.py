"""A clock that is set back, while an inbox runs or before it is opened again, keeps no message from being answered."""

from __future__ import annotations

import pytest

from afilnet_protocols import Inbox
from afilnet_protocols.inbox.polling.rounds import Rounds
from afilnet_protocols.inbox.tables.poller_notes import PollerNotes
from tests.inbox.service import Service, opened
from tests.outbox.conftest import ON_SQLITE

BACK = -86_400.0
PATIENCE = 100.0


@pytest.fixture
def place(new_place):
    return new_place()


class World:
    """A service whose messages are handled, and what its answers waited for, in seconds."""

    def __init__(self, place, handle):
        self.place, self.service, self.handle, self.waited = place, Service(), handle, 0.0

    def runs(self, events):
        """Run an inbox; after so many seconds each event happens, and after a hundred in all it is stopped."""
        coming, begun = sorted(events.items()), self.waited

        def wait(seconds):
            self.waited += seconds
            self.service.now += seconds
            while coming and self.waited - begun >= coming[0][0]:
                coming.pop(0)[1]()
            if self.waited - begun >= PATIENCE:
                inbox.stop()

        with opened(Inbox, self.place, self.service, start="all", conduct=self.service.conduct(wait)) as inbox:
            inbox.handler(self.handle)
            inbox.run()

    def is_set_back(self):
        self.service.now += BACK

    @property
    def answers(self):
        return self.service.outgoing("341")


def what_comes_after_the_clock_was_set_back_is_answered(place):
    world = World(place, lambda incoming: incoming.reply(f"yes, {incoming.text}"))
    world.service.write("341", "before")
    world.runs({30.0: world.is_set_back, 60.0: lambda: world.service.write("341", "after")})
    assert world.answers == ["yes, before", "yes, after"]


def what_was_put_off_before_the_clock_was_set_back_is_answered(place, *, meanwhile):
    seen = set()

    def handle(incoming):
        if incoming.key not in seen:
            seen.add(incoming.key)
            incoming.retry(after=40.0)
        else:
            incoming.reply("yes")

    world = World(place, handle)
    world.service.write("341", "before")
    if meanwhile == "it runs":
        world.runs({30.0: world.is_set_back})
    else:
        world.runs({80.0: lambda: world.service.write("341", "late")})
        world.is_set_back()
        world.runs({})
    assert world.answers[-1:] == ["yes"]
    return len(world.answers)


def test_what_comes_after_the_clock_was_set_back_is_answered(place):
    what_comes_after_the_clock_was_set_back_is_answered(place)


def test_what_was_put_off_before_the_clock_was_set_back_is_answered_though_the_inbox_was_closed_meanwhile(new_place):
    assert what_was_put_off_before_the_clock_was_set_back_is_answered(new_place(), meanwhile="it runs") == 1
    assert what_was_put_off_before_the_clock_was_set_back_is_answered(new_place(), meanwhile="it is closed") == 2


@ON_SQLITE
def test_sabotage_rounds_that_wait_for_the_time_to_come_are_found(place, monkeypatch):
    monkeypatch.setattr(Rounds, "are_due", property(lambda self: self._now() >= self.next_at))
    with pytest.raises(AssertionError):
        what_comes_after_the_clock_was_set_back_is_answered(place)


@ON_SQLITE
@pytest.mark.parametrize(("meanwhile", "answers"), [("it runs", 0), ("it is closed", 1)])
def test_sabotage_messages_that_wait_for_the_time_to_come_are_found(place, monkeypatch, meanwhile, answers):
    monkeypatch.setattr(PollerNotes, "hasten", lambda *_: None)
    with pytest.raises(AssertionError):
        assert what_was_put_off_before_the_clock_was_set_back_is_answered(place, meanwhile=meanwhile) > answers
