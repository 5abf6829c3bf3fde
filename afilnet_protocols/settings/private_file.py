"""`read_private`: reading a file that holds a secret, on condition that nobody else can."""

from __future__ import annotations

import contextlib
import os
import stat

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import LONGEST_PATH, home_meant, quoted

SECRET_LIMIT = 64 * 1024
"""The longest secret file, in bytes."""


_LONGEST_NAME = 255
"""How long a name in a folder may be."""

Place = str | os.PathLike[str]
"""Where a file or folder is. What is told of it, and kept, is text: most starts read no file of settings, and pathlib
would be a twentieth of what they cost.
"""


def path_from(folder: Place, written: str) -> str:
    """Return the path that a text means which stands in a folder; a ``~`` of nobody's is a name like any other."""
    steps = os.path.join(folder, os.path.expanduser(written)).split(os.sep)
    return os.sep.join(step for number, step in enumerate(steps) if not number or step not in ("", os.curdir))


def working_folder() -> str:
    """Return the folder that relative paths start from; one that was removed meanwhile has no name, and no files."""
    try:
        return os.getcwd()
    except OSError:
        return os.curdir


def kept_path(path: str) -> str:
    """Return a path that means the same file wherever the process goes meanwhile."""
    return path if os.path.isabs(path) else os.path.join(working_folder(), path)


def shown_path(path: Place) -> str:
    """Return a path for a message; what can be none, such as a key that was pasted in its place, is not shown."""
    text = os.fspath(path)
    if "\n" in text or "\r" in text or "PRIVATE KEY" in text or max(map(len, text.split(os.sep))) > _LONGEST_NAME:
        return "(not shown: that is no path, but perhaps what belongs into the file)"
    return quoted(text, LONGEST_PATH)


class Opened:
    """What a file held and the status of exactly that file. Its repr, which tracebacks may print, shows no content."""

    __slots__ = ("content", "status")

    def __init__(self) -> None:
        self.content = b""
        self.status: os.stat_result | None = None


def read_private(path: Place, *, named_by: str, group_may_read: bool = False) -> str:
    """Read the secret that a file holds: all of it but one line end at its end.

    Symbolic links are followed (that is how Kubernetes mounts secrets); what counts is the file that was opened.

    Args:
        path: the file.
        named_by: where the path was given, for messages.
        group_may_read: for folders that are guarded themselves, such as that of systemd's credentials.

    Raises:
        ConfigurationError: the file is missing, open to others, not owned by this user or root, empty, too long, or
            not UTF-8.
    """
    opened = read_file(path, named_by=named_by, limit=SECRET_LIMIT)
    refuse_if_exposed(path, opened, named_by=named_by, group_may_read=group_may_read)
    secret = one_text(opened.content)
    if secret is None:
        raise ConfigurationError(f"{named_by}: the file {shown_path(path)} is not UTF-8 text")
    if not secret:
        raise ConfigurationError(f"{named_by}: the file {shown_path(path)} is empty")
    return secret


def one_text(content: bytes) -> str | None:
    """Return all that a file holds or a program prints, but one line end at its end; ``None`` if it is no UTF-8."""
    try:
        # A byte order mark is an editor's, and no part of the secret.
        return content.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return None


def read_file(path: Place, *, named_by: str, limit: int) -> Opened:
    """Read a regular file of limited size.

    Raises:
        ConfigurationError: it cannot be read, is no regular file, or is longer than ``limit`` bytes.
    """
    reason, opened = "", Opened()
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, descriptor)
            opened.status = os.fstat(descriptor)
            if stat.S_ISREG(opened.status.st_mode):
                with open(descriptor, "rb", closefd=False) as file:
                    opened.content = file.read(limit + 1)
            else:
                reason = "is not a regular file"
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        reason = f"cannot be read ({why}{home_meant(path)})"
    if not reason and len(opened.content) > limit:
        reason = f"is longer than {limit} bytes"
    if reason:
        raise ConfigurationError(f"{named_by}: the file {shown_path(path)} {reason}")
    return opened


def refuse_if_exposed(path: Place, opened: Opened, *, named_by: str, group_may_read: bool = False) -> None:
    """Refuse a file with a secret that others can read or that somebody else owns.

    Raises:
        ConfigurationError: names the file, its mode and the command that closes it.
    """
    mode = stat.S_IMODE(_status(opened).st_mode)
    others = stat.S_IRWXO if group_may_read else stat.S_IRWXG | stat.S_IRWXO
    if mode & others:
        raise ConfigurationError(
            f"{named_by}: the file {shown_path(path)} holds a secret but is open to other users (mode "
            f"{mode:04o}): run chmod 600 on it; in containers, mount it with mode 0400 for the "
            "user that runs the program"
        )
    refuse_if_foreign(path, opened, named_by=named_by)


def refuse_if_foreign(path: Place, opened: Opened, *, named_by: str) -> None:
    """Refuse a file that somebody else than this user or root owns, or that everybody can write.

    Raises:
        ConfigurationError: names the file and what to change.
    """
    status = _status(opened)
    if status.st_uid not in (os.geteuid(), 0):
        raise ConfigurationError(
            f"{named_by}: the file {shown_path(path)} belongs to another user (uid {status.st_uid}), who could change "
            "it: make it belong to the user that runs the program, or to root"
        )
    if status.st_mode & stat.S_IWOTH:
        raise ConfigurationError(
            f"{named_by}: the file {shown_path(path)} can be written by everybody (mode "
            f"{stat.S_IMODE(status.st_mode):04o}): run chmod o-w on it"
        )


def _status(opened: Opened) -> os.stat_result:
    if opened.status is None:
        raise ConfigurationError("a file must be opened before it can be judged")
    return opened.status
