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

_STANDARD = late(r"\bmissing a required parameter, .*?(?:\bmalformed\b|$)", re.IGNORECASE)
"""What RFC 6749 §5.2 says of ``invalid_request``: many servers hand it out whatever was wrong."""

_LACK = late(
    r"\b(?:missing|(?<!not )required|absent|must (?:contain|specify|provide)"
    r"|must be (?:provided|given|sent|specified|supplied|present)"
    r"|(?:was|were|is)? ?not (?:provided|given|specified|supplied|present|found))\b"
    r"|\bcheck the [`'\"]|^oauth 2\.0 parameter:",
    re.IGNORECASE,
)
"""How a sentence says so; league's and Spring's servers do no more than name the parameter."""

_NO_NAMES = (
    "a|an|and|any|are|body|following|for|form|given|has|have|in|invalid|is|least|mandatory|missing|more|must|needed|no"
    "|not|of|one|or|provided|query|request|required|some|that|the|these|this|to|type|values?|was|were|with"
)
_NAME = rf"(?!(?i:{_NO_NAMES})\b)[a-z][A-Za-z0-9_]{{1,31}}"
_QUOTED_NAME = rf"[`'\"]({_NAME})[`'\"]"
_PARAMETER = r"\b(?i:parameter|param|field|argument)(?:s|\(s\))?"
_BEHIND = rf"{_PARAMETER}(?: (?:is|are|was|were|not|missing|required|specified|provided))*(?: ?:)? \[?"
_CALLED_A_PARAMETER = late(
    rf"^{_QUOTED_NAME} is required\b"
    rf"|{_BEHIND}{_QUOTED_NAME}"
    rf"|{_BEHIND}({_NAME})(?=[\],.;]|$| (?:is|was|missing|required|must)\b)"
    rf"|{_QUOTED_NAME} (?:form |body |request )?(?:{_PARAMETER}|value)\b"
    rf"|\b(?i:missing|the|required|mandatory) ({_NAME}) (?:form |body |request )?{_PARAMETER}\b"
)
_QUOTED_WORD = late(r"[`'\"]([a-z_]+)[`'\"]")
_WORD = late(r"[a-z_]+")
_NEVER_BARE = frozenset({"resource"})
"""What a sentence speaks of that misses a page, or names a server of resources."""

_A_NAME = late(_NAME)
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
    own = _STANDARD.sub("", sentence)
    if _LACK.search(own) is None:
        return
    # A name that is quoted may be a user's; one that is called a parameter is one.
    for called in _CALLED_A_PARAMETER.finditer(own):
        yield next(filter(None, called.groups()))
    lower = own.lower().replace("client id", "client_id")
    bare = (word for word in _WORD.findall(lower) if word not in _NEVER_BARE)
    yield from (word for word in (*_QUOTED_WORD.findall(lower), *bare) if word in _ADVICE)


def _of_a_validator(document: Mapping[str, object]) -> Iterator[str]:
    """Yield the places of a form that a validator found empty: ``{"type": "missing", "loc": ["body", "username"]}``."""
    errors = document.get("detail")
    for error in errors[:_MOST] if isinstance(errors, list) else ():
        if isinstance(error, Mapping) and fold(str(error.get("type"))) in _MISSING_HERE:
            place = error.get("loc")
            last = place[-1] if isinstance(place, list) and place else None
            if isinstance(last, str) and _A_NAME.fullmatch(last):
                yield last
