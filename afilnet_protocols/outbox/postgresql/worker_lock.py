"""`SessionLock`: the proof that one worker is alive: an advisory lock of the session that it claims on."""

from __future__ import annotations

from afilnet_protocols.outbox.postgresql.session import Session


class SessionLock:
    """A lock of a random name, which the server gives up when the session ends, however it ends."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._name = session.hold()

    @property
    def token(self) -> str:
        """The worker's name, random."""
        return str(self._name)

    def close(self) -> None:
        """Give the lock up; doing it again does nothing."""
        self._session.release(self._name)
