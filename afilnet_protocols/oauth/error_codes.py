"""Where the error code stands in the documents of authorization servers and of guards, and what it is about. No I/O.

The standards put it into ``error`` (RFC 6749 §5.2, RFC 6750 §3.1). Servers in use spell that name otherwise
(``errorCode``, ``ErrorCode``, ``code``), use another (HubSpot ``status`` and ``category``, PayPal and Node's
oauth2-server ``name``, Facebook ``type``, Amazon ``__type``), or put it below one (Google ``error``, Apigee ``fault``,
JSON:API ``errors``). So all of these places are looked through, the standard's first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from afilnet_protocols.patterns import late
from afilnet_protocols.security.redaction import shown
from afilnet_protocols.wire.names import fold

_NAMES = ("error", "code", "errorcode", "errcode", "name", "status", "category", "type")
"""The names, folded, of what holds a code, in the order in which they are asked."""

_AROUND = ("error", "errors", "fault", "detail")
"""The names, folded, of what may hold a document with a code, or several."""

_DEEPEST = 4
_MOST = 4
"""How many members of a list are looked at."""

_CODE = late(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")

_NO_CODES = frozenset({"error", "fail", "failed", "failure", "ko", "true", "false", "none", "null", "aboutblank"})
"""Words, folded, that say only that there is an error."""

_SMALLEST_NUMBER = 600

_OF_STATUSES = frozenset({"badrequest", "unauthorized", "forbidden", "unprocessableentity", "clienterror"})
"""The words of an HTTP status, folded: they are the code only where there is no other."""

_WORD = late(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

_TOKEN = late(
    r"(?:^|[^a-z])(?:(?:access|api|auth|bearer|id|oauth|refresh|session)?token|jwt|bearer)(?:$|[^a-z])"
    r"|(?:Token|JWT)(?![a-z])"
)
"""What a code is about that has one of these words in it: ``TOKEN_EXPIRED``, ``InvalidToken``."""

_NUMBERS_OF_TOKENS = frozenset({"401", "419", "440", "498"})
"""Statuses that refuse a token, for whoever answers 200 and writes the status into the document, as Esri does."""

_FACEBOOK = ("190", "OAuthException")
"""How Facebook numbers a token that is no longer good; the word alone stands for much else."""

_OTHER_TOKENS = frozenset({"unexpected", "device", "push", "page", "cursor", "continuation", "csrf", "xsrf"})
"""Words with which a code speaks of something else that is called a token: of a parser, a telephone, a list, a form."""

_REFUSED = frozenset(
    {"invalid", "bad", "incorrect", "unknown", "wrong", "deleted", "disabled", "mismatch", "failed", "failure"}
)
_THE_CLIENT = frozenset({"client", "credential", "credentials", "authentication"})
_BESIDE = frozenset({"id", "identifier", "secret", "auth", "oauth", "v", "error", "exception"})


def codes_in(document: Mapping[str, object]) -> tuple[str, ...]:
    """Return the error codes of a refusal, the likeliest first, masked and fit to be shown."""
    words: list[str] = []
    statuses: list[str] = []
    numbers: list[str] = []
    for value in _told(document, 0):
        text = str(value)
        if not _CODE.fullmatch(text) or fold(text) in _NO_CODES:
            continue
        if text.isdecimal() and int(text) < _SMALLEST_NUMBER:
            continue  # it may be the HTTP status once more, or how many errors there are
        kept = numbers if text.isdecimal() else statuses if fold(text) in _OF_STATUSES else words
        kept.append(shown(text))
    return tuple(dict.fromkeys([*words, *statuses, *numbers]))


def code_in(document: Mapping[str, object]) -> str:
    """Return the error code of a refusal; empty if there is none that can be shown."""
    return next(iter(codes_in(document)), "")


def says_a_status(code: str) -> bool:
    """Whether a code is the words of an HTTP status, as frameworks write them beside it, and says no more than that."""
    return fold(code) in _OF_STATUSES


def is_about_a_token(code: str) -> bool:
    """Whether a code speaks of a token, whatever its letter case."""
    is_one = _TOKEN.search(code) is not None or _TOKEN.search(code.lower()) is not None
    return is_one and _OTHER_TOKENS.isdisjoint(_words(code))


def numbers_a_token(document: Mapping[str, object]) -> bool:
    """Whether a number in the place of a code says that a token is refused. It says so only beside words about one."""
    told = [str(each) for each in _told(document, 0)]
    return not _NUMBERS_OF_TOKENS.isdisjoint(told) or all(each in told for each in _FACEBOOK)


def is_about_a_scope(code: str) -> bool:
    """Whether a code speaks of a scope: ``insufficient_scope``, ``MISSING_SCOPES``."""
    return not {"scope", "scopes"}.isdisjoint(_words(code))


def is_about_the_client(code: str) -> bool:
    """Whether a code says that client, secret or both are not right, and nothing else: ``BAD_CLIENT_ID``."""
    words = _words(code)
    known = words <= (_REFUSED | _THE_CLIENT | _BESIDE)
    return known and not words.isdisjoint(_REFUSED) and not words.isdisjoint(_THE_CLIENT)


def asks_to_slow_down(code: str) -> bool:
    """Whether a code says that it was asked too much: ``too_many_requests``, ``rateLimited``, ``quota_exceeded``."""
    words = _words(code)
    if "ratelimit" in fold(code) or not {"throttled", "throttling"}.isdisjoint(words):
        return True
    return {"too", "many"} <= words or ("exceeded" in words and not {"limit", "quota"}.isdisjoint(words))


def _words(code: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(code))


def _told(value: object, depth: int) -> Iterator[str | int]:
    """Yield the texts and numbers that stand where codes do."""
    if isinstance(value, list):
        for item in value[:_MOST]:
            yield from _told(item, depth + 1)
    if not isinstance(value, Mapping) or depth > _DEEPEST:
        return
    named: dict[str, object] = {}
    for name, held in value.items():
        named.setdefault(fold(name), held)
    for name in (*_NAMES, *_AROUND):
        held = named.get(name)
        if name in _NAMES and isinstance(held, str | int) and not isinstance(held, bool):
            yield held
        elif name in _AROUND and isinstance(held, Mapping | list):
            yield from _told(held, depth + 1)
