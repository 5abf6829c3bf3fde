"""Rows of CSV and JSON Lines: what is read, and what is said of each line that cannot be sent."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from afilnet_protocols import InvalidRequestError
from afilnet_protocols.outbox.bulk.rows import SHOWN, read_rows
from tests.tables import table

pytestmark = pytest.mark.smoke

HERE = {"platform": "whatsapp", "platform_id": "100"}
ROW = {**HERE, "destination": "341"}


def texts(content, **defaults):
    rows = read_rows(content.encode(), defaults={**ROW, **defaults}, keep_repeats=True)
    return [row.arguments.get("message") for row in rows]


@table(
    ("content", "found"),
    [
        ("message\nhola\n", ["hola"]),
        ("\ufeffmessage\r\nhola\r\nadiós", ["hola", "adiós"]),
        ("destination;message\n341;a,b\n", ["a,b"]),
        ('message,destination\n"a, ""b""\nc",341\n\nd,342\n', ['a, "b"\nc', "d"]),
        ('{"message": "hola"}\n\n{"message": "a\\nb", "destination": "9"}\n', ["hola", "a\nb"]),
        ('{"message": "a\u2028b"}', ["a\u2028b"]),
        ("message,thumb_url\nhola,\n", ["hola"]),
    ],
)
def test_what_is_written_is_read(content, found):
    assert texts(content) == found


def test_a_row_with_a_file_is_a_file_and_defaults_give_way():
    content = b"destination,file_type,file_url\n9,image,https://www.example.com/a.jpg\n,image,https://www.example.com/b"
    rows = read_rows(content, defaults=ROW)
    assert [(row.line, row.operation, row.arguments["destination"]) for row in rows] == [
        (2, "send_file", "9"),
        (3, "send_file", "341"),
    ]


@table(
    ("content", "says"),
    [
        ("", "empty"),
        ("mesage\nhola\n", "line 1: unknown column 'mesage': did you mean 'message'"),
        ("mesage,mesage\nhola,hola\n", "line 1: unknown column 'mesage': did you mean 'message'"),
        ("mesage,nombre,key\na,b,c\n", "columns 'mesage' (did you mean 'message'?) and 'nombre': known are dest"),
        (",".join(f"c{i}" for i in range(30)) + "\n", "'c19' and 10 more: known are"),
        ("nombre,texto\na,b\n", "; the first line names the columns"),
        ("message,message\na,b\n", "twice"),
        ("message,destination\nhola\n", "line 2: 1 cell under 2 headings"),
        ("34600000001,hola\n", "platform_id, thumb_url; the first line names the columns, such as destination,message"),
        ('message\nhola\n"open', "line 3: not CSV"),
        ('message\n"a\nb"\n\x07\n', "line 4: message: the character"),
        ("message\n\x00\n", "line 2"),
        ('{"message": 3}', "line 1: message must be a string, not int"),
        ('{"message": "a", "message": "b"}', "line 1: not usable"),
        ('{"message": "a"}\n[1]', "line 2: not a JSON object"),
        ('{"message": "a"}\n{"mesage": "a"}', "line 2: send_message has no parameter 'mesage'"),
        (
            '{"mesage": "a", "text": 1}',
            "send_message has no parameters 'mesage' (did you mean 'message'?) and 'text': known",
        ),
        ('{"message": ', "line 1: not JSON"),
        ('{"message": NaN}', "line 1: not usable: NaN is no JSON"),
        ('{"message": "a", "key": -Infinity}', "line 1: not usable: -Infinity is no JSON"),
        ('{"message": "a", "key": 3}', "line 1: key must be a string: write it in quotes"),
        (f'{{"message": {"9" * 5000}}}', "line 1: message must be a string, not int: write it in quotes"),
        ('{"message": "a"},\n', "line 1: not JSON: Extra data at character 17: each line is one whole object, or the"),
        ('{"message": "a\tb"}', "line 1: not JSON: Invalid control character at character 15: each"),
        ("key,message\na,b\na,c\n", "line 3: another row has the key 'a'"),
        ("file_url\nhttps://www.example.com/a", "line 2: file_type is compulsory"),
        ("file_url,file_type\nhttp://10.0.0.1/a,image", "line 2: file_url must start with https"),
        ("platform,message\nwhatsap,hola", "line 2: platform must be one of"),
    ],
)
def test_a_line_that_cannot_be_sent_is_named(content, says):
    with pytest.raises(InvalidRequestError) as caught:
        texts(content)
    assert says in str(caught.value)
    assert caught.value.__context__ is None


def test_all_that_a_row_lacks_is_named_at_once():
    with pytest.raises(InvalidRequestError) as caught:
        read_rows(b"destination,file_type\n341,image\n,image\n", defaults={"platform": "whatsapp"})
    assert str(caught.value).splitlines()[1:] == [
        "line 2: platform_id and file_url are compulsory and must not be empty",
        "line 3: platform_id, destination and file_url are compulsory and must not be empty",
    ]


def test_text_that_is_not_utf_8_is_named_by_its_line():
    with pytest.raises(InvalidRequestError, match="line 2: not UTF-8"):
        read_rows("message\ncaf\u00e9".encode("latin-1"), defaults=ROW)


def test_nesting_without_end_is_refused():
    with pytest.raises(InvalidRequestError, match="line 1"):
        read_rows(b'{"message": ' + b"[" * 200_000, defaults=ROW)


def test_no_more_problems_are_listed_than_anybody_reads():
    with pytest.raises(InvalidRequestError) as caught:
        texts("message,destination\n" + "a\n" * (SHOWN + 5))
    lines = str(caught.value).split("\n")
    assert (len(lines), lines[-1]) == (SHOWN + 2, "and 5 more")


def test_a_row_keeps_its_key_when_others_change_and_equal_rows_are_told_apart():
    def keys(*messages):
        content = "\n".join(json.dumps({"message": message}) for message in messages)
        return [row.key for row in read_rows(content.encode(), defaults=ROW, keep_repeats=True)]

    assert keys("a", "b", "a") == [*keys("a", "c")[:1], *keys("b"), keys("a", "a")[1]]
    assert len(set(keys("a", "b", "a", "a"))) == 4


@given(st.lists(st.binary(max_size=40), max_size=5).map(b"\n".join))
def test_whatever_the_bytes_are_the_answer_is_rows_or_an_error_of_ours(content):
    for start in (b"", b"{", b"message\n", b'{"message":'):
        with contextlib.suppress(InvalidRequestError):
            read_rows(start + content, defaults=ROW)


@example(["  ", "\u3000"])
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1), min_size=1))
def test_json_lines_of_any_text_arrive_exactly(messages):
    content = "\n".join(json.dumps({"message": message}, ensure_ascii=False) for message in messages)
    assert texts(content) == messages
