"""`PartlyShown`: records that a traceback may print with its local variables, although a secret is in them."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class PartlyShown(msgspec.Struct, frozen=True):
    """A record of which the repr shows the fields that its class names in ``_shown``, and no others.

    A ``Struct`` by itself shows all of them: in its repr, and once more to the tracebacks of rich.
    """

    _shown: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, getattr(self, name)) for name in self._shown]
