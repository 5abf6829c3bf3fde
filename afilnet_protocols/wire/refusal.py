"""What tells of a refusal inside a success: a member named after errors that holds anything, a status that says no."""

from __future__ import annotations

import re
from collections.abc import Mapping

from afilnet_protocols.catalogue import ERROR_CODES
from afilnet_protocols.patterns import late
from afilnet_protocols.wire.names import fold

_REFUSALS = late(
    r"(?:error|fault|exception|fail|reject).*|err(?:s|no|num|code|msg|message|text|desc|description)?|(?!no).*errors?"
)
"""Names of members that tell of a refusal if they hold anything."""

_REFUSALS_OF_A_SEND = late(r"(?:refus|denie|declin|bounce|invalid|unsent|notsent|undeliver|blocked|discard).*")
"""The same in the answer to a send. In a list they may be about what is listed, such as a channel that is blocked."""

_ASSENTS = ("success", "successful", "succeeded", "issuccess", "issuccessful", "ok", "isok", "accepted")
"""Names of members that tell of a refusal if they are false."""

_ASSENTS_TO_A_SEND = ("sent", "issent", "messagesent", "queued")
"""The same in the answer to a send; in a record ``sent`` says who wrote a message. What is not delivered may yet be."""

_STATUSES = (
    *("status", "state", "outcome", "result", "code", "statuscode", "statustext", "statusmessage", "messagestatus"),
    *("sendstatus", "resultcode", "resultstatus", "responsecode", "returncode"),
)
_NO = frozenset(
    {"error", "errors", "fail", "failed", "failure", "fault", "rejected", "refused", "denied", "ko", "nok"}
    | {"false", "invalid", "forbidden", "unauthorized", "aborted", "canceled", "cancelled", "unsent", "notsent"}
    | {"undelivered", "undeliverable", "notdelivered", "blocked", "declined", "discarded", "bounced"}
)
"""How a member named like a status begins if it tells of a refusal."""

_CODE_OF_REFUSAL = late(
    r"(?:NO|NOT|INCORRECT|INVALID|MISSING|UNKNOWN|ERROR)_[A-Z0-9_]+"
    r"|[A-Z0-9_]+_(?:NOT_FOUND|ERROR|FAILED|DENIED|REJECTED|REQUIRED|EXPIRED|EXCEEDED)",
    re.ASCII,
)
"""The form of the vendor's codes, those of other classes of the API too, such as ``NO_CREDITS``."""

ITEMS = ("item", "string", "value", "anytype", "element")
"""What XML calls the elements of a list of texts."""

_WORD = late(r"[A-Za-z0-9_-]+", re.ASCII)

_HTTP_REFUSAL = late("[45][0-9][0-9]", re.ASCII)

_NEGATIVE = late("-0*[1-9][0-9]{0,9}", re.ASCII)

_NOTHING = frozenset({"", "false", "none", "null", "nil", "n/a", "ok", "success", "noerror", "noerrors"})
"""What a text named after errors holds where there are none, folded and without blanks; or noughts, such as ``000``."""


def refuses(folded: str, value: object) -> bool:
    """Whether a member tells of a refusal.

    Args:
        folded: its name, folded.
        value: what it holds.
    """
    if is_refusal(folded, value):
        return True
    word = value.strip() if isinstance(value, str) else value
    if folded in _ASSENTS:
        return _is_false(word) or (isinstance(word, str) and fold(word) in _NO)
    if folded not in _STATUSES:
        return False
    if isinstance(word, Mapping) and len(word) == 1:
        ((name, inner),) = word.items()
        return fold(name) in ITEMS and refuses(folded, inner)
    if isinstance(word, list):
        return any(refuses(folded, item) for item in word if isinstance(item, str | bool))
    if isinstance(word, str):
        first = _WORD.match(word)
        code = first.group() if first else ""
        refused = fold(code) in _NO or code.upper() in ERROR_CODES or _CODE_OF_REFUSAL.fullmatch(code) is not None
        return refused or (folded != "result" and _HTTP_REFUSAL.fullmatch(word) is not None)
    return word is False or (folded != "result" and isinstance(word, int) and 400 <= word < 600)


def refuses_a_send(folded: str, value: object) -> bool:
    """Whether a member of the answer to a send tells of a refusal, beyond those of :func:`refuses`.

    Args:
        folded: its name, folded.
        value: what it holds.
    """
    if folded in _ASSENTS_TO_A_SEND or folded == "result":
        # XML Schema writes false as 0, too, and so does PHP (Part 2 §3.2.2).
        return _is_false(value) or _is_negative(value)
    if folded in _STATUSES:
        return _is_negative(value)
    return _REFUSALS_OF_A_SEND.fullmatch(folded) is not None and not _is_nothing(value)


def is_refusal(folded: str, value: object) -> bool:
    """Whether a member is named after errors and tells of one; see :func:`refuses`."""
    return _REFUSALS.fullmatch(folded) is not None and not _is_nothing(value)


def _is_nothing(value: object) -> bool:
    """Whether a value says nothing: empty, false or nought, or made of such."""
    if isinstance(value, str):
        return fold("".join(value.split())).strip("0") in _NOTHING
    if isinstance(value, Mapping):
        return all(map(_is_nothing, value.values()))
    return all(map(_is_nothing, value)) if isinstance(value, list) else not value


def _is_false(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() in ("0", "false", "f", "no", "n")
    return isinstance(value, int | float) and not value


def _is_negative(value: object) -> bool:
    """Whether a value is a number below nought, as functions of C and PHP answer where they fail."""
    if isinstance(value, str):
        return _NEGATIVE.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and value < 0
