"""The service's envelope, ``{status, result | error}``, as every protocol carries it: into records, or into an error.

Observed in the vendor's own libraries: ``{"status":"SUCCESS","result":…}`` and ``{"status":"ERROR","error":"CODE"}``.
Not documented, and so read tolerantly: the letter case of ``status`` and of documented codes, whether ids are numbers
or strings, where a list stands, and how an empty one, or one with gaps in its numbering, is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar, cast

from afilnet_protocols.catalogue import ERROR_CODES, Operation
from afilnet_protocols.errors import AuthenticationError, RateLimitedError, ServiceError, UnknownServiceError
from afilnet_protocols.patterns import late
from afilnet_protocols.security.redaction import shown
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.document.assent import assent_in
from afilnet_protocols.wire.document.contents import Contents
from afilnet_protocols.wire.document.meant import ITEMS, opened
from afilnet_protocols.wire.document.record import read_records
from afilnet_protocols.wire.foreign_codes import about
from afilnet_protocols.wire.headers_beside import tell_of_an_error
from afilnet_protocols.wire.malformed import Malformed
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.strict_json import TWICE, is_doubtful
from afilnet_protocols.wire.verdict import confirms, refused, unintelligible

R = TypeVar("R")

_CODE = late(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)

CODE_NAMES = ("error", "code", "errorcode", "faultcode")
"""Names, folded, of what holds an error code beside its description."""

_CODE_MEMBERS = (*CODE_NAMES, "errors")
"""Names, folded, of what may hold the code of an error whose ``error`` is a sentence or absent."""

_BY_FOLD = {fold(code): code for code in ERROR_CODES}
"""The documented codes, by what is left of them without letter case and separators."""

_NO_CODES = ("true", "false", "null", "none")
"""What is no code though it is a word: values of JSON, which XML has as texts."""

_LEADING = late(r"\[?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?=$|\s*[:.,;(\]\-\u2013\u2014]|\s+at\s\S+\sline\s[0-9])", re.ASCII)
"""A code at the beginning of a text, in brackets or not; Perl adds `` at FILE line N`` to what a program dies of."""


def read(operation: Operation[R], envelope: Mapping[str, object], reply: Reply, *, skip_odd: bool = False) -> R:
    """Turn an envelope into the operation's records, or raise what it says.

    Args:
        operation: the operation that was called.
        envelope: the envelope, however the protocol carried it.
        reply: the HTTP answer it came in.
        skip_odd: whether records that cannot be read are left out, with a note of each.

    Returns:
        The records; ``None`` for a send that the service confirmed.

    Raises:
        ServiceError: the envelope holds an error code.
        OutcomeUnknownError: it is neither a success nor an error, or both at once; or what it holds is not what the
            operation answers, or not all of it can be read.
    """
    why = place = ""
    status = envelope.get("status")
    # Not casefold(), to which the long s of old print is an s, too.
    word = status.strip().lower() if isinstance(status, str) else ""
    try:
        if word == "error":
            if is_doubtful(envelope):
                raise Malformed(TWICE)
            if place := assent_in(envelope, reply.sent):
                # Which of the two counts nobody can tell: it may have happened.
                raise Malformed(f"it is an error and a success at once: see {place}")
            raise refused(reply, error_for(_code(envelope), reply))
        if word != "success":
            # What tells of a deed is no refusal, whatever it calls its status.
            place = assent_in(envelope, reply.sent) if operation.record is None else ""
            beside = f"; it tells of a success, too: see {place}" if place else ""
            raise Malformed(
                "its status is neither SUCCESS nor ERROR: another service may have answered "
                f"(base_url, json_url or soap_endpoint){beside}"
            )
        if not confirms(reply):
            beside = " and with a header that tells of an error" if tell_of_an_error(reply) else ""
            beside += "" if reply.asked_whole else " before the whole request had left"
            raise Malformed(f"it says SUCCESS with HTTP {reply.status}{beside}")
        return cast("R", _success(operation, envelope, reply.sent, skip_odd=skip_odd))
    except Malformed as error:
        why = str(error)
    contradictory = word == "success" or bool(place)
    raise unintelligible(reply, why=why, success=contradictory, whole=word == "error")


def refusal_in(envelope: Mapping[str, object], reply: Reply) -> ServiceError | None:
    """Return the service's own refusal that an envelope holds, if it is its word on the call that it came for."""
    if str(envelope.get("status")).strip().casefold() != "error" or assent_in(envelope, reply.sent):
        return None
    try:
        error = refused(reply, error_for(_code(envelope), reply))
    except Malformed:
        return None
    return error if isinstance(error, ServiceError) else None


