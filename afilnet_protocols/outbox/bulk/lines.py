"""From the bytes of a file to its rows, whatever its format: by column blocks or one by one, with their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.outbox.bulk.csv import Block, Line, csv_blocks
from afilnet_protocols.outbox.bulk.json import json_array, json_lines
from afilnet_protocols.outbox.bulk.text import Wrong
from afilnet_protocols.outbox.checks import OPERATIONS

KEY = "key"
"""The column that names a row."""

NAMES = [KEY, *dict.fromkeys(parameter.name for operation in OPERATIONS for parameter in operation.parameters)]
"""What columns may be named."""


def _beginning(content: bytes) -> bytes:
    return content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def unit_of(content: bytes) -> str:
    """Return what the number of a row counts: ``line`` or ``item``."""
    return "item" if _beginning(content) == b"[" else "line"


def blocks_of(content: bytes) -> Iterator[Block | Iterator[Line]]:
    """Return the rows of a file, in blocks by columns where the file is such, else one by one.

    Raises:
        Wrong: it cannot be read.
    """
    beginning = _beginning(content)
    if beginning not in (b"{", b"["):
        yield from csv_blocks(content, NAMES)
    else:
        text = content.decode("utf-8-sig")
        yield json_lines(text) if beginning == b"{" else json_array(text)


def lines_of(content: bytes, given: Mapping[str, str]) -> Iterator[Line]:
    """Return the rows of a file one by one, with what they do not give themselves.

    Raises:
        Wrong: it cannot be read.
    """
    for block in blocks_of(content):
        yield from block.rows(given) if isinstance(block, Block) else completed(given, block)


def completed(given: Mapping[str, str], lines: Iterator[Line]) -> Iterator[Line]:
    """Return rows with what they do not give themselves."""
    for line, values in lines:
        yield line, values if isinstance(values, Wrong) else {**given, **values}


def operation_of(row: Mapping[str, object]) -> Operation[None]:
    """Return what a row is to do."""
    return catalogue.SEND_FILE if "file_url" in row or "file_type" in row else catalogue.SEND_MESSAGE
