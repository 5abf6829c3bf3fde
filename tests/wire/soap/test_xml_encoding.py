"""What encoding an XML document is in: its bytes say it, and a text is never read as another one."""

from __future__ import annotations

import codecs
import itertools
import re

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from afilnet_protocols.wire.soap import strict_xml, xml_encoding
from afilnet_protocols.wire.soap.strict_xml import Limits, NotStrictXml, parse
from afilnet_protocols.wire.soap.xml_encoding import as_utf8, charset_of
from tests.sizes import examples
from tests.tables import table

LIMITS = Limits(size=10_000, elements=10)
LABELS = [
    None, "UTF-8", "utf8", "US-ASCII", "ISO-8859-1", "iso-8859-1", "latin1", "ISO-8859-15", "windows-1252", "UTF-16",
    "utf8mb4", "x-unknown", "KOI8-R",
]  # fmt: skip
TRUTH = {
    "UTF-8": "utf-8", "utf8": "utf-8", "US-ASCII": "ascii", "ISO-8859-1": "latin-1", "iso-8859-1": "latin-1",
    "latin1": "latin-1", "ISO-8859-15": "iso8859-15", "windows-1252": "cp1252",
}  # fmt: skip
WORDS = st.text(
    st.sampled_from("aé€ñÑüß¿“”Žœ¤½ÃÂ±© ") | st.characters(min_codepoint=160, max_codepoint=255), max_size=8
)


def document(text: str, declared: str | None) -> str:
    head = "" if declared is None else f'<?xml version="1.0" encoding="{declared}"?>'
    return f"{head}<r>{text.replace('&', '&amp;')}</r>"


def read(octets: bytes, charset: str | None) -> str:
    """Return the text of a document; raise NotStrictXml if it is refused."""
    return parse(octets, LIMITS, root="r", charset=charset).text or ""


def right_or_refused(text: str, encoding: str, charset: str | None, declared: str | None) -> None:
    """A text in the encoding that a label names, or in UTF-8, is read as it is, or refused."""
    octets = document(text, declared).encode(encoding)
    try:
        found = read(octets, charset)
    except NotStrictXml:
        # UTF-8 is read under every label.
        assert encoding != "utf-8"
        return
    assert found == text


def is_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(max_examples=examples(100, proof=100))
@given(WORDS, st.sampled_from(LABELS), st.sampled_from(LABELS), st.sampled_from(["utf-8", "labelled"]))
@example("Andrés", "ISO-8859-1", "ISO-8859-1", "utf-8")
@example("Andrés", None, "ISO-8859-1", "labelled")
@example("½", "ISO-8859-15", "ISO-8859-1", "labelled")
@example("“€”", "ISO-8859-1", "windows-1252", "labelled")
def test_no_text_is_read_as_another_one(text: str, charset: str | None, declared: str | None, which: str) -> None:
    true = [TRUTH[label] for label in (charset, declared) if label in TRUTH] if which == "labelled" else ["utf-8"]
    for encoding in true:
        try:
            octets = document(text, declared).encode(encoding)
        except UnicodeEncodeError:
            assume(False)
        # The one exception, which is said in the module: such a text is UTF-8 to every reader that looks.
        assume(encoding == "utf-8" or octets.isascii() or not is_utf8(octets))
        right_or_refused(text, encoding, charset, declared)


@settings(max_examples=examples(100, proof=100))
@given(st.text("aé€😀ñ", min_size=2), st.integers(0, 30), st.sampled_from(LABELS), st.sampled_from(LABELS))
def test_one_wrong_byte_does_not_make_the_other_characters_wrong(text, place, charset, declared) -> None:
    octets = document(text, declared).encode()
    place = len(octets) - 4 - place % len(text.encode())
    broken = octets[:place] + octets[place + 1 :]
    assume(not is_utf8(broken))
    assume(any(ord(each) > 127 for each in broken.decode("utf-8", "ignore")))
    with pytest.raises(NotStrictXml):
        read(broken, charset)


def believes_labels(octets: bytes, charset: str | None = None) -> bytes:
    """What a reader does that goes by labels."""
    declared = xml_encoding._DECLARED.match(octets)
    label = charset or (declared.group(1).decode() if declared else "utf-8")
    return octets.decode(TRUTH.get(label, "utf-8"), "replace").encode()


@pytest.mark.parametrize(
    ("law", "name", "replacement"),
    [
        (test_no_text_is_read_as_another_one, "as_utf8", believes_labels),
        (test_one_wrong_byte_does_not_make_the_other_characters_wrong, "as_utf8", believes_labels),
        (test_one_wrong_byte_does_not_make_the_other_characters_wrong, "_SEQUENCE", re.compile(b"(?!)")),
        (test_no_text_is_read_as_another_one, "_is_utf8", lambda _: False),
    ],
    ids=["labels", "labels, broken", "mixed", "not by bytes"],
)
def test_a_careless_reader_is_noticed(law, name, replacement, monkeypatch) -> None:
    monkeypatch.setattr(strict_xml if name == "as_utf8" else xml_encoding, name, replacement)
    with pytest.raises((AssertionError, pytest.fail.Exception, ExceptionGroup)):
        law()


