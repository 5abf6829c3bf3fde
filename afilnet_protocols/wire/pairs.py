"""``name=value`` pairs as a form has them (``application/x-www-form-urlencoded``).

Source: WHATWG URL §5.2 for what a form is, and RFC 3986 §2.3 for which characters need no ``%``. It is what
``urllib.parse.urlencode`` writes, which takes a fifth of a call's steps for it: here a text is gone through in C.
"""

from __future__ import annotations

from collections.abc import Iterable

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~")


class _Written(dict[int, str]):
    """How a form has each byte, noted when it is first asked for: few bytes ever are."""

    def __missing__(self, byte: int) -> str:
        self[byte] = written = "+" if byte == 0x20 else chr(byte) if byte in _PLAIN else f"%{byte:02X}"
        return written


_written = _Written().__getitem__


def quoted(text: str) -> str:
    """Return a name or a value as it stands in a form.

    Raises:
        UnicodeEncodeError: it holds half of a surrogate pair, which UTF-8 cannot write.
    """
    return text if text.isascii() and text.isalnum() else "".join(map(_written, text.encode()))


def joined(pairs: Iterable[tuple[str, str]]) -> str:
    """Return pairs, in their order, as one form."""
    return "&".join([f"{quoted(name)}={quoted(value)}" for name, value in pairs])
