"""What a member of an answer has to hold to tell of a refusal, at the edges."""

from __future__ import annotations

from afilnet_protocols.catalogue import ERROR_CODES
from afilnet_protocols.wire.refusal import holds_a_code, refuses
from tests.tables import table


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
        assert not holds_a_code(f"{code}: top up", alone=True)
        assert holds_a_code(code)
        assert holds_a_code(f" {code} ", alone=True)
        assert holds_a_code(["hola", code], alone=True)
    assert not holds_a_code("hola", alone=True)