def error_for(code: str, reply: Reply | None = None) -> ServiceError:
    """Return the error that a service's code is raised as; an undocumented code is an ``UnknownServiceError``."""
    if code not in ERROR_CODES:
        # Then it is just the service's own text, which may repeat a secret that it was told.
        code = shown(code)
    if reply is not None and reply.status == 429:
        return RateLimitedError(code, f"the service asks to slow down ({code})")
    known = ERROR_CODES.get(code)
    if known is None and reply is not None and reply.status == 401:
        # Whatever the code: a 401 is given before anything is done (RFC 9110 §15.5.2).
        return AuthenticationError(code, f"the service refused the credentials ({code}, HTTP 401): check the settings")
    if known is None:
        guess = about(code)
        text = f"the service answered {code}, a code that no vendor page lists for chat"
        return UnknownServiceError(code, f"{text}; {guess}" if guess else text)
    return known.error(code, f"{code}: {known.about}")


def _success(
    operation: Operation[object], envelope: Mapping[str, object], sent: tuple[str, ...] | None, *, skip_odd: bool
) -> list[object] | None:
    """Return what a success holds."""
    contents = Contents(operation, envelope, sent)
    if contents.refusals:
        # Which of the two counts nobody can tell: it may have happened.
        raise Malformed(f"it is a success and an error at once: see {contents.refusals[0]}")
    if operation.record is None:
        return None
    return read_records(operation, contents.listing(), skip=skip_odd)


def _code(envelope: Mapping[str, object]) -> str:
    """Return the code of an error: that in ``error``, or the only one in a member of a similar name."""
    envelope = {name: opened(held) for name, held in envelope.items()}
    value = envelope.get("error")
    code = _code_in(value)
    if code:
        return code
    beside = _codes_beside(envelope)
    if not beside and isinstance(held := envelope.get("result"), Mapping):
        # There it counts if it is documented: EUR may be the code of something else.
        beside = _codes_beside(held).intersection(ERROR_CODES)
    if len(beside) == 1:
        return beside.pop()
    raise Malformed("it is an error without an error code" + ("" if value is None else f": {no_code('error', value)}"))


def _codes_beside(members: Mapping[str, object]) -> set[str]:
    return {found for name, held in members.items() if fold(name) in _CODE_MEMBERS and (found := _code_in(held))}


def _code_in(value: object) -> str:
    """Return a text that is a code or begins with one, the only one in a list, or the one that an object names."""
    held = value
    if isinstance(held, Mapping) and len(held) == 1 and ((name := next(iter(held))).isdecimal() or fold(name) in ITEMS):
        held = list(held.values())  # as PHP writes a list with a gap, and XML a list of one
    if isinstance(held, list) and len(held) == 1:
        (held,) = held
    if isinstance(held, Mapping):
        told = {code for name, inner in held.items() if fold(name) in CODE_NAMES and (code := as_code(inner))}
        held = told.pop() if len(told) == 1 else held
    return as_code(held) or leading_code(held)


def leading_code(value: object) -> str:
    """Return the code that a text begins with, told apart from what follows: ``CHAT_NOT_FOUND: …``; empty if none."""
    found = _LEADING.match(value.strip()) if isinstance(value, str) else None
    return found.group(1) if found else ""


def as_code(value: object) -> str:
    """Return an error code out of a value, a documented one in the documented letters; empty if it is none."""
    text = value.strip() if isinstance(value, str) else ""
    if not _CODE.fullmatch(text) or text.lower() in _NO_CODES:
        return ""
    return _BY_FOLD.get(fold(text), text)


def no_code(name: str, value: object) -> str:
    """Say what stands in the place of an error code, without repeating it."""
    if isinstance(value, str):
        text = value.strip()
        word = "something else" if text.lower() in _NO_CODES else "a sentence"
        kind = "empty" if not text else "a number" if text.isdecimal() else word
    elif isinstance(value, bool) or not isinstance(value, int | float):
        kind = "false" if value is False else "something else"
    else:
        kind = "a number"
    # What it says may repeat what was sent.
    return f"its '{name}' is {kind} and no code{': ask the service what is wrong' if kind == 'a sentence' else ''}"
