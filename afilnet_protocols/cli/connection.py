"""The options that every command with a connection has: a profile, and each setting that is not a secret."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.fields import Kind, SettingField

if TYPE_CHECKING:
    from afilnet_protocols.operations import ChatOperations
    from afilnet_protocols.settings.sources import Resolved

PANEL = "Connection (secrets come from the environment, files or a profile only)"
_METAVARS = {
    Kind.WORD: "WORD",
    Kind.SECONDS: "SECONDS",
    Kind.URL: "URL",
    Kind.FILE: "FILE",
    Kind.NEW_FILE: "FILE",
    Kind.FILE_OR_URL: "FILE|URL",
    Kind.DIGEST: "HEX",
    Kind.NAMES: "NAMES",
}


@dataclass(frozen=True)
class Connection:
    """What the command line says about the connection."""

    profile: str | None = None
    overrides: dict[str, object] = field(default_factory=dict)

    def resolved(self) -> Resolved:
        """Return the settings in effect, each with its origin; they may not work."""
        from afilnet_protocols.settings.sources import resolve

        return resolve(self.profile, self.overrides, overrides_are="command line")

    def open(self) -> ChatOperations:
        """Return a client."""
        from afilnet_protocols.registry import connect

        return connect(self.resolved().settings)


def connected(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the connection's options, and hand them to it as its parameter ``connection``."""
    hints = typing.get_type_hints(function, include_extras=True)
    own = [parameter for name, parameter in inspect.signature(function).parameters.items() if name != "connection"]
    options = {"profile": _profile(), **{field.name: _option(field) for field in FIELDS if not field.secret}}

    def command(**given: object) -> None:
        profile = given.pop("profile")
        overrides = {name: _value(name, given.pop(name)) for name in options if name != "profile"}
        function(connection=Connection(None if profile is None else str(profile), overrides), **given)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [parameter.replace(kind=keyword, annotation=hints[parameter.name]) for parameter in own]
    parameters += [
        inspect.Parameter(name, keyword, default=None, annotation=annotation) for name, annotation in options.items()
    ]
    return with_signature(command, parameters, function.__doc__)


def with_signature(
    function: Callable[..., None], parameters: list[inspect.Parameter], about: str | None
) -> Callable[..., None]:
    """Give a function that takes anything the parameters that typer shall read as options."""
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(function)["__signature__"] = inspect.Signature(parameters)
    function.__doc__ = about
    return function


def _profile() -> object:
    about = "The profile in afilnet.toml."
    return Annotated[str | None, typer.Option("--profile", metavar="NAME", help=about, rich_help_panel=PANEL)]


def _option(setting: SettingField) -> object:
    if setting.kind is Kind.FLAG:
        name = f"{setting.option}/--no-{setting.name.replace('_', '-')}"
        return Annotated[bool | None, typer.Option(name, help=_about(setting), rich_help_panel=PANEL)]
    metavar = _METAVARS.get(setting.kind, "TEXT")
    return Annotated[
        str | None, typer.Option(setting.option or "", metavar=metavar, help=_about(setting), rich_help_panel=PANEL)
    ]


def _about(setting: SettingField) -> str:
    words = setting.about.replace("``", "").removesuffix(".")
    if not setting.about.startswith("``"):
        words = words[:1].upper() + words[1:]
    unnamed = not all(value in setting.about for value in setting.values)
    return f"{words} ({', '.join(setting.values)})." if unnamed else f"{words}."


def _value(name: str, given: object) -> object:
    setting = next(setting for setting in FIELDS if setting.name == name)
    return setting.parse(given) if isinstance(given, str) else given
