"""Failures of one cause are told once."""

from __future__ import annotations

from afilnet_protocols.conformance.results.causes import grouped, sign

SAME = {"backend": "mine", "outcome": "fail", "operation": "get_messages"}


def test_the_same_mistake_at_other_places_and_with_other_values_is_one_cause():
    first = sign(**SAME, field="returned[0].message", expected="hola", actual=7)
    assert sign(**SAME, field="returned[3].message", expected="adios", actual=8) == first


def test_another_manner_place_operation_or_backend_is_another_cause():
    told = {**SAME, "field": "returned[0].sent", "expected": True, "actual": "yes"}
    raised = {"raised": "NotFoundError", "code": "CHAT_NOT_FOUND", "delivery": "rejected"}
    others = [
        {**told, "backend": "yours"},
        {**told, "operation": "get_chats"},
        {**told, "field": "returned[0].message"},
        {**told, "outcome": "setup-failed"},
        {**told, "actual": raised},
        {**told, "actual": {**raised, "code": "CHANNEL_NOT_FOUND"}},
        {**told, "actual": {"returned": [], "skipped": 1}},
        {**told, "actual": {"returned": []}},
        {**told, "actual": 7},
    ]
    assert len({sign(**each) for each in (told, *others)}) == 1 + len(others)


def test_groups_keep_every_failure_and_the_order_in_which_causes_came_up():
    assert grouped(["b1", "a1", "b2"], lambda word: (word[0],)) == [["b1", "b2"], ["a1"]]
