"""What callers give that is no number and no text: flags, functions, and objects of one kind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from types import UnionType

from afilnet_protocols.clock import monotonic
from afilnet_protocols.errors import ConfigurationError, InvalidRequestError
from afilnet_protocols.seconds import is_within
from afilnet_protocols.suggestion import quoted

MOST_TOLD = 10.0**15
"""The latest time that a clock may tell, in seconds from whenever it counts: beyond that it tells no fractions."""


def check_flags(**given: object) -> None:
    """Refuse what says neither yes nor no: taken for a flag, ``"no"`` would do what it was to hold back.

    Args:
        given: by its name, what is ``True`` or ``False``; 1 and 0 will do, as databases give them.

    Raises:
        InvalidRequestError: it is something else.
    """
    for name, value in given.items():
        if not (isinstance(value, int) and value in (0, 1)):
            raise InvalidRequestError(f"{name} is True or False, not {quoted(value)}")


def check_function(name: str, given: object, *arguments: str) -> None:
    """Refuse what is no function, or cannot be called as it will be: that would come out in the middle of the work.

    Args:
        name: what it is called.
        given: the function. Whether one that is written in C fits is known when it is called.
        arguments: what it will be given, in words.

    Raises:
        InvalidRequestError: it is none, or takes something else.
    """
    if not fits(given, len(arguments)):
        told = " and ".join(arguments) or "nothing"
        raise InvalidRequestError(f"{name} is a function that is given {told}, not {quoted(given)}")


def fits(given: object, arguments: int) -> bool:
    """Whether something can be called with so many arguments; ``type`` says of itself that it takes any number."""
    if not callable(given) or given is type:
        return False
    import inspect  # a client that is given no function needs none of it

    try:
        inspect.signature(given).bind(*[None] * arguments)
    except ValueError:  # some functions written in C do not say
        return True
    except TypeError:
        return False
    return True


def check_clock(name: str, given: object) -> None:
    """Refuse what is no clock, which is read once: it would come out in the middle of a call.

    Args:
        name: what it is called.
        given: what is given nothing and tells the time, in seconds.

    Raises:
        ConfigurationError: it is none.
    """
    if given is monotonic or given is time.monotonic or given is time.time:
        return
    if not (fits(given, 0) and callable(given) and is_within(given(), -MOST_TOLD, MOST_TOLD)):
        raise ConfigurationError(f"{name} is a function that is given nothing and returns seconds, not {quoted(given)}")


def check_chance(name: str, given: object) -> None:
    """Refuse what draws no chances; it is asked for one.

    Args:
        name: what it is called.
        given: what is given nothing and draws a number from 0 to 1.

    Raises:
        ConfigurationError: it does not.
    """
    if not fits(given, 0) or not callable(given):
        raise _no_chance(name, given)
    drawn(name, given)


def drawn(name: str, chance: Callable[[], object]) -> float:
    """Return a number from 0 to 1 that a caller's function draws.

    Raises:
        ConfigurationError: what it draws is none.
    """
    number = chance()
    if isinstance(number, int | float) and is_within(number, 0, 1):
        return number
    raise _no_chance(name, chance)


def _no_chance(name: str, given: object) -> ConfigurationError:
    return ConfigurationError(
        f"{name} is a function that is given nothing and returns a number from 0 to 1, not {quoted(given)}"
    )


def check_client(name: str, made: object) -> None:
    """Refuse what is no client where a caller's function was to make one.

    Raises:
        ConfigurationError: it can neither send nor read messages. A client of a test may leave out what is not called.
    """
    if not any(callable(getattr(made, each, None)) for each in ("send_message", "send_file", "get_messages")):
        raise ConfigurationError(f"{name} makes a client, not {quoted(made)}")


def check_kind(name: str, given: object, kind: type | UnionType) -> None:
    """Refuse what is of another kind.

    Args:
        name: the parameter.
        given: what was given; ``None`` stands for what is usual.
        kind: what it is.

    Raises:
        ConfigurationError: it is something else.
    """
    if not (given is None or isinstance(given, kind)):
        raise ConfigurationError(f"{name} is of type {getattr(kind, '__name__', kind)}, not {type(given).__name__}")


def check_path(name: str, given: object) -> None:
    """Refuse what no path can be.

    Raises:
        ConfigurationError: it is neither a text nor a path, or holds what no path may hold.
    """
    try:
        told = os.fsencode(given) if isinstance(given, str | os.PathLike) else b"\0"
    except UnicodeEncodeError:
        told = b"\0"
    if b"\0" in told:
        raise ConfigurationError(f"{name} is the path of a file, not {quoted(given)}")
