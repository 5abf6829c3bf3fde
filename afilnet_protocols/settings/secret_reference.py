"""`fetch_secret`: from where a profile says that a secret is to the secret.

In ``afilnet.toml`` a secret is a text, or a table with exactly one of ``env`` (a variable), ``file``, ``keyring``
(``service/user``), ``command`` (a program that prints it, with its arguments) or ``credential`` (of systemd).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.extras import demand
from afilnet_protocols.patterns import late
from afilnet_protocols.retold import in_words
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings.asking import asking
from afilnet_protocols.settings.private_file import SECRET_LIMIT, Place, one_text, path_from, read_private, shown_path
from afilnet_protocols.suggestion import did_you_mean, named, quoted

_VARIABLE = late(r"[\w.-]{1,255}")

FORMS = ("env", "file", "keyring", "command", "credential")
"""The keys of such a table."""

COMMAND_SECONDS = 60.0
"""How long a command may take to print a secret."""


def fetch_secret(
    reference: Mapping[str, object], *, named_by: str, environ: Mapping[str, str], folder: Place
) -> Secret:
    """Return the secret that a table of ``afilnet.toml`` refers to.

    Raises:
        ConfigurationError: the table is not one of the known forms, or its secret cannot be had.
    """
    unknown = [form for form in reference if form not in FORMS]
    if unknown:
        raise ConfigurationError(
            f"{named_by}: unknown form {quoted(unknown[0])} of a secret; {did_you_mean(unknown[0], FORMS)}"
        )
    if len(reference) != 1:
        raise ConfigurationError(f"{named_by}: must have exactly one of {', '.join(FORMS)}")
    form, place = next(iter(reference.items()))
    if form == "command":
        return Secret(_from_command(_arguments(place, named_by), named_by, environ, folder))
    if not isinstance(place, str) or not place:
        raise ConfigurationError(f"{named_by}: {form} must be a text that is not empty")
    return Secret(_FETCH[form](place, named_by, environ, folder))


def _from_variable(place: str, named_by: str, environ: Mapping[str, str], _folder: Place) -> str:
    if not environ.get(place):
        if not _VARIABLE.fullmatch(place):
            raise ConfigurationError(f"{named_by}: env must be the name of a variable, in letters and digits")
        raise ConfigurationError(f"{named_by}: the environment variable {named(place)} is not set, or empty")
    return environ[place]


def _from_file(place: str, named_by: str, _environ: Mapping[str, str], folder: Place) -> str:
    return read_private(path_from(folder, place), named_by=named_by)


def _from_keyring(place: str, named_by: str, _environ: Mapping[str, str], _folder: Place) -> str:
    service, slash, user = place.rpartition("/")
    if not slash or not service or not user:
        raise ConfigurationError(f"{named_by}: keyring must be written as service/user")
    demand("keyring", f"{named_by}: a secret in the keyring")
    import keyring

    secret, reason = None, "has no such entry"
    try:
        with asking():
            secret = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - every keyring has its own errors
        reason = f"cannot be read ({type(error).__name__})"
    if not secret:
        raise ConfigurationError(f"{named_by}: the keyring {reason}: {shown_path(place)}")
    return str(secret)


def _from_credential(place: str, named_by: str, environ: Mapping[str, str], _folder: Place) -> str:
    if "/" in place or place in (".", ".."):
        raise ConfigurationError(f"{named_by}: credential must be a name, not a path")
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise ConfigurationError(
            f"{named_by}: there are no systemd credentials here (CREDENTIALS_DIRECTORY is not set): "
            f"add LoadCredential= to the unit, for {shown_path(place)}"
        )
    # systemd opens the folder to the unit's user by an access list, which shows as rights of the group.
    return read_private(os.path.join(folder, place), named_by=named_by, group_may_read=True)


_FETCH: Mapping[str, Callable[[str, str, Mapping[str, str], Place], str]] = {
    "env": _from_variable,
    "file": _from_file,
    "keyring": _from_keyring,
    "credential": _from_credential,
}
"""What fetches a secret from where a text says that it is."""


def _arguments(place: object, named_by: str) -> list[str]:
    if not isinstance(place, list) or not place or not all(isinstance(part, str) and part for part in place):
        raise ConfigurationError(
            f'{named_by}: command must be a list of a program and its arguments, as ["pass", "afilnet"]'
        )
    return [str(part) for part in place]


def _from_command(arguments: list[str], named_by: str, environ: Mapping[str, str], folder: Place) -> str:
    """Return what a program prints. No shell is involved; the program may ask on the terminal by stderr.

    It runs in the file's folder: what lies where one happens to stand shall not decide what is run.
    """
    import subprocess

    from afilnet_protocols.process.program import LOST, Program

    output, reason = b"", ""
    try:
        with asking():
            # It is named in a file that only this user or root can write.
            run = Program(
                [_program(arguments[0], environ, folder), *arguments[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                env=dict(environ),
                cwd=folder,
            )
            with run:
                try:
                    output, _ = run.communicate(timeout=COMMAND_SECONDS)
                except BaseException:
                    run.kill()
                    raise
        reason = LOST if run.lost else f"ended with status {run.returncode}" if run.returncode else ""
    except subprocess.TimeoutExpired:
        reason = f"took longer than {COMMAND_SECONDS:.0f} s"
    except OSError as error:
        reason = f"cannot be run: {in_words(error)}"
    except ValueError:
        reason = "cannot be run: it, or an argument of it, holds a NUL, or what this system cannot encode"
    secret = one_text(output) if len(output) <= SECRET_LIMIT else None
    if not reason and not secret:
        reason = "printed nothing that is a secret"
    if reason or secret is None:
        raise ConfigurationError(f"{named_by}: the command {shown_path(arguments[0])} {reason}")
    return secret


def _program(name: str, environ: Mapping[str, str], folder: Place) -> str:
    """Return the path of a program: from the file's folder, or from the absolute folders of ``PATH``."""
    if os.sep in name:
        return path_from(folder, name)
    import shutil

    trusted = [place for place in environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(place)]
    found = shutil.which(name, path=os.pathsep.join(trusted)) if trusted else None
    if found is None:
        raise FileNotFoundError(errno.ENOENT, "it is in none of the absolute folders of PATH")
    return found
