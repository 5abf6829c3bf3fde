"""`Declared`: a class whose attributes are declared settings; its instances are frozen, compared and shown by them.

To whoever asks it is a dataclass (``dataclasses.fields``, ``dataclasses.replace``). That module does not make it: it
writes code, compiles it at every start, and loads a compiler's tools for that, a tenth of what ``connect`` costs.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ClassVar, NoReturn, TypeVar, cast, dataclass_transform

import msgspec

from afilnet_protocols.settings.fields import Kind, SettingField

if TYPE_CHECKING:
    import dataclasses

D = TypeVar("D")


def declare(
    kind: Kind,
    *,
    default: D,
    values: tuple[str, ...] = (),
    open_ended: bool = False,
    needed_by: tuple[str, ...] = (),
) -> D:
    """Declare a setting; the parameters are those of :class:`~afilnet_protocols.settings.fields.SettingField`."""
    return cast("D", SettingField("", kind, default, values, open_ended, needed_by))


class _OfDataclass:
    """What a dataclass has, made when somebody asks for it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> object:
        return getattr(_as_dataclass(owner), self._name)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(declare,))
class Declared:
    """What settings have in common.

    Attributes:
        declared: the settings, in the order of their declarations.
    """

    declared: ClassVar[tuple[SettingField, ...]] = ()

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[object]]]
    else:
        __dataclass_fields__ = _OfDataclass()
        __dataclass_params__ = _OfDataclass()

    def __init_subclass__(cls) -> None:
        own = {name: each for name, each in vars(cls).items() if isinstance(each, SettingField)}
        own_fields = (msgspec.structs.replace(each, name=name, owner=cls) for name, each in own.items())
        cls.declared = (*cls.declared, *own_fields)

    def __repr__(self) -> str:
        shown = (f"{each.name}={getattr(self, each.name)!r}" for each in self.declared)
        return f"{type(self).__name__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())

    def __setattr__(self, name: str, value: object) -> None:
        _refuse(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        _refuse(f"cannot delete field {name!r}")

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, each.name) for each in self.declared)


def _refuse(text: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(text)


@functools.cache
def _as_dataclass(owner: type) -> type:
    import dataclasses

    fields = [
        (each.name, cast("type", each.owner).__annotations__[each.name], dataclasses.field(default=each.default))
        for each in cast("type[Declared]", owner).declared
    ]
    return dataclasses.make_dataclass(owner.__name__, fields, frozen=True, kw_only=True, init=False)
