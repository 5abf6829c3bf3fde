"""What tells of a refusal inside a success: a member named after errors that holds anything, a status that says no."""

from __future__ import annotations

import re
from collections.abc import Mapping

from afilnet_protocols.catalogue import ERROR_CODES
from afilnet_protocols.patterns import late
from afilnet_protocols.wire.document.meant import ITEMS, alone, apart, plainly
from afilnet_protocols.wire.document.not_done import FAILURES, NONE_OF_THEM, says_not_done
from afilnet_protocols.wire.names import fold

_REFUSALS = late(
    r"(?:error|fault|exception|fail(?!over|safe)|reject|problem|fall(?:o|id)|rechaz).*|err(?:s|no|num|code|msg|message|text|desc|description)?|(?!no).*errors?"
    r"|(?:login|auth|authentication)required|sessionexpired|violations?"
)
"""Names of members that tell of a refusal if they hold anything, in English and in the vendor's own language."""

USUAL = frozenset({"status", "result", "list", "item"})
"""The names around the records of a documented answer, none of them such a one: known without the expression."""

_REFUSALS_OF_A_SEND = late(
    r"(?:refus|denie|declin|bounce|invalid|unsent|notsent|undeliver|blocked|discard|noenviad|noentregad|skipped).*"
    r"|(?:black|block)listed|unsubscribed|suppressed|dropped|aborted|cancell?ed|expired|timedout"
    r"|dryrun|simulat(?:ed|ion)|testmode|mock(?:ed)?|demo(?:mode)?|sandbox(?:mode)?|partial"
    r"|ignored|omitted|throttled|ratelimited|duplicated?|(?:total|num)?(?:ko|nok|nack)s?(?:count|total)?"
    r"|(?:is)?test|noop|validat(?:e|ion)only|draft|opt(?:ed)?out|captcha"
    r"|requires(?:action|approval|captcha|confirmation|consent|mfa|optin|otp|payment|template|verification)"
    r"|(?:action|approval|captcha|confirmation|consent|mfa|optin|otp|payment|template|verification)(?:required|needed)"
    r"|.*exceeded|(?:insufficient|unauthori[sz]ed|forbidden).*|(?:no|outof)(?:credits?|balance|saldo)|banned|suspended|spam"
)
"""The same in the answer to a send. In a list they may be about what is listed, such as a channel that is blocked. What
is done for a trial, or in part, is not done."""

_ASSENTS = (
    *("success", "successful", "succeeded", "issuccess", "issuccessful", "ok", "isok", "accepted", "exito"),
    *("authenticated", "isauthenticated", "authorized", "isauthorized", "authorised", "loggedin", "isloggedin"),
)
"""Names of members that tell of a refusal if they are false."""

_ASSENTS_TO_A_SEND = late(
    r"(?:is|was|has(?:been)?|messages?|sms|total|num)?(?:sent|queued|accepted|submitted)(?:count|total)?"
    r"|(?:was|total|num)?success(?:ful(?:ly)?)?(?:count|total)?|(?:is)?valid|allowed|permitted|enviados?|aceptados?"
    r"|recipients|recipientcount|livemode"
)
"""The same in the answer to a send; in a record ``sent`` says who wrote a message. What is not delivered, processed or
done may yet be, and an identifier may come later.
"""

_STATUSES = (
    *("status", "state", "outcome", "result", "code", "statuscode", "statustext", "statusmessage", "messagestatus"),
    *("sendstatus", "resultcode", "resultstatus", "responsecode", "returncode", "httpcode", "httpstatus", "estado"),
    *("httpstatuscode", "httpresponsecode"),
    *("ack", "retcode", "returnvalue", "stat", "codigo"),
)
_STATUSES_OF_A_SEND = late(
    r".+(?:status|state|result)|.*(?:status|state)(?:details?|info|description|reason)|delivery(?:report)?|resultado|response"
    r"|access|acceso|permissions?|permisos?|type|level|severity"
)
"""The same in the answer to a send; beside a list ``channelstatus`` may be about what is listed."""
_NO = frozenset(
    {"error", "errors", "err", "fail", "failed", "failure", "fault", "rejected", "refused", "denied", "ko", "nok"}
    | {"nack", "false", "invalid", "forbidden", "unauthorized", "aborted", "canceled", "cancelled", "unsent", "notsent"}
    | {"rejectd", "undeliv"}
    | {"undelivered", "undeliverable", "notdelivered", "blocked", "declined", "discarded", "bounced", "expired"}
    | {"fallo", "fallido", "rechazado", "denegado", "cancelado", "caducado", "incorrecto", "noenviado", "noentregado"}
)
"""How a member named like a status begins, by its first word or the first two, if it tells of a refusal."""

