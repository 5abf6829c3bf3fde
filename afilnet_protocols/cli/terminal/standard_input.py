"""Standard input, which may be closed, open for writing alone, endless, or not wait for what is still to come."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from afilnet_protocols.cli.terminal.streams import is_closed, wait_for
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.retold import Retold, in_words

_AT_ONCE = 1024 * 1024


def standard_input(most: int) -> bytes:
    """Return all that standard input holds.

    Args:
        most: how many bytes there may be.

    Raises:
        InvalidRequestError: it is closed, it cannot be read, or there is more.
    """
    if is_closed(sys.stdin):
        raise InvalidRequestError("standard input is closed: there is nothing to read from it")
    with Retold(OSError, lambda error: InvalidRequestError(f"standard input cannot be read: {in_words(error)}")):
        content = _content(sys.stdin, most + 1)
    if len(content) > most:
        raise InvalidRequestError(f"standard input holds more than {most} bytes")
    return content


def _content(stream: TextIO, most: int) -> bytes:
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return stream.buffer.read(most)  # what stands for it in a program
    # Python's own reader returns nothing where there is nothing yet.
    content = bytearray()
    while len(content) < most:
        try:
            piece = os.read(descriptor, min(_AT_ONCE, most - len(content)))
        except BlockingIOError:
            wait_for(descriptor, writing=False)
            continue
        if not piece:
            break
        content += piece
    return bytes(content)
