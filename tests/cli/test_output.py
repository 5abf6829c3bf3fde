"""Tables: the same text in a pipe, in a file and on a terminal, and as wide as rich takes it to be."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from afilnet_protocols.cli.ending.exits import ExitCode
from afilnet_protocols.cli.ending.interruption import Interrupted
from afilnet_protocols.cli.parser.parameters import CONNECTION
from afilnet_protocols.cli.terminal import output, plain
from afilnet_protocols.cli.terminal.output import print_line, print_table, visible
from afilnet_protocols.errors import ConfigurationError
from tests.cli.test_operations import _on_a_terminal
from tests.tables import table

WIDTHS = {
    "": 0,
    "hola": 4,
    "中文": 4,
    "\uff57\uff49\uff44\uff45": 8,
    "😀": 2,
    "e\u0301": 1,
    "\u1112\u1161\u11ab": 2,
    "שלום": 4,
    "\u0928\u092e\u0938\u094d\u0924\u0947": 4,
    "❤": 1,
    "❤\ufe0f": 2,
    "👍🏽": 2,
    "👨‍👩‍👧": 2,
    "🇪🇸": 2,
    "1\ufe0f\u20e3": 2,
    "a\u200db": 1,
}
"""How many cells a text takes on a terminal, by hand."""


def agreed(text: str) -> bool:
    """Whether rich, whose tables are of another version of Unicode than Python's, takes a text to be as wide."""
    return plain.width_of(text) == cell_len(text)


# Marks, joiners and unusual blanks come in texts that people write: of one that stands alone rich makes what it likes.
PIECES = st.one_of(st.characters(categories=["L", "N", "P", "S"]), st.sampled_from([" ", *sorted(WIDTHS)]))
CELLS = st.lists(PIECES, max_size=6).map(lambda pieces: visible("".join(pieces))).filter(agreed)


@st.composite
def tables(draw):
    count = draw(st.integers(1, 4))
    columns = draw(st.lists(CELLS.map("{} x".format), min_size=count, max_size=count))
    return columns, draw(st.lists(st.lists(CELLS, min_size=count, max_size=count), max_size=4))


def by_rich(columns: list[str], rows: list[list[str]]) -> list[str]:
    written = io.StringIO()
    console = Console(file=written, width=10_000, emoji=False, legacy_windows=False)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
    return [line.rstrip() for line in written.getvalue().removesuffix("\n").split("\n")]


def assert_as_rich_draws_it(columns: list[str], rows: list[list[str]]) -> None:
    assert list(plain.table_lines(columns, rows)) == by_rich(columns, rows)


@given(tables())
def test_a_table_is_what_rich_draws_where_both_agree_on_widths(table):
    # Headings are never without width: for a column with nothing in it, rich keeps a cell.
    assert_as_rich_draws_it(*table)


def test_every_text_of_known_width_is_drawn_alike():
    rows = [[text, str(width)] for text, width in WIDTHS.items()]
    assert_as_rich_draws_it(["text", "width"], rows)


def test_the_comparison_with_rich_would_notice_a_wrong_width(monkeypatch):
    monkeypatch.setattr(plain, "width_of", len)
    with pytest.raises(AssertionError):
        assert_as_rich_draws_it(["text", "width"], [["中文", "4"]])


@table(("text", "width"), WIDTHS.items())
def test_widths(text, width):
    assert plain.width_of(text) == width


def test_nearly_every_character_is_as_wide_as_rich_says():
    known = [chr(code) for code in range(sys.maxunicode + 1)]
    known = [each for each in known if unicodedata.category(each) not in ("Cc", "Cn", "Co", "Cs", "Zl", "Zp")]
    others = [each for each in known if not agreed(each)]
    # Symbols that have become wide in later versions of Unicode, and Arabic signs that stand around numbers.
    assert len(others) < len(known) / 500
    assert {unicodedata.category(each) for each in others} <= {"So", "No", "Cf", "Lo", "Lm"}


