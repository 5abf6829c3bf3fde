"""Identifiers that no index has room for end no run: messages are known by a digest of theirs, the rest is left out."""

from __future__ import annotations

import random
import string

import msgspec
import pytest

from afilnet_protocols import Inbox
from afilnet_protocols.inbox.polling import poller
from tests.inbox.service import Service, opened

LONG = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=9000))
SAYS = (
    "listing: the service lists {} whose identifiers have more than 1,000 bytes, which cannot be kept, and what they "
    "hold is not handed over"
)


def rounds(place, service, start="all"):
    texts, told = [], []
    with opened(Inbox, place, service, start=start, on_trouble=lambda each: told.append(str(each))) as inbox:
        inbox.handler(lambda incoming: texts.append(incoming.text))
        for _ in range(3):
            inbox.run(wait=False)
            service.now += 10
    return texts, told


def test_a_message_of_a_long_identifier_is_handled_once(new_place):
    service = Service()
    service.ids = lambda service, kept, number: f"{LONG}{number}"
    for text in ("a", "a", "b"):
        service.write("341", text)
    assert rounds(new_place(), service) == (["a", "a", "b"], [])


@pytest.mark.parametrize("start", ["all", "now"])
def test_a_person_of_a_long_name_is_told_and_holds_up_nobody(new_place, start):
    service = Service()
    service.write(LONG, "lost")
    if start == "all":
        service.write("341", "a")
    texts, told = rounds(new_place(), service, start)
    assert texts == (["a"] if start == "all" else [])
    assert told[:1] == [SAYS.format("conversations")]


def test_so_is_a_channel(new_place):
    service = Service()
    service.write("341", "a")
    (channel,) = service.get_chat_channels()
    service.get_chat_channels = lambda: [msgspec.structs.replace(channel, platform_id=LONG), channel]
    texts, told = rounds(new_place(), service)
    assert texts == ["a"]
    assert told[:1] == [SAYS.format("channels")]


def test_sabotage_an_inbox_that_keeps_any_name_is_found(new_place, monkeypatch):
    monkeypatch.setattr(poller, "is_long", lambda name: False)
    with pytest.raises(Exception, match=r"index row|assert"):
        test_so_is_a_channel(new_place)
