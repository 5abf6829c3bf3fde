"""`Secret`: a text that shows itself only when asked to."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import NoReturn, final

MASK = "••••"


@final
class Secret:
    """A password, client secret or token that no repr, format, pickle or copy ever shows.

    The text lives in a closure, so that neither ``vars()`` nor a traceback that prints local variables reaches it.
    """

    __slots__ = ("_reveal",)

    _reveal: Callable[[], str]

    def __init__(self, text: str) -> None:
        self._reveal = lambda: text

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
        return hmac.compare_digest(
            self._reveal().encode("utf-8", "surrogatepass"), other._reveal().encode("utf-8", "surrogatepass")
        )

    def __hash__(self) -> int:
        return hash((Secret, self._reveal()))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied: pass its source (environment, file) instead")
