"""Whatever an application could notice is told once, described without a text that people wrote."""

from __future__ import annotations

import pytest

from afilnet_protocols.migration.diff import Exact, Kind, Noticed, confirmed, is_gain, notice, unanswered
from tests.tables import table

LONG = "MessageTooLongError"


def returned(*records: object) -> dict[str, object]:
    return {"returned": list(records)}


def raised(name: str, **more: object) -> dict[str, object]:
    return {"raised": name, **more}


def message(text: object = "hola", **more: object) -> dict[str, object]:
    return {"record": "Message", "message": text, "status": "1", **more}


SAME = (
    returned(),
    returned(message()) | {"skipped": 1, "more": True},
    returned(message()),
    returned(message(), message("x")),
    {"returned": None},
    raised("NotFoundError"),
)


@table("outcome", SAME)
def test_what_is_the_same_does_not_differ(outcome):
    assert notice(outcome, outcome) == ()


@table(
    ("ours", "theirs", "told"),
    [
        # What is raised.
        (returned(), raised("NotFoundError"), (Kind.ERROR, "raised", "returned 0 records", "raised NotFoundError")),
        (
            raised("NotFoundError", code="NO_CHANNEL"),
            {"returned": None},
            (Kind.ERROR, "raised", "raised NotFoundError NO_CHANNEL", "returned nothing"),
        ),
        (raised("A"), raised("B"), (Kind.ERROR, "raised", "A", "B")),
        (raised("A", code="x"), raised("A", code="y"), (Kind.ERROR, "code", "x", "y")),
        (raised("A", delivery="unknown"), raised("A"), (Kind.ERROR, "delivery", "unknown", "None")),
        # What is too long for one side.
        (raised(LONG), returned(), (Kind.LIMIT, "raised", f"raised {LONG}", "returned 0 records")),
        (returned(message()), raised(LONG), (Kind.LIMIT, "raised", "returned 1 record", f"raised {LONG}")),
        (raised(LONG), raised("A", code="x"), (Kind.LIMIT, "raised", f"raised {LONG}", "raised A x")),
        (raised("A"), raised(LONG), (Kind.LIMIT, "raised", "raised A", f"raised {LONG}")),
        (raised(LONG, code="x"), raised(LONG, code="y"), (Kind.ERROR, "code", "x", "y")),
        # Lists and what is none.
        (returned(), {"returned": None}, (Kind.TYPE, "returned", "0 records", "nothing")),
        ({"returned": None}, returned(), (Kind.TYPE, "returned", "nothing", "0 records")),
        ({"returned": "x"}, {"returned": "y"}, (Kind.TYPE, "returned", "str", "str")),
        ({"returned": 1}, {"returned": True}, (Kind.TYPE, "returned", "int", "bool")),
        ({"returned": {"record": "Chat"}}, {"returned": {"more": 1}}, (Kind.TYPE, "returned", "Chat", "dict")),
        (returned(1, 2), returned(1), (Kind.LENGTH, "returned", "2 records", "1 record")),
        # What a list says that it lacks.
        (returned(1), returned(1) | {"skipped": 0, "more": True}, (Kind.VALUE, "returned.more", "False", "True")),
        (returned(1) | {"skipped": 0, "more": True}, returned(1), (Kind.VALUE, "returned.more", "True", "False")),
        (returned(1), returned(1) | {"skipped": 2}, (Kind.VALUE, "returned.skipped", "0", "2")),
        (
            returned(message("a"), message("b"), message("c")),
            returned(message("a"), message("c"), message("b")),
            (Kind.ORDER, "returned", "3 records", "another order from record 2 on"),
        ),
        # Records.
        (returned(message()), returned("hola"), (Kind.TYPE, "returned[]", "Message", "str")),
        (returned("hola"), returned("adiós"), (Kind.TYPE, "returned[]", "str", "str")),
        (returned(1), returned(True), (Kind.TYPE, "returned[]", "int", "bool")),
        (returned(message()), returned(message(more=1)), (Kind.TYPE, "returned[]", "Message", "Message")),
        (
            returned(message(status="int, which is the wrong type: 1")),
            returned(message(status="1")),
            (Kind.TYPE, "returned[].status", "int", "str"),
        ),
        (
            returned(message(status="a b, which is the wrong type: 1")),
            returned(message(status="1")),
            (Kind.VALUE, "returned[].status", "a b, which is the wrong type: 1", "1"),
        ),
        (returned(message(sent=True)), returned(message(sent=1)), (Kind.TYPE, "returned[].sent", "bool", "int")),
        (returned(message(sent=True)), returned(message(sent=False)), (Kind.VALUE, "returned[].sent", "True", "False")),
        (
            returned(message(status="x" * 90)),
            returned(message(status="y" * 81)),
            (Kind.VALUE, "returned[].status", "x" * 80, "y" * 80),
        ),
        # Of texts that people wrote, the length and the first place where they part.
        (
            returned(message("hola ñ")),
            returned(message("hola n")),
            (
                Kind.VALUE,
                "returned[].message",
                "text of 6 characters, U+00F1 at 5",
                "text of 6 characters, U+006E at 5",
            ),
        ),
        (
            returned(message("hola")),
            returned(message("hola!")),
            (
                Kind.VALUE,
                "returned[].message",
                "text of 4 characters, the end at 4",
                "text of 5 characters, U+0021 at 4",
            ),
        ),
        (
            returned(message("hola")),
            returned(message("")),
            (
                Kind.VALUE,
                "returned[].message",
                "text of 4 characters, U+0068 at 0",
                "text of 0 characters, the end at 0",
            ),
        ),
        (
            returned(message("int, which is the wrong type: 1")),
            returned(message("hola")),
            (Kind.TYPE, "returned[].message", "int", "str"),
        ),
    ],
)
def test_each_way_to_differ_is_told(ours, theirs, told):
    assert notice(ours, theirs) == (Noticed(*told),)


