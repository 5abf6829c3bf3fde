"""What the description of a refused token request speaks of, where its code says too little. No I/O.

The standard's names for it are ``error`` and ``error_description``; Facebook and Google write it into an object below
``error``. Nothing of it is ever shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.names import fold

_NAMES = frozenset({"errordescription", "errorsummary", "description", "error", "message", "msg", "detail"})
"""The names, folded, of what holds it: the standard's, and those of servers that know no codes."""

_LONGEST = 1000
"""How much of it is looked at, in characters."""

_CLIENT = late(
    r"\b(?:secret|credentials?)\b|\b(?:invalid|unknown|bad) client\b"
    r"|\b(?:client|application)(?:[ _]?id)?\b.{0,200}\b(?:not found|not identified|does not exist|unknown)\b",
    re.IGNORECASE,
)
_PROOF = late(
    r"\b(?:authentication|authori[sz]ation) (?:has )?failed\b|\b(?:invalid|incorrect|wrong|bad) credentials\b",
    re.IGNORECASE,
)
_GRANT = late(r"grant|flow|scope|not (?:allowed|enabled|permitted|authori[sz]ed)", re.IGNORECASE)
_USER = late(r"password|user ?name|user credential|resource owner", re.IGNORECASE)
_REFRESH_TOKEN = late(r"\brefresh[ _-]?token\b", re.IGNORECASE)
_PACE = late(r"\btoo many requests\b|\brate limit", re.IGNORECASE)


def describes_a_client(document: Mapping[str, object]) -> bool:
    """Return whether it says that the client is not known, or that its secret is wrong.

    Keycloak and Entra ID say so under ``unauthorized_client``, which is about a grant by the standard.
    """
    return (_speaks_of(document, _CLIENT) or describes_a_proof(document)) and not describes_a_grant(document)


def describes_a_proof(document: Mapping[str, object]) -> bool:
    """Return whether it says that somebody could not prove who asks: ``invalid_request`` to idpyoidc and aioauth."""
    return _speaks_of(document, _PROOF)


def describes_a_grant(document: Mapping[str, object]) -> bool:
    """Return whether it speaks of a client that is known and may not do this."""
    return _speaks_of(document, _GRANT)


def describes_a_user(document: Mapping[str, object]) -> bool:
    """Return whether it speaks of a user or a password."""
    return _speaks_of(document, _USER)


def describes_a_refresh_token(document: Mapping[str, object]) -> bool:
    """Return whether it speaks of a refresh token: league and @jmondi call a refused one ``invalid_request``."""
    return _speaks_of(document, _REFRESH_TOKEN)


def describes_the_pace(document: Mapping[str, object]) -> bool:
    """Return whether it speaks of asking too often: Zoho's code is ``Access Denied`` then."""
    return _speaks_of(document, _PACE)


def _speaks_of(document: Mapping[str, object], of_what: re.Pattern[str]) -> bool:
    """Return whether a description speaks of something; its length is nobody's promise."""
    below = document.get("error")
    around = (document, below) if isinstance(below, Mapping) else (document,)
    said = (held for each in around for name, held in each.items() if fold(name) in _NAMES)
    return any(isinstance(each, str) and of_what.search(each[:_LONGEST]) is not None for each in said)
