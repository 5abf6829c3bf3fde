"""What a service says in words may be of any length: to read it takes time that grows with that, and no faster."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from afilnet_protocols import AfilnetError, catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.document import more_records
from afilnet_protocols.wire.json_envelope import read_document
from tests.tables import table
from tests.work import slowness

LENGTH = 16_000
SECONDS = 0.4
"""What an answer may take. It takes a tenth of that, and four times where time grows with the square of the length."""

WRITTEN = [
    *(("", each) for each in ("0", "a", "+", "-", " ", "\n", "<", "a_", "0,", "not ", "&lt;", '"', "Ab")),
    *(("1", "+"), ("0", "-"), ("0", " "), ("<a ", "b='"), ("<a>", "&lt;"), ("message", " "), ("showing 1", "0")),
    *(("failed", " "), ("failed", "\n"), ("not", " "), ("only the last", " ")),
]
"""How long texts begin, and what they then go on with over and over; they end otherwise."""

MEMBERS = (
    *("message", "status", "error", "result", "list", "more", "next", "page", "limit", "offset", "showing", "warning"),
    *("state", "cursor", "sent", "code", "deliverystatus", "x"),
)


def seconds(operation: Operation[object], result: object) -> float:
    """Return how long an answer takes to read, in seconds of the processor."""
    reply = Reply(200, {}, json.dumps({"status": "SUCCESS", "result": result}).encode())
    begun = time.thread_time()
    with contextlib.suppress(AfilnetError):
        read_document(operation, reply)
    return time.thread_time() - begun


@table("operation", (catalogue.GET_MESSAGES, catalogue.SEND_MESSAGE))
def test_a_long_text_is_read_in_time_that_grows_with_its_length(operation: Operation[object]) -> None:
    for begin, over_and_over in WRITTEN:
        text = begin + over_and_over * (LENGTH // len(over_and_over)) + "\n!"
        assert seconds(operation, dict.fromkeys(MEMBERS, text)) < SECONDS * slowness(), text[:20]
        assert seconds(operation, {"list": [], "total": text}) < SECONDS * slowness(), text[:20]


def test_sabotage_a_sign_that_is_looked_for_from_every_place_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(more_records, "_AT_LEAST", more_records.late(r"[0-9]\S*\+.*$"))
    text = "1" + "+" * LENGTH + "\n!"
    assert seconds(catalogue.GET_MESSAGES, {"list": [], "total": text}) >= SECONDS * slowness()
