"""Which messages of a listing are new, and which of those are history: by tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from afilnet_protocols import Chat, ConfigurationError, Message, PartialList, Platform, SkippedRecord
from afilnet_protocols.inbox import identity
from afilnet_protocols.inbox.identity import Trace, Trust, are_sound, newest_first, sort_unread, sort_whole, trace
from afilnet_protocols.inbox.polling.start import Start, place_of, wall
from afilnet_protocols.inbox.store import Conversation
from tests.tables import table

BEGIN = datetime(2026, 11, 28, 12, 0, 0)


def said(text, message_id="1", *, second=0, sent=False, kind=Message, status="delivered", zone=None):
    """Return a message of a text, an identifier and a second."""
    return kind(
        platform_id="100",
        platform=Platform.WHATSAPP,
        message=text,
        destination="341",
        message_id=message_id,
        sent=sent,
        status=status,
        timestamp=(BEGIN + timedelta(seconds=second)).replace(tzinfo=zone),
    )


def listed(words):
    """Return messages from words such as ``yes/1``: a text and an identifier."""
    return [said(*word.split("/")) for word in words.split()]


UNPROVEN, TRUSTED, REFUSED = Trust.UNPROVEN, Trust.TRUSTED, Trust.REFUSED

WHOLE = [
    # what is known, the whole listing, what is thought of identifiers; what is new, and what is thought now
    ("", "", UNPROVEN, "", UNPROVEN),
    ("", "a/1 b/2", UNPROVEN, "a/1 b/2", UNPROVEN),
    ("a/1", "a/1 b/2", UNPROVEN, "b/2", TRUSTED),
    ("a/1", "a/1 b/2", TRUSTED, "b/2", TRUSTED),
    ("a/1", "a/1 b/2", REFUSED, "b/2", REFUSED),
    ("a/1", "a/2", UNPROVEN, "", REFUSED),  # the same message, whose identifier has changed
    ("a/1", "a/2", TRUSTED, "", REFUSED),
    ("a/1 b/2", "a/9 b/2", TRUSTED, "", REFUSED),
    ("a/1", "a/1 b/1", TRUSTED, "b/1", REFUSED),  # twice in one conversation
    ("a/1", "a/1 b/", UNPROVEN, "b/", REFUSED),
    ("yes/1", "yes/1 yes/2", TRUSTED, "yes/2", TRUSTED),  # of one text and second: as many as there are
    ("yes/1", "yes/1 yes/1", TRUSTED, "yes/1", REFUSED),
    ("yes/1", "yes/2 yes/3", UNPROVEN, "yes/3", REFUSED),
    ("yes/1 yes/2", "yes/2 yes/3", TRUSTED, "", REFUSED),
    ("a/1 b/2", "c/1 b/2", TRUSTED, "", TRUSTED),  # its text was changed
    ("a/1 b/2", "c/1 b/2", UNPROVEN, "", TRUSTED),
    ("a/1 b/2", "c/1 b/2", REFUSED, "c/1", REFUSED),
    ("a/1", "c/1", UNPROVEN, "c/1", UNPROVEN),
    ("a/1 b/2", "b/2 c/3", TRUSTED, "c/3", TRUSTED),
]


def whole_listings_are_compared():
    for known, listing, before, new, after in WHOLE:
        found = sort_whole(listed(listing), map(trace, listed(known)), before)
        assert (found.new, found.trust, found.doubtful) == (listed(new), after, False), (known, listing, before)


def test_of_a_whole_listing_is_new_what_there_are_more_of_than_before():
    whole_listings_are_compared()


UNREAD = [
    # what is known, what is unread; what is new, or None if a whole listing has to decide
    ("", "", ""),
    ("", "a/1 b/2", "a/1 b/2"),
    ("a/1", "a/1 b/2", "b/2"),
    ("a/1", "b/1", None),
    ("a/1", "a/2", None),
    ("a/1 b/2", "a/2", None),
    ("", "a/1 b/1", None),
    ("", "a/1 b/", None),
]


def what_is_unread_is_compared():
    for known, unread, new in UNREAD:
        found = sort_unread(listed(unread), map(trace, listed(known)))
        assert found.doubtful is (new is None), (known, unread)
        if new is not None:
            assert (found.new, found.trust) == (listed(new), TRUSTED), (known, unread)


def test_what_is_unread_is_new_by_its_identifier_unless_that_contradicts_what_is_known():
    what_is_unread_is_compared()


@pytest.mark.parametrize("law", [whole_listings_are_compared, what_is_unread_is_compared])
def test_sabotage_a_comparison_that_asks_identifiers_only_is_found(monkeypatch, law):
    monkeypatch.setattr(Trace, "__eq__", lambda self, other: self.message_id == other.message_id)
    monkeypatch.setattr(Trace, "__hash__", lambda self: hash(self.message_id))
    monkeypatch.setattr(identity, "are_sound", lambda _: True)
    with pytest.raises(AssertionError):
        law()


@table(
    ("listing", "sound"),
    [("", True), ("a/1", True), ("a/1 a/2", True), ("a/1 b/1", False), ("a/", False), ("a/ b/1", False)],
)
def test_identifiers_are_sound_if_each_message_has_one_of_its_own(listing, sound):
    assert are_sound(listed(listing)) is sound
    assert are_sound([*listed(listing), said("blank", " ")]) is False


@table(
    ("seconds", "answer"),
    [((), None), ((1,), None), ((1, 1), None), ((1, 2), False), ((2, 1), True), ((1, 9, 1), None), ((1, 9, 2), False)],
)
def test_the_order_of_a_listing_is_shown_by_its_ends(seconds, answer):
    assert newest_first([said("a", second=each) for each in seconds]) is answer


def test_a_message_is_known_again_by_any_later_version():
    """What is kept stays in the file: were it computed otherwise, everything there would be new."""
    assert trace(said("hola ¿qué tal?", "7")) == ("8c52ca9a9f568887c298b1fc", "7")
    one = said("hola", "7")
    assert trace(said("hola", "7", zone=UTC)) == trace(one)
    assert trace(said("hola", "7", kind=Chat, status="read")) == trace(one)
    others = (said("hola.", "7"), said("hola", "7", second=1), said("hola", "7", sent=True))
    assert len({trace(each).digest for each in (one, *others)}) == 4


@table(
    ("other", "trust", "same"),
    [
        (None, UNPROVEN, False),
        ("a/1", UNPROVEN, True),
        ("a/2", UNPROVEN, True),
        ("a/2", REFUSED, True),
        ("a/2", TRUSTED, False),
        ("a/1", TRUSTED, True),
        ("b/1", UNPROVEN, False),
        ("b/1", TRUSTED, False),
    ],
)
def test_two_may_be_of_one_message_unless_the_text_or_a_trusted_identifier_differs(other, trust, same):
    assert trace(said("a")).same(other and trace(*listed(other)), trust) is same


# History


def at(*seconds):
    return [said(f"{each}", f"{each}", second=each) for each in seconds]


def handed_over(start, new, listing=None, floor=None, **kept):
    place = ("whatsapp", "100", "341")
    wanted = Start(start).handed_over(
        new, new if listing is None else listing, Conversation(place=place, **kept), floor
    )
    return [new[number].message for number in sorted(wanted)]


def test_what_we_sent_is_never_handed_over():
    assert handed_over("all", [said("theirs"), said("ours", "2", sent=True)]) == ["theirs"]


def test_a_time_is_the_first_that_is_no_history():
    assert handed_over(BEGIN + timedelta(seconds=5), at(4, 5, 6)) == ["5", "6"]


@table("offset", [0, 5, -11])
def test_a_time_without_a_zone_is_that_of_the_service_whatever_offset_stands_beside_it(offset):
    zone = timezone(timedelta(hours=offset))
    new = [msgspec.structs.replace(each, timestamp=each.timestamp.replace(tzinfo=zone)) for each in at(4, 5, 6)]
    assert handed_over(BEGIN + timedelta(seconds=5), [*new, *at(3, 7)]) == ["5", "6", "7"]


def test_sabotage_times_that_are_compared_as_they_are_would_be_found_out(monkeypatch):
    monkeypatch.setattr("afilnet_protocols.inbox.polling.start._since", lambda given, written: written >= given)
    with pytest.raises(ExceptionGroup):
        test_a_time_without_a_zone_is_that_of_the_service_whatever_offset_stands_beside_it()


def test_of_a_conversation_that_turns_up_later_only_what_came_after_the_beginning_is_new():
    floor = wall(said("", second=5))
    assert handed_over("now", at(4, 5, 6), floor=floor) == ["5", "6"]
    assert handed_over("now", at(4, 5, 6), floor=None) == ["4", "5", "6"]
    assert handed_over("now", at(4, 5, 6), floor=floor, id=1) == ["4", "5", "6"]


@table(
    ("listing", "last", "new"),
    [
        ("1/1 2/2 3/3", "2/2", "3"),
        ("1/1 2/9 3/3", "2/2", "3"),  # its identifier has changed
        ("1/1 2/7 2/8 3/3", "2/8", "3"),  # of several, the one with its identifier
        ("1/1 2/7 2/8 3/3", "2/9", "2 3"),  # or the first, that none is lost
        ("1/1 2/2", "2/2", ""),
    ],
)
def test_what_is_up_to_the_last_message_of_the_beginning_is_history(listing, last, new):
    messages = listed(listing)
    (tip,) = listed(last)
    assert handed_over("now", messages, primed=trace(tip), primed_at=wall(tip)) == new.split()


def test_where_the_last_message_of_the_beginning_is_gone_its_time_tells():
    tip = said("gone", "9", second=5)
    assert handed_over("now", at(4, 5, 6), primed=trace(tip), primed_at=wall(tip)) == ["6"]
    assert handed_over("now", at(4, 5, 6), primed=trace(tip)) == ["4", "5", "6"]


def test_the_beginning_is_the_last_message_of_each_conversation_and_the_latest_of_all():
    chats = [said("a", "1", second=3, kind=Chat), said("b", "2", second=7, kind=Chat), said("c", "3", kind=Chat)]
    state, there = Start("now").begun(chats)
    assert state.floor == wall(chats[1])
    assert [(each.place, each.tip, each.last, each.primed, each.primed_at) for each in there] == [
        (place_of(chat), trace(chat), trace(chat), trace(chat), wall(chat)) for chat in chats
    ]
    assert Start("now").begun([])[0].floor is None
    assert Start("all").begun(chats)[1] == []


def test_an_answer_of_which_nothing_could_be_read_begins_nothing():
    odd = [SkippedRecord(1, "result.list[0]", "odd")]
    assert Start("now").begun(PartialList([], odd)) is None
    assert Start("all").begun(PartialList([], odd)) is not None
    assert Start("now").begun(PartialList([said("a", kind=Chat)], odd)) is not None


@table(
    ("start", "zone", "told"),
    [
        ("now", None, None),
        ("all", "Europe/Madrid", None),
        (BEGIN, None, None),
        (BEGIN.replace(tzinfo=UTC), "Europe/Madrid", None),
        (BEGIN, "Europe/Madrid", "start needs a time zone"),
        (BEGIN.replace(tzinfo=UTC), None, "service_timezone must say"),
    ],
)
def test_a_time_that_cannot_be_compared_with_those_of_the_service_is_refused(start, zone, told):
    if told is None:
        Start(start).check(zone)
    else:
        with pytest.raises(ConfigurationError, match=told):
            Start(start).check(zone)
