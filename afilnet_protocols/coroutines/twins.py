"""`forwarded`: a method of a class as a coroutine of its twin for asyncio, so that its signature is written once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
P = ParamSpec("P")
R = TypeVar("R")


class Twin(Protocol[S_co]):
    """What has a twin, and does in its stead what takes time."""

    async def _do(self, action: Callable[[S_co], R]) -> R:
        """Do something with the twin, in a thread, and return what came of it."""


def forwarded(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[Twin[S], P], Coroutine[Any, Any, R]]:
    """Return a coroutine function that calls a method of the twin: same parameters, same documentation."""

    @functools.wraps(method)
    async def call(self: Twin[S], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._do(lambda twin: method(twin, *args, **kwargs))

    return call
