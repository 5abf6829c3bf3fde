"""What an answer means for the call that it came for: the one place where :mod:`whose_word` is applied.

A codec says what document an answer holds. Here its status and its headers join in, and the call gets its verdict: for
forms, basic, JSON and SOAP alike.
"""

from __future__ import annotations

import time

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedRequestError,
    ServiceError,
)
from afilnet_protocols.wire import ORDINARY_HEADERS, Reply
from afilnet_protocols.wire.freshness import kept_by_a_cache
from afilnet_protocols.wire.headers_beside import (
    tell_of_a_lost_answer,
    tell_of_an_error,
    tell_of_several_attempts,
)
from afilnet_protocols.wire.redirect import redirects_to_host, whereto
from afilnet_protocols.wire.waits import seconds_asked
from afilnet_protocols.wire.what_answered import Met
from afilnet_protocols.wire.whose_word import CONFIRMING, row_of

MISDIRECTED = frozenset({"MISSING_CLASS", "MISSING_METHOD"})
"""Codes that no call of ours can earn: each names a class and a method."""

_BLANK = b"\xef\xbb\xbf \t\r\n"
_KEPT = "a cache between here and the service kept it from an earlier call"
_NO_STAKE = "nothing is at stake: it was a read, which changes nothing"


def confirms(reply: Reply) -> bool:
    """Say whether a success document in an answer is the service's word on the call that it came for."""
    if reply.status not in CONFIRMING:
        return False
    if reply.ordinary:
        return True
    if not reply.asked_whole:
        return False  # whoever says so of a part of the request may have carried out what there was of it
    return ORDINARY_HEADERS.issuperset(reply.headers) or not (kept_by_a_cache(reply) or tell_of_an_error(reply))


def refused(reply: Reply, error: ServiceError) -> AfilnetError:
    """Return what an error document means, and how long the answer asks to wait.

    Returns:
        That error, if it is the service's word on this call; else ``OutcomeUnknownError``.
    """
    if kept_by_a_cache(reply):
        return _kept(reply)
    return _asked_to_wait(_refused(reply, error), reply)


def _refused(reply: Reply, error: ServiceError) -> AfilnetError:
    # SOAP is only answered to whoever speaks it, which no intermediary does that asks for an error page.
    misdirected = error.code in MISDIRECTED and not reply.body.lstrip(_BLANK).startswith(b"<")
    row = row_of(reply.status)
    proof = row.misdirected if misdirected else row.refusal
    if proof == "not carried out":
        return _of_somebody_else(reply) or error
    if not reply.asked_whole:
        return _not_whole(reply)
    doubt = OutcomeUnknownError(
        f"the service's error {error.code} came with HTTP {reply.status}, {_given_by(reply.status)}: it may answer "
        "another request than this call"
    )
    doubt.lasting = row.lasting
    return doubt


def unintelligible(
    reply: Reply, *, why: str, met: Met | None = None, success: bool = False, whole: bool = False
) -> AfilnetError:
    """Say what an answer means that holds no document of its protocol that can be believed.

    Args:
        reply: the answer.
        why: what is wrong with its content, in our words, such as ``not JSON``.
        met: what it is instead, if that can be told.
        success: whether its content says that the call was carried out; then no status proves that it was not.
        whole: whether it is an envelope or a Fault, of which only a part cannot be understood.

    Returns:
        A ``rejected`` error where the HTTP status proves that the service did not act, else ``OutcomeUnknownError``.
    """
    if success and not (reply.asked_whole and kept_by_a_cache(reply)):
        return OutcomeUnknownError(f"the answer (HTTP {reply.status}) cannot be understood: {why}")
    if kept_by_a_cache(reply):
        return _kept(reply)
    return _asked_to_wait(_without_document(reply, why, met, whole=whole), reply)


def _without_document(reply: Reply, why: str, met: Met | None, *, whole: bool) -> AfilnetError:
    status, row = reply.status, row_of(reply.status)
    if row.none == "not carried out":
        return _of_somebody_else(reply) or _refused_by_status(reply)
    if not reply.asked_whole:
        return _not_whole(reply)
    told = f"the answer (HTTP {status}) cannot be understood: {why}" if whole else _likely(reply, why, met)
    error = OutcomeUnknownError(told)
    error.lasting = row.lasting
    return error


def at_stake(operation: Operation[object], error: AfilnetError) -> AfilnetError:
    """Return the error, its text completed by what an unknown outcome means for its caller."""
    if isinstance(error, OutcomeUnknownError):
        error.args = (f"{error}; {_NO_STAKE if operation.repeatable else 'the call may have been carried out'}",)
    return error


def _asked_to_wait(error: AfilnetError, reply: Reply) -> AfilnetError:
    """Note on an error how long its answer asks to wait: 429 and 503 do (RFC 9110 §10.2.3), and others may."""
    if reply.status >= 400:
        error.retry_after = retry_after(reply)
    return error


def _of_somebody_else(reply: Reply) -> OutcomeUnknownError | None:
    """Say that a refusal is not the service's word on all that it was asked, if the headers beside it tell so."""
    if tell_of_several_attempts(reply):
        return OutcomeUnknownError(
            f"a server before the service asked it several times, as its headers say, and the answer (HTTP "
            f"{reply.status}) is that to the last time only: what became of the others nobody has said"
        )
    if tell_of_a_lost_answer(reply):
        return OutcomeUnknownError(
            f"a server before the service lost its answer, as its header Proxy-Status says: HTTP {reply.status} is "
            "that server's own word"
        )
    return None


