"""The policy: which level a client really has, and whether that is enough. Pure functions; no socket is opened.

The effective level is the lower of what the protocol can reach and of what is in evidence: a label is never enough.
"""

from __future__ import annotations

import msgspec

from afilnet_protocols.errors import ConfigurationError, SecurityPolicyError
from afilnet_protocols.security.endpoints import check_endpoint, endpoints, is_fetched
from afilnet_protocols.security.levels import BY_CODE, GUARANTEES, Level, ceiling
from afilnet_protocols.security.policy_settings import PolicySettings
from afilnet_protocols.security.requirements import HOUR, Requirements, read_requirements
from afilnet_protocols.suggestion import quoted
from afilnet_protocols.vocabulary import Protocol

GRANTS = ("client_credentials", "refresh_token", "password")

LOWER = "lower minimum_security to"


class Evidence(msgspec.Struct, frozen=True):
    """What a live client has seen so far; ``None`` where nothing was seen yet.

    Attributes:
        tls_version: the TLS version that was negotiated, such as ``TLSv1.3``.
        verified: whether the server's certificate chain and name were verified.
        token_lifetime: how long the access token that was received lives, in seconds.
        token_weakness: why that token falls short of G10 whatever its lifetime; empty if it does not.
    """

    tls_version: str | None = None
    verified: bool | None = None
    token_lifetime: int | None = None
    token_weakness: str = ""


class Assessment(msgspec.Struct, frozen=True):
    """What a client's settings, with what it has seen, amount to.

    Attributes:
        level: the effective level.
        ceiling: the highest level that the protocol can reach.
        held: the codes of the guarantees that hold.
        missing: the codes of the guarantees that do not.
        reasons: why each missing guarantee is missing, by its code.
    """

    level: Level
    ceiling: Level
    held: tuple[str, ...]
    missing: tuple[str, ...]
    reasons: dict[str, str]


def assess(settings: PolicySettings, evidence: Evidence | None = None, *, declared: Level | None = None) -> Assessment:
    """Tell the effective security level of settings, and of a client that uses them.

    Args:
        settings: the settings of the client; they need not have been checked.
        evidence: what the client has seen; without it, what this library enforces later counts as held.
        declared: what an installed backend says that it reaches.

    Raises:
        ConfigurationError: ``minimum_security`` or ``require`` cannot be read.
    """
    seen = evidence or Evidence()
    reasons = _reasons(settings, seen, read_requirements(settings.require))
    highest = ceiling(settings.protocol, declared).level
    if settings.protocol not in tuple(Protocol):
        reasons = _of_installed(settings.protocol, highest, reasons)
    if settings.protocol == Protocol.JSON and settings.grant == "password":
        highest = Level.MEDIUM
    level = highest
    for guarantee in GUARANTEES:
        if guarantee.code in reasons and guarantee.level <= level:
            level = Level(guarantee.level - 1)
    return Assessment(
        level=level,
        ceiling=highest,
        held=tuple(guarantee.code for guarantee in GUARANTEES if guarantee.code not in reasons),
        missing=tuple(guarantee.code for guarantee in GUARANTEES if guarantee.code in reasons),
        reasons=reasons,
    )


def _reasons(settings: PolicySettings, seen: Evidence, required: Requirements) -> dict[str, str]:
    """Return why guarantees do not hold, by code; those that always hold are not among them."""
    found = {
        "G1": _why_not_verified(settings, seen),
        "G5": "http-get puts the password into the URL" if settings.protocol == Protocol.HTTP_GET else "",
        "G6": _why_not_pinned(settings),
    }
    if settings.protocol == Protocol.JSON:
        found["G10"] = _why_not_short_lived(settings, seen)
        found["G11"] = "" if settings.grant != "password" else "the grant is password"
        found["G13"] = _why_not_bound(settings)
    else:
        no_tokens = f"{settings.protocol} sends the password with every call; only json uses tokens"
        found |= dict.fromkeys(("G8", "G9", "G10", "G11", "G13"), no_tokens)
    found["G12"] = _why_not_tls13(settings, seen, required)
    return {code: found[code] for code in BY_CODE if found.get(code)}


