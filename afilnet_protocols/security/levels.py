"""The security levels, in order, the guarantees that each one stands for, and what each protocol can reach at best."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import did_you_mean, quoted
from afilnet_protocols.vocabulary import Protocol, Provenance

VENDOR_PAGE = "https://www.afilnet.com/en/web-chat/api/nodejs/"


class Level(IntEnum):
    """A security level. They are ordered: each one holds what the lower ones hold, and more."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    MEDIUM_HIGH = 3
    HIGH = 4
    MAXIMUM = 5

    @property
    def word(self) -> str:
        """The level as settings and reports write it, such as ``medium_high``."""
        return self.name.lower()

    def __str__(self) -> str:
        return self.word

    @classmethod
    def of(cls, word: str) -> Level:
        """Return the level that a setting names.

        Raises:
            ConfigurationError: there is no such level.
        """
        words = [level.word for level in cls]
        if word in words:
            return cls(words.index(word))
        raise ConfigurationError(f"minimum_security: there is no level {quoted(word)}; {did_you_mean(word, words)}")


class Guarantee(msgspec.Struct, frozen=True):
    """One thing that holds at a level and above.

    Attributes:
        code: its number in the model, such as ``G5``.
        level: the lowest level that includes it.
        name: its name for the setting ``require``, such as ``secret_not_in_url``.
        about: what it says.
        rests_on: what is in evidence for it: settings, handshakes, bytes written, or the way this library is built.
    """

    code: str
    level: Level
    name: str
    about: str
    rests_on: str


GUARANTEES: tuple[Guarantee, ...] = (
    Guarantee(
        "G1",
        Level.LOW,
        "verified_tls",
        "https with TLS 1.2 or later, the server's chain and name verified, no key log",
        "the addresses in the settings, and every handshake",
    ),
    Guarantee(
        "G2",
        Level.LOW,
        "closed_environment",
        "no redirect is followed, nothing is taken from .netrc, proxy variables or cookies",
        "the way the transport is built",
    ),
    Guarantee(
        "G3",
        Level.LOW,
        "secrets_masked",
        "secrets appear in no log, repr, error or report of this library",
        "the way this library is built",
    ),
    Guarantee(
        "G4",
        Level.LOW,
        "no_store",
        "nothing that a URL tells is stored on the way: a GET asks every cache not to store it",
        "the headers of GET requests; what is sent by POST is not stored by caches (RFC 9110 §9.3.3)",
    ),
    Guarantee(
        "G5",
        Level.MEDIUM,
        "secret_not_in_url",
        "no secret in a URL or request line",
        "the protocol, and the bytes of every request just before they are written",
    ),
    Guarantee(
        "G6",
        Level.MEDIUM_HIGH,
        "pinned_endpoint",
        "the address and the interface description come from the settings, as a file or pinned by its hash",
        "the settings",
    ),
    Guarantee(
        "G7",
        Level.MEDIUM_HIGH,
        "strict_answers",
        "answers are limited in size and structure, with exactly one body and no document type or entities",
        "the way this library is built",
    ),
    Guarantee(
        "G8",
        Level.HIGH,
        "secret_only_to_token_endpoint",
        "the long-lived secret goes to the token endpoint and nowhere else",
        "the protocol",
    ),
    Guarantee(
        "G9",
        Level.HIGH,
        "token_in_header",
        "the access token travels in the Authorization header only",
        "the protocol, and the bytes of every request",
    ),
    Guarantee(
        "G10",
        Level.HIGH,
        "short_lived_token",
        "the access token expires within the hour, and its scope is no wider than the one asked for",
        "the answer of the token endpoint; where it does not say how long the token lives, the setting token_lifetime",
    ),
    Guarantee(
        "G11",
        Level.HIGH,
        "client_grant",
        "the token is granted to the client itself (client_credentials) or for a refresh token, not for a password",
        "the settings; that a refresh token was not itself granted for a password is assumed",
    ),
    Guarantee(
        "G12",
        Level.MAXIMUM,
        "pinned_tls13",
        "TLS 1.3, and the server is known by its own authority (ca_file) or key (pin_sha256)",
        "the settings and every handshake",
    ),
    Guarantee(
        "G13",
        Level.MAXIMUM,
        "sender_constrained",
        "a stolen token is of no use: it is bound to the client's certificate (RFC 8705)",
        "the settings client_cert and token_auth; that the service binds its tokens is assumed",
    ),
)
"""All of them, in order."""

