"""`LateClient`: a synchronous client that is made where it is first needed, in a thread that may wait for it."""

from __future__ import annotations

import contextvars
import copy
import threading
from collections.abc import Callable

from afilnet_protocols.deadline import Deadline, more_time
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.waiting import Signal, Steps, until

CLOSED = "this client is closed: make a new one with connect_async()"

MakeChat = ChatOperations | Callable[[], ChatOperations]
"""A client, or what makes one when it is first needed."""


class LateClient:
    """A synchronous client, made in the thread that needs it first, and closed however early it is closed."""

    def __init__(self, given: MakeChat) -> None:
        self.made = given if isinstance(given, ChatOperations) else None
        self._make = None if isinstance(given, ChatOperations) else given
        self._closed = False
        begin_afresh(self)

    def after_fork(self) -> None:
        """Begin with a lock that no thread of the parent holds while it makes the client."""
        self._making = threading.Lock()
        self._under_way: _Making | None = None

    def get(self) -> ChatOperations:
        """Return the client.

        Raises:
            AfilnetError: it cannot be made, or has been closed.
        """
        if self.made is None:
            with self._making:
                self._make_once()
        if self.made is None or self._closed:
            raise ConfigurationError(CLOSED)
        return self.made

    def getting(self, deadline: Deadline) -> Steps[ChatOperations]:
        """Return the client, made in a thread of its own that all who wait for it share.

        Raises:
            NotSentError: it was not made before the deadline, or there is no thread to make it.
            AfilnetError: it cannot be made, or has been closed.
        """
        making = self._under_way
        if making is None or making.ended.happened:
            making = self._under_way = _Making(self)
            making.start()
        if not (yield from until(making.ended, deadline)):
            text = f"not sent: the time was up before the client had been made ({more_time()})"
            raise NotSentError(text, local=True)
        return making.outcome()

    def _make_once(self) -> None:
        if self.made is None and self._make is not None and not self._closed:
            # In a context of its own: it is for more than the call that needs it first.
            self.made = contextvars.Context().run(self._make)
            if self._closed:
                self.made.close()

    def close(self) -> None:
        """Close the client, or what is being made of it. Closing again does nothing."""
        self._closed = True
        if self._under_way is not None:
            self._under_way.end(ConfigurationError(CLOSED))
        if self.made is not None:
            self.made.close()


class _Making:
    """One attempt to make a client, and what became of it."""

    def __init__(self, client: LateClient) -> None:
        self.ended = Signal()
        self._client = client
        self._fault: BaseException | None = None

    def start(self) -> None:
        """Make it in a thread of its own, a daemon: nobody may wait for it any more when the program ends."""
        try:
            threading.Thread(target=self._make, name="afilnet-connect", daemon=True).start()
        except RuntimeError:
            self.end(NotSentError("not sent: this process can start no thread to make the client in", local=True))

    def _make(self) -> None:
        fault: BaseException | None = None
        try:
            self._client.get()
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is for the task
            fault = error.with_traceback(None)
        self.end(fault)

    def end(self, fault: BaseException | None) -> None:
        """Say that it has ended, unless it has already."""
        if not self.ended.happened:
            self._fault = fault
            self.ended.set()

    def outcome(self) -> ChatOperations:
        """Return the client, or raise what came instead of it; each of several tasks raises an error of its own."""
        if isinstance(self._fault, AfilnetError):
            raise copy.copy(self._fault)
        if self._fault is not None:
            raise self._fault
        return self._client.get()
