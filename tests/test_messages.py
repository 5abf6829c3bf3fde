"""A process of several leaves out nothing of a test that was not as it should be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests import messages
from tests.tables import table

PASSED, SKIPPED, FAILED = "passed", "skipped", "failed"


def part(when: str, outcome: str) -> Any:
    return SimpleNamespace(when=when, **{each: each == outcome for each in (PASSED, SKIPPED, FAILED)})


@table(
    ("outcomes", "told"),
    [
        ((PASSED, PASSED, PASSED), ["call"]),
        ((PASSED, SKIPPED, PASSED), ["call"]),
        ((PASSED, FAILED, PASSED), ["setup", "call", "teardown"]),
        ((PASSED, PASSED, FAILED), ["setup", "call", "teardown"]),
        ((SKIPPED, None, PASSED), ["setup"]),
        ((FAILED, None, PASSED), ["setup", "teardown"]),
    ],
)
def test_the_call_is_told_and_all_parts_where_one_failed(outcomes: tuple[str | None, ...], told: list[str]) -> None:
    parts = [part(when, each) for when, each in zip(("setup", "call", "teardown"), outcomes, strict=True) if each]
    heard: list[str] = []
    item: Any = SimpleNamespace(
        ihook=SimpleNamespace(pytest_runtest_logreport=lambda report: heard.append(report.when))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages, "runtestprotocol", lambda *_, **__: parts)
        messages.Messages().pytest_runtest_protocol(item, None)
    assert heard == told


@table("asked", [{"durations": 5}, {"xmlpath": "a.xml"}, {"verbose": 1}, {}])
def test_whoever_asks_for_the_parts_has_them(asked: dict[str, Any]) -> None:
    option = SimpleNamespace(**{"durations": None, "xmlpath": None, "verbose": -1, **asked})
    one_of_several: Any = SimpleNamespace(option=option, workerinput={})
    alone: Any = SimpleNamespace(option=option)
    assert messages.suffice(one_of_several) is not bool(asked)
    assert not messages.suffice(alone)
