"""``afilnet.toml``: named profiles of settings, where they are looked for, and what the chosen one gives.

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
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.settings.environment import CONFIG, PROFILE
from afilnet_protocols.settings.fields import Kind, SettingField
from afilnet_protocols.settings.given import Fault, Given
from afilnet_protocols.settings.private_file import Place, path_from
from afilnet_protocols.settings.profile_file import EXTENDS, ProfileFile, Table, is_table, read_profiles
from afilnet_protocols.suggestion import did_you_mean, quoted
from afilnet_protocols.user_folders import config_folder
from afilnet_protocols.vocabulary import Protocol

FILE_NAME = "afilnet.toml"
MIGRATION = "migration"
"""The table that says how a profile moves to another protocol; it is kept as data."""

_STATE = "state"
"""The key of that table that names a file."""


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
            if is_table(table):
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
            if key == MIGRATION and not is_table(table[key]):
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
    if field.secret and is_table(value):
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