def test_a_row_is_one_line_whatever_its_length(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    text = "x " * 20_000 + "end"
    print_table(["text", "n"], [[f"{text}\u2028{text}\n", 1]])
    _, _, row = capsys.readouterr().out.splitlines()
    assert row.split()[-1] == "1"
    assert row.count("end") == 2


def test_what_looks_like_markup_is_text(capsys):
    print_line("[bold]:heart:[/bold]")
    print_table(["[bold]"], [[":heart:"]])
    assert capsys.readouterr().out == "[bold]:heart:[/bold]\n[bold]\n───────\n:heart:\n"


ODD = "a\x1b[31m\rb\u202ec\nd"
TOLD = "a\\x1b[31m\\rb\\u202ec\nd"


@pytest.mark.parametrize(
    "say",
    [
        lambda: output.print_text(ODD),
        lambda: output.print_outcome({}, ODD, as_json=False),
        lambda: output.print_error(ConfigurationError(ODD), as_json=False),
        lambda: output.print_interruption(Interrupted(ODD, ODD, delivery="unknown"), as_json=False),
    ],
)
def test_no_line_disturbs_a_terminal(capsys, monkeypatch, say):
    """Names of files and profiles, and what servers say, stand in them."""
    say()
    ended = capsys.readouterr()
    assert TOLD in ended.out + ended.err
    assert ODD not in ended.out + ended.err
    monkeypatch.setattr(output, "_undisturbing", lambda text: text)  # sabotage: written as they are
    say()
    ended = capsys.readouterr()
    assert ODD in ended.out + ended.err


@pytest.mark.parametrize("say", [output.print_json, output.print_json_list])
def test_json_disturbs_no_terminal_and_says_the_same(capsys, say):
    """A terminal obeys U+009B as it does ESC [, and JSON may hold it as it is."""
    said = [ODD, "a\x7fb\x85c\x9b2J\u2028d\u2066e\ud83d", "ñ 日本 👨\u200d👩\u200d👧"]
    say(said)
    written = capsys.readouterr().out
    assert json.loads(written) == said
    assert all(line.isprintable() for line in written.replace("\u200d", "").split("\n"))
    assert "日本 👨\u200d👩" in written


def test_the_name_of_a_profile_disturbs_no_terminal(afilnet, monkeypatch, tmp_path):
    monkeypatch.setenv("AFILNET_CONFIG", "./afilnet.toml")
    (tmp_path / "afilnet.toml").write_text('[profiles."a\\u001b[31m"]\nuser = "u"\n')
    ended = afilnet("config", "--profile", "a\x1b[31m")
    assert "profile: a\\x1b[31m;" in ended.out
    assert "\x1b" not in ended.out + ended.err


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_what_looks_like_markup_is_text_on_a_terminal_too(afilnet):
    written = _on_a_terminal(["schemas", "--check", ":heart:[bold]"], NO_COLOR="1")
    assert b":heart:[bold]" in written


def test_cells_in_colour_stand_where_they_stand_without():
    columns, rows = ["state", "why"], [["ok", "x"], ["failed", "y"], ["中文", "ok"]]
    drawn = "\n".join(plain.table_lines(columns, rows, styles={"ok": "green", "failed": "bold red", "中文": "dim"}))
    assert "\x1b[1;31mfailed\x1b[0m" in drawn
    assert re.sub("\x1b\\[[0-9;]*m", "", drawn) == "\n".join(plain.table_lines(columns, rows))


def test_a_stream_that_is_not_utf_8_gets_a_table_that_it_can_carry(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    print_table(["a", "b"], [["1", "2"]])
    assert written.getvalue() == b"a  b\n----\n1  2\n"


def test_a_command_in_a_pipe_loads_no_library_that_it_does_not_use(afilnet, account):
    check = (
        "import sys; from afilnet_protocols.cli.app import run; run(['channels']); "
        "print([name for name in ('rich', 'typer', 'pydantic', 'requests', 'zeep', 'lxml') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    heading, *_, loaded = ended.stdout.splitlines()
    assert heading.split() == ["platform_id", "platform", "name"]
    assert loaded == "[]"


def test_whoever_stops_reading_ends_the_command_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "afilnet_protocols", "schemas"]
    ended = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (ExitCode.UNTOLD, "")


# Help


def test_the_options_about_the_connection_have_a_heading_of_their_own(afilnet):
    own, _, of_connection = afilnet("messages", "--help").out.partition(CONNECTION)
    assert "--destination" in own
    assert "--help" in own
    assert "--base-url" not in own
    assert "--base-url" in of_connection
    assert "--destination" not in of_connection


def test_help_tells_about_arguments(afilnet):
    shown = afilnet("outbox", "requeue", "--help").out
    place = "The outbox's file, or postgresql://… without a password."
    expected = f"Arguments:\n  OUTBOX  {place}  [required]\n  [ID]…   The entries; all in that state.\n"
    assert expected in shown


@pytest.mark.parametrize("words", [(), ("outbox",), ("conformance",), ("migrate",)])
def test_a_group_without_a_word_shows_its_help_as_wrong_usage(afilnet, words):
    ended = afilnet(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == afilnet(*words, "--help").out


def test_code_of_another_package_that_ends_the_process_is_no_success(afilnet, account, monkeypatch):
    """An installed backend may call ``sys.exit()``: a script is not told that all was done."""
    from afilnet_protocols.backends.http_post import HttpPostBackend

    monkeypatch.setattr(HttpPostBackend, "get_chat_channels", lambda _: sys.exit(0))
    run = afilnet("channels")
    assert (run.code, run.out) == (ExitCode.UNKNOWN, "")
    assert "another package" in run.err
