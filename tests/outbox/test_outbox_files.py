"""Files as people have them: what a spreadsheet has spoilt is refused with its line, what is only unusual is read."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import InvalidRequestError, Platform
from afilnet_protocols.outbox.bulk import checks
from afilnet_protocols.outbox.bulk import csv as row_csv
from afilnet_protocols.outbox.bulk.rows import read_rows
from afilnet_protocols.outbox.identifiers import all_sound, no_recipient
from afilnet_protocols.wire.text import check_identifier
from tests.tables import table

HERE = {"platform": "whatsapp", "platform_id": "100"}
GOOD = "34600000009"
WIDE = "\uff13\uff14\uff16\uff10\uff10"


def written(destinations, *, padding=0):
    """Return a file with these recipients, behind as many good ones as said, which are found good all at once."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["destination", "message"])
    writer.writerows([str(34700000000 + number), "hola"] for number in range(padding))
    writer.writerows([each, "hola"] for each in destinations)
    return file.getvalue().encode()


def refused(destination, platform="whatsapp", *, padding=0, **more):
    with pytest.raises(InvalidRequestError) as caught:
        read_rows(written([destination], padding=padding), defaults={**HERE, "platform": platform}, **more)
    assert f"line {padding + 2}: destination" in str(caught.value)
    return str(caught.value)


SPOILT = [
    *("3.46E+10", "3,46E+10", "3.46e+10", "3.46E10", "346E8", "34600000001.0", "34600000001,0", "34600000001.00"),
    *("34.600.000.001", "34,600,000,001", "34 600 000 001", "34-600-000-001", "+34600000001", "+34 600 000 001"),
    *("0034600000001", "0600000001", "(34)600000001", "34600000001 ", " 34600000001", "'34600000001", "=34600000001"),
    *('="34600000001"', "=A1", "#N/A", "#REF!", "#¡VALOR!", "########", "nan", "NaN", "None", "null", "NULL", "<NA>"),
    *(
        "N/A",
        "-",
        "   ",
        "\u00a0",
        "34600000001\u200b",
        "\ufeff34600000001",
        "\u200e34600000001",
        "\u202a34600000001\u202c",
    ),
    *(
        "34600\u00a0000001",
        WIDE,
        "٣٤٦٠٠",
        "34600000001;",
        "telephone",
        "3460000000134600",
        "1e5",
        "12.5",
        "34600000001.",
    ),
]
"""What stands in files instead of a telephone number."""

NOBODYS = [
    *(
        "3.46E+10",
        "3,46E+10",
        "3E+10",
        "34600000001.0",
        "34600000001.",
        "34 600 000 001",
        "'34600000001",
        "=34600000001",
        '="x"',
        "#N/A",
    ),
    *("#REF!", "nan", "None", "null", "N/A", "  ", "\u00a0", "name\u200b", "\u202aname", " name", "name ", WIDE),
]
"""What no platform has for an identifier."""

OPAQUE = [
    *("123456789", "-1001234567890", "@afilnet_bot", "Ana María", "3f2a9c1e-77", "12e5", "3e10", "1612345678.1234"),
    *("+34600000001", "10.100.200.123", "visitor:17", "ana@example.com", "用户", "0001", "a=b", "x'y", "00ff"),
]
"""What may well be somebody on a platform whose identifiers are its own."""


@table("padding", [0, 300])
@table("destination", SPOILT)
def test_a_number_that_was_spoilt_is_refused_with_its_line(destination, padding):
    refused(destination, padding=padding)


@pytest.mark.parametrize("platform", ["telegram", "webchat", "operator"])
def test_what_no_platform_has_is_refused_and_what_one_may_have_is_taken(platform):
    for destination in NOBODYS:
        refused(destination, platform)
    found = [
        row.arguments["destination"] for row in read_rows(written(OPAQUE), defaults={**HERE, "platform": platform})
    ]
    assert found == OPAQUE


def test_a_channel_s_number_is_looked_at_too():
    content = b"platform_id,destination,message\n100.0,34600000001,hola\n"
    with pytest.raises(InvalidRequestError, match=re.escape("line 2: platform_id '100.0' has a decimal part")):
        read_rows(content, defaults=HERE)


def test_whoever_wants_to_may_send_to_what_is_written():
    for destination in (*SPOILT, *NOBODYS):
        assert len(read_rows(written([destination, "x"]), defaults=HERE, as_written=True)) == 2