_NO_TO_A_SEND = frozenset(
    {"skipped", "dropped", "suppressed", "ignored", "omitted", "throttled", "ratelimited", "duplicate", "duplicated"}
    | {"timeout", "timedout", "unsubscribed", "blacklisted", "blocklisted", "simulated", "dryrun", "draft", "borrador"}
    | {"optedout", "optout", "unreachable", "unroutable", "notqueued", "notaccepted", "notfound", "notallowed"}
    | {"notpermitted", "notauthorized", "notauthorised", "notsupported", "notregistered", "notsubscribed"}
    | {"omitido", "ignorado"}
)
"""The same in the answer to a send."""

_NUMBER = late(r"\+?(?:[0-9] ?){7,20}", re.ASCII)
"""A telephone number, as the name of a member: what it holds became of the message to it."""

_IDENTIFIERS = ("messageid", "msgid", "smsid", "idmensaje")
"""Names of what a message is known by; functions that make one answer false, or a number below nought, if they fail."""

_CODE_OF_REFUSAL = late(
    r"(?:NO|NOT|INCORRECT|INVALID|MISSING|UNKNOWN|ERROR)_[A-Z0-9_]+"
    r"|INSUFFICIENT_[A-Z0-9_]+|[A-Z0-9_]+_NOT_(?:FOUND|SENT|DELIVERED|ALLOWED|ACCEPTED|PERMITTED)"
    r"|[A-Z0-9_]+_(?:ERROR|FAILED|DENIED|REJECTED|REQUIRED|EXPIRED|EXCEEDED|REFUSED|BLOCKED|FORBIDDEN|UNAVAILABLE)",
    re.ASCII,
)
"""The form of the vendor's codes, those of other classes of the API too, such as ``NO_CREDITS``."""

_REASONS = ("reason", "cause", "explanation", "motivo", "causa", "razon")
"""Names of members that hold a sentence of the service's own, wherever they stand."""

_WHAT_IS_SAID = ("result", "resultado", "response", "delivery")
"""Names of what may hold what was asked for, or what was sent, so that not every text in it is a status."""

_LONGEST_STATUS = 200
"""How much of a status is looked at, in characters."""

_LONGEST_TWO = 40
"""In how many characters two words are looked for."""

_WORD = late(r"[A-Za-z0-9_-]+", re.ASCII)

_HTTP_REFUSAL = late(
    r"[45][0-9][0-9](?:\.0+)?(?: (?:bad|unauthori[sz]ed|payment|forbidden|not|method|proxy|request|conflict|gone|length"
    r"|precondition|content|payload|uri|unsupported|range|expectation|misdirected|unprocessable|locked|failed|too"
    r"|upgrade|unavailable|internal|server|service|gateway|http|insufficient|loop|network|error)\b[a-z ]*)?[.!]?",
    re.ASCII | re.IGNORECASE,
)
"""A status of HTTP, alone or before its words; ``404 messages found`` is a number of messages."""

_NUMBERED = late(r"E(?:RR(?:OR)?)?[_-]?(?!0+$)[0-9]{2,}", re.ASCII)
"""A code of errors that is a number: ``E1001``, ``ERR_17``; not the nought of none."""

