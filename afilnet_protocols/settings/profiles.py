"""``afilnet.toml``: named profiles of settings, where they are looked for, and what they may hold.

Only files that the user has chosen are read: the one that ``AFILNET_CONFIG`` names, and the one in the user's own
configuration folder. One that merely lies in the current folder may be somebody else's, who would say where the
credentials go.

::

    default_profile = "prod"

    [profiles.base]
    timeout = 20

    [profiles.prod]
    extends = "base"
    protocol = "json"
    client_secret = { file = "/run/secrets/afilnet" }
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.safe_repr import KeysOnly
from afilnet_protocols.settings.environment import CONFIG, PROFILE
from afilnet_protocols.settings.fields import Kind, SettingField
from afilnet_protocols.settings.given import Fault, Given
from afilnet_protocols.settings.private_file import (
    Opened,
    Place,
    path_from,
    read_file,
    refuse_if_exposed,
    refuse_if_foreign,
)
from afilnet_protocols.suggestion import did_you_mean, quoted
from afilnet_protocols.user_folders import config_folder
from afilnet_protocols.vocabulary import Protocol

FILE_NAME = "afilnet.toml"
EXTENDS = "extends"
"""The key that names the profile which another one builds on."""
MIGRATION = "migration"
"""The table that says how a profile moves to another protocol; it is kept as data."""

_STATE = "state"
"""The key of that table that names a file."""

_LIMIT = 1024 * 1024
_TOP = ("default_profile", "profiles")

Table = Mapping[str, object]


def _keys_only(table: Mapping[str, object]) -> KeysOnly[object]:
    """Return a TOML table that a traceback may print: any value in it may be a secret."""
    return KeysOnly({key: _keys_only(value) if isinstance(value, dict) else value for key, value in table.items()})


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
            if not isinstance(step, str) or step not in self.profiles:
                raise ConfigurationError(
                    f"{self.shown}: profile {quoted(names[-1])} extends {quoted(step)}, which is not in this file; "
                    f"{did_you_mean(str(step), self.profiles)}"
                )
            if step in names:
                raise ConfigurationError(f"{self.shown}: profile {quoted(step)} extends itself")
            names.append(step)
            step = self.profiles[step].get(EXTENDS)
        return names


class Chosen(msgspec.Struct, frozen=True):
    """The profile that was chosen: its name, its file, and the profiles it builds on, nearest first."""

    name: str
    file: ProfileFile
    chain: tuple[str, ...]

    @property
    def migration(self) -> Table:
        """The nearest ``migration`` table, a path in it made to start from the file's folder; empty if none."""
        for name in self.chain:
            table = self.file.profiles[name].get(MIGRATION)
            if _is_table(table):
                state = table.get(_STATE)
                if isinstance(state, str) and state:
                    return {**table, _STATE: path_from(self.file.folder, state)}
                return table
        return {}


class Search(msgspec.Struct, frozen=True):
    """What was found where profiles are looked for.

    Attributes:
        files: the files that could be read, highest first.
        faults: why others could not.
        unread: an ``afilnet.toml`` in the current folder that is none of them, and not read.
    """

    files: tuple[ProfileFile, ...]
    faults: tuple[Fault, ...]
    unread: str | None

    def choose(self, name: str | None, environ: Mapping[str, str]) -> Chosen | None:
        """Find the profile: the one named, else ``AFILNET_PROFILE``, else the first file's ``default_profile``.

        Returns:
            The profile; ``None`` if none is named anywhere.

        Raises:
            ConfigurationError: it is in no file.
        """
        name = name or environ.get(PROFILE) or next((file.default for file in self.files if file.default), None)
        if name is None:
            return None
        for file in self.files:
            if name in file.profiles:
                return Chosen(name, file, tuple(file.chain(name)))
        known = sorted({profile for file in self.files for profile in file.profiles})
        if not self.files:
            near, looked = "there is no settings file", f"neither {CONFIG} nor your own folder has one"
        else:
            near, looked = did_you_mean(name, known), f"looked in: {', '.join(file.shown for file in self.files)}"
        if name in tuple(Protocol):
            near += f"; a protocol is given as protocol={name!r}"
        raise ConfigurationError(f"unknown profile {quoted(name)}: {near} ({looked})")


