"""`resolve`: from keyword arguments, environment and profile to settings, remembering where each value came from.

Highest first: keyword arguments; ``AFILNET_*`` variables; the chosen profile in ``./afilnet.toml``, then in the file
that ``AFILNET_CONFIG`` names, then in the user's configuration folder; then defaults.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.unshown import NamesOnly
from afilnet_protocols.settings import FIELDS, Settings, refuse_unknown, veil
from afilnet_protocols.settings.environment import read_environment
from afilnet_protocols.settings.profiles import Table, choose, read_chosen
from afilnet_protocols.settings.validation import Problem, problems, refuse


class Source(StrEnum):
    """The kinds of places that a setting can come from, highest first."""

    KEYWORD = "keyword"
    ENVIRONMENT = "environment"
    PROFILE = "profile"
    DEFAULT = "default"


class Origin(NamedTuple):
    """Where the value of a setting came from: the kind of place, and the place in words."""

    source: Source
    text: str

    def __str__(self) -> str:
        return self.text


DEFAULT = Origin(Source.DEFAULT, "default")


class Resolved(NamedTuple):
    """What is in effect, and why.

    Attributes:
        values: every setting's value; secrets as :class:`~afilnet_protocols.security.secret.Secret`.
        origins: where each came from.
        profile: the chosen profile; ``None`` if there is none.
        migration: the profile's ``migration`` table, unchecked; its ``state`` starts from the file's folder.
    """

    values: Mapping[str, object]
    origins: Mapping[str, Origin]
    profile: str | None
    migration: Table

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that keeps these settings from working."""
        return tuple(problems(FIELDS, self.values))

    @property
    def settings(self) -> Settings:
        """The settings.

        Raises:
            ConfigurationError: they cannot work; says which, where each came from, and what would be right.
        """
        given = {name: value for name, value in self.values.items() if value is not None}
        try:
            return Settings(**given)  # type: ignore[arg-type]  # it checks every type itself
        except ConfigurationError as error:
            fault = error.with_traceback(None)
        # The same again, but with the places that the values came from.
        refuse(self.problems(), self._where)
        raise fault

    def _where(self, name: str) -> str:
        origin = self.origins[name]
        return "" if origin.source is Source.DEFAULT else f" ({origin})"


def resolve(
    profile: str | None,
    overrides: Mapping[str, object],
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user_folder: Path | None = None,
    overrides_are: str = "keyword argument",
) -> Resolved:
    """Bring together what all sources say.

    Args:
        profile: the profile's name; without it ``AFILNET_PROFILE``, then a file's ``default_profile``.
        overrides: settings by name; ``None`` means not given. If a secret is among them, no credential is taken from
            the environment: credentials of two callers are never mixed.
        environ: the environment, by default the process's.
        cwd: the working directory, by default the process's.
        user_folder: the user's configuration folder, by default the platform's ``afilnet``.
        overrides_are: what messages call the overrides.

    Raises:
        ConfigurationError: a source names an unknown setting or profile, or cannot be read or trusted. Whether the
            values can work is only checked by :attr:`Resolved.settings`.
    """
    environ = NamesOnly(os.environ if environ is None else environ)
    cwd = Path.cwd() if cwd is None else cwd
    values: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    for name, value in _given(overrides, overrides_are).items():
        values[name], origins[name] = value, Origin(Source.KEYWORD, overrides_are)
    own_credentials = any(setting.secret and setting.name in values for setting in FIELDS)
    for setting, value, variable in read_environment(FIELDS, environ, cwd=cwd, credentials=not own_credentials):
        if setting.name not in values:
            values[setting.name], origins[setting.name] = value, Origin(Source.ENVIRONMENT, f"environment {variable}")
    chosen = choose(profile, fields=FIELDS, environ=environ, cwd=cwd, user_folder=user_folder)
    if chosen is not None:
        for setting, value, where in read_chosen(chosen, fields=FIELDS, environ=environ, skip=frozenset(values)):
            values[setting.name], origins[setting.name] = value, Origin(Source.PROFILE, where)
    return Resolved(
        values={setting.name: values.get(setting.name, setting.default) for setting in FIELDS},
        origins={setting.name: origins.get(setting.name, DEFAULT) for setting in FIELDS},
        profile=chosen.name if chosen else None,
        migration=chosen.migration if chosen else {},
    )


def _given(overrides: Mapping[str, object], overrides_are: str) -> dict[str, object]:
    given = veil(dict(overrides))
    refuse_unknown(given, overrides_are)
    return {name: value for name, value in given.items() if value is not None}
