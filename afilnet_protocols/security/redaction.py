"""What may be shown: living secrets masked in every spelling, and other people's text made harmless."""

from __future__ import annotations

from collections.abc import Set

from afilnet_protocols.security.needles import needles
from afilnet_protocols.security.secret import MASK

LONGEST_SHOWN = 200
"""How much of a text from the service is shown, in characters."""

_MASK = MASK.encode()
_NONE: Set[str] = frozenset()


def mask(text: str, *, but: Set[str] = _NONE) -> str:
    """Return the text with every living secret in it masked, however it is spelled.

    Args:
        text: any text.
        but: words that stay, also where a secret is spelled like one.
    """
    data = text.encode("utf-8", "surrogatepass")
    masked = mask_bytes(data, but=but)
    return text if masked is data else masked.decode("utf-8", "replace")


def mask_bytes(data: bytes, *, but: Set[str] = _NONE) -> bytes:
    """Return the bytes with every living secret in them masked, however it is spelled; as they are without one.

    Args:
        data: any bytes.
        but: words that stay, also where a secret is spelled like one.
    """
    spans = needles.spans(data)
    if spans and but:
        spans = [(start, end) for start, end in spans if data[start:end].decode("utf-8", "replace") not in but]
    if not spans:
        return data
    parts, end = [], 0
    for start, after in spans:
        parts += [data[end:start], _MASK]
        end = after
    return b"".join([*parts, data[end:]])


def spelled(text: str) -> bool:
    """Whether a living secret is in a text, however it is spelled."""
    return bool(needles.spans(text.encode("utf-8", "surrogatepass")))


def shown(text: str, *, limit: int = LONGEST_SHOWN) -> str:
    """Return a text from the service in a form that can stand in a message or a log line.

    Secrets are masked; line ends, control characters, terminal sequences and changes of direction are escaped; what is
    longer than the limit is cut.

    Args:
        text: any text.
        limit: how many characters of the result are kept.
    """
    # Whatever is cut off needs no escaping.
    escaped = "".join(_visible(character) for character in mask(text)[: limit + 1])
    return escaped if len(escaped) <= limit else f"{escaped[: limit - 1]}…"


def _visible(character: str) -> str:
    if character == "\\":
        return "\\\\"
    # Not to be printed are controls, directions, surrogates, line separators, and all blanks but one.
    if not character.isprintable():
        return character.encode("unicode_escape").decode("ascii")
    return character