def _kept(reply: Reply) -> AfilnetError:
    """Say that an answer is nobody's word on this call; then what had not left whole was not carried out."""
    if not reply.asked_whole:
        return _not_whole(reply)
    return OutcomeUnknownError(f"the answer (HTTP {reply.status}) is nobody's word on this call: {_KEPT}")


def _not_whole(reply: Reply) -> NotSentError:
    return NotSentError(f"HTTP {reply.status} came before the whole request had left, and the connection ended")


def _refused_by_status(reply: Reply) -> ServiceError:
    status = reply.status
    if status == 429:
        return RateLimitedError("HTTP_429", "the service asks to slow down")
    if status == 401:
        from afilnet_protocols.wire.challenge import schemes_asked_for  # few answers get here

        schemes = schemes_asked_for(reply)
        asked = f", which asks for {' or '.join(schemes)}" if schemes else ""
        # A token that it does not take was most likely asked for of somebody else, or for something else.
        named = "protocol, token_url, scope, audience and resource" if "Bearer" in schemes else "the settings"
        return AuthenticationError(
            "HTTP_401",
            f"the service refused the credentials (HTTP 401{asked}): check {named}; behind a proxy also proxy, "
            "proxy_user and proxy_password",
        )
    text = f"the service, or a server before it, refused the request with HTTP {status} and said no more"
    return RejectedRequestError(f"HTTP_{status}", f"{text}: {_REFUSED.get(status, _WRONG_ADDRESS)}")


def _likely(reply: Reply, why: str, met: Met | None) -> str:
    """Say what an answer without a document most likely is, and which setting it may be about."""
    status = reply.status
    if status == 304:
        return (
            "a cache before the service says that nothing has changed (HTTP 304), which nobody asked it: its operator "
            "has to mend that"
        )
    if 300 <= status < 400:
        return (
            f"the service, or a server before it, redirects (HTTP {status}){whereto(reply)}, and redirects are never "
            f"followed: {_set_it(reply)}"
        )
    if met is not None and met.telling:
        return f"the answer (HTTP {status}) is {met.what}, and not the service's document: {met.cure}"
    came = f"HTTP {status} came without the service's document{f' (what came is {met.what})' if met else ''}"
    if status in _LIKELY:
        return f"{came}: {_LIKELY[status]}"
    if status >= 500:
        return f"{came}: the service, or a server before it, fails for now: try again later"
    if status >= 400:
        own = row_of(status).writer != row_of(400).writer
        return (
            f"{came}: {_TROUBLES if own else f'{_WRONG_ADDRESS}, or a server before the service wants something else'}"
        )
    what = why if met is None else f"it is {met.what}; {met.cure} ({_SETTINGS})"
    return f"the answer (HTTP {status}) cannot be understood: {what}"


def _set_it(reply: Reply) -> str:
    host = redirects_to_host(reply)
    place = f"set base_url to {host} (or json_url, or soap_endpoint, to the whole address)" if host else ""
    return f"{place or f'set the address that it redirects to ({_SETTINGS})'}, if that is the service's"


_SETTINGS = "base_url, json_url or soap_endpoint"
_SOMETHING_ELSE = "a server before the service wants something else"
_WRONG_ADDRESS = f"most likely the address is wrong ({_SETTINGS})"
_PAGE = f"{_WRONG_ADDRESS}, or a firewall or an error page of a server before the service answered in its place"
_LIKELY = {
    400: f"the address may be wrong ({_SETTINGS}), or {_SOMETHING_ELSE}, such as client_cert",
    403: f"{_PAGE}, or the address that this program calls from has to be allowed first, or over json the token's "
    "scope does not suffice",
    404: _PAGE,
    405: _PAGE,
    406: f"most likely a firewall (such as mod_security) did not like the request; else the address ({_SETTINGS})",
    407: "only a proxy has a reason to give it: check proxy, proxy_user and proxy_password",
    408: "the service, or a server before it, has waited too long: try again later",
    415: "what answers there takes another content type: over SOAP most likely the version (1.1 or 1.2) of another "
    f"port of the description; else the address is wrong ({_SETTINGS})",
    410: f"most likely the address is in use no longer ({_SETTINGS})",
    **dict.fromkeys((419, 440, 498), "a login or a token is no longer good there: try again, or check the credentials"),
    425: "a server before the service wants it later: try again",
    451: "the service, or a server before it, refuses for reasons of law, such as the country that this program calls "
    "from: ask its operator",
    511: "the network wants a login first: log in to it, or use another",
}
"""What a status without a document is most likely about."""

_TROUBLES = f"a server before the service has troubles of its own: try again later; if it goes on, check {_SETTINGS}"
_TOO_LONG = "the request is too long for it: send a shorter text"
_REFUSED = {
    413: _TOO_LONG,
    414: f"{_TOO_LONG}, or use another protocol than one over GET",
    421: f"the server that answers is not that of this host: check the host in {_SETTINGS}",
    426: f"it wants another protocol, such as TLS: check the scheme in {_SETTINGS}",
    431: _TOO_LONG,
}
"""What a status is most likely about that refuses a request before anything was done."""


def _given_by(status: int) -> str:
    if status == 407 or status > 500:
        return "which servers before the service give for their own troubles"
    return "under which servers before the service give out error pages"


def retry_after(reply: Reply) -> float | None:
    """Return how long the service asks to wait, in seconds; ``None`` if it does not say so intelligibly.

    Source: RFC 9110 §10.2.3: a number of seconds, or an HTTP date; docs/peers.md for the other name of the header.
    """
    said = (reply.headers.get(name, "") for name in ("retry-after", "x-retry-after"))
    answered = reply.headers.get("date", "")
    waits = (seconds_asked(each, time.time(), answered=answered) for each in said)
    return next((wait for wait in waits if wait is not None), None)
