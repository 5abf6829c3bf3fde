"""What a service may do where the vendor leaves it open: every dimension, every value, and where each comes from.

Sources: the vendor's pages and libraries where a value says so; otherwise what PHP, which the vendor's samples and
libraries are written in, and other platforms do by default. That the service does any of it is then *assumed*.
"""

from __future__ import annotations

from typing import NamedTuple

from afilnet_protocols.catalogue import VENDOR_PAGE
from afilnet_protocols.suggestion import did_you_mean
from afilnet_protocols.vocabulary import Provenance

Answer = str | int | bool
"""A value of a dimension."""

DOCUMENTED, OBSERVED, ASSUMED = Provenance.DOCUMENTED, Provenance.OBSERVED, Provenance.ASSUMED
_LIBRARIES = "the vendor's libraries for PHP, Node and Python"


class Value(NamedTuple):
    """One value of a dimension.

    Attributes:
        value: how ``dialect.toml`` writes it.
        about: what the service then does.
        provenance: whether the vendor says or shows that the service does so.
        source: where.
        refused: the field that the client's error names, if the client cannot read it; empty if it can.
    """

    value: Answer
    about: str
    provenance: Provenance = ASSUMED
    source: str = ""
    refused: str = ""


class Dimension(NamedTuple):
    """One thing that a service may do in several ways.

    Attributes:
        name: its section and key in ``dialect.toml``.
        about: the question.
        values: the answers; the first is the default.
    """

    name: str
    about: str
    values: tuple[Value, ...]

    def value(self, answer: Answer) -> Value | None:
        """Return a value by how it is written; ``None`` if there is no such value."""
        # 1 is no True here.
        return next((each for each in self.values if each.value == answer and type(each.value) is type(answer)), None)