def _of_installed(protocol: str, declared: Level, reasons: dict[str, str]) -> dict[str, str]:
    """Return why guarantees of an installed backend do not hold: all that it does not declare, and what is seen.

    What it does inside cannot be seen from here, so up to the level that it declares its word is taken.
    """
    undeclared = f"the installed backend {protocol} does not declare it"
    seen = {code: reason for code, reason in reasons.items() if code in ("G1", "G12")}
    return {
        code: seen.get(code, undeclared)
        for code, guarantee in BY_CODE.items()
        if code in seen or guarantee.level > declared
    }


def _why_not_verified(settings: PolicySettings, seen: Evidence) -> str:
    plain = [endpoint.setting for endpoint in endpoints(settings) if endpoint.plain]
    if plain:
        return f"{' and '.join(plain)} is plain http"
    if seen.verified is False:
        return "the server's certificate was not verified"
    if seen.tls_version is not None and _tls_rank(seen.tls_version) < _tls_rank("TLSv1.2"):
        return f"the connection uses {seen.tls_version[:20]}"
    return ""


def _why_not_pinned(settings: PolicySettings) -> str:
    if settings.protocol != Protocol.SOAP:
        return ""
    if settings.soap_wsdl is None:
        return "there is no interface description: set soap_wsdl"
    if is_fetched(settings.soap_wsdl) and not settings.soap_wsdl_sha256:
        return "the interface description is fetched and not pinned: set soap_wsdl to a file, or set soap_wsdl_sha256"
    return ""


def _why_not_short_lived(settings: PolicySettings, seen: Evidence) -> str:
    if seen.token_weakness:
        return seen.token_weakness
    longest = max(read_requirements(settings.require).token_lifetime or 0, seen.token_lifetime or 0)
    return f"tokens may live {longest} seconds" if longest > HOUR and not needs_short_lived(settings) else ""


def _why_not_bound(settings: PolicySettings) -> str:
    if settings.client_cert and settings.token_auth == "mtls":  # noqa: S105 - the name of a method, not a password
        return ""
    return 'tokens are not bound to a client certificate: set client_cert and token_auth = "mtls"'


def _why_not_tls13(settings: PolicySettings, seen: Evidence, required: Requirements) -> str:
    if not settings.ca_file and not settings.pin_sha256:
        return "any public authority is trusted: set ca_file or pin_sha256"
    if seen.tls_version is None:
        enforced = required.tls13 or "G12" in required.guarantees or settings.minimum_security == Level.MAXIMUM.word
        return "" if enforced else 'TLS 1.3 is not required: add "tls13" to require'
    return "" if _tls_rank(seen.tls_version) >= _tls_rank("TLSv1.3") else f"the connection uses {seen.tls_version[:20]}"


def _tls_rank(version: str) -> int:
    """Return the place of a TLS version in their order; anything unknown counts as the oldest."""
    return {"TLSv1": 1, "TLSv1.1": 2, "TLSv1.2": 3, "TLSv1.3": 4}.get(version, 0)


def needs_short_lived(settings: PolicySettings) -> bool:
    """Return whether the settings demand G10 of every token; otherwise a token without it lowers the level."""
    demanded = "G10" in read_requirements(settings.require).guarantees
    return demanded or Level.of(settings.minimum_security) >= Level.HIGH


def token_lifetime_limit(settings: PolicySettings) -> int | None:
    """Return how long an access token may live, in seconds; ``None`` if the settings demand nothing."""
    wanted = read_requirements(settings.require).token_lifetime
    return min(wanted or HOUR, HOUR) if needs_short_lived(settings) else wanted


def needs_tls13(settings: PolicySettings) -> bool:
    """Return whether the settings demand TLS 1.3 of every connection."""
    required = read_requirements(settings.require)
    return required.tls13 or "G12" in required.guarantees or Level.of(settings.minimum_security) >= Level.MAXIMUM


def check_settings(settings: PolicySettings, *, declared: Level | None = None) -> None:
    """Refuse settings that are unsafe, or below the level or guarantees that they ask for themselves.

    Args:
        settings: the settings of the client.
        declared: what an installed backend says that it reaches.

    Raises:
        SecurityPolicyError: they are below ``minimum_security`` or lack a guarantee of ``require``.
        ConfigurationError: an address, the grant, ``minimum_security`` or ``require`` cannot be used.
    """
    for endpoint in endpoints(settings):
        check_endpoint(endpoint, settings)
    _check_grant(settings)
    check_assessment(settings, assess(settings, declared=declared))
    _check_terms(settings, read_requirements(settings.require))


