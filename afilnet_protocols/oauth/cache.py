"""`TokenCache`: a file in which the processes of one user share their access tokens. Optional.

The file holds access tokens only, never a refresh token, password or client secret. It is readable by its owner alone,
replaced in one piece, and locked while one process fetches, so that the others find the token instead of fetching too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from afilnet_protocols.deadline import Clock, Deadline
from afilnet_protocols.errors import ConfigurationError, NotSentError
from afilnet_protocols.oauth.token import NOT_SENT, AccessToken, sound_token
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.turn import turn
from afilnet_protocols.wire.strict_json import NotStrictJson, loads

if sys.platform != "win32":
    import fcntl

LARGEST = 1_048_576
"""The largest file that is read, in bytes."""

_POLL = 0.02
"""How often a lock is asked for, in seconds: the system has no wait with a time limit."""


def cache_key(settings: Settings) -> str:
    """Return the name of a token in the file: whoever would be given the same token has the same name."""
    parts = [settings.issuer or settings.token_url, settings.client_id, settings.scope, settings.grant, settings.user]
    if isinstance(settings.refresh_token, Secret):
        # Whose token it is shows in nothing else. It is random, so its hash gives nothing away.
        parts.append(hashlib.sha256(settings.refresh_token.reveal().encode()).hexdigest())
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class TokenCache:
    """A token file. Made for one provider; several processes may use the same file at once.

    Args:
        path: the file; its folder must exist.
        clock: the monotonic clock that tokens are used by.
        wall: the clock that the file's times are told on, in seconds since 1970: processes share no other.
    """

    def __init__(self, path: str, *, clock: Clock, wall: Clock = time.time) -> None:
        self._path = Path(path)
        self._clock = clock
        self._wall = wall

    @contextlib.contextmanager
    def locked(self, deadline: Deadline) -> Iterator[None]:
        """Keep every other process from fetching in the meantime.

        Raises:
            NotSentError: another process kept the lock until the deadline.
            ConfigurationError: there can be no lock file beside the token file.
        """
        if sys.platform == "win32":
            raise ConfigurationError("token_cache: this system has no file locks that serve; remove the setting")
        handle = self._open(self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT)
        try:
            while not _try(lambda: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)):
                if deadline.passed:
                    text = f"another process held the token cache until the deadline; {NOT_SENT}"
                    raise NotSentError(text, local=True)
                with turn.aside(deadline):
                    time.sleep(min(_POLL, deadline.remaining()))
            yield
        finally:
            # A child that was forked meanwhile has this handle too: closing alone would leave the lock with it.
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)

    def read(self, key: str) -> AccessToken | None:
        """Return the token of this name, if the file has one that is still valid.

        Raises:
            ConfigurationError: others may read or replace the file.
        """
        entry = self._entries().get(key)
        if not isinstance(entry, dict):
            return None
        text, lifetime, expires = entry.get("access_token"), entry.get("lifetime"), entry.get("expires_at")
        if not (sound_token(text) and isinstance(lifetime, int) and isinstance(expires, int | float)):
            return None
        left = expires - self._wall()
        # More time left than it ever had: somebody set a clock, so nothing is known.
        if not 0 < left <= lifetime:
            return None
        return AccessToken(
            secret=Secret(str(text)),
            expires_at=self._clock() + left,
            lifetime=lifetime,
            scope=frozenset(str(entry.get("scope", "")).split()),
        )

    def write(self, key: str, token: AccessToken) -> None:
        """Add a token to the file and drop the expired ones. A file that cannot be written is left as it is."""
        now = self._wall()
        kept = {name: entry for name, entry in self._entries().items() if _alive(entry, now)}
        kept[key] = {
            "access_token": token.secret.reveal(),
            "expires_at": now + token.expires_at - self._clock(),
            "lifetime": token.lifetime,
            "scope": " ".join(sorted(token.scope)),
        }
        beside = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        # The token at hand is good whether or not it can be shared.
        with contextlib.suppress(OSError):
            try:
                handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(json.dumps(kept).encode())
                    file.flush()
                    os.fsync(file.fileno())
                beside.replace(self._path)
            finally:
                beside.unlink(missing_ok=True)

    def _entries(self) -> Mapping[str, object]:
        """Return what the file holds; nothing if there is none, or none that can be understood."""
        if not os.path.lexists(self._path):
            return {}
        handle = self._open(self._path, os.O_RDONLY)
        with os.fdopen(handle, "rb") as file:
            content = file.read(LARGEST + 1)
        try:
            return loads(content) if len(content) <= LARGEST else {}
        except NotStrictJson:
            return {}

    def _open(self, path: Path, flags: int) -> int:
        """Open a file that is nobody's but ours.

        Raises:
            ConfigurationError: it cannot be opened, is a link, or belongs to or is readable by others.
        """
        handle = -1
        with contextlib.suppress(OSError):
            handle = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        if handle < 0:
            raise ConfigurationError(f"token_cache: {path} cannot be opened; it must be a file in an existing folder")
        found = os.fstat(handle)
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077:
            return handle
        os.close(handle)
        raise ConfigurationError(f"token_cache: {path} must be a file of your own that nobody else may open: chmod 600")


def _try(lock: Callable[[], None]) -> bool:
    try:
        lock()
    except BlockingIOError:
        return False
    return True


def _alive(entry: object, now: float) -> bool:
    expires = entry.get("expires_at") if isinstance(entry, dict) else None
    return isinstance(expires, int | float) and expires > now
