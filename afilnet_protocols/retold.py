"""`Retold`: an error is told as another one, which says what it means here and keeps nothing of what it came from."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

E = TypeVar("E", bound=BaseException)


class Retold(Generic[E]):
    """A ``with`` out of which other errors come than are raised in it.

    ``raise … from None`` would only hide the first error, which would go on hanging on the second one, with the frames
    that it passed through and whatever secret is in their variables.
    """

    def __init__(self, kind: type[E] | tuple[type[E], ...], tell: Callable[[E], BaseException]) -> None:
        self._kind, self._tell = kind, tell

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, self._kind):
            return
        fault = self._tell(error)
        before = fault.__context__
        try:
            raise fault
        finally:
            fault.__context__ = before
            del fault, before, error, trace  # or its own frame keeps it


def in_words(error: OSError) -> str:
    """Return what the system says of an error; what it is, where it says nothing."""
    return error.strerror or type(error).__name__
