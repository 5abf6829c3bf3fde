"""`Routes`: which handler takes which message, and who cannot be meant as one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from afilnet_protocols.callers import fits
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.inbox.incoming import Incoming
from afilnet_protocols.suggestion import did_you_mean, quoted
from afilnet_protocols.vocabulary import ListedPlatform, Platform

Handler = Callable[[Incoming], object]
"""Is handed a message. What it returns is not looked at; what it raises puts the message back."""

H = TypeVar("H", bound=Handler)

NOBODY = "no handler takes it"


@dataclass(frozen=True, slots=True)
class _Route:
    handler: Handler
    platform: str | None
    platform_id: str | None

    def takes(self, incoming: Incoming) -> bool:
        message = incoming.message
        return self.platform in (None, message.platform) and self.platform_id in (None, message.platform_id)


class Routes:
    """Handlers in the order in which they were given; the first one that takes a message has it."""

    def __init__(self, *, awaited: bool = False) -> None:
        self._awaited = awaited
        self._routes: list[_Route] = []

    def adding(self, function: H | None, platform: str | None, platform_id: str | None) -> Callable[[H], H] | H:
        """Add a handler for the messages of a channel, or of all; without one, return what adds one.

        Raises:
            InvalidRequestError: there can be no such channel, or it is no handler.
        """
        _check_channel(platform, platform_id)

        def add(handler: H) -> H:
            _check_handler(handler, awaited=self._awaited)
            self._routes.append(_Route(handler, platform, platform_id))
            return handler

        return add if function is None else add(function)

    def of(self, incoming: Incoming) -> Handler | None:
        """Return who takes a message; ``None`` if nobody does."""
        return next((route.handler for route in self._routes if route.takes(incoming)), None)

    def __bool__(self) -> bool:
        return bool(self._routes)


def check_ran(returned: object) -> None:
    """Refuse what a handler returned if nothing of it has run: its message would count as handled.

    Raises:
        InvalidRequestError: it is a coroutine that nobody awaits, or a generator that nobody iterates.
    """
    if inspect.iscoroutine(returned):
        returned.close()
        raise InvalidRequestError("the handler returned a coroutine, which nobody awaits: use an AsyncInbox")
    if inspect.isgenerator(returned) or inspect.isasyncgen(returned):
        raise InvalidRequestError("the handler returned a generator, of which nothing has run: leave out its yield")


def _check_channel(platform: object, platform_id: object) -> None:
    """Refuse a channel that there cannot be: its handler would wait for ever, and nobody would notice."""
    if not (platform is None or isinstance(platform, ListedPlatform) or platform in tuple(Platform)):
        near = did_you_mean(str(platform), Platform)
        raise InvalidRequestError(
            f"there is no platform {quoted(platform)}: {near} (one that is newer than this version is given as "
            "ListedPlatform, of afilnet_protocols.vocabulary)"
        )
    if not (platform_id is None or (isinstance(platform_id, str) and platform_id.strip())):
        raise InvalidRequestError(f"platform_id is the identifier of a channel, a text, not {quoted(platform_id)}")


def _check_handler(handler: object, *, awaited: bool) -> None:
    """Refuse what would not run, or not with one argument: each message would be spoilt by that."""
    if not callable(handler):
        raise InvalidRequestError(
            "a handler is a function of one argument, the incoming message: write @inbox.handler, or "
            '@inbox.handler(platform="…") for those of some channels'
        )
    called: tuple[object, ...] = (handler, getattr(handler, "__call__", None))  # noqa: B004 -- an object's own code
    if any(inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each) for each in called):
        raise InvalidRequestError("a handler with a yield in it would not run: it is a plain function")
    if not awaited and any(inspect.iscoroutinefunction(each) for each in called):
        raise InvalidRequestError("an async def handler needs an AsyncInbox; an Inbox takes a plain def")
    if not fits(handler, 1):
        raise InvalidRequestError("a handler is a function of one argument, the incoming message")
