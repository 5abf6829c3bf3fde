"""Values that work like any other but are not shown whole: a traceback that prints local variables asks for a repr."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, TypeVar, cast

import msgspec

from afilnet_protocols.patterns import late

T = TypeVar("T")
V = TypeVar("V")

_ORIGIN = late(r"[A-Za-z]{1,8}://[A-Za-z0-9.:\[\]-]*(?=[/?#]|\Z)")


class Address(str):
    """An address of which the repr shows scheme, host and port only: a secret may have been written behind them.

    Where there is an ``@`` anywhere, a password may even stand where a host does, and nothing is shown.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        origin = None if "@" in self else _ORIGIN.match(self)
        shown = "" if origin is None else origin[0]
        return repr(shown if shown == str(self) else f"{shown}…")


def origin_only(value: T) -> T:
    """Return a text as an :class:`Address`, which it equals; anything else as it is."""
    return cast("T", Address(value)) if isinstance(value, str) else value


class KeysOnly(dict[str, V]):
    """A dictionary of which the repr shows the keys only."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{{{', '.join(self)}}}"


class NamesOnly(Mapping[str, str]):
    """A view of an environment of which the repr shows no values."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)

    def __repr__(self) -> str:
        return f"<environment of {len(self)} variables>"


class PartlyShown(msgspec.Struct, frozen=True):
    """A record of which the repr shows the fields that its class names in ``_shown``, and no others.

    A ``Struct`` by itself shows all of them: in its repr, and once more to the tracebacks of rich.
    """

    _shown: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, getattr(self, name)) for name in self._shown]
