"""How entries in doubt are settled: read back, waited for, read back again, and left open where nothing is sure."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from afilnet_protocols.calls.recovery import AT_LEAST
from afilnet_protocols.errors import AuthenticationError, NotFoundError
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.settling import judge, settle
from afilnet_protocols.outbox.store import Lost
from afilnet_protocols.records import Message, PartialList
from afilnet_protocols.vocabulary import Finding, Platform

WHERE = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
THEN = datetime(2026, 1, 1, tzinfo=UTC)


def lost(number: int = 1, text: str = "hola", *, baseline: int | None = 0) -> Lost:
    arguments = {**WHERE, "message": text}
    entry = Entry(
        id=number, key=None, operation="send_message", arguments=arguments, state=State.UNKNOWN,
        created_at=THEN, changed_at=THEN,
    )  # fmt: skip
    return Lost(entry, claim=number, baseline=baseline, known=0, perhaps=0)


class Doubts:
    """A store with entries in doubt, in front of a service that shows texts or refuses to."""

    def __init__(self, *entries: Lost) -> None:
        self.entries = list(entries)
        self.shown: list[str] = []
        self.refusal: Exception | None = None
        self.meanwhile = lambda: None
        self.waits = 0
        self.told: list[Entry] = []

    def lost(self, conversation: object = None) -> list[Lost]:
        del conversation
        return list(self.entries)

    def settle(self, entry: Lost, state: State) -> None:
        assert state is State.SENT
        self.entries = [each for each in self.entries if each.entry.id != entry.entry.id]

    def get_messages(self, **_: str) -> list[Message]:
        self.meanwhile()
        if self.refusal is not None:
            raise self.refusal
        return [
            Message(
                platform=Platform.WHATSAPP, platform_id="100", destination=WHERE["destination"], message=text,
                message_id=str(number), sent=True, status="sent", timestamp=THEN,
            )
            for number, text in enumerate(self.shown)
        ]  # fmt: skip

    def settled(self, at_the_wait=lambda: None) -> dict[int, Finding]:
        def wait() -> None:
            self.waits += 1
            at_the_wait()

        told = self.told.append
        return settle(self, self, wait, resend_absent=False, over_get=False, tell=told)  # type: ignore[arg-type] # both


@pytest.mark.parametrize(("found", "finding"), [(2, Finding.ABSENT), (3, Finding.DELIVERED), (1, Finding.UNDECIDED)])
def test_what_the_conversation_showed_before_is_not_the_entry(found: int, finding: Finding) -> None:
    assert judge(lost(baseline=2), found) is finding


@pytest.mark.parametrize(
    ("found", "finding"), [(2, Finding.ABSENT), (3, Finding.POSSIBLY_DELIVERED), (1, Finding.UNDECIDED)]
)
def test_where_there_were_more_than_the_conversation_showed_before_one_more_proves_nothing(
    found: int, finding: Finding
) -> None:
    assert judge(lost(baseline=AT_LEAST + 2), found) is finding


def test_absence_is_believed_unless_it_was_looked_for_over_get() -> None:
    assert judge(lost(), 0) is Finding.ABSENT
    assert judge(lost(), 0, over_get=True) is Finding.UNDECIDED


@pytest.mark.parametrize("shown", ["HOLA", "hola &nbsp;", "\u00a1hola!"])
def test_a_text_that_may_be_the_entry_in_other_letters_is_neither_it_nor_its_absence(shown: str) -> None:
    doubts = Doubts(lost(), lost(2, "other"))
    doubts.shown = [shown]
    assert doubts.settled() == {1: Finding.UNDECIDED, 2: Finding.ABSENT}


def test_a_recipient_whom_services_write_otherwise_is_not_absent_where_nothing_is_shown() -> None:
    entry = lost().entry
    respelt = dataclasses.replace(entry, arguments={**entry.arguments, "destination": "+34600000000"})
    doubts = Doubts(dataclasses.replace(lost(), entry=respelt))
    assert doubts.settled() == {1: Finding.UNDECIDED}
    doubts.shown = ["other"]
    assert doubts.settled() == {1: Finding.ABSENT}


def test_a_conversation_of_which_there_is_more_settles_nothing_by_what_it_lacks() -> None:
    doubts = Doubts(lost(), lost(2, "other"))
    doubts.shown = ["hola"]
    listed = doubts.get_messages()
    doubts.get_messages = lambda **_: PartialList(listed, more=True)  # type: ignore[method-assign]  # one of two pages
    assert doubts.settled() == {1: Finding.DELIVERED, 2: Finding.UNDECIDED}


def test_nothing_is_waited_for_where_everything_is_there() -> None:
    doubts = Doubts(lost())
    doubts.shown = ["hola"]
    assert doubts.settled() == {1: Finding.DELIVERED}
    assert (doubts.waits, doubts.entries) == (0, [])
    assert [(entry.id, entry.state) for entry in doubts.told] == [(1, State.UNKNOWN)]


def test_the_service_is_given_its_time_and_asked_again_about_those_that_were_asked_about() -> None:
    doubts = Doubts(lost(1))

    def late() -> None:
        doubts.shown.append("hola")
        doubts.entries.append(lost(2, "new"))

    assert doubts.settled(late) == {1: Finding.DELIVERED}
    assert (doubts.waits, [each.entry.id for each in doubts.entries]) == (1, [2])
    assert [entry.id for entry in doubts.told] == [1, 1]


def test_an_entry_that_another_worker_settles_meanwhile_is_left_to_it() -> None:
    doubts = Doubts(lost())
    doubts.meanwhile = doubts.entries.clear
    assert doubts.settled() == {1: Finding.UNDECIDED}


def test_an_equal_message_that_is_sent_meanwhile_leaves_it_open() -> None:
    doubts = Doubts(lost())

    def more() -> None:
        doubts.entries[0] = dataclasses.replace(doubts.entries[0], perhaps=doubts.entries[0].perhaps + 1)

    doubts.meanwhile, doubts.shown = more, ["hola"]
    assert doubts.settled() == {1: Finding.UNDECIDED}


def test_a_conversation_that_is_not_told_of_leaves_it_open_and_wrong_credentials_are_told() -> None:
    doubts = Doubts(lost())
    doubts.refusal = NotFoundError("CHANNEL_NOT_FOUND", "no such channel")
    assert doubts.settled() == {1: Finding.UNDECIDED}
    doubts.refusal = AuthenticationError("INCORRECT_USER_PASSWORD", "wrong")
    with pytest.raises(AuthenticationError):
        doubts.settled()
