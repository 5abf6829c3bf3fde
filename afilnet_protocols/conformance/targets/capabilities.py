"""What backends may differ in without being wrong, by name: declared by each backend, and probed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from afilnet_protocols.vocabulary import Protocol

UNLIMITED_SIZE = "unlimited-size"
GET_LIMIT = "get-limit-4000"
SECRETS_OUT_OF_URLS = "secrets-out-of-urls"
TOKENS = "tokens"
ABSENCE = "absence-is-believed"

CAPABILITIES: dict[str, str] = {
    UNLIMITED_SIZE: "a message of 50,000 characters arrives whole",
    GET_LIMIT: "a request of more than 4,000 encoded characters is refused before a byte leaves",
    SECRETS_OUT_OF_URLS: "no address that is asked for holds the password",
    TOKENS: "the credentials are traded for access tokens, which are renewed when they expire",
    ABSENCE: "a send that was lost on the way is found absent, when its outcome is asked for",
}
"""Every capability and what it promises. Each has at least one case, which is also its probe."""

DEFAULT = frozenset({UNLIMITED_SIZE, SECRETS_OUT_OF_URLS, ABSENCE})
"""What a backend declares unless it says otherwise."""

_DECLARED: dict[str, frozenset[str]] = {
    Protocol.HTTP_GET: frozenset({GET_LIMIT}),
    Protocol.JSON: DEFAULT | {TOKENS},
}


_BASIC_OVER_GET = frozenset({GET_LIMIT, SECRETS_OUT_OF_URLS})


def of_protocol(protocol: str, *, http_verb: str = "POST") -> frozenset[str]:
    """Return what the built-in backend of a protocol declares; the default for any other name.

    A server on the way repeats and keeps what travels over GET as it likes (RFC 9110 section 9.2.2, RFC 9111), so that
    nothing that does is declared to believe in absence.
    """
    if protocol == Protocol.BASIC and http_verb == "GET":
        return _BASIC_OVER_GET
    return _DECLARED.get(protocol, DEFAULT)


def declared(names: Iterable[str]) -> frozenset[str]:
    """Return a declaration, checked.

    Raises:
        ValueError: a name is no capability.
    """
    found = frozenset(names)
    for name in sorted(found - CAPABILITIES.keys()):
        near = difflib.get_close_matches(name, CAPABILITIES, n=1)
        hint = f"did you mean {str(near[0])!r}?" if near else f"there are {', '.join(CAPABILITIES)}"
        raise ValueError(f"there is no capability {name!r}: {hint}")
    return found
