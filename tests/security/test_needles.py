"""Living secrets are found in every spelling, at a cost that does not depend on how many there are."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afilnet_protocols.security import needles as module
from afilnet_protocols.security.encodings import encodings
from afilnet_protocols.security.log_filter import RedactingFilter
from afilnet_protocols.security.needles import SHORTEST, Needles, needles
from afilnet_protocols.security.redaction import mask, mask_bytes, shown
from afilnet_protocols.security.secret import MASK, Secret
from tests.sizes import examples

LETTERS = st.text("ab&é ", min_size=4, max_size=12)


def by_hand(data: bytes, texts: list[str]) -> list[tuple[int, int]]:
    """Return where the texts are spelled, as plainly as that can be written."""
    known = {spelling for text in texts if len(text) >= SHORTEST for spelling in encodings(text)}
    found = sorted(
        (start, start + len(spelling))
        for spelling in known
        for start in range(len(data))
        if data.startswith(spelling, start)
    )
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@given(st.lists(LETTERS, max_size=4), st.lists(st.one_of(LETTERS, st.integers(0, 200)), max_size=6), st.data())
def test_what_is_found_is_what_a_plain_search_finds(texts, parts, data):
    secrets = [Secret(text) for text in texts]
    spellings = sorted({spelling for text in texts for spelling in encodings(text)})
    written = b"".join(
        part.encode() if isinstance(part, str) else spellings[part % len(spellings)] if spellings else b"x"
        for part in parts
    )
    around = data.draw(st.binary(max_size=5))
    assert needles.spans(around + written) == by_hand(around + written, texts)
    assert len(secrets) == len(texts)


@settings(max_examples=examples(10, proof=100))
@given(st.lists(st.tuples(st.sampled_from(["abcdefgh", "abcdef", "abcdefghij"]), st.booleans()), max_size=12))
def test_only_what_lives_is_found_and_nothing_is_left_of_what_has_died(changes):
    gc.disable()  # or what other tests have left could go in between
    try:
        leave_nothing(changes)
    finally:
        gc.enable()


def leave_nothing(changes):
    needles.spans(b"")
    before = len(needles._known), dict(needles._windows), dict(needles._whole), dict(needles._lengths), needles._short
    living: dict[str, list[Secret]] = {}
    for text, born in changes:
        if born:
            living.setdefault(text, []).append(Secret(text))
        elif living.get(text):
            living[text].pop()
        now = [each for each, secrets in living.items() if secrets]
        assert needles.spans(b"- abcdefghij -") == by_hand(b"- abcdefghij -", now)
    living.clear()
    needles.spans(b"")
    after = len(needles._known), dict(needles._windows), dict(needles._whole), dict(needles._lengths), needles._short
    assert after == before


def test_what_is_kept_does_not_spell_the_secret():
    secret = Secret("plainly a secret")
    needles.spans(b"")
    numbers = {number for known in needles._known.values() for row in known for number in row}
    windows = {int.from_bytes(b"plainly a secret"[at : at + 4], sys.byteorder) for at in range(4)}
    assert not windows & (numbers | set(needles._windows))
    assert "plain" not in repr(vars(needles))
    assert mask(secret.reveal()) == MASK


def test_overlapping_secrets_leave_no_rest():
    secrets = [Secret("alphabet-one"), Secret("one-two-three"), Secret("bet-on")]
    assert mask("<alphabet-one-two-three>") == f"<{MASK}>"
    assert mask("alphabet-onealphabet-one") == MASK * 2
    del secrets


# What it costs


def steps(action: Callable[[], object]) -> int:
    """Return how many steps of the interpreter an action takes: as many on any machine, however busy."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., object]:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    for _ in range(2):  # from Python 3.13 on the steps of a function are told from its second call on
        count = 0
        sys.settrace(trace)
        try:
            action()
        finally:
            sys.settrace(before)
    return count


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("urllib3", logging.DEBUG, "x", 1, '%s "GET /x HTTP/1.1" %s', (text, 200), None)


ORDINARY, FILTER = record("https://www.example.com:443"), RedactingFilter()

ACTIONS: dict[str, Callable[[], object]] = {
    "a record without a secret": lambda: FILTER.filter(ORDINARY),
    "a record with a secret": lambda: RedactingFilter().filter(record("https://u:a long password 0@www.example.com")),
    "a text of an error": lambda: shown("the service said no: a long password 0 is not known"),
    "an answer": lambda: mask_bytes(b'{"status": "SUCCESS", "result": {"list": []}}' * 20),
}


def costs(number: int) -> dict[str, int]:
    """Return the steps of each action beside so many living secrets."""
    secrets = [Secret(f"a long password {each}") for each in range(number)]
    taken = {}
    for name, action in ACTIONS.items():
        action()  # what is new is learned once
        taken[name] = steps(action)
    del secrets
    return taken


def test_a_text_costs_the_same_beside_one_secret_and_beside_a_thousand():
    one, many = costs(1), costs(1000)
    assert {name: (one[name], many[name]) for name in ACTIONS if not one[name] <= many[name] <= 3 * one[name]} == {}
    assert many["a record without a secret"] < 150


def test_a_search_for_each_secret_is_caught(monkeypatch):
    def each_by_itself(self: Needles, data: bytes) -> list[tuple[int, int]]:
        self._catch_up()
        for known in list(self._known.values()):
            for length, *_ in known:
                data.find(bytes(length))
        return []

    monkeypatch.setattr(Needles, "spans", each_by_itself)
    name = "a record without a secret"
    # What each secret adds: other tests may have left some that are still alive.
    assert costs(100)[name] - costs(1)[name] > 99 * 10


def test_a_search_that_knows_only_where_texts_begin_at_a_window_is_caught(monkeypatch):
    monkeypatch.setattr(module.Needles, "_numbers", lambda self, text: [row[:4] for row in whole(self, text)])
    # A text that no other secret of this process has had: what is known is not numbered again.
    secret = Secret("known-nowhere")
    assert {len(needles.spans(b"x" * before + b"known-nowhere")) for before in range(4)} == {0, 1}
    del secret


whole = Needles._numbers


# Where other things happen at once


def test_secrets_come_and_go_while_others_look():
    kept, done, wrong = Secret("always to be found"), threading.Event(), []

    def look() -> None:
        while not done.is_set():
            try:
                if mask("it is always to be found here") != f"it is {MASK} here":
                    wrong.append("not found")
            except Exception as error:
                wrong.append(repr(error))

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for looker in lookers:
        looker.start()
    for number in range(100):
        secret = Secret(f"always to be made {number}")
        assert mask(f"{secret.reveal()}") == MASK
        del secret
    done.set()
    for looker in lookers:
        looker.join()
    assert not wrong
    assert kept


@pytest.mark.parametrize("learning", [False, True])
def test_a_child_of_a_fork_finds_them_also_when_another_thread_was_learning(learning):
    secret = Secret("of the parent")
    needles.spans(b"")
    with needles._lock if learning else contextlib.nullcontext():
        child = os.fork()
        if child == 0:
            mine, kept = Secret("of the child"), bool(needles._known) is not learning
            os._exit(0 if mask("of the parent, of the child") == f"{MASK}, {MASK}" and mine and kept else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert mask("of the parent, of the child") == f"{MASK}, of the child"
    del secret
