"""What the guard before the API says about a token: that it is refused, or that its scope does not suffice. No I/O.

Sources: RFC 6750 §3.1, RFC 9110 §15.5.2. Half of the guards in use never say ``invalid_token`` of a token that has
expired (docs/peers.md), so every 401 counts. The service itself was seen to give its errors with HTTP 200, so its own
refusal of credentials counts on the statuses on which it is its word.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from afilnet_protocols.errors import AuthenticationError, RejectedRequestError
from afilnet_protocols.oauth.error_codes import codes_in, is_about_a_scope, is_about_a_token, numbers_a_token
from afilnet_protocols.patterns import late
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.document.assent import assent_in
from afilnet_protocols.wire.envelope import refusal_in
from afilnet_protocols.wire.freshness import kept_by_a_cache
from afilnet_protocols.wire.headers_beside import tell_of_a_lost_answer, tell_of_several_attempts
from afilnet_protocols.wire.redirect import leads_to_a_login
from afilnet_protocols.wire.strict_json import NotStrictJson, loads
from afilnet_protocols.wire.what_answered import LOGIN_PAGE, what_answered
from afilnet_protocols.wire.whose_word import row_of

LONGEST_REFUSAL = 2048
"""The longest answer that is looked at for an error of the service, in bytes: lists are longer, or hold none."""

_EXPIRED = frozenset({419, 440, 498})
"""Statuses that by themselves say that a login or a token is no longer good: Laravel's, IIS's and Esri's."""

_OF_ERRORS = (b"ERROR", b"error", b"Error")
_OF_TOKENS = (b"token", b"jwt", b"bearer", b"signature")
"""Words of which a refusal has one. Counted, for of what is looked for by ``in`` Python first tries to make a number,
fails, and makes an error of it."""

_BLANK = b"\xef\xbb\xbf \t\r\n"
_INVALID_TOKEN = late(r"""\berror\s*=\s*"?invalid_token\b""", re.IGNORECASE)
_SCOPE_TOO_NARROW = late(r"""\berror\s*=\s*"?insufficient_scope\b""", re.IGNORECASE)
_WANTED = late(r"""\bscope\s*=\s*"([\x21\x23-\x5b\x5d-\x7e ]{1,200})\"""")


class Word(Enum):
    """What an answer says about the token that came with the call."""

    TAKEN = auto()
    """The call went through to the service."""
    REFUSED = auto()
    """The token is refused, and the call was not carried out."""
    FORBIDDEN = auto()
    """The call is refused, perhaps because of the token."""
    DOUBTED = auto()
    """The credentials are refused in a document, and the call has its answer: the next should have another token."""
    NOTHING = auto()
    """Nothing about the token."""


def heard(reply: Reply) -> Word:
    """Return what an answer says about the token.

    A 401 is given before anything is done: the request "has not been applied" (RFC 9110 §15.5.2), so it may be repeated
    with another token even if it is a send. One around a document that tells of a success contradicts itself, whatever
    it calls its status, and is left to the reading of answers. One that a cache kept, or the last of several attempts
    that a server on the way has made, or what such a server gives for an answer that it lost, says nothing of what was
    done: as a 403 it may be repeated for a read only.

    Raises:
        RejectedRequestError: the guard says that the token's scope does not suffice: no other token would do.
    """
    status = reply.status
    if 200 <= status < 300:
        return Word.TAKEN if (word := _in_a_success(reply)) is Word.NOTHING else word
    if status in _EXPIRED or (300 <= status < 400 and leads_to_a_login(reply)):
        return Word.FORBIDDEN
    if status not in (401, 403, 422):
        challenge = reply.headers.get("www-authenticate", "")
        if 400 <= status < 500 and (_INVALID_TOKEN.search(challenge) or _in_its_own_form(reply)):
            return Word.FORBIDDEN
        return Word.DOUBTED if status == 500 and _in_its_own_form(reply) else _in_its_envelope(reply)
    document = _document(reply)
    if status == 422:
        # So flask-jwt-extended says that a token was signed by a key of the past; most others are the service's.
        return Word.FORBIDDEN if set(document) == {"msg"} or _in_its_own_form(reply) else _in_its_envelope(reply)
    kind = _kind_of(document)
    if kind == "success" or assent_in(document, reply.sent):
        return Word.NOTHING
    challenge = reply.headers.get("www-authenticate", "")
    if _SCOPE_TOO_NARROW.search(challenge) or any(map(is_about_a_scope, codes_in(document))):
        raise _too_narrow(status, challenge)
    of_another = kept_by_a_cache(reply) or tell_of_several_attempts(reply) or tell_of_a_lost_answer(reply)
    of_this_call = status == 401 and not of_another
    return Word.REFUSED if of_this_call else Word.FORBIDDEN