@table("destination", ["ana\nlisa", "12\n34", "\tana", "ana\x85"])
@table("padding", [0, 300])
@table("as_written", [False, True])
def test_no_recipient_has_a_control_character_whoever_wants_it(destination, padding, as_written):
    refused(destination, "webchat", padding=padding, as_written=as_written)


def test_a_json_number_is_told_to_be_a_text():
    for content in ('{"destination": 34600000001, "message": "x"}', '[{"destination": 3.46e10, "message": "x"}]'):
        with pytest.raises(InvalidRequestError, match=r"destination must be a string, not .*: write it in quotes"):
            read_rows(content.encode(), defaults=HERE)


@given(st.text(max_size=12), st.sampled_from([str(platform) for platform in Platform]))
def test_a_column_that_is_found_sound_as_a_whole_has_nothing_spoilt_in_it(text, platform):
    if text and all_sound([text, GOOD], [platform]):
        assert no_recipient(platform, text) is None
        assert check_identifier("destination", text) == text


def test_a_build_that_finds_every_column_sound_is_found(monkeypatch):
    """Sabotage: a column is not looked at."""
    monkeypatch.setattr(checks, "all_sound", lambda *_: True)
    with pytest.raises(BaseException, match="DID NOT RAISE"):
        refused("3.46E+10", padding=300)


def test_a_build_that_looks_at_no_recipient_is_found(monkeypatch):
    """Sabotage: recipients are taken as they are."""
    monkeypatch.setattr(checks, "no_recipient", lambda *_: None)
    with pytest.raises(BaseException, match="DID NOT RAISE"):
        refused("3.46E+10")


# Forms


def sole(content):
    (row,) = read_rows(content if isinstance(content, bytes) else content.encode(), defaults=HERE)
    return row.line, dict(row.arguments)


WANTED = {**HERE, "destination": "34600000001", "message": "hola"}
HEAD, ROW = "destination;message\r\n", "34600000001;hola\r\n"


@table(
    ("content", "line"),
    [
        (HEAD + ROW, 2),
        ("sep=;\r\n" + HEAD + ROW, 3),
        ("\ufeffsep=;\r\n" + HEAD + ROW, 3),
        ('"sep=;"\r\n' + HEAD + ROW, 3),
        ("SEP=\t\n" + (HEAD + ROW).replace(";", "\t"), 3),
        ((HEAD + ROW).replace(";", "\t"), 2),
        ((HEAD + ROW).replace(";", "|"), 2),
        ((HEAD + ROW).replace("\r\n", "\r"), 2),
        (HEAD + ";\r\n" + ROW + ";\r\n;\r\n", 3),
        (HEAD + "  ;\t\r\n" + ROW, 3),
        ("\r\n\r\n" + HEAD + ROW, 4),
        ("destination;message;;\r\n34600000001;hola;;\r\n;;;\r\n", 2),
        (";destination;message\r\n;34600000001;hola\r\n", 2),
        ("destination;message\r\n34600000001;hola;;\r\n", 2),
        (" Destination ; MESSAGE \r\n" + ROW, 2),
        (["Platform ID", "platform-id\r\n"][0] + ";destination;message\r\n100;34600000001;hola\r\n", 2),
        ("platformid;destination;message\r\n100;34600000001;hola\r\n", 2),
        *(((HEAD + ROW).encode(encoding), 2) for encoding in ("utf-16", "utf-32", "utf-8-sig")),
        (codecs.BOM_UTF16_BE + (HEAD + ROW).encode("utf-16-be"), 2),
        ('[{"destination": "34600000001", "message": "hola"}]', 1),
        ('\ufeff[\n {"destination": "34600000001",\n  "message": "hola", "thumb_url": null}\n]\n', 1),
        ('{"destination": "34600000001", "message": "hola"}\n', 1),
        (HEAD + ROW + "\x1a", 2),
        (
            '[{}, {"destination": "", "key": null}, {"destination": "34600000001", "message": "hola"}]',
            3,
        ),
        ('{}\n{"destination": null, "message": ""}\n{"destination": "34600000001", "message": "hola"}\n\x1a', 3),
    ],
)
def test_what_is_unusual_but_clear_is_read(content, line):
    assert sole(content) == (line, WANTED)