def _check_grant(settings: PolicySettings) -> None:
    if settings.protocol != Protocol.JSON:
        return
    if settings.grant not in GRANTS:
        raise ConfigurationError(f"grant: there is no grant {quoted(settings.grant)}; there are {', '.join(GRANTS)}")
    if settings.grant == "password" and not settings.allow_legacy_grant:
        raise ConfigurationError(
            "grant: the password grant must not be used, since it hands the account's password on (RFC 9700 §2.4): "
            "use client_credentials, or set allow_legacy_grant to accept the level medium"
        )


def check_assessment(settings: PolicySettings, found: Assessment) -> None:
    """Refuse an effective level below ``minimum_security``, or without a guarantee that ``require`` names.

    Raises:
        SecurityPolicyError: says what is required, effective and missing, and how to mend it.
    """
    minimum = Level.of(settings.minimum_security)
    if found.level < minimum:
        lacking = tuple(code for code in found.missing if BY_CODE[code].level <= minimum)
        raise _refusal(settings, found, required=minimum.word, missing=lacking)
    lacking = tuple(code for code in found.missing if code in read_requirements(settings.require).guarantees)
    if lacking:
        raise _refusal(settings, found, required=", ".join(BY_CODE[code].name for code in lacking), missing=lacking)


def _refusal(
    settings: PolicySettings, found: Assessment, *, required: str, missing: tuple[str, ...]
) -> SecurityPolicyError:
    by_reason: dict[str, list[str]] = {}
    for code in missing:
        by_reason.setdefault(found.reasons[code], []).append(f"{code} ({BY_CODE[code].about})")
    lacking = "; ".join(f"{', '.join(codes)}: {reason}" for reason, codes in by_reason.items())
    why = f"missing {lacking}" if lacking else "no guarantee of that level is missing, but a level is also a rank"
    capped = f"; {settings.protocol} reaches {found.ceiling} at best" if found.level == found.ceiling else ""
    fix = _fix(settings, found, required)
    return SecurityPolicyError(
        f"{settings.protocol} has the security level {found.level}, but {required} is required; "
        f"{why}{capped}. To mend it, {fix}",
        required=required,
        effective=found.level.word,
        missing=missing,
        fix=fix,
    )


def _fix(settings: PolicySettings, found: Assessment, required: str) -> str:
    """Return the way out: what reaches the level, or the level to accept."""
    accept = f'{LOWER} "{found.level}"'
    if "G1" in found.reasons:
        return f"use https addresses, or {accept} (sandbox on loopback only)"
    levels = [level.word for level in Level]
    if required not in levels:
        return f"remove it from require, or choose another protocol than {settings.protocol}"
    minimum = Level.of(required)
    better = [name for name in Protocol if ceiling(name).level >= minimum and name != settings.protocol]
    if settings.protocol == Protocol.JSON and settings.grant == "password":
        return f'set grant = "client_credentials", or {accept}'
    if minimum <= found.ceiling:
        return f"change the settings named above, or {accept}"
    return f"use the protocol {' or '.join(better)}, or {accept}"


def _check_terms(settings: PolicySettings, required: Requirements) -> None:
    """Refuse required terms that these settings can never meet."""
    https = not any(endpoint.plain for endpoint in endpoints(settings))
    unmet = {
        "tls13": (required.tls13 and not https, "use https addresses"),
        "pin": (required.pin and not settings.pin_sha256, "set pin_sha256"),
        "ca_file": (required.ca_file and not settings.ca_file, "set ca_file"),
        "client_cert": (required.client_cert and not settings.client_cert, "set client_cert"),
        f"token_lifetime<={required.token_lifetime}": (
            # Whether an installed backend has tokens is not known; requiring it there would promise nothing.
            required.token_lifetime is not None and settings.protocol != Protocol.JSON,
            "use the protocol json, the only one with tokens",
        ),
    }
    for term, (refused, fix) in unmet.items():
        if refused:
            raise SecurityPolicyError(
                f"require names {term}, which {settings.protocol} with these settings does not meet. To mend it, {fix}",
                required=term,
                effective=assess(settings).level.word,
                missing=(term,),
                fix=fix,
            )