BY_CODE: Mapping[str, Guarantee] = {guarantee.code: guarantee for guarantee in GUARANTEES}
BY_NAME: Mapping[str, Guarantee] = {guarantee.name: guarantee for guarantee in GUARANTEES}


class Ceiling(msgspec.Struct, frozen=True):
    """The highest level that a protocol can reach, and why.

    Attributes:
        level: that level.
        vendor: how the vendor ranks the protocol, in the vendor's words.
        provenance: where that rank comes from.
        why: what the ceiling really rests on.
    """

    level: Level
    vendor: str
    provenance: Provenance
    why: str


CEILINGS: Mapping[str, Ceiling] = {
    Protocol.HTTP_GET: Ceiling(
        level=Level.LOW,
        vendor="Information is sent unencrypted (passwords could be extracted from logs or cache)",
        provenance=Provenance.DOCUMENTED,
        why="the password is part of the URL, which servers and proxies log; TLS only hides it on the way",
    ),
    Protocol.HTTP_POST: Ceiling(
        level=Level.MEDIUM,
        vendor="Medium security",
        provenance=Provenance.DOCUMENTED,
        why="the password is in the body of every request: out of logs, but it goes to the service with each call",
    ),
    Protocol.BASIC: Ceiling(
        level=Level.MEDIUM,
        vendor="Medium security",
        provenance=Provenance.DOCUMENTED,
        why="the password is in the Authorization header of every request, with POST and GET alike: a GET puts the "
        "arguments into the URL, but never the password",
    ),
    Protocol.SOAP: Ceiling(
        level=Level.MEDIUM_HIGH,
        vendor="Medium / High security",
        provenance=Provenance.DOCUMENTED,
        why="on the wire SOAP carries the same password as a POST; the rank rests on the pinned description and "
        "address and on the strict reading of answers",
    ),
    Protocol.JSON: Ceiling(
        level=Level.MAXIMUM,
        vendor="High security",
        provenance=Provenance.DOCUMENTED,
        why="only a short-lived token goes with each call; maximum is this library's own level; whether the service "
        "binds tokens to certificates is not known",
    ),
}
"""What each built-in protocol can reach at best."""

FOREIGN = Ceiling(
    level=Level.MEDIUM,
    vendor="",
    provenance=Provenance.ASSUMED,
    why="nothing is known about an installed backend except that it is given the account's password",
)
"""What a protocol from an installed package is taken for, if the package does not say otherwise."""


def ceiling(protocol: str, declared: Level | None = None) -> Ceiling:
    """Return what a protocol can reach at best.

    Args:
        protocol: its name.
        declared: what an installed backend says of itself; of a built-in protocol it changes nothing.
    """
    if protocol in CEILINGS or declared is None:
        return CEILINGS.get(protocol, FOREIGN)
    return Ceiling(
        level=declared,
        vendor="",
        provenance=Provenance.ASSUMED,
        why=f"the installed backend says of itself that it reaches {declared}; that is its author's word",
    )


def declared_by(backend: object, protocol: str) -> Level | None:
    """Return the level that an installed backend's attribute ``security_ceiling`` names; ``None`` if it has none.

    Raises:
        ConfigurationError: it names no level.
    """
    word = getattr(backend, "security_ceiling", None)
    if word is None:
        return None
    if isinstance(word, str) and word in [level.word for level in Level]:
        return Level.of(word)
    raise ConfigurationError(
        f"protocol: the backend {protocol!r} is installed, but its security_ceiling is no level: it must be one of "
        f"{', '.join(level.word for level in Level)}"
    )
