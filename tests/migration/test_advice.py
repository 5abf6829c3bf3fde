"""What is recommended, on either side of each limit, and in which words."""

from __future__ import annotations

import pytest

from afilnet_protocols import ConfigurationError
from afilnet_protocols.migration.advice import advise
from afilnet_protocols.migration.agreement import ROUNDS, Agreement, is_usable, settle
from afilnet_protocols.migration.coverage import Coverage
from afilnet_protocols.migration.diff import Kind
from afilnet_protocols.migration.share import Share, may_be_salt
from afilnet_protocols.migration.tally import Counts, Seen
from tests.tables import table

READ = "get_messages"


def counts(calls: int, judged: int | None = None, *, differences: list[Seen] | None = None, **numbers: int) -> Counts:
    judged = calls if judged is None else judged
    return Counts(numbers=numbers, asked={READ: calls}, judged={READ: judged}, differences=differences or [])


def seen(kind: Kind, count: int, operation: str = READ) -> Seen:
    return Seen(operation, kind, "raised", "returned 1 record", "raised NotSentError", count, "", "")


@table(
    ("mode", "given", "enough", "told"),
    [
        ("shadow", counts(10), 10, "go: 10 of 10 calls compared, nothing against the candidate"),
        ("canary", counts(10), 10, "go: 10 of 10 calls answered, nothing against the candidate"),
        (
            "shadow",
            counts(9),
            10,
            "keep: there is a verdict on 9 calls, and 10 are enough; nothing against the candidate so far",
        ),
        (
            "shadow",
            counts(1),
            2,
            "keep: there is a verdict on 1 call, and 2 are enough; nothing against the candidate so far",
        ),
        ("shadow", counts(10, 9), 9, "go: 9 of 10 calls compared, nothing against the candidate"),
        (
            "shadow",
            counts(10, 8),
            8,
            (
                "keep: 2 of 10 (20%) of the calls were left out, and at most 10% may be; 2 of 10 (20%) of get_messages "
                "were left out, and at most 10% may be; nothing against the candidate so far"
            ),
        ),
        (
            "shadow",
            counts(10, refused=10),
            10,
            "keep: all 10 calls were refused, by either side alike; nothing against the candidate so far",
        ),
        ("shadow", counts(10, refused=9), 10, "go: 10 of 10 calls compared, nothing against the candidate"),
        # One per cent may remain without an answer, and not a call more.
        (
            "shadow",
            counts(100, unanswered=1, differences=[seen(Kind.ANSWER, 1)]),
            10,
            "go: 100 of 100 calls compared, nothing against the candidate",
        ),
        (
            "shadow",
            counts(100, unanswered=2, differences=[seen(Kind.ANSWER, 2)]),
            10,
            "no-go: 2 of 100 calls of the candidate brought no usable answer",
        ),
        (
            "shadow",
            counts(199, unanswered=2, differences=[seen(Kind.ANSWER, 2)]),
            10,
            "no-go: 2 of 199 calls of the candidate brought no usable answer",
        ),
        (
            "shadow",
            counts(200, unanswered=2, differences=[seen(Kind.ANSWER, 2)]),
            10,
            "go: 200 of 200 calls compared, nothing against the candidate",
        ),
        (
            "shadow",
            counts(100, not_repeated=1),
            10,
            (
                "go: 100 of 100 calls compared, nothing against the candidate; "
                "1 send or read of unread messages was not repeated: a canary makes them"
            ),
        ),
        ("canary", counts(100, failed=1), 10, "go: 100 of 100 calls answered, nothing against the candidate"),
        ("canary", counts(100, failed=2), 10, "no-go: 2 of 100 calls of the candidate failed"),
        ("canary", counts(199, failed=2), 10, "no-go: 2 of 199 calls of the candidate failed"),
        ("canary", counts(1, failed=1), 10, "no-go: 1 of 1 call of the candidate failed"),
        ("canary", Counts(returns=["then: why"]), 10, "no-go: then: why"),
        # What speaks against a candidate whatever else was seen.
        (
            "shadow",
            counts(100, differences=[seen(Kind.VALUE, 1)]),
            10,
            "no-go: get_messages differs in value at raised, 1 time: returned 1 record against raised NotSentError",
        ),
        ("shadow", counts(100, failed=1), 10, "no-go: the candidate could not be compared 1 time"),
        (
            "shadow",
            counts(100, unavailable=2),
            10,
            "no-go: the candidate could not be made when 2 calls were to be repeated; see 'afilnet config'",
        ),
        (
            "shadow",
            counts(100, unavailable=1),
            10,
            "no-go: the candidate could not be made when 1 call was to be repeated; see 'afilnet config'",
        ),
    ],
)
def test_the_advice_is_the_same_in_every_word(mode, given, enough, told):
    assert str(advise(mode, given, enough=enough)) == told


def of_two(rare: int, unanswered: int) -> Counts:
    """One operation that is called often, and another one that the candidate does not always answer."""
    return Counts(
        numbers={"unanswered": unanswered},
        asked={READ: 1000, "get_chats": rare},
        judged={READ: 1000, "get_chats": rare},
        differences=[seen(Kind.ANSWER, unanswered, "get_chats")],
    )


