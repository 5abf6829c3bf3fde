"""`Routes`: which handler takes which message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.inbox.incoming import Incoming

H = TypeVar("H", bound=Callable[[Incoming], object])

NOBODY = "no handler takes it"


@dataclass(frozen=True, slots=True)
class _Route(Generic[H]):
    handler: H
    platform: str | None
    platform_id: str | None

    def takes(self, incoming: Incoming) -> bool:
        message = incoming.message
        return self.platform in (None, message.platform) and self.platform_id in (None, message.platform_id)


class Routes(Generic[H]):
    """Handlers in the order in which they were given; the first one that takes a message has it."""

    def __init__(self) -> None:
        self._routes: list[_Route[H]] = []

    def add(self, handler: H, platform: str | None, platform_id: str | None) -> H:
        """Add a handler for the messages of a channel, or of all.

        Raises:
            InvalidRequestError: it cannot be called.
        """
        if not callable(handler):
            raise InvalidRequestError("a handler is a function of one argument, the incoming message")
        self._routes.append(_Route(handler, platform, platform_id))
        return handler

    def of(self, incoming: Incoming) -> H | None:
        """Return who takes a message; ``None`` if nobody does."""
        return next((route.handler for route in self._routes if route.takes(incoming)), None)

    def __bool__(self) -> bool:
        return bool(self._routes)
