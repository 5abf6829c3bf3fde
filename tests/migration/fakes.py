"""Candidates that misbehave, and a client whose answers are counted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.forwarding import Arguments, Forwarding, invoke
from afilnet_protocols.operations import ChatOperations

R = TypeVar("R")


class Hanging(Forwarding):
    """Never answers, and takes no notice of deadlines."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.released = threading.Event()

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        self.calls.append(operation.name)
        self.released.wait()
        raise NotSentError("nobody answered")

    def close(self) -> None:
        self.released.wait()


class Raising(Forwarding):
    """Raises on every call."""

    def __init__(self, make: Callable[[], BaseException]) -> None:
        self.calls: list[str] = []
        self._make = make

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        self.calls.append(operation.name)
        raise self._make()

    def close(self) -> None:
        raise self._make()


class Changing(Forwarding):
    """Hands calls on, and changes what comes back."""

    def __init__(self, chat: ChatOperations, change: Callable[[object], object] = lambda result: result) -> None:
        self.calls: list[str] = []
        self.chat = chat
        self.change = change

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        self.calls.append(operation.name)
        return self.change(invoke(self.chat, operation, arguments))

    def close(self) -> None:
        self.chat.close()
