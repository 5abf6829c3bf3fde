"""A table fits: columns that say nothing go, only the messages shrink, and what is too narrow becomes blocks."""

from __future__ import annotations

import re

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


SAID = [
    (),
    ("--help",),
    ("outbox", "--help"),
    ("send", "--help"),
    ("conformance", "run", "--help"),
    ("channels",),
    ("channels", "--base-url", "https://127.0.0.1:1", "--minimum-security", "high", "--protocol", "http-get"),
    ("chats", "--platform", "whatsapp", "--platform-id", "999"),
    ("send", "--platform", "whatsap", "--platform-id", "100", "--destination", "1", "--message", "x"),
    ("send", "--from", "rows.csv"),
    ("config",),
    ("config", "lint", "--to", "json"),
    ("config", "lint", "--to", "soap"),
    ("doctor",),
    ("demo",),
    ("compare", "--from", "sandbox:basic", "--to", "sandbox:soap", "--calls", "5", "--seed", "1"),
    ("compare", "--to", "soap"),
    ("schemas",),
    ("schemas", "--write", "here"),
    ("schemas", "--check", "here"),
    ("schemas", "--check", "."),
    ("survey", "--dry-run"),
    ("survey", "--explain", "json.status"),
    ("wsdl", "bundle", "no.wsdl", "--output", "x.wsdl"),
    ("outbox", "put", "wide.db", "--from", "rows.csv"),
    ("outbox", "status", "wide.db"),
    ("outbox", "list", "wide.db", "--state", "pending"),
    ("outbox", "health", "wide.db", "--oldest", "0"),
    ("outbox", "run", "wide.db", "--limit", "1"),
    ("outbox", "requeue", "wide.db", "77"),
    ("outbox", "reconcile", "wide.db"),
    ("outbox", "purge", "wide.db", "--older-than", "0"),
    ("outbox", "migrate", "wide.db"),
    ("outbox", "watch", "wide.db", "--times", "1"),
    ("inbox", "run", "wide.db", "--exec", "false", "--start", "all", "--once"),
    ("inbox", "status", "wide.db", "--patience", "0"),
    ("inbox", "list", "wide.db"),
    ("inbox", "dead", "wide.db"),
    ("inbox", "retry", "wide.db"),
    ("inbox", "retry", "wide.db", "nobody"),
    ("conformance", "list", "--case", "SEND-*"),
    ("conformance", "explain", "CHAN-03"),
    ("conformance", "run", "sandbox:http-post", "--case", "SEND-01", "--seed", "7", "--plain"),
    ("conformance", "run", "sandbox:http-post", "--case", "SEND-01", "--dry-run", "--recipient", "34600000000"),
    ("nonsense",),
]
ROWS_OF_A_FILE = b"""platform,platform_id,destination,message
whatsapp,100,34600000001,Your parcel is on its way and will be there tomorrow in the afternoon
whatsapp,999,34600000002,"This channel is not there, which the service says in so many words"
"""


def too_wide(afilnet, width: int, said=SAID) -> dict[tuple[str, ...], list[str]]:
    """Return the lines that are wider than they may be, and could be broken, of each command."""
    found = {}
    for words in said:
        ended = afilnet(*words)
        lines = ended.out.split("\n")
        wide = [line for line in lines if width_of(line) > width and " " in BESIDE_COMMANDS.sub("", line).strip()]
        if wide:
            found[words] = wide
    return found


BESIDE_COMMANDS = re.compile(r"'?afilnet .*")


@pytest.fixture
def rows_of_a_file(account, sandbox, tmp_path, monkeypatch) -> None:
    (tmp_path / "rows.csv").write_bytes(ROWS_OF_A_FILE)
    sandbox.receive(
        platform="whatsapp", platform_id="100", destination="34600000007", message=LONG[:60], account=account
    )


SOME = [
    ("config",),
    ("config", "lint", "--to", "json"),
    ("survey", "--dry-run"),
    ("outbox", "put", "wide.db", "--from", "rows.csv"),
    ("outbox", "health", "wide.db", "--oldest", "0"),
    ("inbox", "retry", "wide.db"),
    ("conformance", "explain", "CHAN-03"),
]


@pytest.mark.usefixtures("rows_of_a_file")
def test_what_some_commands_say_fits(afilnet, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert set(SOME) <= set(SAID)
    assert too_wide(afilnet, 60, SOME) == {}


@pytest.mark.proof(short="test_what_some_commands_say_fits")
@pytest.mark.usefixtures("rows_of_a_file")
def test_whatever_a_command_says_fits_and_what_is_to_be_copied_stays_whole(afilnet, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert too_wide(afilnet, 60) == {}


@pytest.mark.usefixtures("account")
def test_lines_that_are_only_broken_in_tables_are_found(afilnet, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(output, "wrapped", lambda line, width: [line])
    said = [("config", "lint", "--to", "json"), ("doctor",), ("conformance", "explain", "CHAN-03")]
    assert set(too_wide(afilnet, 60, said)) == set(said)


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
    monkeypatch.setattr(output, "_PIECE", re.compile(r"\S+"))
    with pytest.raises(AssertionError):
        test_a_command_or_address_to_be_copied_is_never_cut(20)