_NEGATED = late(r"\b(?:no|not|none|nothing|without|never|sin|ning[uú]n\w*|[0-9]+) ", re.IGNORECASE)
_FAILED = late(rf"\b(?:{FAILURES})\b(?!{NONE_OF_THEM})", re.IGNORECASE)
_NONE_OR_NOT_YET = late(
    rf"(?:errors?|{FAILURES})(?: (?:count|total))?{NONE_OF_THEM}|not? \w+ (?:yet|a[uú]n|todav[ií]a)\b", re.IGNORECASE
)
"""How a status begins that tells of no failure, or of none so far: ``Failed: 0, sent: 1``, ``Not delivered yet``."""

_NEGATIVE = late(r"-(?=[0-9.]*[1-9])[0-9]{1,12}(?:\.[0-9]{1,12})?", re.ASCII)
_NOUGHT = late(r"0(?:\.0+)?", re.ASCII)

_NOTHING = frozenset(
    {"", "false", "none", "null", "nil", "n/a", "ok", "success", "noerror", "noerrors"}
    | {"ninguno", "ninguna", "ningunerror", "sinerror", "sinerrores", "nohayerror", "nohayerrores"}
)
"""What a text named after errors holds where there are none, folded and without blanks; or noughts, such as ``000``."""

_QUESTIONS = late(r"(?:has|is|any)?(?:err|errors?|faults?|exceptions?|fail(?:ed|ures?)?|problems?|rejected)")
"""Names of members that may hold an answer to whether there is one; a message of that name is a message."""

_ANSWERS_NO = ("no", "n", "off", "f")


def refuses(folded: str, value: object) -> bool:
    """Whether a member tells of a refusal."""
    if is_refusal(folded, value):
        return True
    if folded in _ASSENTS:
        word = alone(value)
        return _is_false(word) or (isinstance(word, str) and fold(word.strip()) in _NO)
    return folded in _STATUSES and _says_no(folded, value)


def _says_no(folded: str, word: object) -> bool:
    """Whether what a member named like a status holds tells of a refusal."""
    if isinstance(word, Mapping):
        (name, held), *others = word.items() or [("", None)]
        if not others and fold(name) in ITEMS:
            return _says_no(folded, held)  # as XML writes a list
        # A status that has a name, a group and a number, of which each that is a number is looked at for itself; the
        # others hold none. A flag is none: one that is not final has not failed.
        texts = [] if folded in _WHAT_IS_SAID else [inner for inner in word.values() if isinstance(inner, str)]
        return any(_says_no(folded, text) for text in texts if not (_is_false(text) or text.strip().isdecimal()))
    if isinstance(word, list):
        kinds = str | bool if folded in _WHAT_IS_SAID else str | int | float
        return any(_says_no(folded, item) for item in word if isinstance(item, kinds))
    if isinstance(word, str):
        word = plainly(word)
        begins = _begins(word)
        words = apart(word)
        first = (*_first_words(word), *_first_words(words))
        refused = not _NO.isdisjoint(first) and _NONE_OR_NOT_YET.match(words) is None
        refused = refused or _is_code(begins.upper(), begins)
        return refused or (folded != "result" and _HTTP_REFUSAL.fullmatch(word) is not None)
    # Numbers of JSON are equal however they are written: 500.0 is 500.
    return word is False or (folded != "result" and isinstance(word, int | float) and 400 <= word < 600)


def refuses_a_send(folded: str, value: object) -> bool:
    """Whether a member of the answer to a send tells of a refusal, beyond those of :func:`refuses`."""
    given, value = value, alone(value)
    is_assent = _ASSENTS_TO_A_SEND.fullmatch(folded) is not None
    if value in ("", [], {}) and (folded in _ASSENTS or is_assent):
        return True  # it went to nobody; or it is false, of which PHP makes an empty text
    if (folded == "result" and _tells_of_failure(value)) or (folded in ("result", *_REASONS) and says_not_done(value)):
        return True
    if is_assent or folded == "result":
        # XML Schema writes false as 0, too, and so does PHP (Part 2 §3.2.2).
        # Who it went to may be a group, whose number is below nought in Telegram.
        return _is_false(value) or (folded != "recipients" and _is_negative(value))
    if folded in _STATUSES:
        return _is_negative(value) or _tells_of_failure(value)
    if folded in _IDENTIFIERS:
        # A nought may be all that a service has to tell; of a group, which has a negative one, it is no message's.
        return _is_negative(value) or value is False or (isinstance(value, str) and fold(value.strip()) == "false")
    if _NUMBER.fullmatch(folded) is not None:
        return _is_false(value) or _is_negative(value) or _says_no(folded, given)
    if _STATUSES_OF_A_SEND.fullmatch(folded) is not None:
        # A response may be a text for people, which tells of a refusal by how it begins, or in so many words.
        told = says_not_done(value) if folded == "response" else _tells_of_failure(value)
        return told or _says_no(folded, given)
    # Many of these are flags.
    return _REFUSALS_OF_A_SEND.fullmatch(folded) is not None and not (says_nothing(value) or _is_false(value))


