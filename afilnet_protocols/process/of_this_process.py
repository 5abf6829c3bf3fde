"""`OfThisProcess`: what has connections, locks and secrets of its own, and is neither pickled nor copied."""

from __future__ import annotations

from typing import NoReturn


class OfThisProcess:
    """Refuses to be pickled or copied, in words that say what another process does instead."""

    _other_process = "let the other one make its own, from the name of a profile, or from the place of an outbox"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} cannot be pickled or copied: it is of this process ({self._other_process})"
        )
