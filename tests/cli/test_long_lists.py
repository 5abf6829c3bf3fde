"""A list of thousands of items is printed part by part, as the document that it is when it is printed whole."""

from __future__ import annotations

import sys
from pathlib import Path

from afilnet_protocols.cli.terminal import output, streams
from tests.tables import table

ITEMS = [{"text": 'a\n"b"\u2028, 👋', "more": [{}, [], None, {"x": 1}]}, "plain\ntext", 7, [], {}]


def is_one_document(capsys, items: list[object]) -> bool:
    """Return whether a list that is printed part by part is what it is when it is printed whole."""
    output.print_json_list(iter(items))
    parts = capsys.readouterr().out
    output.print_json(items)
    return parts == capsys.readouterr().out


@table("length", [0, 1, 2, 3, 4, 5])
def test_a_list_in_parts_is_the_same_document(capsys, monkeypatch, length):
    monkeypatch.setattr(output, "_PART", 2)
    assert is_one_document(capsys, ITEMS[:length])


def test_sabotage_parts_that_are_joined_otherwise_are_noticed(capsys, monkeypatch):
    monkeypatch.setattr(output, "_PART", 2)
    real = output.write
    monkeypatch.setattr(output, "write", lambda stream, text: real(stream, text.removeprefix(",")))
    assert not is_one_document(capsys, ITEMS)


def asked_for_in_vain(monkeypatch) -> int:
    """Return how many items of a list are asked for that nobody reads."""
    asked: list[object] = []
    with Path("/dev/full").open("w") as nobody, monkeypatch.context() as patch:
        patch.setattr(output, "_PART", 2)
        patch.setattr(sys, "stdout", nobody)
        streams.prepare()
        output.print_json_list(asked.append(each) for each in ITEMS)
    streams.prepare()
    return len(asked)


def test_a_list_that_nobody_reads_ends_with_the_part_that_was_lost(monkeypatch):
    assert asked_for_in_vain(monkeypatch) == 2


def test_sabotage_a_list_that_goes_on_unread_is_noticed(monkeypatch):
    monkeypatch.setattr(output, "is_lost", lambda: False)
    assert asked_for_in_vain(monkeypatch) == len(ITEMS)
