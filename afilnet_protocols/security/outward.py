"""`outward`: an error as it may leave this library."""

from __future__ import annotations

from typing import TypeVar

from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.security.redaction import mask

E = TypeVar("E", bound=AfilnetError)


NAMES = frozenset({"password", "client_secret", "refresh_token", "client_key", "proxy_password"})
"""Settings that are secret. What an error calls one of them stays, also where somebody has set it to its own name."""


def outward(error: E) -> E:
    """Return the error itself, without the frames that it came through, and without a secret in what it says.

    A traceback may be printed with its local variables, and those of our frames hold what a server has sent. What an
    error repeats of that is masked already, whatever it is.

    Args:
        error: an error that is about to be raised to the caller.
    """
    error.args = tuple(mask(each, but=NAMES) if isinstance(each, str) else each for each in error.args)
    for name, value in vars(error).items():
        if isinstance(value, str):
            setattr(error, name, mask(value, but=NAMES))
    return error.with_traceback(None)
