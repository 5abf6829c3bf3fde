"""What a token request may carry beyond the standard's own: the settings ``resource`` and ``token_parameters``."""

from __future__ import annotations

from afilnet_protocols.security.endpoints import SECRET_NAMES

_OURS = frozenset(
    {
        "grant_type",
        "scope",
        "client_id",
        "client_assertion",
        "client_assertion_type",
        "username",
        "resource",
        "audience",
    }
)
"""Parameters that other settings give, or this library itself."""


def resource_faults(written: str) -> list[str]:
    """Return what is wrong with one entry of ``resource``: it is a complete address without fragment (RFC 8707 §2)."""
    from urllib.parse import urlsplit  # few tokens are asked for a resource

    try:
        parts = urlsplit(written)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme and "#" not in written and written.isascii() and written.isprintable() and " " not in written:
        return []
    return ["must be complete addresses without a fragment (the part from '#'), such as https://api.example.com"]


def parameter_faults(written: str) -> list[str]:
    """Return what is wrong with one entry of ``token_parameters``. What may be secret in it is not repeated."""
    name, equals, _ = written.partition("=")
    if not equals or not name or not written.isprintable():
        return ["must be written as name=value each, without control characters"]
    if name.lower() in SECRET_NAMES:
        return ["must not hold a secret: use the settings made for secrets"]
    if name in _OURS:
        return [f"must not hold {name}: other settings say what it is"]
    return []


def read_parameters(written: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return checked ``token_parameters`` as pairs."""
    return [(name, value) for name, _, value in (each.partition("=") for each in written)]
