"""`RefreshStore`: the refresh tokens that a service gave in place of the configured one, for the next process.

Many servers replace a refresh token each time it is used and take each of them once; some withdraw all of them when one
comes twice (RFC 9700 §4.14). So whoever uses one holds the lock of the token cache until its successor is kept.
"""

from __future__ import annotations

import hashlib
import json

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.oauth.cache import client_of
from afilnet_protocols.oauth.refusal import NOT_SENT
from afilnet_protocols.oauth.shared_file import SharedFile
from afilnet_protocols.oauth.token import sound_token
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings


class RefreshStore:
    """The file beside ``token_cache`` that holds one client's latest refresh token, among others'.

    Every method is called with the token cache locked.

    Args:
        settings: ``token_cache``, the configured ``refresh_token``, and whose they are.
    """

    def __init__(self, settings: Settings) -> None:
        self._file = SharedFile(f"{settings.token_cache}.refresh")
        self._configured = settings.refresh_token
        self._name = hashlib.sha256(json.dumps(client_of(settings)).encode()).hexdigest()

    def current(self) -> Secret | None:
        """Return the refresh token to use now: the latest one that came of the configured one, or that one itself.

        Raises:
            ConfigurationError: the file cannot be read, or could not be written with a successor.
        """
        entry = self._entries().get(self._name)
        if not self._file.writable():
            raise ConfigurationError(
                f"token_cache: the folder of {self._file.path} cannot be written, so a refresh token that the service "
                f"gives in place of this one would be lost; {NOT_SENT}"
            )
        if isinstance(entry, dict) and entry.get("begun_with") == self._fingerprint():
            text = entry.get("refresh_token")
            if sound_token(text):
                return Secret(str(text))
        return self._configured if isinstance(self._configured, Secret) else None

    def keep(self, successor: Secret) -> None:
        """Keep the refresh token that the service gave in place of the one that was used.

        Raises:
            ConfigurationError: the file can no longer be written.
        """
        entry = {"begun_with": self._fingerprint(), "refresh_token": successor.reveal()}
        if not self._file.replace({**self._entries(), self._name: entry}):
            raise ConfigurationError(
                f"token_cache: {self._file.path} could not be written, and the service has replaced the refresh token: "
                f"make room, and set a new refresh_token; {NOT_SENT}"
            )

    def _entries(self) -> dict[str, object]:
        found = self._file.read()
        if found is None:
            raise ConfigurationError(
                f"token_cache: {self._file.path} holds no refresh tokens that can be read: remove it, and set a new "
                f"refresh_token; {NOT_SENT}"
            )
        return dict(found)

    def _fingerprint(self) -> str:
        """Return what tells the configured token from another: it is random, so its hash gives nothing away."""
        text = self._configured.reveal() if isinstance(self._configured, Secret) else ""
        return hashlib.sha256(text.encode()).hexdigest()
