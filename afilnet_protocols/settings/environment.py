"""The ``AFILNET_*`` variables: one for each setting, and for each secret another that names a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings.fields import PREFIX, SettingField
from afilnet_protocols.settings.private_file import read_private
from afilnet_protocols.suggestion import did_you_mean

if TYPE_CHECKING:
    from afilnet_protocols.settings import Settings

PROFILE = "AFILNET_PROFILE"
"""Names the profile."""

CONFIG = "AFILNET_CONFIG"
"""Names a file to look for profiles in, after ``./afilnet.toml``."""

CREDENTIALS = frozenset({"user", "password", "client_id", "client_secret", "refresh_token"})
"""The settings that say who the caller is."""


def variables(fields: Sequence[SettingField]) -> dict[str, SettingField]:
    """Return all variables that give a setting, with that setting."""
    named = {field.variable: field for field in fields}
    return named | {field.file_variable: field for field in fields if field.file_variable}


def read_environment(
    fields: Sequence[SettingField], environ: Mapping[str, str], *, cwd: Path, credentials: bool
) -> Iterator[tuple[SettingField, object, str]]:
    """Yield the settings that the environment gives: which, its value, and the variable's name.

    Args:
        fields: the settings.
        environ: the environment.
        cwd: what a relative path of a secret's file starts from.
        credentials: whether credentials are read at all.

    Raises:
        ConfigurationError: a variable of ours is unknown, empty, or given twice, or a secret's file is not private.
    """
    known = variables(fields)
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in (PROFILE, CONFIG):
            continue
        if name not in known:
            raise ConfigurationError(
                f"unknown environment variable {name}: {did_you_mean(name, [*known, PROFILE, CONFIG])}"
            )
        field = known[name]
        if field.name in CREDENTIALS and not credentials:
            continue
        if not environ[name]:
            # Silently falling back could drop a pin or a minimum because some template was filled with nothing.
            raise ConfigurationError(f"the environment variable {name} is empty: unset it or give it a value")
        if name != field.file_variable:
            yield field, _value(field, environ[name]), name
            continue
        if field.variable in environ:
            raise ConfigurationError(f"{field.variable} and {name} are both set: unset one of them")
        yield field, Secret(read_private(cwd / environ[name], named_by=name)), name


def _value(field: SettingField, text: str) -> object:
    return field.veiled(text if field.secret else field.parse(text))


def given_by(settings: Settings, fields: Sequence[SettingField]) -> dict[str, str]:
    """Return the variables that give these settings, secrets in the clear; those at their default are left out."""
    values = ((field, getattr(settings, field.name)) for field in fields)
    return {field.variable: _text(value) for field, value in values if value != field.default}


def _text(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)
