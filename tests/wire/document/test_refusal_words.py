"""What a member of an answer has to hold to tell of a refusal, at the edges."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.catalogue import ERROR_CODES
from afilnet_protocols.wire import names
from afilnet_protocols.wire.document.refusal import _REFUSALS, USUAL, holds_a_code, refuses
from tests.tables import table

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}", re.ASCII)


@table(
    ("name", "value", "no"),
    [
        ("status", 399, False),
        ("status", 400, True),
        ("status", 599, True),
        ("status", 600, False),
        ("result", 400, False),
        ("result", {"string": "failed"}, True),
        ("result", {"string": "failed", "item": "hello"}, False),
        ("result", {"message": "failed"}, False),
        ("status", {"name": "failed", "group": "x"}, True),
    ],
)
def test_a_status_says_no_by_a_number_of_http_or_by_its_one_text(name, value, no) -> None:
    assert bool(refuses(name, value)) is no


def test_a_code_is_one_by_its_form_and_in_a_text_that_may_be_repeated_only_alone() -> None:
    assert "NO_CREDITS" not in ERROR_CODES
    for code in ("NO_CREDITS", "CHANNEL_NOT_FOUND"):
        assert holds_a_code(f"{code}: top up")
        assert not holds_a_code(f"{code}: top up", whole=True)
        assert holds_a_code(code)
        assert holds_a_code(f" {code} ", whole=True)
        assert holds_a_code(["hola", code], whole=True)
    assert not holds_a_code("hola", whole=True)


def test_no_name_around_documented_records_is_one_of_a_refusal() -> None:
    assert not [name for name in USUAL if _REFUSALS.fullmatch(name)]
    assert _REFUSALS.fullmatch("errors")


@given(name=st.text(st.sampled_from("abcXYZ019_.-é٣ \n"), max_size=5) | st.integers(38, 42).map("a".__mul__))
def test_a_name_is_repeated_in_a_message_as_the_expression_says(name: str) -> None:
    assert names._is_plain(name) is bool(PLAIN.fullmatch(name))


def test_sabotage_a_name_with_a_blank_that_is_repeated_would_be_found_out(monkeypatch) -> None:
    monkeypatch.setattr(names, "_OF_NAMES", f"{names._OF_NAMES} ")
    assert names._is_plain("a b") is not bool(PLAIN.fullmatch("a b"))
