"""What callers give a sandbox: checked where it is given, so that no database, socket or codec complains later."""

from __future__ import annotations

from collections.abc import Iterable
from types import UnionType

from afilnet_protocols.errors import ConfigurationError, InvalidRequestError
from afilnet_protocols.records import Channel

LAST_PORT = 65535


def check_text(name: str, given: object) -> str:
    """Return a text that can be kept and told.

    Args:
        name: the parameter.
        given: what was given.

    Raises:
        InvalidRequestError: it is no text, or holds a lone surrogate.
    """
    try:
        if isinstance(given, str):
            given.encode()
            return given
    except UnicodeEncodeError:
        pass
    raise InvalidRequestError(f"{name} is a text without lone surrogates")


def check_texts(name: str, given: object) -> list[str]:
    """Return several texts, each as of :func:`check_text`; a single one is none.

    Raises:
        InvalidRequestError: it is no list of texts.
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidRequestError(f"{name} are a list of texts")
    return [check_text(name, each) for each in given]


def check_channels(given: object) -> tuple[Channel, ...]:
    """Return the channels of an account.

    Raises:
        InvalidRequestError: it is no list of them.
    """
    channels = tuple(given) if isinstance(given, Iterable) else (None,)
    found = tuple(each for each in channels if isinstance(each, Channel))
    if len(found) < len(channels):
        raise InvalidRequestError("channels are a list of Channel(…)")
    return found


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
