"""`Share`: which calls are the candidate's: all of a conversation or none, the same in every process with one salt."""

from __future__ import annotations

import hashlib
import itertools

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.forwarding import Arguments
from afilnet_protocols.vocabulary import plain_text

_SCALE = 1 << 64


class Share:
    """A share of the conversations, and of the calls that are of none.

    Args:
        share: how large it is, from 0 to 1.
        salt: chooses which they are; at most 64 bytes in UTF-8.

    Raises:
        ConfigurationError: ``salt`` is no such text.
    """

    def __init__(self, share: float, salt: str) -> None:
        if not may_be_salt(salt):
            raise ConfigurationError("CanaryChat: salt is a text of at most 64 bytes")
        self._limit, self._key = share * _SCALE, salt.encode()
        self._calls = itertools.count(1)

    def has(self, arguments: Arguments) -> bool:
        """Whether a call is in it: by its conversation, or by its turn if it is of none."""
        if "destination" in arguments:
            told = [plain_text(arguments[name] or "") for name in ("platform", "platform_id", "destination")]
        else:
            told = [str(next(self._calls))]
        named = "\0".join(told).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(named, key=self._key, digest_size=8).digest()
        return int.from_bytes(digest, "big") < self._limit


def may_be_salt(given: object) -> bool:
    """Whether something is a text that a hash takes as its key."""
    try:
        return isinstance(given, str) and len(given.encode()) <= hashlib.blake2b.MAX_KEY_SIZE
    except UnicodeEncodeError:
        return False
