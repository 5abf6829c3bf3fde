"""`RefreshStore`: the refresh tokens that a service gave in place of the configured one, for the next process.

Many servers replace a refresh token each time it is used and take each of them once; some withdraw all of them when one
comes twice (RFC 9700 §4.14). So whoever uses one holds the lock of the token cache until its successor is kept.
"""

from __future__ import annotations

import hashlib
from typing import TypeGuard

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.oauth.refusal import NOT_SENT
from afilnet_protocols.oauth.shared_file import SharedFile
from afilnet_protocols.oauth.token import sound_refresh_token
from afilnet_protocols.security.secret import Secret


class RefreshStore:
    """The file that holds the latest successor of a configured refresh token, among others'.

    One configured token has one line of successors, whichever scope it is used for. :meth:`current` and :meth:`write`
    are called with the token cache locked.
    """

    def __init__(self, path: str, configured: Secret) -> None:
        self._file = SharedFile(path)
        self._configured = configured
        # It tells the configured token from another: that is random, so its hash gives nothing away.
        self._begun_with = hashlib.sha256(self._configured.reveal().encode()).hexdigest()
        self._used = self._configured
        self._unwritten: Secret | None = None

    def current(self) -> Secret:
        """Return the refresh token to use now: the latest one that came of the configured one, or that one itself.

        Raises:
            ConfigurationError: the file cannot be read, or could not be written with a successor.
        """
        found = self._latest(self._entries())
        if not self._file.writable():
            raise ConfigurationError(
                f"token_cache: the folder of {self._file.path} cannot be written, so a refresh token that the service "
                f"gives in place of this one would be lost; {NOT_SENT}"
            )
        if found == self._used and self._unwritten is not None:
            self.write()
            return self._used
        self._used, self._unwritten = found, None
        return found

    def succeed(self, successor: Secret) -> None:
        """Note that the service gave this one in place of the one that was used: from now on it is not lost here."""
        self._unwritten = successor

    def write(self) -> None:
        """Write the latest successor into the file.

        Raises:
            ConfigurationError: the file can no longer be written; the successor is kept here, and written next time.
        """
        successor = self._unwritten
        if successor is None:
            return
        others = {name: entry for name, entry in self._entries().items() if not self._is_ours(entry)}
        entry = {"begun_with": self._begun_with, "refresh_token": successor.reveal()}
        if not self._file.replace({**others, self._begun_with: entry}):
            raise ConfigurationError(
                f"token_cache: {self._file.path} could not be written, and the service has replaced the refresh token: "
                "make room while this program runs, which tries again; once it has ended, set a new refresh_token; "
                f"{NOT_SENT}"
            )
        self._used, self._unwritten = successor, None

    def _latest(self, entries: dict[str, object]) -> Secret:
        texts = [entry.get("refresh_token") for entry in entries.values() if self._is_ours(entry)]
        return next((Secret(str(text)) for text in texts if sound_refresh_token(text)), self._configured)

    def _is_ours(self, entry: object) -> TypeGuard[dict[str, object]]:
        return isinstance(entry, dict) and entry.get("begun_with") == self._begun_with

    def _entries(self) -> dict[str, object]:
        found = self._file.read()
        if found is None:
            raise ConfigurationError(
                f"token_cache: {self._file.path} holds no refresh tokens that can be read: remove it, and set a new "
                f"refresh_token; {NOT_SENT}"
            )
        return dict(found)
