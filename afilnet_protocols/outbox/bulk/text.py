"""The bytes of a file of rows: whether they are text, in which encoding, and what they are otherwise."""

from __future__ import annotations

import codecs

from afilnet_protocols.retold import Retold

LARGEST = 256 * 1024 * 1024
"""The largest file that is read, in bytes."""

_CHUNK = 1 << 16

# The longer marks first: that of UTF-32 begins as that of UTF-16 does.
_WIDE = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip

_END = b"\x1a"
"""What DOS ended a text with, and ``copy one.csv + two.csv all.csv`` still does."""

_NO_TEXT = (
    (b"PK\x03\x04", "a spreadsheet (such as .xlsx or .ods) or another archive"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet (.xls)"),
    (b"\x1f\x8b", "compressed"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "an SQLite database: rows that were read before are gone on with by 'afilnet outbox run'"),
)
_AS_CSV = 'save it as CSV in UTF-8 (Excel calls that "CSV UTF-8")'


class Wrong(Exception):
    """What is wrong with a file of rows or with one of its lines; it never leaves this package."""


def as_utf_8(content: bytes) -> bytes:
    """Return the same text in UTF-8, without a mark at its end; a byte order mark of UTF-8 is left where it is.

    Raises:
        Wrong: it is too long, not a text, or in an encoding that cannot be told for certain.
    """
    if len(content) > LARGEST:
        raise Wrong(f"the file is longer than {LARGEST} bytes: divide it")
    for beginning, what in _NO_TEXT:
        if content.startswith(beginning):
            raise Wrong(f"the file is {what}, not CSV or JSON: {_AS_CSV}")
    if content[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise Wrong(f"the file is HTML or XML, not CSV or JSON, whatever its name says: {_AS_CSV}")
    for mark, encoding in _WIDE:
        if content.startswith(mark):
            return _from_wide(content, encoding)
    content = content.removesuffix(_END)
    head = content[:1024]
    if head.count(0) * 4 >= len(head) > 0:
        raise Wrong(f"the file seems to be UTF-16 without a byte order mark: {_AS_CSV}")
    if not content.isascii():
        _refuse_unless_utf_8(content)
    return content


def _from_wide(content: bytes, encoding: str) -> bytes:
    with Retold(UnicodeError, lambda _: Wrong(f"the file begins as {encoding.upper()} but is not: {_AS_CSV}")):
        return content.decode(encoding).encode("utf-8")


def _refuse_unless_utf_8(content: bytes) -> None:
    """Decode piece by piece: the whole text would take up to four times the file's memory."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    place = -1
    try:
        for start in range(0, len(content), _CHUNK):
            decoder.decode(content[start : start + _CHUNK], final=start + _CHUNK >= len(content))
    except UnicodeDecodeError:
        place = _first_fault(content)
    if place >= 0:
        raise Wrong(f"line {content[:place].count(10) + 1}: not UTF-8 text: {_AS_CSV}")


def _first_fault(content: bytes) -> int:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return -1
