"""`TokenCache`: a file in which the processes of one user share their access tokens. Optional.

The file holds access tokens only, never a password or client secret; refresh tokens stand in a file of their own
(:mod:`.refresh_store`). It is locked while one process fetches, so that the others find the token instead of
fetching too.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping

from afilnet_protocols.deadline import Clock
from afilnet_protocols.oauth.refusal import LONGEST_WAIT
from afilnet_protocols.oauth.shared_file import FileLock, SharedFile
from afilnet_protocols.oauth.token import AccessToken, sound_token
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings


def cache_key(settings: Settings) -> str:
    """Return the name of a token in the file: whoever would be given the same token has the same name."""
    parts = client_of(settings)
    if isinstance(settings.refresh_token, Secret):
        # Whose token it is shows in nothing else. It is random, so its hash gives nothing away.
        parts.append(hashlib.sha256(settings.refresh_token.reveal().encode()).hexdigest())
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def client_of(settings: Settings) -> list[object]:
    """Return what tells who asks whom for which token, without secrets."""
    return [
        settings.issuer or settings.token_url,
        settings.client_id,
        settings.scope,
        settings.grant,
        settings.user,
        *settings.resource,
        settings.audience,
        *settings.token_parameters,
    ]


class TokenCache:
    """A token file. Made for one provider; several processes may use the same file at once.

    Args:
        path: the file; its folder must exist.
        clock: the monotonic clock that tokens are used by.
        wall: the clock that the file's times are told on, in seconds since 1970: processes share no other.
    """

    def __init__(self, path: str, *, clock: Clock, wall: Clock = time.time) -> None:
        self._file = SharedFile(path)
        self._clock = clock
        self._wall = wall

    def lock(self) -> FileLock:
        """Keep every other process from fetching in the meantime; see :meth:`.SharedFile.locked` for what it raises."""
        return self._file.lock()

    def read(self, key: str) -> AccessToken | None:
        """Return the token of this name, if the file has one that is still valid.

        Raises:
            ConfigurationError: others may read or replace the file.
        """
        entry = (self._file.read() or {}).get(key)
        if not isinstance(entry, dict):
            return None
        text, lifetime, expires = entry.get("access_token"), entry.get("lifetime"), entry.get("expires_at")
        weakness = entry.get("weakness")  # who wrote none did not know how far a token reaches
        sound = sound_token(text) and isinstance(weakness, str)
        if not (sound and isinstance(lifetime, int) and isinstance(expires, int | float)):
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
            weakness=str(weakness),
        )

    def write(self, key: str, token: AccessToken) -> None:
        """Add a token to the file and drop the expired ones. A file that cannot be written is left as it is."""
        entry = {
            "access_token": token.secret.reveal(),
            "expires_at": self._wall() + token.expires_at - self._clock(),
            "lifetime": token.lifetime,
            "scope": " ".join(sorted(token.scope)),
            "weakness": token.weakness,
        }
        # The token at hand is good whether or not it can be shared.
        self._add({key: entry})

    def wait(self, key: str) -> float:
        """Return how long the authorization server still wants no request for the token of this name, in seconds."""
        entry = (self._file.read() or {}).get(_wait_of(key))
        asked, ends = (entry.get(name) for name in ("wait", "expires_at")) if isinstance(entry, dict) else (None, None)
        if not (isinstance(asked, int | float) and isinstance(ends, int | float)):
            return 0.0
        left = ends - self._wall()
        # More time left than was asked for: somebody set a clock, so nothing is known.
        return max(0.0, left) if left <= asked <= LONGEST_WAIT else 0.0

    def write_wait(self, key: str, seconds: float) -> None:
        """Add that the authorization server wants no request for so many seconds. Without a file, nobody is told."""
        self._add({_wait_of(key): {"wait": seconds, "expires_at": self._wall() + seconds}})

    def _add(self, entries: Mapping[str, object]) -> None:
        """Add entries to the file and drop the expired ones."""
        now = self._wall()
        kept = {name: entry for name, entry in (self._file.read() or {}).items() if _alive(entry, now)}
        self._file.replace({**kept, **entries})


def _wait_of(key: str) -> str:
    """Return the name of an entry that earlier versions take for nobody's token."""
    return f"{key}.wait"


def _alive(entry: object, now: float) -> bool:
    expires = entry.get("expires_at") if isinstance(entry, dict) else None
    return isinstance(expires, int | float) and expires > now
