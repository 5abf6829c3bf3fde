"""`SecurityReport`: which level a client has, which guarantees hold, and what the evidence for them is."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from afilnet_protocols.security.endpoints import endpoints
from afilnet_protocols.security.levels import GUARANTEES, Level, ceiling
from afilnet_protocols.security.policy import Assessment, Evidence, assess
from afilnet_protocols.security.policy_settings import PolicySettings
from afilnet_protocols.security.requirements import read_requirements
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


class State(StrEnum):
    """How far a guarantee is known to hold. Before the first handshake, none is held."""

    HELD = "held"
    """It holds, and what was seen shows it."""
    REQUIRED = "required, not seen yet"
    """Nothing is sent without it; no connection or token has shown it so far."""
    FAILED = "failed"
    """It is demanded, or was to be expected of these settings, and does not hold."""
    MISSING = "missing"
    """These settings do not have it, and do not demand it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeReport:
    """One guarantee, whether it holds, and what that rests on.

    Attributes:
        code: such as ``G5``.
        name: such as ``secret_not_in_url``.
        about: what it says.
        level: the lowest level that includes it.
        state: how far that goes, one of :class:`State`.
        held: whether it holds, and a connection (for tokens: a token too) has shown it.
        rests_on: what the statement rests on.
        provenance: ``enforced`` if this library sees to it; ``assumed`` if it also needs something of the service, or
            of an installed backend, that cannot be seen from here.
        reason: why it does not hold, or is not known to; empty if it does.
    """

    code: str
    name: str
    about: str
    level: str
    state: State
    held: bool
    rests_on: str
    provenance: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityReport:
    """What a client's security amounts to. It holds no secret.

    Attributes:
        protocol: the protocol's name.
        level: the effective level: nothing is sent below it, whatever was seen so far.
        required: the level that the settings demand.
        ceiling: the highest level that the protocol can reach.
        guarantees: all of them, and how far each is known to hold.
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
        settings: PolicySettings,
        handshake: Handshake | None = None,
        *,
        token_lifetime: int | None = None,
        token_weakness: str = "",
        declared: Level | None = None,
        failure: str = "",
    ) -> SecurityReport:
        """Report on settings and on what a client with them has seen.

        Args:
            settings: checked settings.
            handshake: what the latest connection proved; ``None`` before the first one.
            token_lifetime: how long the current access token lives in all, in seconds, if there is one that says so.
            token_weakness: why the current token falls short of G10 whatever its lifetime; empty if it does not.
            declared: the level that an installed backend says that it reaches.
            failure: why the latest handshake failed, if it did.
        """
        secure = handshake if handshake is not None and handshake.scheme == "https" else None
        seen = Evidence(
            tls_version=None if secure is None else secure.tls_version or "none",
            verified=None if secure is None else secure.verified,
            token_lifetime=token_lifetime,
            token_weakness=token_weakness,
        )
        found = assess(settings, seen, declared=declared)
        promised = assess(settings, declared=declared)
        sight = _Sight(
            connection=handshake is not None,
            token=token_lifetime is not None,
            failure=failure,
            expected=frozenset({*promised.held, *_demanded(settings)}),
        )
        known = ceiling(settings.protocol, declared)
        return cls(
            protocol=str(settings.protocol),
            level=found.level.word,
            required=settings.minimum_security,
            ceiling=found.ceiling.word,
            guarantees=_guarantees(found, _assumed(settings), sight),
            addresses=tuple((each.setting, each.origin) for each in endpoints(settings)),
            evidence=_evidence(handshake, token_lifetime),
            vendor=known.vendor,
            provenance=known.provenance,
            why=known.why,
        )


def _assumed(settings: PolicySettings) -> frozenset[str]:
    """Return the codes of the guarantees that need more than this library."""
    if settings.protocol not in tuple(Protocol):
        # Only the addresses in the settings can be seen; the rest is the word of the backend's author.
        return frozenset(guarantee.code for guarantee in GUARANTEES)
    return frozenset(
        {"G13"}
        | ({"G11"} if settings.grant == "refresh_token" else set())
        | ({"G10"} if settings.token_lifetime is not None else set())
    )


_BY_HANDSHAKE = frozenset({"G1", "G12", "G13"})
_BY_TOKEN = frozenset({"G8", "G9", "G10", "G11", "G13"})


class _Sight(msgspec.Struct, frozen=True):
    """What there was to be seen so far: a connection, a token, a handshake that failed; and what was to be expected."""

    connection: bool
    token: bool
    failure: str
    expected: frozenset[str]

    def of(self, code: str, reason: str) -> tuple[State, str]:
        """Return how far a guarantee is known to hold, and why no further."""
        if reason:
            return (State.FAILED if code in self.expected else State.MISSING), reason
        if self.failure and code in _BY_HANDSHAKE:
            return State.FAILED, self.failure
        if not self.connection:
            return State.REQUIRED, "no connection has been made yet"
        if code in _BY_TOKEN and not self.token:
            return State.REQUIRED, "no token has been received yet"
        return State.HELD, ""


def _demanded(settings: PolicySettings) -> Iterator[str]:
    """Yield the codes of the guarantees that the settings demand."""
    minimum, named = Level.of(settings.minimum_security), read_requirements(settings.require).guarantees
    return (each.code for each in GUARANTEES if each.level <= minimum or each.code in named)


def _guarantees(found: Assessment, assumed: frozenset[str], sight: _Sight) -> tuple[GuaranteeReport, ...]:
    reports = []
    for guarantee in GUARANTEES:
        state, reason = sight.of(guarantee.code, found.reasons.get(guarantee.code, ""))
        reports.append(
            GuaranteeReport(
                code=guarantee.code,
                name=guarantee.name,
                about=guarantee.about,
                level=guarantee.level.word,
                state=state,
                held=state is State.HELD,
                rests_on=guarantee.rests_on,
                provenance="assumed" if guarantee.code in assumed else "enforced",
                reason=reason,
            )
        )
    return tuple(reports)


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
