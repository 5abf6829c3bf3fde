"""A table fits: columns that say nothing go, only the messages shrink, and what is too narrow becomes blocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.cli.terminal import fitting, output
from afilnet_protocols.cli.terminal.fitting import blocks, fit, fold
from afilnet_protocols.cli.terminal.output import print_table
from afilnet_protocols.cli.terminal.plain import width_of

pytestmark = pytest.mark.smoke

COLUMNS = ["platform_id", "platform", "message", "destination", "message_id", "sent", "status", "timestamp"]
LONG = "Su pedido 18 está en camino; llegará mañana por la tarde, 中文 y 😀 incluidos. " * 3
ROWS = [
    ["100", "whatsapp", LONG, "34600000000", f"10000{number}", "True", "read", f"2026-01-0{number} 03:04:05"]
    for number in (1, 2, 3)
]


def shown(capsys, monkeypatch, width, rows=ROWS):
    monkeypatch.setenv("COLUMNS", str(width))
    print_table(COLUMNS, rows)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120])
def test_every_line_fits_and_no_word_is_lost(capsys, monkeypatch, width):
    lines = shown(capsys, monkeypatch, width)
    assert all(width_of(line) <= width for line in lines)
    together = "".join("".join(lines).split())
    assert all(together.count(row[4]) == 1 for row in ROWS)
    assert together.count("🚫") == 0


@pytest.mark.parametrize("width", [70, 80, 120])
def test_only_the_message_shrinks_and_what_is_everywhere_the_same_stands_above(capsys, monkeypatch, width):
    lines = shown(capsys, monkeypatch, width)
    assert "platform: whatsapp" in lines
    heading = next(line for line in lines if "message_id" in line)
    assert heading.split() == ["message", "message_id", "timestamp"]
    for row in ROWS:
        assert any(row[4] in line and row[7] in line for line in lines)


def test_a_table_that_fits_keeps_all_its_columns(capsys, monkeypatch):
    short = [[*row[:2], "hola", *row[3:]] for row in ROWS]
    assert shown(capsys, monkeypatch, 120, short)[0].split() == COLUMNS
    assert shown(capsys, monkeypatch, 80, short)[-1].split()[:2] == ["hola", "100003"]


def test_a_single_record_loses_no_column(capsys, monkeypatch):
    together = "\n".join(shown(capsys, monkeypatch, 60, ROWS[:1]))
    assert all(cell in together for cell in (ROWS[0][0], ROWS[0][1], *ROWS[0][3:]))


def test_what_is_too_narrow_is_one_block_for_each_record(capsys, monkeypatch):
    lines = shown(capsys, monkeypatch, 40)
    assert sum(line.startswith("message_id") for line in lines) == 3
    assert lines.count("") == 2


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=200), st.integers(4, 60))
def test_folding_fits_and_keeps_every_letter(text, width):
    lines = fold(text, width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.lists(st.lists(st.text("ab 中", max_size=40), min_size=3, max_size=3), min_size=1), st.integers(30, 90))
def test_whatever_the_cells_the_lines_fit(rows, width):
    fitted = fit(["a", "message", "c"], rows, width)
    if fitted is None:
        assert all(width_of(line) <= width for line in blocks(["a", "message", "c"], rows, width))
    else:
        fixed = [
            max(map(width_of, each)) for at, each in enumerate(zip(*fitted.rows, strict=True)) if at != fitted.shrunk
        ]
        assert sum(fixed) + 2 * (len(fitted.columns) - 1) + (fitted.width if fitted.shrunk is not None else 0) <= width


def test_a_build_that_does_not_fold_is_found(capsys, monkeypatch):
    """Sabotage: texts keep their width."""
    monkeypatch.setattr(fitting, "fold", lambda text, width: [text])
    with pytest.raises(AssertionError):
        test_every_line_fits_and_no_word_is_lost(capsys, monkeypatch, 80)


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("words", [("config",), ("config", "lint", "--to", "json"), ("survey", "--dry-run")])
def test_what_stands_below_a_table_fits_too_and_commands_stay_whole(
    afilnet, account, monkeypatch, width: int, words: tuple[str, ...]
) -> None:
    wide = afilnet(*words).out
    monkeypatch.setenv("COLUMNS", str(width))
    below = afilnet(*words).out.split("\n")
    assert all(len(line) <= width or " " not in line.strip() for line in below)
    assert "".join(wide.split()).endswith("".join(below[-2].split()))


@pytest.mark.parametrize("width", [20, 60])
def test_a_command_or_address_to_be_copied_is_never_cut(width: int) -> None:
    command = "'afilnet wsdl bundle URL -o FILE'"
    line = f"  that is fetched, https://www.example.com/{'x' * 70}, with {command}, or afilnet outbox run o.db --rate 3"
    parts = output.wrapped(line, width)
    assert " ".join(part.strip() for part in parts) == line.strip()
    assert all(part.startswith("  ") for part in parts)
    assert any(command in part for part in parts)
    assert any("afilnet outbox run o.db --rate 3" in part for part in parts)
    assert all(len(part) <= width or part.strip().startswith(("https", "'afilnet", "afilnet")) for part in parts)


def test_a_line_that_is_broken_anywhere_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_PIECE", output.re.compile(r"\S+"))
    with pytest.raises(AssertionError):
        test_a_command_or_address_to_be_copied_is_never_cut(20)
