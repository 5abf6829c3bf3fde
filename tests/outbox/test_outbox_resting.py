"""A worker rests where there is nothing to do, also where the pauses between attempts are turned off."""

from __future__ import annotations

import time

import pytest

from afilnet_protocols import NotSentError, Outbox
from afilnet_protocols.calls import pauses
from afilnet_protocols.errors import RateLimitedError
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.outbox.worker import LOOKING_OUT, TRIES
from afilnet_protocols.testing import no_waits
from tests.outbox.shelf import Clock

PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
TOO_OFTEN = 50
WATCHED = 3.0


class Unreached:
    """A service that nobody reaches, or that asks for time."""

    protocol = "http-post"

    def __init__(self, error):
        self.error = error

    def send_message(self, **_):
        raise self.error

    def get_messages(self, **_):
        raise self.error

    def close(self):
        pass


@pytest.fixture
def opened(new_place, monkeypatch):
    """Return what opens an outbox on a clock of its own, where no server tells of what is put in."""
    monkeypatch.setattr("afilnet_protocols.outbox.postgresql.session.Session.hear", lambda *_: False)

    def opened(clock, wait, error):
        place, how = new_place()
        conduct = Conduct(clock=clock, wait=wait, chance=lambda: 1.0)
        return Outbox(place, make_client=lambda _: Unreached(error), conduct=conduct, user="u", password="p", **how)

    return opened


def asked(opened, wait, *entries):
    """Return how often a worker asks for work in some seconds of its clock, with pauses turned off."""
    clock, times = Clock(), 0

    def until():
        nonlocal times
        times += 1
        return clock.now >= 1000.0 + WATCHED or times >= TOO_OFTEN

    with no_waits(), opened(clock, lambda seconds: wait(clock, seconds), NotSentError("nobody is there")) as box:
        for message in entries:
            box.enqueue(**PERSON, message=message)
        box.run(wait=True, until=until)
    return times


@pytest.mark.parametrize("entries", [(), ("hola",)], ids=["nothing", "given up"])
def test_a_worker_that_waits_for_work_rests_where_pauses_are_turned_off(opened, entries):
    assert asked(opened, Clock.wait, *entries) <= WATCHED / LOOKING_OUT * (2 + TRIES * len(entries)) + 1


def test_a_worker_whose_rest_is_a_pause_is_found(opened):
    def paused(clock, seconds):
        pauses.pause(seconds, clock.wait)

    assert asked(opened, paused) == TOO_OFTEN


def test_the_wait_that_nobody_gives_is_none_that_can_be_turned_off():
    assert Conduct().wait is time.sleep


@pytest.mark.parametrize("error", [NotSentError("nobody is there"), RateLimitedError("HTTP_429", retry_after=3600.0)])
def test_what_a_service_asks_for_is_left_out_with_the_other_pauses(opened, error):
    clock = Clock()
    with no_waits(), opened(clock, clock.wait, error) as box:
        number = box.enqueue(**PERSON, message="hola")
        assert box.run().not_sent == TRIES
        assert box.entry(number).state is State.PENDING
    assert sum(clock.waits) < 1.0
