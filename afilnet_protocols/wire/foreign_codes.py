"""What an error code is about that no page of the chat lists: guessed from its words, for the text of an error only.

Documented for other classes of the API: ``NO_CREDITS`` and ``NO_ROUTE_AVAILABLE`` (sms). Nothing else is known of how
the service tells of credit, allowed addresses or suspended accounts, so the words are assumed, and change no verdict.
"""

from __future__ import annotations

from afilnet_protocols.patterns import late

_WORDS: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"scope", "scopes"}),
        "by its words, the token does not allow this call: set scope, and have the client granted it",
    ),
    (
        frozenset({"token", "tokens", "jwt"}),
        "by its words, the token is not accepted, or no longer: see token_url, client_id and token_lifetime",
    ),
    (
        frozenset({"window", "session", "reengagement"}),
        "by its words, the conversation takes no text for now, as on WhatsApp a day after the other party's last one",
    ),
    (
        frozenset({"size", "length", "long", "large", "big", "characters"}),
        "by its words, the text or the file is too large: send a shorter one",
    ),
    (
        frozenset({"credit", "credits", "balance", "funds", "saldo", "credito", "creditos", "payment", "trial"}),
        "by its words, the account lacks credit: top it up",
    ),
    (
        frozenset({"ip", "ips", "whitelist", "allowlist", "origin"}),
        "by its words, the address that this program calls from is not allowed: have it allowed in the account",
    ),
    (
        frozenset({"suspended", "blocked", "disabled", "locked", "inactive", "expired", "banned", "unverified"}),
        "by its words, the account is not active: ask the vendor",
    ),
    (
        frozenset(
            {"maintenance", "unavailable", "busy", "internal", "temporary", "temporarily", "timeout", "database"}
        ),
        "by its words, the service cannot answer for now: try again later",
    ),
    (
        frozenset({"limit", "rate", "quota", "throttled", "many", "flood", "exceeded"}),
        "by its words, it was asked too much: wait a while",
    ),
    (
        frozenset(
            {"access", "permission", "permissions", "forbidden", "denied", "allowed", "unauthorized", "privileges"}
        ),
        'by its words, the account may not do this: see "Access to API" in its options, or ask the vendor',
    ),
)

_WORD = late(r"[A-Z]?[a-z]+|[A-Z]+")


def about(code: str) -> str:
    """Return what a code is about, by its words; an empty text if they say nothing.

    Args:
        code: the service's code, in any spelling of several words.
    """
    words = {word.lower() for word in _WORD.findall(code)}
    return next((meaning for known, meaning in _WORDS if words & known), "")
