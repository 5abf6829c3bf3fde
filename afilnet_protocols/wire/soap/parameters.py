"""Where the parameters of a call stand in a request: beside one another, or inside objects, as Java's and .NET's do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Set

import msgspec

from afilnet_protocols.catalogue import CLASS, Operation
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.described import CREDENTIALS, INSIDE, KNOWN, MEANT, WHICH, Described, Field, Text
from afilnet_protocols.wire.soap.description.schema_nodes import Unusual
from afilnet_protocols.wire.soap.not_usable import LacksCredentials, NotUsable

_SHOWN = 8
"""How many names of what an object holds are told."""

_MOST_OBJECTS = 200
"""How many objects are looked into; types that hold one another are as many as one likes."""

_Place = tuple[Field, ...]
"""A field, and before it the objects that it stands in, the outermost first."""


class Parameters(msgspec.Struct, frozen=True, eq=False):
    """The parameters of an operation.

    Attributes:
        names: for each wire name that the description knows, its key in a request.
        fixed: what is always sent, by its key: class and method, and a text for what must not be left out.
        written: how the texts of a request are declared, by their names and those around them.
        spelled: by wire names, the known values that the description spells otherwise, and how it does.
    """

    names: Mapping[str, str]
    fixed: Mapping[str, str]
    written: Mapping[str, Text]
    spelled: Mapping[str, Mapping[str, str]]


def takes_any_method(operation: Described) -> bool:
    """Whether an operation is told by parameters which method is called."""
    with contextlib.suppress(NotUsable):
        return set(_found(operation, WHICH)) == set(WHICH)
    return False


def parameters_of(wanted: Operation[object], operation: Described) -> Parameters:
    """Return where the parameters of a method stand.

    Objects are looked into only while a parameter that must be there is missing. Those that hold one are written, and
    so are the texts in them; other objects are left out.

    Raises:
        NotUsable: one is missing or stands twice, or something must be there of which nothing is known.
        Unusual: they stand in an object that only zeep can write.
    """
    compulsory = (*CREDENTIALS, *(item.wire for item in wanted.parameters if item.compulsory))
    found = _found(operation, compulsory)
    missing = [name for name in compulsory if name not in found]
    if missing:
        kind = NotUsable if set(missing).isdisjoint(CREDENTIALS) else LacksCredentials
        raise kind(
            f"its operation {operation.name} lacks the parameter {', '.join(missing)} of {wanted.method}"
            f"{told_within(operation, missing)}"
        )
    objects: dict[str, _Place] = {"": ()}
    for name in compulsory:
        place = found[name]
        objects |= {_key(place[:depth]): place[:depth] for depth in range(1, len(place))}
    texts: dict[str, _Place] = {}
    every: list[_Place] = []
    choices: dict[tuple[str, int], list[_Place]] = {}
    for around in objects.values():
        for field in _fields_in(operation, around):
            if field.choice is not None:
                choices.setdefault((_key(around), field.choice), []).append((*around, field))
            if not field.kind.is_complex:
                every.append((*around, field))
                if fold(field.name) in MEANT:
                    _add(texts, every[-1], operation)
            elif _key((*around, field)) not in objects:
                _see_that_it_may_be_absent(field, operation)
    optional = [item.wire for item in wanted.parameters if not item.compulsory]
    words = {
        item.wire: _spelled_otherwise(item.values, texts[item.wire][-1])
        for item in wanted.parameters
        if item.values and item.wire in texts
    }
    return Parameters(
        names={name: _key(texts[name]) for name in (*compulsory, *optional) if name in texts},
        fixed=_fixed(wanted, [place for place in every if fold(place[-1].name) not in compulsory])
        | _made(wanted, choices.values(), objects.keys()),
        written={INSIDE.join(field.name for field in place): _type_of(place[-1]) for place in every},
        spelled={name: known for name, known in words.items() if known},
    )


def told_within(operation: Described, names: Iterable[str]) -> str:
    """Say which parameter holds others of these names, if one does, in which they cannot be written."""
    for field in operation.parameters:
        held = {fold(each.name) for each in field.kind.fields}
        found = [name for name in names if name in held]
        if found:
            held_there = f"{field.name} of {operation.name} holds {', '.join(found)}"
            return f": {held_there}, and is neither a text nor one object of one kind"
    return ""


def _found(operation: Described, names: tuple[str, ...]) -> dict[str, _Place]:
    """Return the places of the texts of these folded names, down to where all are there.

    Raises:
        NotUsable: at one depth, one of these is there twice.
        Unusual: an object is looked into that only zeep can write.
    """
    found: dict[str, _Place] = {}
    level: list[_Place] = [()]
    looked = 0
    while level and looked <= _MOST_OBJECTS:
        looked += len(level)
        here: dict[str, _Place] = {}
        for around in level[:_MOST_OBJECTS]:
            for field in _fields_in(operation, around):
                name = fold(field.name)
                if name in names and name not in found and not field.kind.is_complex:
                    _add(here, (*around, field), operation)
        found |= here
        if set(names) <= set(found):
            break
        level = [
            (*around, field)
            for around in level[:_MOST_OBJECTS]
            for field in _fields_in(operation, around)
            if _is_object(field) and all(field.kind is not each.kind for each in around)
        ]
    return found


def _fields_in(operation: Described, around: _Place) -> Iterable[Field]:
    if not around:
        return operation.parameters
    kind = around[-1].kind
    if kind.unusual:
        raise Unusual("an object that is more than a row of elements")
    return kind.fields


def _is_object(field: Field) -> bool:
    kind = field.kind
    is_row = kind.is_complex and kind.text is None and kind.items is None and bool(kind.fields)
    return is_row and not kind.abstract and not field.multiple


def _add(texts: dict[str, _Place], place: _Place, operation: Described) -> None:
    """Add the place of a text, of which there is one only."""
    name = fold(place[-1].name)
    if name in texts:
        raise NotUsable(f"its operation {operation.name} has two parameters that read {name}")
    texts[name] = place


def _see_that_it_may_be_absent(field: Field, operation: Described) -> None:
    if not field.optional and not field.nillable:
        held = ", ".join(each.name for each in field.kind.fields[:_SHOWN])
        raise NotUsable(
            f"the parameter {field.name} of its operation {operation.name} is not a text"
            f"{f', but holds {held}, of which nothing is known' if held else ''}"
        )


def _fixed(wanted: Operation[object], others: Iterable[_Place]) -> dict[str, str]:
    """Return what is always sent: class and method, and something for each parameter that must not be left out.

    That is the text which the description says it has (XML Schema Part 1 §3.3.1), or else an empty one.
    """
    constants = {"class": CLASS, "method": wanted.method}
    fixed: dict[str, str] = {}
    for place in others:
        name, value = fold(place[-1].name), place[-1].value
        if name in constants:
            fixed[_key(place)] = _spelled(place[-1]).get(constants[name], constants[name])
        elif value is not None and not place[-1].optional:
            fixed[_key(place)] = value
        elif not place[-1].optional and not place[-1].nillable:
            if name not in KNOWN:
                raise NotUsable(f"it wants {place[-1].name} for {wanted.method}, of which nothing is known")
            fixed[_key(place)] = ""
    return fixed


def _made(wanted: Operation[object], choices: Iterable[list[_Place]], there: Set[str]) -> dict[str, str]:
    """Return the texts that a description gives for choices of which nothing else is there."""
    fixed: dict[str, str] = {}
    for places in choices:
        # What calls may hold is theirs to choose, and zeep writes no empty text into a choice.
        if not there.isdisjoint(map(_key, places)) or not MEANT.isdisjoint(fold(place[-1].name) for place in places):
            continue
        given = {_key(place): text for place in places if (text := place[-1].value)}
        if not given:
            names = " or ".join(place[-1].name for place in places[:_SHOWN])
            raise NotUsable(f"it wants {names} for {wanted.method}, of which nothing is known")
        fixed |= [*given.items()][:1]  # one of them is enough, and all that may be there
    return fixed


def _spelled(field: Field) -> dict[str, str]:
    """Return how the texts are spelled that there are of a field, by their folded names; none if there may be any.

    A service that takes ``WHATSAPP`` or ``WhatsApp`` and no other text refuses ``whatsapp``.
    """
    among = field.kind.text.among if field.kind.text is not None else ()
    return {fold(text): text for text in sorted(among, key=lambda text: text == fold(text))}


def _spelled_otherwise(known: Iterable[str], field: Field) -> dict[str, str]:
    spelled = _spelled(field)
    return {word: text for word in known if (text := spelled.get(word, word)) != word}


def _key(place: _Place) -> str:
    return INSIDE.join(field.key for field in place)


def _type_of(field: Field) -> Text:
    """Return how a parameter is declared; what may be anything is a string."""
    text = field.kind.text
    return Text() if text is None or text.name == "anySimpleType" else text
