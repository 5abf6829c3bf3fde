"""Which parameter of a token request a refusal says is missing, and the setting that gives it. No I/O.

The standard has one code for it, ``invalid_request``; which parameter it is, servers say in a sentence: "missing
`provider` form value", "The required field 'scope' is missing". Nothing of the sentence is shown but that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from afilnet_protocols.oauth.sentences import sentences
from afilnet_protocols.patterns import late
from afilnet_protocols.security.redaction import shown
from afilnet_protocols.wire.names import fold

_ADVICE: Mapping[str, str] = {
    "scope": "set the setting scope",
    "audience": "set the setting audience",
    "resource": "set the setting resource",
    "client_id": 'it looks for it in the form: set token_auth = "body"',
    "client_secret": 'it looks for it in the form: set token_auth = "body"',
    "username": 'it knows the password grant only: set grant = "password", user, password and allow_legacy_grant',
    "password": 'it knows the password grant only: set grant = "password", user, password and allow_legacy_grant',
    "refresh_token": 'set grant = "refresh_token" and the setting refresh_token',
    "assertion": 'set token_auth = "private_key_jwt" and client_key',
    "client_assertion": 'set token_auth = "private_key_jwt" and client_key',
    "client_assertion_type": 'set token_auth = "private_key_jwt" and client_key',
}
"""What to set for the parameters that have a setting of their own."""

_NEVER = frozenset({"grant_type"})
"""What every request has: whoever misses it has not read the form."""

_LACK = late(
    r"\b(?:missing|required|absent|must (?:be (?:provided|given|sent|specified|supplied|present)|contain)"
    r"|(?:was|were|is)? ?not (?:provided|given|specified|supplied|present|found))\b",
    re.IGNORECASE,
)
_NAME = r"[`'\"]?\b([a-z][a-z0-9_]{1,31})\b[`'\"]?"
_CALLED_A_PARAMETER = late(
    rf"\b(?:parameter|field|argument)(?:s|\(s\))?:? {_NAME}(?:[.,;]|$| (?:is|was|missing|required|must))"
    r"|[`'\"]([a-z][a-z0-9_]{1,31})[`'\"] (?:form |body |request )?(?:parameter|field|value|argument)\b"
)
_WORD = late(r"[a-z_]+")
_MISSING_HERE = frozenset({"missing", "valueerrormissing"})
"""How validators of forms, folded, say it of the place that stands beside (FastAPI, Pydantic)."""

_MOST = 8
"""How many errors of a validator are looked at."""


def missing_parameter(document: Mapping[str, object]) -> str:
    """Return the name of the parameter that a refusal misses; empty if it does not say so."""
    found = (*_of_a_validator(document), *(name for each in sentences(document) for name in _in(each)))
    return next((shown(name) for name in found if name not in _NEVER), "")


def how_to_give(name: str) -> str:
    """Return what to set for a parameter of a token request."""
    return _ADVICE.get(name, f'add "{name}=…" to token_parameters')


def _in(sentence: str) -> Iterator[str]:
    if _LACK.search(sentence) is None:
        return
    yield from (word for word in _WORD.findall(sentence) if word in _ADVICE)
    # A name that is quoted may be a user's; one that is called a parameter is one.
    called = _CALLED_A_PARAMETER.search(sentence)
    if called is not None:
        yield called[1] or called[2]


def _of_a_validator(document: Mapping[str, object]) -> Iterator[str]:
    """Yield the places of a form that a validator found empty: ``{"type": "missing", "loc": ["body", "username"]}``."""
    errors = document.get("detail")
    for error in errors[:_MOST] if isinstance(errors, list) else ():
        if isinstance(error, Mapping) and fold(str(error.get("type"))) in _MISSING_HERE:
            place = error.get("loc")
            last = place[-1] if isinstance(place, list) and place else None
            if isinstance(last, str) and _WORD.fullmatch(last):
                yield last
