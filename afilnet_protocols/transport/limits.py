"""`Limits`: how much of an answer is read before it is refused."""

from __future__ import annotations

import msgspec

MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True):
    """The most that an answer may hold, in bytes unless said otherwise. More makes the answer unintelligible.

    Attributes:
        body: of a read, after decompression. A list of 100,000 records as SOAP has about 32 MB.
        short_body: of everything on a connection of its own (sends, tokens, descriptions), after decompression.
        head: the status line and headers of all responses to one request together, informational ones included.
        headers: how many header lines the answer may have.
        informational: how many informational responses (1xx) may come before the answer.
        expansion: how many times larger decompression may make a body, above the first ``expansion_free`` bytes.
        expansion_free: how much may be decompressed whatever the ratio.
    """

    body: int = 40 * MIB
    short_body: int = 4 * MIB
    head: int = 32 * 1024
    headers: int = 100
    informational: int = 32
    expansion: int = 200
    expansion_free: int = 4 * MIB