@table(
    ("given", "word"),
    [
        (of_two(20, 2), "go"),
        (of_two(20, 3), "keep: 3 of 20 calls of get_chats were not answered; nothing against the candidate so far"),
        (of_two(3, 3), "no-go: get_chats was never answered by the candidate, which raised NotSentError"),
        (of_two(4, 3), "keep: 3 of 4 calls of get_chats were not answered; nothing against the candidate so far"),
    ],
)
def test_an_operation_that_is_seldom_answered_is_not_lost_among_the_others(given, word):
    assert str(advise("shadow", given, enough=10)).startswith(word)


@table(("enough", "left_out"), [(0, 0.1), (True, 0.1), (1.0, 0.1), (1, -0.1), (1, 1.1), (1, "x"), (0, 2)])
def test_what_can_be_no_limit_is_refused(enough, left_out):
    with pytest.raises(ConfigurationError, match="enough is a whole number of at least 1"):
        advise("shadow", Counts(), enough=enough, left_out=left_out)
    assert advise("shadow", counts(1), enough=1, left_out=0).word == "go"
    assert advise("shadow", counts(1), enough=1, left_out=1).word == "go"


def test_nothing_was_left_out_of_nothing():
    assert (Coverage({}, {}).share, str(Coverage({}, {})), list(Coverage({}, {}).gaps(0))) == (0.0, "0 of 0", [])


def test_an_operation_that_was_never_looked_at_was_left_out_whole():
    assert list(Coverage({"get_chats": 1}, {}).gaps_of_operations(0.5)) == [
        "1 of 1 (100%) of get_chats were left out, and at most 50% may be"
    ]


# Whether two sides agree


def returned(text: str) -> dict[str, object]:
    return {"returned": [{"record": "Message", "message": text}]}


@table(
    ("outcome", "usable"),
    [
        (returned("a"), True),
        ({"returned": None}, True),
        ({"raised": "NotFoundError"}, True),
        ({"raised": "NotSentError"}, False),
        ({"raised": "OutcomeUnknownError"}, False),
        ({"raised": "AuthenticationError"}, False),
        ({"raised": "builtins.RuntimeError"}, False),
    ],
)
def test_an_answer_is_what_the_service_says_of_what_was_asked(outcome, usable):
    assert is_usable(outcome) is usable


class Side:
    """Answers one text after the other."""

    def __init__(self, *texts: str) -> None:
        self.texts, self.asked = list(texts), 0

    def __call__(self) -> dict[str, object]:
        self.asked += 1
        return returned(self.texts.pop(0))


def test_a_side_that_changes_is_asked_three_times_at_most():
    ours, theirs = Side("c", "e", "g", "i"), Side("d", "f", "h")
    assert settle(returned("a"), returned("b"), ours, theirs).agreement is Agreement.NOISE
    assert (ours.asked, theirs.asked, ROUNDS) == (3, 2, 3)


def test_a_side_that_does_not_change_is_asked_once_more():
    ours, theirs = Side("a", "a"), Side("b")
    assert settle(returned("a"), returned("b"), ours, theirs).agreement is Agreement.DIFFERENT
    assert (ours.asked, theirs.asked) == (1, 0)


def of_fields(message: str, status: str) -> dict[str, object]:
    return {"returned": [{"record": "Message", "message": message, "status": status}]}


def test_only_what_differed_every_time_remains():
    """The status changes on the side in use, and the candidate is behind with it; the message differs for good."""
    ours = iter([of_fields("a", "2"), of_fields("a", "2")])
    theirs = iter([of_fields("b", "2")])
    settled = settle(of_fields("a", "1"), of_fields("b", "0"), lambda: next(ours), lambda: next(theirs))
    assert settled.agreement is Agreement.DIFFERENT
    assert [each.field for each in settled.differences] == ["returned[].message"]


# Which calls are a candidate's


def test_a_share_of_nothing_has_nothing_and_the_whole_has_all():
    conversations = [{"platform": "x", "platform_id": "1", "destination": str(n)} for n in range(200)]
    for arguments in (*conversations, *({} for _ in range(200))):
        assert not Share(0, "").has(arguments)
        assert Share(1, "").has(arguments)


def test_calls_of_no_conversation_go_by_their_turn_which_is_the_same_in_every_process():
    first, second = (Share(0.5, "salt") for _ in range(2))
    turns = [first.has({}) for _ in range(64)]
    assert turns == [second.has({}) for _ in range(64)]
    assert 10 < sum(turns) < 54
    assert turns[:8] == [True, True, False, False, False, True, False, False]


@table(("salt", "fits"), [("", True), ("x" * 64, True), ("x" * 65, False), ("ñ" * 32, True), ("ñ" * 33, False)])
def test_a_salt_is_as_long_as_a_key_may_be(salt, fits):
    assert may_be_salt(salt) is fits


@table("salt", [None, b"x", 7, "\ud800"])
def test_a_salt_is_a_text(salt):
    assert may_be_salt(salt) is False