@table(
    ("octets", "charset", "text"),
    [
        (document("é", "ISO-8859-1").encode("latin-1"), None, "é"),
        *(
            (document("é", label).encode("latin-1"), label, "é")
            for label in ("latin-1", "Latin1", "ISO8859_1", "csISOLatin1", "cp819", "x-cp1252", "CP-1252", "Latin-9")
        ),
        (document("é", "ISO-8859-1").encode("latin-1"), "ISO-8859-1", "é"),
        (document("é", None).encode("latin-1"), "iso-8859-1", "é"),
        # The bytes disprove what HTTP says, as NuSOAP's Faults in its UTF-8 mode do.
        (document("é", "ISO-8859-1").encode("latin-1"), "UTF-8", "é"),
        (document("é", "US-ASCII").encode("latin-1"), "ISO-8859-1", "é"),
        (document("€", "ISO-8859-1").encode("cp1252"), None, None),
        (document("€", "windows-1252").encode("cp1252"), None, "€"),
        (document("€", "ISO-8859-15").encode("iso8859-15"), None, "€"),
        (document("¤", "ISO-8859-15").encode("latin-1"), "ISO-8859-1", None),
        (document("é", "KOI8-R").encode("latin-1"), None, None),
        (document("é", None).encode("latin-1"), None, None),
        (document("é", "UTF-8").encode("latin-1"), "UTF-8", None),
        (codecs.BOM_UTF8 + document("é", "ISO-8859-1").encode(), "ISO-8859-1", "é"),
        (codecs.BOM_UTF8 + document("é", "ISO-8859-1").encode("latin-1"), "ISO-8859-1", None),
        (document("é", "UTF-16").encode("utf-16"), None, "é"),
        (codecs.BOM_UTF16_BE + document("é", "UTF-16").encode("utf-16-be"), "utf-8", "é"),
        (document("é", "UTF-16").encode("utf-16-le"), "utf-16", "é"),
        (document("é", "UTF-8").encode("utf-16-be"), None, "é"),
        (document("é", "UTF-16").encode("utf-16")[:-1], None, None),
        (document("\ud800", "UTF-16").encode("utf-16", "surrogatepass"), None, None),
        (document("é", "UTF-32").encode("utf-32"), None, None),
        (document("é", "UTF-16").encode(), "utf-16", "é"),
        (document("e", "UTF-7").encode(), None, None),
        (document("e", "UTF-8").encode(), "utf-7", None),
        (document("e", "UTF-8").encode(), "ISO-2022-JP", None),
    ],
)
def test_what_decides(octets: bytes, charset: str | None, text: str | None) -> None:
    if text is not None:
        assert read(octets, charset) == text
        return
    with pytest.raises(NotStrictXml) as caught:
        read(octets, charset)
    assert caught.value.__context__ is None


def test_windows_1252_under_the_label_of_iso_8859_1_would_be_read_as_controls(monkeypatch) -> None:
    octets = document("€", "ISO-8859-1").encode("cp1252")
    with pytest.raises(NotStrictXml):
        read(octets, None)
    monkeypatch.setattr(xml_encoding, "_CONTROLS", re.compile(b"(?!)"))
    assert read(octets, None) == "\x80"


@table(("charset", "declared"), list(itertools.product(LABELS, LABELS)))
def test_ascii_is_read_under_every_label(charset: str | None, declared: str | None) -> None:
    assert read(document("plain", declared).encode(), charset) == "plain"


@table(
    ("header", "charset"),
    [
        ("text/xml", None),
        ("text/xml; charset=utf-8", "utf-8"),
        ('text/xml;CHARSET = "ISO-8859-1" ; x=y', "ISO-8859-1"),
        ('application/soap+xml; action="a"; charset=latin1', "latin1"),
        ("text/xml; charset=", None),
        ("text/xml; charset=;", None),
        ("", None),
    ],
)
def test_the_charset_of_a_header(header: str, charset: str | None) -> None:
    assert charset_of(header) == charset


SAID = st.lists(
    st.sampled_from(
        [
            "text/xml",
            ";",
            " ",
            "; ",
            "\t",
            "charset",
            "CharSet",
            "=",
            "utf-8",
            '"UTF-8"',
            "; charset=",
            "x=1",
            "é",
            "\u017f",
            "\n",
        ]
    ),
    max_size=8,
).map("".join)


@given(header=SAID)
@example(header="text/xml; charset=utf-8 ")
@example(header="text/xml;charset=latin1; charset=utf-8")
def test_a_charset_said_as_usual_is_what_the_expression_finds(header: str) -> None:
    found = xml_encoding._CHARSET.search(header)
    assert charset_of(header) == ((found[1] or found[2] or "").strip() or None if found else None)


def test_sabotage_a_charset_that_hides_behind_another_parameter_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xml_encoding, "_OF_LABELS", xml_encoding._OF_LABELS + '"')
    assert charset_of('text/xml; charset="utf-8"') != "utf-8"


def test_what_is_read_stays_read() -> None:
    for octets in (document("é", "ISO-8859-1").encode("latin-1"), document("é", "latin1").encode()):
        once = as_utf8(octets)
        assert as_utf8(once) == once
