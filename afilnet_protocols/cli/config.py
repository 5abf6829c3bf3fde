"""`afilnet config`: what is in effect, and where each value came from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from afilnet_protocols.cli.config_lint import lint
from afilnet_protocols.cli.ending.exits import Exit, ExitCode
from afilnet_protocols.cli.options.connection import Connection, connected
from afilnet_protocols.cli.parser import grammar
from afilnet_protocols.cli.terminal.output import print_json, print_table, print_text
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import MASK
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.fields import PREFIX, Kind
from afilnet_protocols.suggestion import without_password
from afilnet_protocols.vocabulary import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from afilnet_protocols.settings import Settings
    from afilnet_protocols.settings.sources import Resolved


def command(name: str) -> grammar.Command:
    """Return the command, which is a group too."""
    return config


@grammar.group(alone=True)
@grammar.json_option
@connected
def config(*, connection: Connection, json: bool) -> None:
    """Show every setting in effect and where it came from, secrets masked. Exit code 2 if any of it is wrong: what is
    wrong is named then, and the rest shown all the same.
    """
    resolved = connection.resolved()
    level, wrong = _judged(resolved)
    shown = {setting.name: _shown(resolved, setting.name) for setting in FIELDS}
    if json:
        print_json(
            {
                "profile": resolved.profile,
                "security_level": level,
                "settings": {
                    name: {
                        "value": value,
                        "source": resolved.origins[name].source,
                        "origin": str(resolved.origins[name]),
                    }
                    for name, value in shown.items()
                },
                "problems": wrong,
                "files": list(resolved.files),
                "not_read": resolved.unread,
                "ignored": list(resolved.ignored),
                "hints": dict(_hints(resolved)),
                "empty": list(resolved.empty),
            }
        )
    else:
        rows = [(name, _words(value), resolved.origins[name]) for name, value in shown.items()]
        print_table(["setting", "value", "from"], rows, styles={"default": "dim"})
        print_text(f"profile: {resolved.profile or 'none'}; security level: {level or 'none of its own yet'}")
        for text in [*_notes(resolved), *(f"problem: {text}" for text in wrong)]:
            print_text(text)
    if wrong:
        raise Exit(ExitCode.USAGE)


config.add(lint)


def _notes(resolved: Resolved) -> Iterator[str]:
    """Yield what was read, and what might have been meant and was not."""
    yield f"files read: {', '.join(resolved.files) or 'none'}"
    if hint := resolved.hint():
        yield f"note: {hint}"
    if resolved.ignored:
        yield f"ignored, for they are no settings of this library: {', '.join(resolved.ignored)}"
    for name, hint in _hints(resolved):
        yield f"note: {name} is an option of other libraries: {hint}"
    if resolved.empty:
        yield f"empty, which counts as not set: {', '.join(resolved.empty)}"


def _hints(resolved: Resolved) -> Iterator[tuple[str, str]]:
    """Yield the ignored variables that are named as options of other libraries are, and what takes their place."""
    from afilnet_protocols.settings.foreign_names import foreign

    for name in resolved.ignored:
        hint = foreign(name[len(PREFIX) :])
        if hint is not None:
            yield name, hint


def _judged(resolved: Resolved) -> tuple[str | None, list[str]]:
    """Return the security level that the settings reach, and everything that keeps them from working."""
    from afilnet_protocols.registry import find
    from afilnet_protocols.security.policy import assess, check_settings

    wrong = list(resolved.complaints())
    if wrong:
        return None, [*wrong, *_migration(resolved)]
    settings, level = resolved.settings, None
    try:
        declared = find(str(settings.protocol)).declared
        level = assess(settings, declared=declared).level.word
        check_settings(settings, declared=declared)
        _make(settings)
    except ConfigurationError as error:
        wrong.append(str(error))
    return level, [*wrong, *_migration(resolved)]


def _make(settings: Settings) -> None:
    """Make what a client is made of, as far as it needs no network: what is wrong inside a file shows in nothing else.

    Raises:
        ConfigurationError: a client would be refused for it.
    """
    from afilnet_protocols.registry import connect
    from afilnet_protocols.security.endpoints import is_fetched
    from afilnet_protocols.transport.options import TransportOptions
    from afilnet_protocols.transport.tls.context import context_for

    if settings.protocol not in tuple(Protocol):
        return  # an installed backend may begin with anything
    context_for(TransportOptions.of(settings))
    if settings.protocol != Protocol.SOAP or not is_fetched(settings.soap_wsdl):
        connect(settings).close()


def _migration(resolved: Resolved) -> Iterator[str]:
    """Yield what is wrong with the profile's table of a migration, if it has one."""
    if not resolved.migration:
        return
    from afilnet_protocols.migration.configured import check_migration

    try:
        check_migration(resolved)
    except ConfigurationError as error:
        yield str(error)


def _shown(resolved: Resolved, name: str) -> object:
    setting = next(setting for setting in FIELDS if setting.name == name)
    value = resolved.values[name]
    if setting.secret:
        return None if value is None else MASK
    if all(problem.setting != name for problem in resolved.problems()):
        return list(value) if isinstance(value, tuple) else value  # what is accepted holds no password
    if setting.kind in (Kind.URL, Kind.FILE_OR_URL) and value is not None:
        return MASK
    return [_public(each) for each in value] if isinstance(value, tuple | list) else _public(value)


def _public(value: object) -> object:
    """Return a refused value without what may be secret in it: a text may hold an address, and a table anything."""
    if isinstance(value, str):
        return without_password(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such number
    return value if value is None or isinstance(value, int | float) else MASK


def _words(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else value
