"""`SecurityReport`: which level a client has, which guarantees hold, and what the evidence for them is."""

from __future__ import annotations

import typing
from dataclasses import dataclass

from afilnet_protocols.security.endpoints import endpoints
from afilnet_protocols.security.levels import GUARANTEES, Level, ceiling
from afilnet_protocols.security.policy import Assessment, Evidence, assess
from afilnet_protocols.security.subject import Subject
from afilnet_protocols.vocabulary import Protocol, Provenance


class Handshake(typing.Protocol):
    """What is read of the transport's evidence about a connection."""

    @property
    def scheme(self) -> str:
        """``https`` or ``http``."""

    @property
    def loopback(self) -> bool:
        """Whether the host is this machine."""

    @property
    def tls_version(self) -> str | None:
        """The negotiated version, ``None`` without TLS."""

    @property
    def verified(self) -> bool:
        """Whether the certificate chain and name held."""

    @property
    def pinned(self) -> bool:
        """Whether the server's key was compared with ``pin_sha256``."""

    @property
    def client_cert(self) -> bool:
        """Whether a client certificate stood ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeReport:
    """One guarantee, whether it holds, and what that rests on.

    Attributes:
        code: such as ``G5``.
        name: such as ``secret_not_in_url``.
        about: what it says.
        level: the lowest level that includes it.
        held: whether it holds.
        rests_on: what the statement rests on.
        provenance: ``enforced`` if this library sees to it; ``assumed`` if it also needs something of the service, or
            of an installed backend, that cannot be seen from here.
        reason: why it does not hold; empty if it does.
    """

    code: str
    name: str
    about: str
    level: str
    held: bool
    rests_on: str
    provenance: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityReport:
    """What a client's security amounts to. It holds no secret.

    Attributes:
        protocol: the protocol's name.
        level: the effective level.
        required: the level that the settings demand.
        ceiling: the highest level that the protocol can reach.
        guarantees: all of them, held or not.
        addresses: where calls and token requests go: the name of the setting and the origin, without path and query.
        evidence: what was seen of the latest connection and token, line by line; empty before the first one.
        vendor: how the vendor ranks the protocol, in the vendor's words.
        provenance: where that rank comes from.
        why: what the rank really rests on.
    """

    protocol: str
    level: str
    required: str
    ceiling: str
    guarantees: tuple[GuaranteeReport, ...]
    addresses: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    vendor: str
    provenance: Provenance
    why: str

    @classmethod
    def of(
        cls,
        settings: Subject,
        handshake: Handshake | None = None,
        *,
        token_lifetime: int | None = None,
        token_weakness: str = "",
        declared: Level | None = None,
    ) -> SecurityReport:
        """Report on settings and on what a client with them has seen.

        Args:
            settings: checked settings.
            handshake: what the latest connection proved; ``None`` before the first one.
            token_lifetime: how long the current access token lives in all, in seconds, if there is one that says so.
            token_weakness: why the current token falls short of G10 whatever its lifetime; empty if it does not.
            declared: the level that an installed backend says that it reaches.
        """
        secure = handshake if handshake is not None and handshake.scheme == "https" else None
        seen = Evidence(
            tls_version=None if secure is None else secure.tls_version or "none",
            verified=None if secure is None else secure.verified,
            token_lifetime=token_lifetime,
            token_weakness=token_weakness,
        )
        found = assess(settings, seen, declared=declared)
        known = ceiling(settings.protocol, declared)
        return cls(
            protocol=str(settings.protocol),
            level=found.level.word,
            required=settings.minimum_security,
            ceiling=found.ceiling.word,
            guarantees=_guarantees(found, _assumed(settings)),
            addresses=tuple((each.setting, each.origin) for each in endpoints(settings)),
            evidence=_evidence(handshake, token_lifetime),
            vendor=known.vendor,
            provenance=known.provenance,
            why=known.why,
        )


def _assumed(settings: Subject) -> frozenset[str]:
    """Return the codes of the guarantees that need more than this library."""
    if settings.protocol not in tuple(Protocol):
        # Only the addresses in the settings can be seen; the rest is the word of the backend's author.
        return frozenset(guarantee.code for guarantee in GUARANTEES)
    return frozenset(
        {"G13"}
        | ({"G11"} if settings.grant == "refresh_token" else set())
        | ({"G10"} if settings.token_lifetime is not None else set())
    )


def _guarantees(found: Assessment, assumed: frozenset[str]) -> tuple[GuaranteeReport, ...]:
    return tuple(
        GuaranteeReport(
            code=guarantee.code,
            name=guarantee.name,
            about=guarantee.about,
            level=guarantee.level.word,
            held=guarantee.code in found.held,
            rests_on=guarantee.rests_on,
            provenance="assumed" if guarantee.code in assumed else "enforced",
            reason=found.reasons.get(guarantee.code, ""),
        )
        for guarantee in GUARANTEES
    )


def _evidence(handshake: Handshake | None, token_lifetime: int | None) -> tuple[str, ...]:
    lines = []
    if handshake is not None:
        lines.append(
            f"connection: {handshake.tls_version or 'plain http'}{' on loopback' if handshake.loopback else ''}"
        )
        if handshake.scheme == "https":
            lines.append(f"certificate chain and name {'verified' if handshake.verified else 'NOT verified'}")
        if handshake.pinned:
            lines.append("the server's key is the pinned one")
        if handshake.client_cert:
            lines.append("a client certificate stood ready")
    if token_lifetime is not None:
        lines.append(f"access token valid for {token_lifetime} seconds")
    return tuple(lines)
