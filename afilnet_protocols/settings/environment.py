"""The ``AFILNET_*`` variables: one for each setting, and for each secret another that names a file.

A variable that is empty counts as absent. One that begins with ``AFILNET_`` and is none of these is somebody else's,
and ignored, unless it is a slip of the pen (:mod:`.near_miss`) or what others call a setting that guards something: to
pass over that would make a client less safe than was meant.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings.fields import PREFIX, SettingField
from afilnet_protocols.settings.given_value import Fault, Given
from afilnet_protocols.settings.private_file import Place, path_from, read_private

if TYPE_CHECKING:
    from afilnet_protocols.settings import Settings

PROFILE = "AFILNET_PROFILE"
"""Names the profile."""

CONFIG = "AFILNET_CONFIG"
"""Names a file to look for profiles in, before the user's own."""

CREDENTIALS = frozenset({"user", "password", "client_id", "client_secret", "client_key", "refresh_token"})
"""The settings that say who the caller is."""

_GUARDS = frozenset({"minimum_security", "require", "ca_file", "pin_sha256", "client_cert", "soap_wsdl_sha256"})
"""The settings without which a client would be less safe than was meant."""


def variables(fields: Sequence[SettingField]) -> dict[str, SettingField]:
    """Return all variables that give a setting, with that setting."""
    named = {field.variable: field for field in fields}
    return named | {field.file_variable: field for field in fields if field.file_variable}


def other_variables(fields: Sequence[SettingField], environ: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables with our prefix that are none of ours, each with the one of ours that it is a slip of.

    ``None`` stands beside what is nobody's slip: an application's own, or Kubernetes', or one that is set to nothing.
    """
    known = {*variables(fields), PROFILE, CONFIG}
    others = [name for name in sorted(environ) if _is_prefixed(name) and name not in known]
    return {name: _meant(name, fields) if environ[name] else None for name in others}


def empty_variables(fields: Sequence[SettingField], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables of ours that are set to nothing, and so count as absent."""
    return tuple(name for name in sorted({*variables(fields), PROFILE, CONFIG}) if environ.get(name) == "")


def passed_over(fields: Sequence[SettingField], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the credentials that the environment gives where none is taken from it, each with its variable."""
    named = variables([field for field in fields if field.name in CREDENTIALS])
    return {field.name: name for name, field in named.items() if environ.get(name)}


def read_environment(
    fields: Sequence[SettingField],
    environ: Mapping[str, str],
    *,
    others: Mapping[str, str | None],
    cwd: Place,
    credentials: bool,
) -> Iterator[Given | Fault]:
    """Yield the settings that the environment gives, and what is wrong with its variables.

    Wrong is a variable of ours that is misspelt, or given twice, or that names a file which is not private.

    Args:
        fields: the settings.
        environ: the environment.
        others: what :func:`other_variables` says of it.
        cwd: what a relative path starts from.
        credentials: whether credentials are read at all.
    """
    for name, meant in others.items():
        if meant is not None:
            yield Fault(f"unknown environment variable {name}: did you mean {meant!r}?")
    for name, field in variables(fields).items():
        if not environ.get(name) or (field.name in CREDENTIALS and not credentials):
            continue
        where = f"environment {name}"
        if name != field.file_variable:
            yield Given(field, _value(field, environ[name], cwd), where)
        elif environ.get(field.variable):
            yield Fault(f"{field.variable} and {name} are both set: unset one of them", field, where)
        else:
            yield _from_file(field, environ[name], name, where, cwd)


def _is_prefixed(name: str) -> bool:
    return name[: len(PREFIX)].upper() == PREFIX


def _meant(name: str, fields: Sequence[SettingField]) -> str | None:
    """Return the variable that an unknown one is a slip of, or that guards what it guards elsewhere."""
    from afilnet_protocols.settings.foreign_names import foreign_guard  # most environments hold none
    from afilnet_protocols.settings.near_miss import near_miss

    known = [each.removeprefix(PREFIX) for each in (*variables(fields), PROFILE, CONFIG)]
    name = name[len(PREFIX) :]
    meant = near_miss(name, known, [field.name.upper() for field in fields if field.name in _GUARDS])
    if meant is None:
        guard = foreign_guard(name)
        meant = next((field.name.upper() for field in fields if field.name == guard), None)
    return None if meant is None else PREFIX + meant


def _from_file(field: SettingField, written: str, name: str, where: str, cwd: Place) -> Given | Fault:
    path = path_from(cwd, written)
    if _may_be_the_secret(written, path):
        shown = "(not shown: it may be the secret itself, which belongs into the file)"
        why = "No such file or directory; a relative path starts from the current folder"
        return Fault(f"{name}: the file {shown} cannot be read ({why})", field, where)
    try:
        return Given(field, Secret(read_private(path, named_by=name)), where)
    except ConfigurationError as error:
        return Fault(str(error), field, where)


def _may_be_the_secret(written: str, path: str) -> bool:
    """Whether a secret may have been written where the path of its file belongs: nothing on this machine is near it."""
    named = os.sep in written and os.path.isdir(os.path.dirname(path))
    return not named and not os.path.lexists(path)


def _value(field: SettingField, text: str, cwd: Place) -> object:
    value = text if field.secret else field.parse(text)
    # A program may change its folder while it uses the file.
    return os.path.join(cwd, str(value)) if field.names_a_file(value) else field.wrapped(value)


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