def search(
    fields: Sequence[SettingField], environ: Mapping[str, str], *, cwd: Place, user_folder: Place | None = None
) -> Search:
    """Read the files of profiles that the user has chosen.

    Args:
        fields: the settings.
        environ: the environment.
        cwd: the working directory.
        user_folder: the user's configuration folder instead of the platform's.
    """
    files: list[ProfileFile] = []
    faults: list[Fault] = []
    chosen: list[str] = []
    named = environ.get(CONFIG)
    if named:
        path = path_from(cwd, named)
        if os.path.isfile(path):
            chosen.append(path)
            _read_into(files, faults, path, path, fields)
        else:
            faults.append(Fault(f"{CONFIG} names no file that exists: {named!r}"))
    own = user_folder or config_folder("afilnet")
    if own is not None and os.path.lexists(path := os.path.join(own, FILE_NAME)):
        chosen.append(path)
        _read_into(files, faults, path, path, fields)
    here = os.path.join(cwd, FILE_NAME)
    # One that was chosen and cannot be used is not one that nobody chose.
    read = not os.path.exists(here) or any(os.path.exists(each) and os.path.samefile(here, each) for each in chosen)
    return Search(tuple(files), tuple(faults), None if read else here)


def _read_into(
    files: list[ProfileFile], faults: list[Fault], path: str, shown: str, fields: Sequence[SettingField]
) -> None:
    try:
        files.append(read_profiles(path, shown, fields))
    except ConfigurationError as error:
        faults.append(Fault(str(error)))


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
            raise ConfigurationError(f"{shown}: unknown key {quoted(key)}; {did_you_mean(key, _TOP)}")
    default, profiles = data.get("default_profile"), data.get("profiles", {})
    if default is not None and not (isinstance(default, str) and default):
        raise ConfigurationError(f"{shown}: default_profile must be the name of a profile")
    if not _is_table(profiles) or not all(_is_table(profile) for profile in profiles.values()):
        raise ConfigurationError(f"{shown}: profiles must be written as tables, as [profiles.prod]")
    file = ProfileFile(path, shown, default, {name: table for name, table in profiles.items() if _is_table(table)})
    _refuse_unsafe(file, opened, [field.name for field in fields if field.secret])
    return file


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
    commands = any("command" in secret for profile, name in given if _is_table(secret := profile[name]))
    if commands and opened.status and opened.status.st_mode & stat.S_IWGRP:
        raise ConfigurationError(f"{file.shown} names a command to run but its group can write it: run chmod g-w on it")


def read_chosen(
    chosen: Chosen, *, fields: Sequence[SettingField], environ: Mapping[str, str], skip: frozenset[str]
) -> Iterator[Given | Fault]:
    """Yield the settings that a profile gives, its unknown keys, and the secrets that cannot be fetched.

    Args:
        chosen: the profile.
        fields: the settings.
        environ: the environment, for secrets that refer to it.
        skip: settings that a higher source gives, whose secrets are not fetched.
    """
    by_name = {field.name: field for field in fields}
    seen = set(skip)
    for profile in chosen.chain:
        where = f"profile {profile} in {chosen.file.shown}"
        table = chosen.file.profiles[profile]
        for key in table:
            if key == MIGRATION and not _is_table(table[key]):
                yield Fault(f"{where}: {MIGRATION} must be a table")
            elif key not in by_name and key not in (EXTENDS, MIGRATION):
                known = [*by_name, EXTENDS, MIGRATION]
                from afilnet_protocols.settings.foreign_names import hint  # only a mistake needs it

                yield Fault(f"{where}: unknown key {quoted(key)}; {hint(key, known)}")
            elif key in by_name and key not in seen:
                seen.add(key)
                yield _given(by_name[key], table[key], where, environ, chosen.file.folder)


def _given(field: SettingField, value: object, where: str, environ: Mapping[str, str], folder: Place) -> Given | Fault:
    """Return a value of a profile as the settings take it; paths in it start from the folder of the file."""
    if field.secret and _is_table(value):
        from afilnet_protocols.settings.secret_reference import fetch_secret

        try:
            secret = fetch_secret(value, named_by=f"{where}, {field.name}", environ=environ, folder=folder)
        except ConfigurationError as error:
            return Fault(str(error), field, where)
        return Given(field, secret, where)
    if isinstance(value, str) and value and _is_path(field, value):
        return Given(field, path_from(folder, value), where)
    return Given(field, field.wrapped(value), where)


def _is_path(field: SettingField, value: str) -> bool:
    return field.kind in (Kind.FILE, Kind.NEW_FILE) or (field.kind is Kind.FILE_OR_URL and "://" not in value)


def _is_table(value: object) -> TypeGuard[Table]:
    return isinstance(value, dict)
