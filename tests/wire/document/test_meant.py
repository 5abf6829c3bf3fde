"""However an answer is written, it means the same: a way of writing makes no success, and no refusal."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afilnet_protocols.catalogue import GET_MESSAGES, SEND_FILE, SEND_MESSAGE
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError, RejectedRequestError
from afilnet_protocols.records import has_more
from afilnet_protocols.wire import Reply, envelope
from afilnet_protocols.wire.document import (
    assent,
    contents,
    more_records,
    not_done,
    own_words,
    refusal,
    repeated,
    words,
)
from afilnet_protocols.wire.document.meant import alone, apart, opened, plainly
from tests.sizes import examples
from tests.tables import table
from tests.wire.carriers import CARRIERS, SOAP, Carrier, Document, by_json, soap_codec
from tests.wire.document import test_contents as answers
from tests.wire.document.test_more_records import ROWS
from tests.wire.document.test_own_words import NOT_SENT, SENT_ALL_THE_SAME

on_every_carrier = pytest.mark.parametrize("read", CARRIERS.values(), ids=CARRIERS)

SENT = ("whatsapp", "100", "34600000000", "hola")

Way = Callable[[object], object]
"""A way of writing a value, which changes nothing of what it means."""


def in_each_text(change: Callable[[str], str]) -> Way:
    def write(value: object) -> object:
        if isinstance(value, Mapping):
            return {name: write(held) for name, held in value.items()}
        if isinstance(value, list):
            return [write(item) for item in value]
        return change(value) if isinstance(value, str) else value

    return write


def in_each_object(change: Callable[[Document], Document]) -> Way:
    def write(value: object) -> object:
        if isinstance(value, Mapping):
            return change({name: write(held) for name, held in value.items()})
        return [write(item) for item in value] if isinstance(value, list) else value

    return write


def in_each_number(value: object) -> object:
    """Write each number as JSON writes one that is not whole."""
    if isinstance(value, Mapping):
        return {name: in_each_number(held) for name, held in value.items()}
    if isinstance(value, list):
        return [in_each_number(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def is_said(text: str) -> bool:
    """Whether a text is a sentence, or the words of a status."""
    return " " in text and text[:1].isalpha()


WAYS: dict[str, Way] = {
    "in another order": in_each_object(lambda members: dict(reversed(members.items()))),
    "with names in capitals": in_each_object(lambda members: {name.upper(): held for name, held in members.items()}),
    "with numbers that have a point": in_each_number,
    "in longer blanks": in_each_text(lambda text: text.replace(" ", "  ")),
    "in lines": in_each_text(lambda text: f"\n   {text}\n" if is_said(text) else text),
    "in broken lines": in_each_text(lambda text: text.replace(" ", "\r\n    ")),
    "with blanks that keep together": in_each_text(lambda text: text.replace(" ", "\N{NO-BREAK SPACE}")),
    "with accents of their own": in_each_text(lambda text: unicodedata.normalize("NFD", text)),
    "in HTML": in_each_text(lambda text: f"<p><b>{text}</b></p>" if is_said(text) else text),
    "with references": in_each_text(lambda text: text.replace("'", "&#039;").replace("\N{ACUTE ACCENT}", "&acute;")),
    "in quotation marks": in_each_text(lambda text: f'"{text}"' if is_said(text) else text),
    "with a sign before it": in_each_text(lambda text: f"\N{CROSS MARK} {text}" if is_said(text) else text),
}
"""Ways in which anything may be written."""


def is_of_words(text: str) -> bool:
    return is_said(text) and text.isascii() and text.replace(" ", "").isalpha()


WORDS: dict[str, Way] = {
    "as one word": in_each_text(lambda text: text.replace(" ", "_") if is_of_words(text) else text),
    "as one word with hyphens": in_each_text(lambda text: text.replace(" ", "-") if is_of_words(text) else text),
    "as one word with capitals": in_each_text(
        lambda text: "".join(map(str.capitalize, text.split())) if is_of_words(text) else text
    ),
}
"""Ways in which a status may be written."""

AROUND: dict[str, Way] = {
    "in data": lambda members: {"data": members},
    "in a list of one": lambda members: {"result": [members]},
    "in a numbered list": lambda members: {"result": {"0": members}},
    "in data of the result": lambda members: {"result": {"data": members}},
    "as a text": lambda members: {"result": json.dumps(members)},
    "as a text in a list": lambda members: {"result": [json.dumps(members)]},
}
"""What may stand around what an answer says, instead of the result."""


def delivery(read: Carrier, document: Document) -> str:
    try:
        read(SEND_MESSAGE, document, sent=SENT)
    except AfilnetError as error:
        return error.delivery
    return "done"


def means_the_same(read: Carrier, members: Document, write: Way) -> None:
    written = write(members)
    if json.dumps(written) == json.dumps(members):
        return  # this way of writing is its own
    as_it_is, otherwise = ({"status": "SUCCESS", "result": each} for each in (members, written))
    assert delivery(read, otherwise) == delivery(read, as_it_is), otherwise


def some(read: Carrier, rows: list[Document]) -> list[Document]:
    """Return rows for a carrier: all as JSON, and of those that take longer to write every tenth."""
    return rows if read is CARRIERS["json"] else rows[::10]


DATA = [
    ("432", "done"), (["432"], "done"), (432, "done"), ("503", "done"), ("abc", "done"), ("Order received", "done"),
    ("failed", "unknown"), (["Rejected by the operator"], "unknown"), ("Order cancelled: failed", "unknown"),
    ("ERROR", "unknown"), ("Nothing was sent", "unknown"),
]  # fmt: skip
"""What stands in ``data``, and what became of the send."""

SAID = [*answers.REFUSALS, *answers.REFUSALS_OF_A_SEND, *answers.AGREED, *answers.NOT_DONE]


@on_every_carrier
@table("way", WAYS)
def test_a_way_of_writing_makes_no_success_and_no_refusal(read: Carrier, way: str) -> None:
    for members in some(read, SAID):
        means_the_same(read, members, WAYS[way])


@pytest.mark.proof("test_a_way_of_writing_makes_no_success_and_no_refusal")
@on_every_carrier
@settings(max_examples=examples(100, proof=500))
@given(members=st.sampled_from(SAID), ways=st.lists(st.sampled_from(list(WAYS)), min_size=2, max_size=4, unique=True))
def test_ways_of_writing_at_once_make_no_success_and_no_refusal(
    read: Carrier, members: Document, ways: list[str]
) -> None:
    def write(value: object) -> object:
        for name in ways:
            value = WAYS[name](value)
        return value

    means_the_same(read, members, write)


@on_every_carrier
@table("way", WORDS)
def test_a_status_may_be_several_words_or_one(read: Carrier, way: str) -> None:
    for members in some(read, [{"state": "send failed"}, *SAID]):
        means_the_same(read, members, WORDS[way])


@on_every_carrier
@table("around", AROUND)
def test_what_stands_around_what_is_said_changes_nothing(read: Carrier, around: str) -> None:
    for members in some(read, [*answers.REFUSALS_OF_A_SEND, *answers.NOT_DONE]):
        if "result" not in members:  # which says what was done by its name alone
            held = AROUND[around](members)
            assert isinstance(held, dict)
            assert delivery(read, {"status": "SUCCESS", "messageid": "17", **held}) == "unknown", held


@on_every_carrier
@table("member", [{"result": "0"}, {"result": -1}, {"message_accepted": "no"}, {"messageid": "-1"}, {"ok": "failed"}])
@table("write", [lambda held: [held], lambda held: {"item": held}, lambda held: {"0": held}])
def test_a_list_of_one_says_what_it_holds(read: Carrier, member: Document, write: Way) -> None:
    listed = {name: write(held) for name, held in member.items()}
    assert delivery(read, {"status": "SUCCESS", **listed}) == "unknown"


def refused(read: Carrier, document: Document) -> None:
    said = {"status": "ERROR", "error": "INCORRECT_THUMBURL", **document}
    read(SEND_FILE, said, sent=(*SENT[:3], "It was sent, they say"))


DONE: list[Document] = [
    *answers.ASSENTS, *SENT_ALL_THE_SAME, {"estado": {"item": "enviado"}}, {"estado": ["enviado"]},
    {"estado": "enviado!"}, {"message": "Message sent"}, {"result": "The file was successfully sent"},
    {"info": "MESSAGE_SENT"}, {"data": {"response": {"info": "It was sent"}}},
    {"sent": ["ok"]}, {"delivered": "OK"}, {"success": {"item": "success"}},
]  # fmt: skip


@on_every_carrier
@table("way", [*WAYS, *AROUND])
def test_a_way_of_writing_makes_no_refusal_of_what_may_have_been_done(read: Carrier, way: str) -> None:
    for beside in some(read, DONE):
        if way in WAYS or {"result", "error"}.isdisjoint(beside):
            written = {**WAYS, **AROUND}[way](beside)
            assert isinstance(written, dict)
            with pytest.raises(OutcomeUnknownError):
                refused(read, written)


@on_every_carrier
@table("way", ["in another order", "in longer blanks", "in HTML", "in a list of one", "as a text"])
def test_a_way_of_writing_leaves_a_refusal_one(read: Carrier, way: str) -> None:
    for beside in some(read, [*answers.NO_ASSENTS, *NOT_SENT]):
        written = {**WAYS, **AROUND}[way](beside)
        assert isinstance(written, dict)
        with pytest.raises(AfilnetError) as caught:
            refused(read, written)
        assert caught.value.delivery == "rejected", written


@on_every_carrier
def test_a_text_that_holds_a_refusal_is_one_unless_it_was_sent(read: Carrier) -> None:
    text = '{"status": "ERROR", "error": "NO_CREDITS"}'
    document = {"status": "SUCCESS", "message": text, "messageid": "17"}
    assert delivery(read, document) == "unknown"
    for sent in (text, text.replace(" ", "")):
        assert read(SEND_MESSAGE, document, sent=(*SENT[:3], sent)) is None


@on_every_carrier
@table(("held", "expected"), DATA)
def test_what_data_says_is_heard_unless_it_was_sent(read: Carrier, held: object, expected: str) -> None:
    for document in ({"data": held}, {"result": {"data": held}}):
        assert delivery(read, {"status": "SUCCESS", **document}) == expected
    if isinstance(held, str):
        assert read(SEND_MESSAGE, {"status": "SUCCESS", "data": held}, sent=(*SENT[:3], held)) is None
    told_by_others = {"status": "SUCCESS", "result": {"last_chat": {"data": held}}}
    assert delivery(read, told_by_others) == "done"


@on_every_carrier
@table("told", [*answers.CODED, *answers.NOT_CODED])
def test_a_code_of_an_error_may_stand_in_a_text(read: Carrier, told: Document) -> None:
    texts = {name: json.dumps(held) if isinstance(held, Mapping | list) else held for name, held in told.items()}
    as_it_is, in_texts = (delivery(read, {"status": "ERROR", **each}) for each in (told, texts))
    assert in_texts == as_it_is


def test_a_fault_that_holds_as_a_text_what_tells_of_a_success_proves_nothing() -> None:
    detail = '{"file": {"sent": true}}'
    fault = f"<faultcode>INCORRECT_THUMBURL</faultcode><faultstring>No.</faultstring><detail>{detail}</detail>"
    body = f'<e:Envelope xmlns:e="{SOAP}"><e:Body><e:Fault>{fault}</e:Fault></e:Body></e:Envelope>'.encode()
    codec = soap_codec("document", skip=False)
    with pytest.raises(OutcomeUnknownError, match="a Fault that tells of a success"):
        codec.decode(SEND_FILE, Reply(500, {}, body, sent=SENT))
    with pytest.raises(RejectedRequestError):
        codec.decode(SEND_FILE, Reply(500, {}, body, sent=(*SENT[:3], detail)))


# Lists


@on_every_carrier
@table("name", ["list", "messages", "data", "items", "records"])
@table("false", [False, "false", " False "])
@table("around", [lambda each: {"result": each}, lambda each: each])
def test_false_in_the_place_of_a_list_is_none_or_a_query_that_failed(
    read: Carrier, name: str, false: object, around: Callable[[object], Document]
) -> None:
    with pytest.raises(OutcomeUnknownError, match=name):
        read(GET_MESSAGES, {"status": "SUCCESS", **around({name: false})})


@on_every_carrier
def test_false_beside_an_empty_list_leaves_it_one(read: Carrier) -> None:
    assert read(GET_MESSAGES, {"status": "SUCCESS", "result": {"list": [], "messages": False}, "data": False}) == []


@on_every_carrier
@table("way", ["in longer blanks", "in lines", "in HTML", "in quotation marks", "with accents of their own"])
@table("words", answers.NONE_THERE)
def test_a_way_of_writing_makes_nothing_of_no_list(read: Carrier, words: str, way: str) -> None:
    document = {"status": "SUCCESS", "message": WAYS[way](words), "result": None}
    assert read(GET_MESSAGES, document) == []


@on_every_carrier
@table(
    ("beside", "more"),
    [
        ({"all_loaded": 0}, True), ({"complete": 0}, True), ({"last": 0, "first": 0}, False), ({"end": 0}, False),
        ({"cursor": "x", "hasMore": 0}, False), ({"cursor": "x", "hasMore": 1}, True),
        ({"hint": "Some messages couldn&rsquo;t be loaded"}, True), ({"note": "Only  the last\n30 days"}, True),
        ({"aviso": unicodedata.normalize("NFD", "Se muestran los \N{LATIN SMALL LETTER U WITH ACUTE}ltimos 50")}, True),
    ],
)  # fmt: skip
def test_a_flag_may_be_a_number_and_a_sentence_is_read_as_it_reads(read: Carrier, beside: Document, more: bool) -> None:
    if read is not CARRIERS["json"] and {"first", "end"} & beside.keys():
        return  # XML has no numbers, and its nought may be a flag
    assert has_more(read(GET_MESSAGES, {"status": "SUCCESS", "result": {"list": ROWS, **beside}})) == more


@on_every_carrier
@table("around", [lambda rows: {"result": {"list": rows}}, lambda rows: {"messages": rows}])
def test_records_that_stand_in_texts_of_a_list_are_read(read: Carrier, around: Callable[[list[str]], Document]) -> None:
    texts = [json.dumps(each) for each in ROWS]
    expected = read(GET_MESSAGES, {"status": "SUCCESS", "result": {"list": ROWS}})
    assert read(GET_MESSAGES, {"status": "SUCCESS", **around(texts)}) == expected


# Values by themselves


@table(
    ("text", "reads"),
    [
        ("<p>Not <br/> sent</p>", "Not sent"), ("<a@b.example> not sent", "a@b.example> not sent"), ("***", "***"),
        ("<CHANNEL_NOT_FOUND>", "CHANNEL_NOT_FOUND>"), ("<body>", "body>"), ("-1", "-1"), ("+34 600", "+34 600"),
        ("(none)", "(none)"), ("\N{INVERTED EXCLAMATION MARK}Error!", "Error!"), ("[A_B] no", "[A_B] no"), ("", ""),
        ("x" * 2000, "x" * 1000),
    ],
)  # fmt: skip
def test_a_text_reads_without_what_is_there_for_the_eye(text: str, reads: str) -> None:
    assert plainly(text) == reads


@table(
    ("word", "words"),
    [
        ("send_failed", "send failed"), ("sendFailed", "send Failed"), ("E1001", "E1001"), ("ERR_17", "ERR_17"),
        ("not sent_yet", "not sent_yet"), ("HTTP", "HTTP"), ("no-reply", "no reply"), ("x_", "x_"),
    ],
)  # fmt: skip
def test_a_word_made_of_words_is_taken_apart(word: str, words: str) -> None:
    assert apart(word) == words


@table(
    ("value", "held"),
    [
        (["x"], "x"), ({"item": 1}, 1), ({"0": "x"}, "x"), ([["x"]], [["x"]]), (["x", "y"], ["x", "y"]), ([], []),
        ({"x": 1}, {"x": 1}), ([{}], [{}]),
    ],
)  # fmt: skip
def test_a_list_of_one_is_what_it_holds(value: object, held: object) -> None:
    assert alone(value) == held


@table(("value", "held"), [(' {"a": 1}', {"a": 1}), ("[1]", [1]), ("{", "{"), ("17", "17"), (None, None)])
def test_a_text_that_is_json_is_what_it_holds(value: object, held: object) -> None:
    assert opened(value) == held


def test_what_was_sent_is_looked_for_only_in_a_text_that_may_be_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long text that was sent makes a look for it take as long, and an answer may hold as many texts as it likes."""
    compared: list[object] = []
    monkeypatch.setattr(assent, "may_repeat", lambda value, _: compared.append(value))
    monkeypatch.setattr(contents, "may_repeat", lambda value, _: compared.append(value))
    texts = [f"entry {number}" for number in range(50)]
    with pytest.raises(RejectedRequestError):
        refused(by_json, {"log": [*texts, "{}"]})
    assert compared == ["{}"]
    assert by_json(SEND_MESSAGE, {"status": "SUCCESS", "result": {"message": [*texts, "[]"]}}, sent=SENT) is None
    assert compared == ["{}", "[]"]