@table(
    ("content", "says"),
    [
        (b"PK\x03\x04rest of an archive", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"<html><table>", "HTML"),
        ((HEAD + ROW).encode("utf-16-le"), "UTF-16"),
        (
            "destination;message\n34600000001;adi\u00f3s\n".encode("cp1252"),
            "line 2: not UTF-8 text: save it as CSV in UTF-8",
        ),
        (codecs.BOM_UTF16_LE + b"x", "UTF-16 but is not"),
        ("destination;;message\n34600000001;3;hola\n", "line 2: there is a value in column 2, which has no name"),
        (HEAD + ";hola\r\n", "line 2: destination is compulsory"),
        (HEAD + "34600000001\x1a;hola\r\n", "line 2: destination"),
        ('{}\n{"destination": "", "message": "hola"}\n', "line 2: destination is compulsory"),
        ('{"destination": "34600000001", "message": "hola"}\n{"key": " "}\n', "line 2"),
        ('[{"destination": "34600000001", "message": "a"} {"x": 1}]', "line 1: not JSON: a comma"),
        ('[{"destination": "34600000001", "message": "a"},\n 7]', "item 2: not a JSON object"),
        ('[{"destination": "34600000001", "message": "a"}', "line 1: not JSON"),
        ('[{"destination": "34600000001", "message": "a"},\n]', "line 2: not JSON: there is a comma before the end"),
        ('[{"destination": "34600000001", "message": "a"},', "line 1: not JSON: Expecting value"),
        ("[,]", "line 1: not JSON: Expecting value"),
        ('[{"destination": "34600000001", "message": "a"}]\nx', "line 2: there is more behind the end"),
        ('[{"destination": "34600000001", "message": "a"}]\u00a0', "line 1: there is more behind the end"),
        ('{"rows": []}', "line 1: send_message has no parameter 'rows'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_words_that_help(content, says):
    with pytest.raises(InvalidRequestError) as caught:
        sole(content)
    assert says in str(caught.value)


@given(
    st.lists(
        st.lists(st.text("ab,;\n\r\"' \t|ñ", min_size=1, max_size=6), min_size=2, max_size=2), min_size=1, max_size=9
    )
)
def test_lines_are_counted_as_an_editor_counts_them(cells):
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(["destination", "message"])
    begins, kept = [], [row for row in cells if any(cell.strip() for cell in row)]
    for row in kept:
        begins.append(file.getvalue().replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1)
        writer.writerow(row)
    blocks = row_csv.csv_blocks(file.getvalue().encode(), ["destination", "message"])
    found = [number for block in blocks for number, _ in block.rows({})]
    assert found == begins


# Rows that repeat one another


@pytest.mark.parametrize("padding", [0, 300])
def test_equal_rows_are_told_and_kept_once_unless_they_are_wanted(padding):
    content = written([GOOD, "34600000008", GOOD, GOOD], padding=padding)
    found = read_rows(content, defaults=HERE)
    assert found.repeats == {padding + 4: padding + 2, padding + 5: padding + 2}
    assert len(found) == len(list(found)) == padding + 2
    kept = read_rows(content, defaults=HERE, keep_repeats=True)
    assert len(kept) == len({row.key for row in kept}) == padding + 4


def test_rows_are_equal_by_what_they_say_and_not_by_how():
    lines = [{**HERE, "destination": GOOD, "message": "a"}, {"message": "a", "destination": GOOD, "thumb_url": None}]
    for content in ("\n".join(map(json.dumps, lines)), json.dumps(lines)):
        found = read_rows(content.encode(), defaults=HERE)
        assert (len(found), found.repeats) == (1, {2: 1})


def test_rows_with_keys_of_their_own_are_never_equal():
    content = f"key,destination,message\n1,{GOOD},a\n2,{GOOD},a\n"
    assert len(read_rows(content.encode(), defaults=HERE)) == 2
    twice = f"key,destination,message\n1,{GOOD},a\n1,{GOOD},a\n"
    assert read_rows(twice.encode(), defaults=HERE).repeats == {3: 2}
    with pytest.raises(InvalidRequestError, match="line 3: another row has the key '1'"):
        read_rows(twice.encode(), defaults=HERE, keep_repeats=True)


def test_rows_that_only_share_their_number_are_not_equal(monkeypatch):
    """What is kept of a row to find equal ones may be shared by chance."""
    monkeypatch.setattr(checks, "_number_of", lambda row: 7)
    found = read_rows(b'{"destination": "1", "message": "a"}\n{"destination": "2", "message": "a"}', defaults=HERE)
    assert (len(found), found.repeats) == (2, {})