def test_a_field_is_told_once_however_many_records_differ_in_it():
    ours, theirs = ([message(f"{side}{number}") for number in range(3)] for side in "ab")
    assert [each.key for each in notice(returned(*ours), returned(*theirs))] == [("value", "returned[].message", False)]


PRIVATE = ("message", "destination", "name")


@table("field", PRIVATE)
def test_no_text_of_people_is_told(field):
    ours = returned({"record": "X", field: "hunter2"})
    for theirs in (returned({"record": "X", field: "hunter3"}), returned({"record": "X"}), returned(), returned("x")):
        told = str((notice(ours, theirs), notice(theirs, ours)))
        assert "hunter" not in told


@table(
    ("kind", "ours", "gain"),
    [
        ("limit", "9 characters too long", True),
        ("limit", f"raised {LONG}", True),
        ("limit", "fits", False),
        ("error", f"raised {LONG}", False),
    ],
)
def test_only_what_was_too_long_for_the_side_in_use_is_a_gain(kind, ours, gain):
    assert is_gain(kind, ours) is gain


def test_an_identifier_stays_what_it_is():
    """Both sides read one account: a message that has another identifier is another message."""
    assert Exact().name("7") == "7"


def test_an_answer_that_is_missing_is_a_kind_of_its_own():
    assert unanswered(returned(message()), raised("NotSentError")) == Noticed(
        Kind.ANSWER, "raised", "returned 1 record", "raised NotSentError"
    )


@table(
    ("first", "theirs", "again", "remains"),
    [
        ("a", "b", "a", True),
        ("a", "b", "b", False),  # it had only changed meanwhile
        ("a", "b", "c", False),  # the side in use changes by itself
        ("a", "a", "b", False),  # it was not there at first
    ],
)
def test_a_difference_remains_that_is_there_again_and_is_no_change(first, theirs, again, remains):
    found = confirmed(*(returned(message(text)) for text in (first, theirs, again)))
    assert bool(found) is remains


@table("wrong", [None, [], "x", 7])
def test_what_is_no_outcome_is_a_mistake_of_whoever_calls(wrong):
    for compare in (notice, unanswered):
        for ours, theirs in ((wrong, returned()), (returned(), wrong)):
            with pytest.raises(TypeError, match="an outcome in canonical form"):
                compare(ours, theirs)
