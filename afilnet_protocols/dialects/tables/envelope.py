"""How JSON answers are written, whatever they say."""

from __future__ import annotations

from afilnet_protocols.catalogue import VENDOR_PAGE
from afilnet_protocols.dialects.dimension import DOCUMENTED, LIBRARIES, OBSERVED, Dimension, v

DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "json.status",
        "how `status` is written",
        (
            v("upper", "`SUCCESS`, `ERROR`", OBSERVED, LIBRARIES),
            v("lower", "`success`, `error`", DOCUMENTED, VENDOR_PAGE),
            v("title", "`Success`, `Error`"),
            v("padded", "with a blank on either side"),
        ),
    ),
    Dimension(
        "json.layout",
        "how JSON is laid out",
        (
            v("compact", "without blanks", OBSERVED, "multiOTP, which looks for these bytes"),
            v("spaced", "with a blank after each comma and colon"),
            v("pretty", "over several lines"),
        ),
    ),
    Dimension(
        "json.prefix",
        "what stands before the envelope",
        (
            v("none", "nothing"),
            v("bom", "a byte order mark"),
            v("blank_lines", "blank lines, as files that PHP includes leave them"),
        ),
    ),
    Dimension(
        "json.escapes",
        "which characters JSON escapes beyond those that it must",
        (
            v("none", "none"),
            v("unicode", "all beyond ASCII"),
            v("slashes", "the slash"),
            v("php", "both, as `json_encode` does by default"),
        ),
    ),
    Dimension(
        "json.content_type",
        "the `Content-Type` of an answer",
        (
            v("application/json; charset=utf-8", "JSON, with its encoding"),
            v("application/json", "JSON"),
            v("text/html; charset=UTF-8", "what PHP sends if nothing is said"),
            v("text/html", "a web page"),
            v("text/html; charset=ISO-8859-1", "a web page, of an encoding that it is not in"),
            v("text/plain; charset=UTF-8", "plain text"),
        ),
    ),
    Dimension(
        "json.error_http",
        "the HTTP status of an envelope with an error",
        (
            v(200, "that of a success"),
            v(400, "Bad Request"),
            v(401, "Unauthorized"),
            v(403, "Forbidden"),
            v(404, "Not Found"),
            v(422, "Unprocessable Content"),
            v(500, "Internal Server Error"),
        ),
    ),
    Dimension(
        "json.error_beside",
        "what `error` is beside a success",
        (
            v("absent", "it is not there", OBSERVED, "the samples of the vendor's libraries"),
            v("null", "null"),
            v("text", "an empty text"),
            v("array", "an empty array"),
            v("false", "false"),
            v("zero", "0"),
        ),
    ),
    Dimension(
        "json.extra",
        "where there are fields that no page lists",
        (
            v("none", "nowhere"),
            v("item", "in each record"),
            v("envelope", "beside `status`"),
            v("result", "beside `list`"),
        ),
    ),
)
