"""The options that every command with a connection has: a profile, and each setting that is not a secret."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from afilnet_protocols.cli.options import known
from afilnet_protocols.cli.parser.grammar import having
from afilnet_protocols.cli.parser.kinds import Known
from afilnet_protocols.cli.parser.parameters import CONNECTION, Option
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.fields import Kind, SettingField
from afilnet_protocols.vocabulary import Protocol

if TYPE_CHECKING:
    from afilnet_protocols.settings import Settings
    from afilnet_protocols.settings.sources import Resolved

_METAVARS = {
    Kind.WORD: "WORD",
    Kind.SECONDS: "SECONDS",
    Kind.COUNT: "NUMBER",
    Kind.URL: "URL",
    Kind.FILE: "FILE",
    Kind.NEW_FILE: "FILE",
    Kind.FILE_OR_URL: "FILE|URL",
    Kind.DIGEST: "HEX",
    Kind.NAMES: "NAMES",
}

_SHOWN = {setting.name: setting for setting in FIELDS if not setting.secret}


class Connection(msgspec.Struct, frozen=True):
    """What the command line says about the connection."""

    profile: str | None
    overrides: dict[str, object]

    def resolved(self) -> Resolved:
        """Return the settings in effect, each with its origin; they may not work."""
        from afilnet_protocols.settings.sources import resolve

        return resolve(self.profile, self.overrides, overrides_are="command line")

    def settings(self) -> Settings:
        """Return the settings in effect.

        Raises:
            ConfigurationError: they cannot work; of a protocol that nobody knows it says where it came from.
        """
        resolved = self.resolved()
        settings = resolved.settings
        if settings.protocol not in tuple(Protocol):
            from afilnet_protocols.registry import find  # a client that is made of settings knows no origins

            find(str(settings.protocol), resolved.came_from("protocol"))
        return settings


def connected(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the connection's options, and hand them to it as its parameter ``connection``."""

    @functools.wraps(function)
    def command(*, profile: str | None, **given: object) -> None:
        words = {name: (setting, given.pop(name)) for name, setting in _SHOWN.items()}
        overrides = {name: each.parse(word) if isinstance(word, str) else word for name, (each, word) in words.items()}
        function(connection=Connection(profile, overrides), **given)

    about = "The profile in your settings file (AFILNET_CONFIG, or afilnet.toml in your own folder)."
    made: Callable[..., None] = command
    profile = Option("--profile", kind=known.PROFILE, heading=CONNECTION, metavar="NAME", help=about)
    return having(profile, *map(_option, _SHOWN.values()))(made)


def _option(setting: SettingField) -> Option:
    words = f"--{setting.name.replace('_', '-')}"
    if setting.kind is Kind.FLAG:
        words = f"{words}/--no-{words.removeprefix('--')}"
        return Option(words, setting.name, flag=True, heading=CONNECTION, help=functools.partial(_about, setting))
    metavar = _METAVARS.get(setting.kind, "TEXT")
    kind = Known(lambda: setting.values)
    about = functools.partial(_about, setting)
    return Option(words, setting.name, kind=kind, heading=CONNECTION, metavar=metavar, help=about)


def _about(setting: SettingField) -> str:
    words = setting.about.replace("``", "").removesuffix(".")
    if not setting.about.startswith("``"):
        words = words[:1].upper() + words[1:]
    unnamed = not all(value in setting.about for value in setting.values)
    return f"{words} ({', '.join(setting.values)})." if unnamed else f"{words}."
