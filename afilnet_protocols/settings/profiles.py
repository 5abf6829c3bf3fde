"""``afilnet.toml``: named profiles of settings, and where they are looked for.

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
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.process.user_folders import config_folder
from afilnet_protocols.settings.environment import CONFIG, PROFILE
from afilnet_protocols.settings.fields import SettingField
from afilnet_protocols.settings.given_value import Fault
from afilnet_protocols.settings.private_file import Place, path_from, shown_path
from afilnet_protocols.suggestion import did_you_mean, quoted
from afilnet_protocols.vocabulary import Protocol

if TYPE_CHECKING:
    from afilnet_protocols.settings.chosen_profile import Chosen
    from afilnet_protocols.settings.profile_file import ProfileFile

FILE_NAME = "afilnet.toml"


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

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of all profiles."""
        return tuple(sorted({profile for file in self.files for profile in file.profiles}))

    def choose(self, name: str | None, environ: Mapping[str, str]) -> Chosen | None:
        """Find the profile: the one named, else ``AFILNET_PROFILE``, else the first file's ``default_profile``.

        Returns:
            The profile; ``None`` if none is named anywhere.

        Raises:
            ConfigurationError: it is in no file.
        """
        where = ""
        if not name and (name := environ.get(PROFILE)):
            where = f" (environment {PROFILE})"
        for file in self.files:
            if not name and (name := file.default):
                where = f" (default_profile in {file.shown})"
        if not name:
            return None
        from afilnet_protocols.settings.chosen_profile import Chosen  # most processes have no profile

        for file in self.files:
            if name in file.profiles:
                return Chosen(name, file, tuple(file.chain(name)))
        known = self.profiles
        if not self.files:
            near = f"there is no settings file (neither {CONFIG} nor your own folder has one)"
        else:
            near = f"{did_you_mean(name, known)} (looked in: {', '.join(file.shown for file in self.files)})"
        if name in tuple(Protocol):
            near += (
                f"; {name} is a protocol: protocol={name!r} in connect(), --protocol {name} on the command line, "
                f"sandbox:{name} as a target"
            )
        raise ConfigurationError(f"unknown profile {quoted(name)}{where}: {near}")


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
            why = "something else than a file" if os.path.lexists(path) else "no file that exists"
            faults.append(Fault(f"{CONFIG} names {why}: {shown_path(named)}"))
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
    from afilnet_protocols.settings.profile_file import read_profiles  # most processes have no such file

    try:
        files.append(read_profiles(path, shown, fields))
    except ConfigurationError as error:
        faults.append(Fault(str(error)))
