"""`Making`: a client that is made in a thread of its own when it is first needed: no call waits for it beyond its time.

Making one may read files, run a command for a secret, or fetch a description.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable

from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError
from afilnet_protocols.fork import renew_in_child
from afilnet_protocols.operations import ChatOperations

MakeChat = ChatOperations | Callable[[], ChatOperations]
"""A client, or what makes one when it is first needed."""


def made(chat: MakeChat) -> ChatOperations:
    """Return the client that this is, or that this makes."""
    return chat if isinstance(chat, ChatOperations) else chat()


class Making:
    """A client that may not exist yet.

    Args:
        given: the client, or what makes it.
    """

    def __init__(self, given: MakeChat) -> None:
        self._given = given
        self._chat = given if isinstance(given, ChatOperations) else None
        self._closed = False
        self.after_fork()
        renew_in_child(self)

    def after_fork(self) -> None:
        """Have a lock that nobody holds, and nothing being made: the thread that made it is the parent's."""
        self._lock = threading.Lock()
        self._attempt: _Attempt | None = None

    def get(self, seconds: float) -> ChatOperations:
        """Return the client, and make it if need be.

        Args:
            seconds: how long to wait for it at most.

        Raises:
            NotSentError: it was not made in time, or the process can start no thread for it. It is still being made.
            AfilnetError: it cannot be made.
            Exception: whatever else making it raised.
        """
        if self._chat is not None:
            return self._chat
        with self._lock:
            attempt = self._attempt = self._attempt or self._begun()
        if not attempt.done.wait(seconds):
            raise NotSentError("not sent: the migration's candidate was not made in time", local=True)
        if attempt.fault is None:
            self._chat = attempt.chat
        with self._lock:
            self._attempt = None  # the next call tries again
        if self._chat is None or self._closed:
            raise _afresh(attempt.fault)
        return self._chat

    def close(self) -> None:
        """Close the client, also one that is still being made."""
        self._closed = True
        with self._lock:
            attempt = self._attempt
        chat = self._chat or (attempt.chat if attempt is not None else None)
        if chat is not None:
            chat.close()

    def _begun(self) -> _Attempt:
        attempt = _Attempt()
        try:
            threading.Thread(target=self._make, args=(attempt,), name="afilnet-candidate", daemon=True).start()
        except RuntimeError:
            attempt.fault = NotSentError("not sent: this process can start no thread to make the candidate", local=True)
            attempt.done.set()
        return attempt

    def _make(self, attempt: _Attempt) -> None:
        try:
            attempt.chat = made(self._given)
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is for the call that waits
            attempt.fault = error.with_traceback(None)
        attempt.done.set()
        if self._closed and attempt.chat is not None:
            attempt.chat.close()


class _Attempt:
    """One attempt to make it, and what became of it."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.chat: ChatOperations | None = None
        self.fault: BaseException | None = None


def _afresh(fault: BaseException | None) -> BaseException:
    """Return an error for one of those who wait: each notes its own operation in it."""
    if fault is None:
        return ConfigurationError("this client is closed: make a new one with connect()")
    return copy.copy(fault) if isinstance(fault, AfilnetError) else fault
