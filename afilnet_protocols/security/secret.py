"""`Secret`: a text that shows itself only when asked to."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import NoReturn, final

MASK = "••••"


@final
class Secret:
    """A password, client secret or token that no repr, format, pickle or copy ever shows.

    The text is kept apart, in two halves that are noise each on its own: neither ``vars()``, nor a traceback that
    prints local variables, nor a walk through what the object refers to comes upon it. This guards against accidents,
    not against code that means to read it.
    """

    __slots__ = ("__weakref__", "_reveal")

    _reveal: Callable[[], str]

    def __init__(self, text: str) -> None:
        plain = text.encode("utf-8", "surrogatepass")
        pad = os.urandom(len(plain))
        noise = _xor(plain, pad)
        # The closure holds pad and noise only: the arguments of this call are gone when it returns.
        self._reveal = _joined(noise, pad)
        _living[id(self)] = self

    def reveal(self) -> str:
        """Return the text. To be called only where it is written on the wire."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    __str__ = __repr__

    def __format__(self, specification: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self._reveal())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest  # loads OpenSSL

        return compare_digest(
            self._reveal().encode("utf-8", "surrogatepass"), other._reveal().encode("utf-8", "surrogatepass")
        )

    def __hash__(self) -> int:
        return hash((Secret, self._reveal()))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled: pass its source (environment, file) instead")


def living() -> list[Secret]:
    """Return every secret that exists in this process at the moment: what redaction masks."""
    found = (reference() for reference in _living.valuerefs())
    return [secret for secret in found if secret is not None]


# Keyed by identity: two secrets with the same text are two, and the end of one must not hide the other.
_living: weakref.WeakValueDictionary[int, Secret] = weakref.WeakValueDictionary()


def _joined(noise: bytes, pad: bytes) -> Callable[[], str]:
    return lambda: _xor(noise, pad).decode("utf-8", "surrogatepass")


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