def may_refuse(folded: str) -> bool:
    """Whether a member of this name, folded, tells of a refusal by anything that it may hold."""
    return any(refuses(folded, value) or refuses_a_send(folded, value) for value in (False, "error", -1))


def _tells_of_failure(value: object) -> bool:
    """Whether what a status of a send holds is a text that tells of a failure further on, or one of a few signs."""
    if not isinstance(value, str):
        return False
    text = apart(plainly(value))[:_LONGEST_STATUS]
    if text.casefold() in ("no", "n") or _NUMBERED.fullmatch(text) is not None or says_not_done(text):
        return True
    if not _NO_TO_A_SEND.isdisjoint(_first_words(text)):
        return True
    return _FAILED.search(text) is not None and _NEGATED.search(text) is None


def says_no(value: object) -> bool:
    """Whether a value is a text that would tell of a refusal if it were the result of a send; a number is none."""
    return isinstance(value, str) and (_tells_of_failure(value) or _says_no("result", value))


def holds_a_code(value: object, *, whole: bool = False) -> bool:
    """Whether a value is a code of refusal, or a list with one, or a text that begins with one: ``NO_CREDITS: top up``.

    Args:
        value: what a member of the answer to a send holds, whatever its name.
        whole: whether only a text that is a code and nothing else counts.
    """
    if isinstance(value, list):
        return any(holds_a_code(item, whole=whole) for item in value)
    if not isinstance(value, str):
        return False
    text = plainly(value)
    begins = text if whole else _begins(text)
    return _is_code(begins, begins)


def _first_words(text: str) -> tuple[str, str]:
    """Return the first word of a text, and the first two as one, folded."""
    return fold(_begins(text)), fold("".join(_WORD.findall(text[:_LONGEST_TWO])[:2]))


def _begins(text: str) -> str:
    first = _WORD.match(text)
    return first.group() if first else ""


def _is_code(documented: str, formed: str) -> bool:
    is_formed = _CODE_OF_REFUSAL.fullmatch(formed) is not None
    return documented in ERROR_CODES or (is_formed and not says_nothing(formed))


def is_refusal(folded: str, value: object) -> bool:
    """Whether a member is named after errors and tells of one; see :func:`refuses`."""
    if folded in USUAL or _REFUSALS.fullmatch(folded) is None or says_nothing(value):
        return False
    if isinstance(value, str) and (told := plainly(value).rstrip("!")) and says_nothing(told):
        return False
    answers_no = isinstance(value, str) and value.strip().casefold() in _ANSWERS_NO
    return not (answers_no and _QUESTIONS.fullmatch(folded) is not None)


def says_nothing(value: object) -> bool:
    """Whether a value says nothing: empty, false or nought, or made of such."""
    if isinstance(value, str):
        return fold("".join(value.split())).strip("0") in _NOTHING
    if isinstance(value, Mapping):
        return all(map(says_nothing, value.values()))
    return all(map(says_nothing, value)) if isinstance(value, list) else not value


def _is_false(value: object) -> bool:
    if isinstance(value, str):
        word = value.strip().casefold()
        return word in ("false", "f", "no", "n", "off") or _NOUGHT.fullmatch(word) is not None
    return isinstance(value, int | float) and not value


def _is_negative(value: object) -> bool:
    """Whether a value is a number below nought, as functions of C and PHP answer where they fail."""
    if isinstance(value, str):
        return _NEGATIVE.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and value < 0
