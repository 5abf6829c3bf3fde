"""`Secret`: a text that shows itself only when asked to."""

from __future__ import annotations

import contextlib
import itertools
import os
from _weakref import ref  # all of `weakref` would be a hundredth of a start
from collections import deque
from collections.abc import Callable, Iterator
from typing import NoReturn, final

from afilnet_protocols.errors import ConfigurationError

MASK = "••••"


@final
class Secret:
    """A password, client secret or token that no repr, format, pickle or copy ever shows.

    The text is kept apart, in two halves that are noise each on its own: neither ``vars()``, nor a traceback that
    prints local variables, nor a walk through what the object refers to comes upon it. This guards against accidents,
    not against code that means to read it.

    Args:
        text: what is secret.

    Raises:
        ConfigurationError: it is no text.
    """

    __slots__ = ("__weakref__", "_reveal")

    _reveal: Callable[[], str]

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise ConfigurationError(f"a Secret is made of a text, not of a {type(text).__name__}")
        plain = text.encode("utf-8", "surrogatepass")
        pad = os.urandom(len(plain))
        noise = _xor(plain, pad)
        # The closure holds pad and noise only: the arguments of this call are gone when it returns.
        self._reveal = _joined(noise, pad)
        roll.enter(self)

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
    return roll.living()


class _Entry(ref[Secret]):
    """A secret on the roll, as long as it lives."""

    __slots__ = ("serial",)

    serial: int


class _Roll:
    """Which secrets live, and what has changed since it was last asked.

    Two secrets with the same text are two, and the end of one does not hide the other. There is no lock: a secret may
    die at any moment, in any thread, also in the midst of these lines. Each step is one that nothing interrupts.

    Attributes:
        born: what nobody has taken yet.
        died: the numbers of what was taken and lives no more.
    """

    def __init__(self) -> None:
        self._serials = itertools.count()
        self._living: dict[int, _Entry] = {}
        self.born: dict[int, _Entry] = {}
        self.died: deque[int] = deque()

    def enter(self, secret: Secret) -> None:
        """Note a new secret."""
        entry = _Entry(secret, self._leave)
        entry.serial = next(self._serials)
        self._living[entry.serial] = self.born[entry.serial] = entry

    def _leave(self, entry: _Entry) -> None:
        # Without a name of this module: as the interpreter ends, those may be gone before the last secret is.
        self._living.pop(entry.serial, None)
        # What nobody has taken yet need not be taken back.
        if self.born.pop(entry.serial, None) is None:
            self.died.append(entry.serial)

    def living(self) -> list[Secret]:
        """Return the secrets that live."""
        found = (entry() for entry in list(self._living.values()))
        return [secret for secret in found if secret is not None]

    def begin(self) -> None:
        """Have all that live be taken as born."""
        self.died.clear()
        self.born = dict(self._living)

    def take_born(self) -> Iterator[tuple[int, Secret]]:
        """Yield new secrets, each once, with the numbers that tell of their end."""
        with contextlib.suppress(KeyError):
            while True:
                serial, entry = self.born.popitem()
                secret = entry()
                if secret is not None:
                    yield serial, secret

    def take_died(self) -> Iterator[int]:
        """Yield the numbers of secrets that have died, each once."""
        with contextlib.suppress(IndexError):
            while True:
                yield self.died.popleft()


roll = _Roll()


def _joined(noise: bytes, pad: bytes) -> Callable[[], str]:
    left, right, length = int.from_bytes(noise, "big"), int.from_bytes(pad, "big"), len(noise)
    return lambda: (left ^ right).to_bytes(length, "big").decode("utf-8", "surrogatepass")


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
