"""Markdown tables of what catalogue, errors, settings, security model and sandbox say, for ``docs/reference``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from afilnet_protocols import errors
from afilnet_protocols.catalogue import COMMON_ERRORS, ERROR_CODES, GET_LIMIT, OPERATIONS, Field, Kind, Operation
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.render import about
from afilnet_protocols.sandbox.faults import fault_kind
from afilnet_protocols.sandbox.faults.fault_kind import Processed
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.security.levels import CEILINGS, GUARANTEES, Level
from afilnet_protocols.security.requirements import TERMS
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.fields import SettingField
from afilnet_protocols.vocabulary import Protocol, Provenance

_PYTHON = {Kind.FLAG: "bool", Kind.TIMESTAMP: "datetime", Kind.PLATFORM: "Platform", Kind.FILE_TYPE: "FileType"}
_LIMITS = {
    Protocol.HTTP_GET: f"{GET_LIMIT:,} characters of the encoded URL",
    Protocol.BASIC: f"none documented; with `GET` as for `{Protocol.HTTP_GET}`",
}


_PROCESSED = {
    Processed.NEVER: "no",
    Processed.ALWAYS: "yes",
    Processed.EITHER: "as told",
    Processed.LATE: "afterwards",
}
_ANY = {
    Kind.ID: "any text without control characters",
    Kind.TEXT: "any text that XML 1.0 can carry",
    Kind.URL: "a public https address",
}
_ROLE = re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`")


def operations() -> str:
    """Return one line per operation."""
    lines = [
        (_code(item.name), _code(item.method), item.about, _returns(item), "yes" if item.repeatable else "no")
        for item in OPERATIONS
    ]
    return table(("method", "on the wire", "what it does", "returns", "may be repeated"), lines)


def operation_details() -> str:
    """Return a section per operation: parameters, fields, error codes."""
    return "\n\n".join(_details(item) for item in OPERATIONS)


def error_classes() -> str:
    """Return one line per class of error, with what it inherits from and what it says about delivery."""
    # In the order in which the module defines them, which is that of the tree.
    classes = [value for name, value in vars(errors).items() if name in errors.__all__ and isinstance(value, type)]
    lines = [
        (_code(kind.__name__), _code(kind.__mro__[1].__name__), _code(kind.delivery), _summary(kind))
        for kind in classes
        if issubclass(kind, AfilnetError)
    ]
    return table(("class", "is a", "`delivery`", "meaning"), lines)


def error_codes() -> str:
    """Return one line per documented error code: description, class, and the operations that list it."""
    lines = [
        (_code(error.code), error.about, _code(error.error.__name__), _listed_by(error.code), Provenance.DOCUMENTED)
        for error in ERROR_CODES.values()
    ]
    return table(("code", "the vendor's description", "raised as", "listed by", "provenance"), lines)


def settings() -> str:
    """Return one line per setting."""
    lines = [
        (
            _code(item.name),
            _markdown(item.about).rstrip("."),
            _allowed(item),
            _default(item),
            _codes(item.needed_by),
        )
        for item in FIELDS
    ]
    return table(("setting", "what it is", "written as", "default", "needed by"), lines)


def setting_sources() -> str:
    """Return where each setting can be given outside a file: environment and command line."""
    lines = [
        (
            _code(item.name),
            _codes(name for name in (item.variable, item.file_variable) if name),
            _code(item.option) if item.option else "none: other users can read arguments",
        )
        for item in FIELDS
    ]
    return table(("setting", "environment", "command line"), lines)


def protocols() -> str:
    """Return one line per protocol: what it can reach at best, and how the vendor ranks it."""
    lines = [
        (
            _code(name),
            _code(ceiling.level.word),
            ceiling.why,
            f'"{ceiling.vendor}" ({ceiling.provenance})',
            _LIMITS.get(Protocol(name), "none documented"),
            _codes(item.name for item in FIELDS if name in item.needed_by),
        )
        for name, ceiling in CEILINGS.items()
    ]
    heads = ("protocol", "highest level", "because", "the vendor's words", "limit of a request", "settings it needs")
    return table(heads, lines)


def levels() -> str:
    """Return one line per level: the guarantees that it adds to the level below."""
    lines = [
        (
            _code(level.word),
            _codes(item.code for item in GUARANTEES if item.level is level) or "none",
            _codes(name for name, ceiling in CEILINGS.items() if ceiling.level >= level),
        )
        for level in Level
    ]
    return table(("level", "adds", "can be reached over"), lines)


def guarantees() -> str:
    """Return one line per guarantee."""
    lines = [(item.code, _code(item.name), _code(item.level.word), item.about, item.rests_on) for item in GUARANTEES]
    return table(("code", "name", "from level", "what holds", "in evidence"), lines)


def requirements() -> str:
    """Return what the setting ``require`` may hold, in one sentence."""
    return f"{_codes(TERMS)}; and the codes {_codes(item.code for item in GUARANTEES)}."


def faults() -> str:
    """Return one line per kind of fault."""
    lines = [
        (
            _code(kind.name),
            kind.family,
            kind.stage,
            kind.about,
            _PROCESSED[kind.processed],
            _verdicts(kind),
            _codes(f"{name}={value!r}" for name, value in kind.details.items()),
        )
        for kind in KINDS.values()
    ]
    return table(("fault", "family", "stage", "what happens", "carried out", "the call is then", "details"), lines)


TABLES: Mapping[str, Callable[[], str]] = {
    "operations": operations,
    "operation-details": operation_details,
    "error-classes": error_classes,
    "error-codes": error_codes,
    "settings": settings,
    "setting-sources": setting_sources,
    "protocols": protocols,
    "levels": levels,
    "guarantees": guarantees,
    "requirements": requirements,
    "faults": faults,
}
"""What a page may ask for, by name."""


def table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def _details(item: Operation[object]) -> str:
    parts = [f"## {item.name}", f"{item.about}: `{item.method}` ({item.provenance}: <{item.source}>)."]
    if item.parameters:
        lines = [
            (
                _code(parameter.name),
                _code(parameter.wire),
                "yes" if parameter.compulsory else "no",
                parameter.about,
                _codes(parameter.values) or _ANY[parameter.kind],
            )
            for parameter in item.parameters
        ]
        parts.append(table(("parameter", "on the wire", "compulsory", "what it is", "values"), lines))
    else:
        parts.append("It has no parameters.")
    if item.record:
        parts.append(f"It returns a list of `{item.record.__name__}`:")
        parts.append(
            table(("field", "on the wire", "type", "what it is"), [_field(item, each) for each in item.fields])
        )
    else:
        parts.append("It returns nothing: that it returns is the confirmation.")
    parts.append(f"Error codes: {_codes(error.code for error in item.errors)}.")
    return "\n\n".join(parts)


def _field(item: Operation[object], field: Field) -> tuple[str, str, str, str]:
    words = about.field(item.record, field).rstrip(".")
    return _code(field.name), _code(field.wire), _code(_PYTHON.get(field.kind, "str")), words


def _returns(item: Operation[object]) -> str:
    return f"list of `{item.record.__name__}`" if item.record else "nothing"


def _summary(kind: type) -> str:
    return _markdown((inspect.getdoc(kind) or "").partition("\n\n")[0])


def _listed_by(code: str) -> str:
    if code in [error.code for error in COMMON_ERRORS]:
        return "all operations"
    return _codes(item.name for item in OPERATIONS if code in [error.code for error in item.errors])


def _allowed(item: SettingField) -> str:
    if not item.values:
        return item.kind.replace("_", " ")
    return _codes(item.values) + (", or the name of an installed backend" if item.open_ended else "")


def _default(item: SettingField) -> str:
    if item.default is None or item.default == ():
        return ""
    return _code(str(item.default).lower() if isinstance(item.default, bool) else str(item.default))


def _verdicts(kind: fault_kind.Kind) -> str:
    told = _any_of(kind.verdicts)
    if kind.plain is not None and kind.plain != kind.verdicts:
        told += f"; without TLS {_any_of(kind.plain)}"
    if kind.https_only:
        told += "; only with TLS"
    return told + "".join(f"; over {_code(name)} {_any_of(verdicts)}" for name, verdicts in kind.verdicts_of.items())


def _any_of(words: Iterable[str]) -> str:
    return " or ".join(map(_code, sorted(words)))


def _markdown(words: str) -> str:
    """Return the words of a docstring on one line, with code marked as Markdown does."""
    return " ".join(_ROLE.sub(r"`\1`", words).replace("``", "`").split())


def _code(text: str) -> str:
    return f"`{text}`"


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(map(_code, texts))
