"""`ProfileFile`: an ``afilnet.toml`` that was read, has the right form, and may be trusted with what it holds."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from typing import TypeGuard

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.safe_repr import KeysOnly
from afilnet_protocols.settings.fields import SettingField
from afilnet_protocols.settings.private_file import Opened, read_file, refuse_if_exposed, refuse_if_foreign
from afilnet_protocols.suggestion import did_you_mean, named, nearest, quoted

EXTENDS = "extends"
"""The key that names the profile which another one builds on."""

MIGRATION = "migration"
"""The table that says how a profile moves to another protocol; it is kept as data."""

_LIMIT = 1024 * 1024
_TOP = ("default_profile", "profiles")

Table = Mapping[str, object]


class ProfileFile(msgspec.Struct, frozen=True):
    """A file of profiles that was read and may be trusted.

    Attributes:
        path: where it is.
        shown: how messages call it.
        default: the profile that it names as the default.
        profiles: its profiles, as TOML gives them.
    """

    path: str
    shown: str
    default: str | None
    profiles: Mapping[str, Table]

    @property
    def folder(self) -> str:
        """Where it lies: what relative paths in it start from."""
        return os.path.dirname(self.path)

    def chain(self, name: str) -> list[str]:
        """Return a profile's name and those of the profiles that it builds on, nearest first.

        Raises:
            ConfigurationError: a profile does not exist, or builds on itself.
        """
        names: list[str] = []
        step: object = name
        while step is not None:
            if not isinstance(step, str):
                raise ConfigurationError(
                    f"{self.shown}: profile {quoted(names[-1])}: extends must be the name of a profile in this file"
                )
            if step not in self.profiles:
                raise ConfigurationError(
                    f"{self.shown}: profile {quoted(names[-1])} extends {quoted(step)}, which is not in this file; "
                    f"{did_you_mean(step, self.profiles)}"
                )
            if step in names:
                raise ConfigurationError(f"{self.shown}: profile {quoted(step)} extends itself")
            names.append(step)
            step = self.profiles[step].get(EXTENDS)
        return names


def read_profiles(path: str, shown: str, fields: Sequence[SettingField]) -> ProfileFile:
    """Read a file of profiles.

    Raises:
        ConfigurationError: it cannot be read, is not TOML of the right form, or others could read its secrets or
            change what it says.
    """
    opened = read_file(path, named_by="settings", limit=_LIMIT)
    data = _parsed(opened)
    if isinstance(data, str):
        raise ConfigurationError(f"{shown} is not valid TOML{data}")
    for key in data:
        if key not in _TOP:
            hint = _belongs(key, data[key], fields)
            raise ConfigurationError(f"{shown}: unknown key {quoted(key)}; {hint}")
    default, profiles = data.get("default_profile"), data.get("profiles", {})
    if default is not None and not (isinstance(default, str) and default):
        raise ConfigurationError(f"{shown}: default_profile must be the name of a profile")
    if not is_table(profiles) or not all(is_table(profile) for profile in profiles.values()):
        raise ConfigurationError(f"{shown}: profiles must be written as tables, as [profiles.prod]")
    file = ProfileFile(path, shown, default, {name: table for name, table in profiles.items() if is_table(table)})
    _refuse_unsafe(file, opened, [field.name for field in fields if field.secret])
    return file


def _belongs(key: str, value: object, fields: Sequence[SettingField]) -> str:
    """Return where something belongs that stands at the top of a file."""
    if any(key == field.name for field in fields):
        return "a setting stands in a profile, such as below [profiles.prod]"
    if key == MIGRATION:
        return f"it stands in a profile, as [profiles.prod.{MIGRATION}]"
    if is_table(value) and nearest(key, _TOP) is None:
        return f"a profile is written as [profiles.{named(key)}]"
    return did_you_mean(key, _TOP)


def _parsed(opened: Opened) -> KeysOnly[object] | str:
    """Return the tables of a file; or the place of a mistake, without quoting the file, which may hold secrets."""
    import tomllib  # most processes have no such file

    try:
        return _keys_only(tomllib.loads(opened.content.decode("utf-8-sig")))
    except tomllib.TOMLDecodeError as error:
        at = str(error).rpartition("(at ")[2]
        return f" (at {at}" if at.endswith(")") else ""
    except UnicodeDecodeError:
        return ": it is not UTF-8"
    except RecursionError:
        return ": it is nested too deeply"
    except ValueError:
        return ": it holds a number of too many digits"


def _refuse_unsafe(file: ProfileFile, opened: Opened, secrets: list[str]) -> None:
    """Refuse a file whose secrets others can read, or that others could have written."""
    given = [(profile, name) for profile in file.profiles.values() for name in secrets if name in profile]
    if any(isinstance(profile[name], str) for profile, name in given):
        refuse_if_exposed(file.path, opened, named_by=f"{file.shown}, which holds a password or client secret")
    refuse_if_foreign(file.path, opened, named_by=file.shown)
    commands = any("command" in secret for profile, name in given if is_table(secret := profile[name]))
    if commands and opened.status and opened.status.st_mode & stat.S_IWGRP:
        raise ConfigurationError(f"{file.shown} names a command to run but its group can write it: run chmod g-w on it")


def _keys_only(table: Mapping[str, object]) -> KeysOnly[object]:
    """Return a TOML table that a traceback may print: any value in it may be a secret."""
    return KeysOnly({key: _keys_only(value) if isinstance(value, dict) else value for key, value in table.items()})


def is_table(value: object) -> TypeGuard[Table]:
    """Whether something is a table, as TOML gives it."""
    return isinstance(value, dict)
