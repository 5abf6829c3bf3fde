"""``dialect.toml``: a dialect as a file that people and programs read.

::

    format = 1
    title = "what afilnet survey saw"

    [json]
    status = "lower"

    [records]
    ids = { is = "number", provenance = "observed" }

What is not in it is the default. A value alone is *assumed*.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping

from afilnet_protocols.dialects.dialect import Dialect, attribute_of
from afilnet_protocols.dialects.dimensions import BY_NAME, DIMENSIONS, Answer, told, wrong_value
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import did_you_mean
from afilnet_protocols.vocabulary import Provenance

FORMAT = 1
LARGEST = 1024 * 1024
"""The largest file that is read, in bytes."""

_SECTIONS = tuple(dict.fromkeys(dimension.name.partition(".")[0] for dimension in DIMENSIONS))
_MEMBERS = frozenset({"is", "provenance"})


def loads(text: str, *, place: str = "dialect.toml") -> Dialect:
    """Read a dialect.

    Raises:
        ConfigurationError: it is no TOML, or of another format, or it holds a name or a value that there is not; the
            text says which there are.
    """
    problem = ""
    try:
        table = tomllib.loads(text)
        return _dialect(table)
    except ValueError as error:  # also a number of too many digits
        problem = f"it is no TOML: {error}"
    except (ConfigurationError, RecursionError) as error:
        problem = str(error)
    raise ConfigurationError(f"{place}: {problem}")


def _dialect(table: Mapping[str, object]) -> Dialect:
    rest = dict(table)
    written = rest.pop("format", None)
    if written != FORMAT or isinstance(written, bool):
        raise ConfigurationError(f"it has no 'format = {FORMAT}': this version reads no other")
    title = rest.pop("title", "")
    if not isinstance(title, str):
        raise ConfigurationError("title is no text")
    answers: dict[str, Answer] = {}
    provenance: dict[str, Provenance] = {}
    for name, given in _members(rest):
        answers[attribute_of(name)], provenance[name] = _stated(name, given)
    return Dialect(**answers, title=title, provenance=provenance)  # type: ignore[arg-type]  # checked one by one


def _members(sections: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield what stands in the sections, by dotted name."""
    for section, members in sections.items():
        if section not in _SECTIONS:
            raise ConfigurationError(f"there is no {_shown(section)}: {did_you_mean(section, _SECTIONS)}")
        if not isinstance(members, dict):
            raise ConfigurationError(f"{section} is a section: write [{section}] and below it what it holds")
        keys = [name.partition(".")[2] for name in BY_NAME if name.startswith(f"{section}.")]
        for key, given in members.items():
            if key not in keys:
                raise ConfigurationError(f"[{section}] has no {_shown(key)}: it has {', '.join(keys)}")
            yield f"{section}.{key}", given


def _stated(name: str, given: object) -> tuple[Answer, Provenance]:
    """Return a value and where it comes from."""
    provenance: object = Provenance.ASSUMED
    if isinstance(given, dict):
        members: dict[str, object] = given
        if "is" not in members or not _MEMBERS.issuperset(members):
            raise ConfigurationError(f'{name} is a value, or {{ is = the value, provenance = "observed" }}')
        given, provenance = members["is"], members.get("provenance", provenance)
    problem = wrong_value(BY_NAME[name], given)
    if problem:
        raise ConfigurationError(problem)
    if not isinstance(provenance, str) or provenance not in tuple(Provenance):
        raise ConfigurationError(f"the provenance of {name} is {told(provenance)}: it is one of {_ALL}")
    assert isinstance(given, str | int)  # noqa: S101 - it is one of the dimension's values
    return given, Provenance(provenance)


_ALL = ", ".join(f'"{each}"' for each in Provenance)


def _shown(name: str) -> str:
    return told(name).strip('"')


def dumps(dialect: Dialect) -> str:
    """Write a dialect: every value that something is known of, or that is not the default."""
    lines = [f"format = {FORMAT}"]
    if dialect.title:
        lines.append(f"title = {_text(dialect.title)}")
    answers = dict(dialect.answers())
    for section in _SECTIONS:
        kept = [line for name in answers if name.startswith(f"{section}.") for line in _line(dialect, name, answers)]
        if kept:
            lines += ["", f"[{section}]", *kept]
    return "\n".join(lines) + "\n"


def _line(dialect: Dialect, name: str, answers: Mapping[str, Answer]) -> Iterator[str]:
    dimension, answer = BY_NAME[name], answers[name]
    known = dialect.provenance.get(name)
    if known is None and answer == dimension.values[0].value:
        return
    value = dimension.value(answer)
    written = _text(answer) if isinstance(answer, str) else told(answer)
    if known is not None and known is not Provenance.ASSUMED:
        written = f'{{ is = {written}, provenance = "{known}" }}'
    about = "" if value is None else f"  # {dimension.about}: {value.about}"
    yield f"{name.partition('.')[2]} = {written}{about}"


def _text(text: str) -> str:
    """Write a text as a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" if ord(c) < 65536 else "?" for c in escaped) + '"'
