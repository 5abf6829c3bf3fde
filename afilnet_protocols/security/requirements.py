"""The setting ``require``: single guarantees by name, on top of the level."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.patterns import late
from afilnet_protocols.security.levels import BY_CODE, BY_NAME
from afilnet_protocols.suggestion import did_you_mean, quoted

HOUR = 3600

TERMS = ("tls13", "pin", "ca_file", "client_cert", "token_lifetime<=900", *BY_NAME)
"""What may be required; the number of ``token_lifetime`` is free. The codes ``G1`` to ``G13`` are accepted too."""

_LIFETIME = late(r"token_lifetime\s*<=\s*([1-9][0-9]{0,7})", re.ASCII)


class Requirements(msgspec.Struct, frozen=True):
    """The setting ``require``, read.

    Attributes:
        guarantees: codes of required guarantees, such as ``G6``.
        tls13: TLS 1.3 on every connection.
        pin: the server's key must be pinned.
        ca_file: the server must be known by an authority of the settings' own.
        client_cert: the client must show a certificate.
        token_lifetime: the longest lifetime of an access token, in seconds.
    """

    guarantees: frozenset[str] = frozenset()
    tls13: bool = False
    pin: bool = False
    ca_file: bool = False
    client_cert: bool = False
    token_lifetime: int | None = None


def read_requirements(terms: Iterable[str]) -> Requirements:
    """Read the setting ``require``.

    Raises:
        ConfigurationError: a term is unknown; the text suggests one.
    """
    guarantees: set[str] = set()
    plain: set[str] = set()
    lifetimes: list[int] = []
    for term in terms:
        word = term.strip()
        if match := _LIFETIME.fullmatch(word):
            lifetimes.append(int(match[1]))
        elif word in ("tls13", "pin", "ca_file", "client_cert"):
            plain.add(word)
        elif word in BY_NAME:
            guarantees.add(BY_NAME[word].code)
        elif word.upper() in BY_CODE:
            guarantees.add(word.upper())
        else:
            raise _unknown(word)
    return Requirements(
        guarantees=frozenset(guarantees),
        tls13="tls13" in plain,
        pin="pin" in plain,
        ca_file="ca_file" in plain,
        client_cert="client_cert" in plain,
        token_lifetime=min(lifetimes, default=None),
    )


def _unknown(word: str) -> ConfigurationError:
    return ConfigurationError(f"require: there is no guarantee {quoted(word)}; {did_you_mean(word, TERMS)}")