def test_texts_in_texts_have_an_end() -> None:
    text = json.dumps({"x": 1})
    for _ in range(8):
        text = '{"x":' * 60 + json.dumps(text) + "}" * 60
    with pytest.raises(AfilnetError):
        refused(CARRIERS["json"], {"data": text})


# Builds that are broken on purpose


def found(by: Callable[..., None]) -> None:
    with pytest.raises((AssertionError, AfilnetError, ExceptionGroup, pytest.fail.Exception)):
        by(read=by_json)


@pytest.mark.parametrize(
    ("module", "name", "replacement", "by"),
    [
        (refusal, "plainly", str.strip, test_a_way_of_writing_makes_no_success_and_no_refusal),
        (not_done, "plainly", str.strip, test_a_way_of_writing_makes_no_success_and_no_refusal),
        (refusal, "apart", str, test_a_status_may_be_several_words_or_one),
        (contents, "opened", lambda value: value, test_what_stands_around_what_is_said_changes_nothing),
        (own_words, "is_around", lambda name: name == "result", test_what_stands_around_what_is_said_changes_nothing),
        (refusal, "alone", lambda value: value, test_a_list_of_one_says_what_it_holds),
        (envelope, "opened", lambda value: value, test_a_code_of_an_error_may_stand_in_a_text),
        (assent, "opened", lambda value: value, test_a_way_of_writing_makes_no_refusal_of_what_may_have_been_done),
        (assent, "plainly", str, test_a_way_of_writing_makes_no_refusal_of_what_may_have_been_done),
        (assent, "is_around", lambda _: False, test_a_way_of_writing_makes_no_refusal_of_what_may_have_been_done),
        (assent, "_ALL", re.compile("(?!)"), test_a_way_of_writing_makes_no_refusal_of_what_may_have_been_done),
        (
            contents,
            "may_repeat",
            lambda *_: True,
            test_a_text_that_holds_a_refusal_is_one_unless_it_was_sent,
        ),
        (
            contents,
            "may_repeat",
            lambda *_: False,
            test_a_text_that_holds_a_refusal_is_one_unless_it_was_sent,
        ),
        (own_words, "says_no", lambda _: False, test_what_data_says_is_heard_unless_it_was_sent),
        (own_words, "_is_on_top", lambda _: True, test_what_data_says_is_heard_unless_it_was_sent),
        (repeated, "plainly", str, test_a_way_of_writing_leaves_a_refusal_one),
        (contents, "is_false", lambda _: False, test_false_in_the_place_of_a_list_is_none_or_a_query_that_failed),
        (words, "plainly", str, test_a_way_of_writing_makes_nothing_of_no_list),
        (more_records, "plainly", str, test_a_flag_may_be_a_number_and_a_sentence_is_read_as_it_reads),
        (more_records, "_is_place", lambda *_: False, test_a_flag_may_be_a_number_and_a_sentence_is_read_as_it_reads),
        (contents, "opened", lambda value: value, test_records_that_stand_in_texts_of_a_list_are_read),
    ],
)
def test_sabotage_a_way_of_writing_that_is_heard_otherwise_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, replacement: object, by: Callable[..., None]
) -> None:
    monkeypatch.setattr(module, name, replacement)
    found(by)
