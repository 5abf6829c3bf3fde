"""How an answer is described: which of its texts are encoded, and around which of them blanks do not count."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from afilnet_protocols.wire.document.contents import is_looked_at
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.described import OF_RECORDS, Field, Kind, Text
from afilnet_protocols.wire.soap.not_usable import NotUsable


class Shape(msgspec.Struct):
    """How a description says that an element is written.

    Attributes:
        fields: the elements in it by local name, if it is a plain row of such.
        text: how a text is written, if it holds one.
        encoded: the names of the fields at any depth below that are base64Binary or hexBinary, where it is no row.
        collapsed: the names of the fields there around whose texts blanks do not count, wherever they stand.
        namespaces: the namespaces that its fields are declared in.
    """

    fields: dict[str, Shape] = msgspec.field(default_factory=dict)
    text: Text | None = None
    encoded: Mapping[str, str] = msgspec.field(default_factory=dict)
    collapsed: tuple[str, ...] = ()
    namespaces: frozenset[str | None] = frozenset({None})


def is_name_read(folded: str) -> bool:
    """Whether what a field of this name, folded, holds is handed out, or decides what an answer says."""
    return folded in OF_RECORDS or folded == "key" or is_looked_at(folded)


def shape_of(kind: Kind) -> Shape:
    """Return how an element of this type is written.

    Raises:
        NotUsable: fields of one name that are read are encoded in one place and not in another, where it is no row.
    """
    return _shape(kind, {})


def _shape(kind: Kind, known: dict[int, Shape]) -> Shape:
    if id(kind) in known:
        return known[id(kind)]
    shape = known[id(kind)] = Shape(text=kind.text)
    if kind.text is None and kind.is_complex:
        fields = _row(kind)
        shape.fields = {field.name: _shape(field.kind, known) for field in fields}
        shape.namespaces = frozenset({None, *(field.namespace for field in fields)})
        if not fields:
            texts = _texts_below(kind)
            shape.encoded = _encoded(texts)
            shape.collapsed = tuple(sorted(name for name, found in texts.items() if _are_collapsed(found)))
    return shape


def _row(kind: Kind) -> list[Field]:
    """Return the fields of a type that is a plain row of them; none if it is not."""
    single = kind.is_row and not any(field.multiple for field in kind.fields)
    return kind.fields if single and len({field.name for field in kind.fields}) == len(kind.fields) else []


def _texts_below(declared: Kind) -> dict[str, set[Text | None]]:
    """Return how the fields anywhere in a type are written, by their names; ``None`` for those that are no texts."""
    found: dict[str, set[Text | None]] = {}
    todo, seen = [declared], set()
    while todo:
        kind = todo.pop()
        if id(kind) in seen:
            continue
        seen.add(id(kind))
        for field in kind.fields:
            found.setdefault(field.name, set()).add(field.kind.text)
            todo.append(field.kind)
        todo += [kind.items] if kind.items is not None else []
    return found


def _encoded(texts: Mapping[str, set[Text | None]]) -> dict[str, str]:
    """Return the fields that are declared base64Binary or hexBinary, and which of the two."""
    found: dict[str, str] = {}
    for name, written in texts.items():
        kinds = {text.binary if text else None for text in written}
        if len(kinds) > 1 and is_name_read(fold(name)):
            raise NotUsable(
                "fields of one name are base64Binary or hexBinary in one place, and something else in another"
            )
        if len(kinds) == 1 and (kind := kinds.pop()):
            found[name] = kind
    return found


def _are_collapsed(written: set[Text | None]) -> bool:
    return all(text is not None and text.collapse and not text.binary for text in written)