def _in_a_success(reply: Reply) -> Word:
    """Return what an answer with a status of success says about the token; some guards refuse one so."""
    body = reply.body
    if body.lstrip(_BLANK).startswith(b"<"):
        met = what_answered(body, reply.headers, due="JSON")
        return Word.FORBIDDEN if met is LOGIN_PAGE else Word.NOTHING
    word = _in_its_envelope(reply)
    return Word.DOUBTED if word is Word.NOTHING and _in_its_own_form(reply) else word


def _in_its_envelope(reply: Reply) -> Word:
    """Return what an error in the service's own form says about the token, on a status that says nothing about it.

    The call is not made again: what it is told is the service's own word, as for a password on the other protocols.
    But a token that has died is told so as well, and nothing else would ever replace it before its time.
    """
    body = reply.body
    if len(body) > LONGEST_REFUSAL or not any(map(body.count, _OF_ERRORS)):
        return Word.NOTHING
    document = _document(reply)
    error = refusal_in(document, reply)
    if error is None:
        own = _kind_of(document) == "error" and row_of(reply.status).refusal == "not carried out"
        return Word.DOUBTED if own and _says_it_is_dead(reply, document) else Word.NOTHING
    about_it = isinstance(error, AuthenticationError) or is_about_a_token(error.code or "")
    return Word.DOUBTED if about_it else Word.NOTHING


def _in_its_own_form(reply: Reply) -> bool:
    """Return whether a guard's own answer, which is not the service's, says that the token is refused.

    Some name it as RFC 6750 §3.1 does, but in the body alone and under whatever status they give; others say it in a
    sentence.
    """
    lower = reply.body.lower() if len(reply.body) <= LONGEST_REFUSAL else b""
    if not any(map(lower.count, _OF_TOKENS)):
        return False  # nearly all answers are the service's, and spared the reading
    document = _document(reply)
    if _kind_of(document) in ("success", "error"):
        return False
    named = any(map(is_about_a_token, codes_in(document))) or numbers_a_token(document)
    return named or _says_it_is_dead(reply, document)


def _says_it_is_dead(reply: Reply, document: dict[str, object]) -> bool:
    """Return whether a sentence in an answer says that the token is dead; what may be a list of messages has none."""
    from afilnet_protocols.oauth.sentences import say_it_is_dead, says_it_is_dead  # few answers get here

    if document:
        return say_it_is_dead(document)
    plain = reply.status >= 400 or not reply.body.lstrip(_BLANK).startswith((b"<", b"[", b"{"))
    return plain and says_it_is_dead(reply.body.decode("utf-8", "replace"))


def _kind_of(document: dict[str, object]) -> str:
    """Return the status that a document of the service would have."""
    return str(document.get("status")).strip().casefold()


def _document(reply: Reply) -> dict[str, object]:
    try:
        return loads(reply.body)
    except NotStrictJson:
        return {}


def _too_narrow(status: int, challenge: str) -> RejectedRequestError:
    wanted = _WANTED.search(challenge)
    to = f' to "{wanted[1]}"' if wanted else " to what the call needs"
    return RejectedRequestError(
        f"HTTP_{status}",
        f"the token does not allow this call (insufficient_scope, HTTP {status}): set scope{to}, and have the client "
        "granted it",
    )
