"""What callers give a sandbox: checked where it is given, so that no database, socket or codec complains later."""

from __future__ import annotations

from collections.abc import Iterable

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.records import Channel

LAST_PORT = 65535


def check_text(name: str, given: object) -> str:
    """Return a text that can be kept and told.

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
        InvalidRequestError: it is no list of them, or what one of them holds is no text that can be kept.
    """
    channels = tuple(given) if isinstance(given, Iterable) else (None,)
    found = tuple(each for each in channels if isinstance(each, Channel))
    if len(found) < len(channels):
        raise InvalidRequestError("channels are a list of Channel(…)")
    for each in found:
        for name in each.__struct_fields__:
            check_text(f"{name} of a channel", getattr(each, name))
    return found