def _v(value: Answer, about: str, provenance: Provenance = ASSUMED, source: str = "", *, refused: str = "") -> Value:
    return Value(value, about, provenance, source, refused)


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "json.status",
        "how `status` is written",
        (
            _v("upper", "`SUCCESS`, `ERROR`", OBSERVED, _LIBRARIES),
            _v("lower", "`success`, `error`", DOCUMENTED, VENDOR_PAGE),
            _v("title", "`Success`, `Error`"),
            _v("padded", "with a blank on either side"),
        ),
    ),
    Dimension(
        "json.layout",
        "how JSON is laid out",
        (
            _v("compact", "without blanks", OBSERVED, "multiOTP, which looks for these bytes"),
            _v("spaced", "with a blank after each comma and colon"),
            _v("pretty", "over several lines"),
        ),
    ),
    Dimension(
        "json.prefix",
        "what stands before the envelope",
        (
            _v("none", "nothing"),
            _v("bom", "a byte order mark"),
            _v("blank_lines", "blank lines, as files that PHP includes leave them"),
        ),
    ),
    Dimension(
        "json.escapes",
        "which characters JSON escapes beyond those that it must",
        (
            _v("none", "none"),
            _v("unicode", "all beyond ASCII"),
            _v("slashes", "the slash"),
            _v("php", "both, as `json_encode` does by default"),
        ),
    ),
    Dimension(
        "json.content_type",
        "the `Content-Type` of an answer",
        (
            _v("application/json; charset=utf-8", "JSON, with its encoding"),
            _v("application/json", "JSON"),
            _v("text/html; charset=UTF-8", "what PHP sends if nothing is said"),
            _v("text/html", "a web page"),
            _v("text/html; charset=ISO-8859-1", "a web page, of an encoding that it is not in"),
            _v("text/plain; charset=UTF-8", "plain text"),
        ),
    ),
    Dimension(
        "json.error_http",
        "the HTTP status of an envelope with an error",
        (
            _v(200, "that of a success"),
            _v(400, "Bad Request"),
            _v(401, "Unauthorized"),
            _v(403, "Forbidden"),
            _v(404, "Not Found"),
            _v(422, "Unprocessable Content"),
            _v(500, "Internal Server Error"),
        ),
    ),
    Dimension(
        "json.error_beside",
        "what `error` is beside a success",
        (
            _v("absent", "it is not there", OBSERVED, "the samples of the vendor's libraries"),
            _v("null", "null"),
            _v("text", "an empty text"),
            _v("array", "an empty array"),
            _v("false", "false"),
            _v("zero", "0"),
        ),
    ),
    Dimension(
        "json.extra",
        "where there are fields that no page lists",
        (
            _v("none", "nowhere"),
            _v("item", "in each record"),
            _v("envelope", "beside `status`"),
            _v("result", "beside `list`"),
        ),
    ),
    Dimension(
        "lists.empty",
        "how a list of nothing is written",
        (
            _v("array", "`list` is an empty array"),
            _v("object", "`list` is an empty object"),
            _v("null", "`list` is null"),
            _v("text", "`list` is an empty text"),
            _v("absent", "`result` is an empty object"),
            _v("result_null", "`result` is null"),
            _v("result_array", "`result` is an empty array"),
            _v("result_text", "`result` is an empty text"),
            _v("result_absent", "there is no `result`"),
            _v("false", "`list` is false: what PHP's functions give where they fail, too", refused="result.list"),
            _v("result_false", "`result` is false", refused="result"),
        ),
    ),
    Dimension(
        "lists.form",
        "how a list of something is written",
        (
            _v("array", "an array in `result.list`", DOCUMENTED, VENDOR_PAGE),
            _v("object", "an object of items, counted from 0"),
            _v("gaps", "an object of items whose numbers have gaps, as `array_filter` leaves them"),
            _v("lone", "an array; one item alone stands for itself"),
            _v("result", "`result` is the array", OBSERVED, "the page of sms.getdeliverystatus shows no `list`"),
            _v("result_lone", "`result` is the array; one item alone stands for itself"),
        ),
    ),
    Dimension(
        "lists.empty_channel",
        "what `getchats` answers for a channel without conversations",
        (_v("list", "an empty list"), _v("error", "`CHAT_NOT_FOUND`")),
    ),
    Dimension(
        "lists.unknown_chat",
        "what `getmessages` answers for somebody with whom there is no conversation",
        (
            _v("error", "`CHAT_NOT_FOUND`", DOCUMENTED, VENDOR_PAGE),
            _v("list", "an empty list"),
        ),
    ),
    Dimension(
        "lists.messages",
        "the order of messages",
        (_v("oldest_first", "the oldest first"), _v("newest_first", "the newest first")),
    ),
    Dimension(
        "lists.chats",
        "the order of conversations",
        (
            _v("oldest_first", "in the order in which they began"),
            _v("newest_first", "the one with the newest message first"),
        ),
    ),
    Dimension(
        "records.ids",
        "how `platformid` and `messageid` are written in JSON",
        (
            _v("text", "as texts", OBSERVED, "samples in PHP and Node"),
            _v("number", "as numbers where they are such", OBSERVED, "samples in PHP"),
        ),
    ),
    Dimension(
        "records.destination",
        "how `destination` is written in JSON",
        (_v("text", "as a text"), _v("number", "as a number where it is one")),
    ),
    Dimension(
        "records.flags",
        "how `sent` and `issent` are written",
        (
            _v("boolean", "true, false"),
            _v("number", "1, 0"),
            _v("digits", '"1", "0"'),
            _v("words", '"true", "false"'),
            _v("letters", '"t", "f", as PostgreSQL gives them to PHP'),
            _v("cast", '"1", "", as PHP casts them to texts', refused="sent"),
        ),
    ),
    Dimension(
        "records.sent",
        "which name the flag has",
        (
            _v("documented", "`issent` among unread messages, else `sent`", DOCUMENTED, VENDOR_PAGE),
            _v("swapped", "the other way round"),
            _v("both", "both, everywhere"),
            _v("sent", "`sent` everywhere"),
            _v("issent", "`issent` everywhere"),
        ),
    ),
    Dimension(
        "records.times",
        "how `datetime` is written",
        (
            _v("plain", "`2026-01-02 03:04:05`, as the page writes dates in requests"),
            _v("t", "`2026-01-02T03:04:05`"),
            _v("fraction", "`2026-01-02 03:04:05.000000`"),
            _v("utc", "`2026-01-02T03:04:05Z`"),
            _v("offset", "`2026-01-02T04:04:05+01:00`"),
            _v("unix", "seconds since 1970, as a number", refused="datetime"),
            _v("unix_text", "seconds since 1970, as a text", refused="datetime"),
            _v("day_first", "`02/01/2026 03:04:05`", refused="datetime"),
            _v("minutes", "`2026-01-02 03:04`", refused="datetime"),
            _v("zeros", "`0000-00-00 00:00:00`, as MySQL writes what is unknown", refused="datetime"),
            _v("null", "null", refused="datetime"),
        ),
    ),
    Dimension(
        "records.status",
        "how the `status` of a message is written",
        (_v("words", "as a word"), _v("number", "as a number"), _v("null", "null")),
    ),
    Dimension(
        "records.names",
        "how the `name` of a channel is written",
        (_v("text", "as a text"), _v("null", "null")),
    ),
    Dimension(
        "records.message_ids",
        "what identifies a message",
        (
            _v("unique", "`messageid`, which is another for each message and stays"),
            _v("blank", "nothing: `messageid` is empty", refused="messageid"),
            _v("reused", "not `messageid` alone: it begins again after a while"),
            _v("changing", "not `messageid`: it is another in every list"),
        ),
    ),
    Dimension(
        "sends.result",
        "the `result` of a send",
        (
            _v("absent", "there is none", DOCUMENTED, f'{VENDOR_PAGE} ("No additional values will be sent to you")'),
            _v("null", "null"),
            _v("text", "an empty text"),
            _v("array", "an empty array"),
            _v("object", "an empty object"),
            _v("credits", "an object with `messageid` and `credits`", OBSERVED, "the vendor's libraries, for sms"),
            _v("number", "a number above nought", OBSERVED, "the vendor's library for Node, for user.getbalance"),
            _v("true", "true"),
        ),
    ),
    Dimension(
        "errors.code",
        "how `error` is written",
        (
            _v("plain", "as the code", OBSERVED, _LIBRARIES),
            _v("lower", "as the code, in lower case"),
            _v("sentence", "as a sentence", refused="error"),
            _v("number", "as a number", refused="error"),
            _v("object", "as an object with `code` and `message`"),
            _v("array", "as an array of one code"),
        ),
    ),
    Dimension(
        "checks.order",
        "which fault of a call counts, if it has several",
        (
            _v("missing_first", "what is missing (user, password, class, method), then what is wrong"),
            _v("in_turn", "user and password, then the class, then the method, each missing or wrong"),
            _v("call_first", "class and method, then user and password"),
        ),
    ),
    Dimension(
        "checks.parameters",
        "which counts if a parameter is missing and the channel is not there",
        (_v("before_channel", "the parameter"), _v("after_channel", "the channel")),
    ),
    Dimension(
        "http.post_query",
        "whether pairs in the query of a POST without a body are read",
        (_v(True, "yes", DOCUMENTED, "the vendor's samples for Node"), _v(False, "no")),
    ),
    Dimension(
        "http.multipart",
        "whether a multipart body is read",
        (_v(True, "yes", OBSERVED, "the vendor's libraries for PHP"), _v(False, "no")),
    ),
    Dimension(
        "http.get_limit",
        "what becomes of a GET of 4,001 characters",
        (
            _v("refused", "HTTP 414", DOCUMENTED, f'{VENDOR_PAGE} ("~4000 characters"; the status is assumed)'),
            _v("served", "it is served"),
        ),
    ),
    Dimension(
        "http.slashless",
        "what is at the address without its last slash",
        (_v("nothing", "HTTP 404"), _v("redirect", "HTTP 301"), _v("served", "the same")),
    ),
    Dimension(
        "basic.refusal",
        "how missing or wrong credentials are answered at `/api/basic/`",
        (
            _v("challenge", "HTTP 401 with a challenge that names realm and encoding, and the envelope"),
            _v("realm", "HTTP 401 with a challenge that names a realm, and the envelope"),
            _v("bare", "HTTP 401 with the envelope"),
            _v("envelope", "the envelope, as every other error"),
            _v("forbidden", "HTTP 403 with the envelope"),
            _v("page", "HTTP 401 with a challenge and a web page"),
        ),
    ),
    Dimension(
        "basic.get",
        "whether `/api/basic/` serves GET",
        (_v(True, "yes", DOCUMENTED, "the vendor's sample for Ruby"), _v(False, "HTTP 405")),
    ),
    Dimension(
        "unread.reading",
        "what reading the unread messages does to them",
        (_v("keeps", "nothing"), _v("marks", "it marks them as read")),
    ),
    Dimension(
        "soap.style",
        "how the SOAP service describes itself and writes",
        (
            _v("wrapped", "document/literal wrapped; an error is a Fault with the code in its detail"),
            _v("rpc", "rpc/encoded; an error is an answer"),
            _v("generic", "one operation that takes `class` and `method`, and answers the JSON envelope as a text"),
            _v("nusoap", "NuSOAP: rpc/encoded, UTF-8 that is labelled ISO-8859-1"),
            _v("nusoap-utf8", "NuSOAP in its UTF-8 mode"),
            _v("nusoap-document", "NuSOAP with document/literal"),
            _v("latin1", "document/literal in ISO-8859-1"),
            _v("php", "PHP's SoapServer with document/literal"),
            _v("php-rpc", "PHP's SoapServer with rpc/literal"),
            _v("php-encoded", "PHP's SoapServer with rpc/encoded"),
            _v("jax-ws", "JAX-WS: repeated elements, a schema apart"),
            _v("axis", "Axis 1: records beside the answer"),
            _v("binary", "SOAP::Lite: texts beyond ASCII as base64"),
            _v("qualified", "document/literal with qualified fields"),
            _v("qualified-rpc", "rpc/literal with qualified fields"),
        ),
    ),
    Dimension(
        "soap.version",
        "the version of SOAP",
        (_v("1.1", "SOAP 1.1"), _v("1.2", "SOAP 1.2")),
    ),
)
"""All of them, in the order of ``dialect.toml``."""

BY_NAME = {dimension.name: dimension for dimension in DIMENSIONS}


def wrong_value(dimension: Dimension, answer: object) -> str:
    """Return what is wrong with a value of a dimension, or an empty string."""
    if isinstance(answer, str | int) and dimension.value(answer) is not None:
        return ""
    written = [told(value.value) for value in dimension.values]
    near = did_you_mean(answer, written) if isinstance(answer, str) else ""
    hint = f" ({near})" if near.startswith("did") else ""
    return f"{dimension.name} is {told(answer)}{hint}: it is one of {', '.join(written)}"


def told(answer: object) -> str:
    """Return a value as TOML writes it; nothing of what is no value of any dimension but a start."""
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, str):
        return '"' + "".join(character if character.isprintable() else "?" for character in answer[:60]) + '"'
    return str(answer)[:60] if isinstance(answer, int | float) else f"a {type(answer).__name__}"
