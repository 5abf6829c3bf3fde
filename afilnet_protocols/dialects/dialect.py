"""`Dialect`: how a service speaks, one field for everything that the vendor leaves open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from afilnet_protocols.dialects.dimensions import BY_NAME, Answer, wrong_value
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.vocabulary import Provenance

HttpOfError = Literal[200, 400, 401, 403, 404, 422, 500]
ContentType = Literal[
    "application/json; charset=utf-8",
    "application/json",
    "text/html; charset=UTF-8",
    "text/html",
    "text/html; charset=ISO-8859-1",
    "text/plain; charset=UTF-8",
]
Empty = Literal[
    "array",
    "object",
    "null",
    "text",
    "absent",
    "result_null",
    "result_array",
    "result_text",
    "result_absent",
    "false",
    "result_false",
]
ListForm = Literal["array", "object", "gaps", "lone", "result", "result_lone"]
Times = Literal["plain", "t", "fraction", "utc", "offset", "unix", "unix_text", "day_first", "minutes", "zeros", "null"]
SendResult = Literal["absent", "null", "text", "array", "object", "credits", "number", "true"]
SoapStyleName = Literal[
    "wrapped",
    "rpc",
    "generic",
    "nusoap",
    "nusoap-utf8",
    "nusoap-document",
    "latin1",
    "php",
    "php-rpc",
    "php-encoded",
    "jax-ws",
    "axis",
    "binary",
    "qualified",
    "qualified-rpc",
]


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a service speaks. Two dialects are equal if they say the same, whatever is known of why.

    A field is named after its section and key in ``dialect.toml``: ``[json] status`` is ``json_status``. What each
    value means, and where it comes from, stands in ``DIMENSIONS``; every
    default is what the vendor's samples show, or else *assumed*.

    Args:
        title: what it is called, for people.
        provenance: where a value comes from, by dotted name such as ``json.status``; what is not in it is *assumed*.

    Raises:
        ConfigurationError: a value is none of its dimension's, or two of them exclude each other.
    """

    json_status: Literal["upper", "lower", "title", "padded"] = "upper"
    json_layout: Literal["compact", "spaced", "pretty"] = "compact"
    json_prefix: Literal["none", "bom", "blank_lines"] = "none"
    json_escapes: Literal["none", "unicode", "slashes", "php"] = "none"
    json_content_type: ContentType = "application/json; charset=utf-8"
    json_error_http: HttpOfError = 200
    json_error_beside: Literal["absent", "null", "text", "array", "false", "zero"] = "absent"
    json_extra: Literal["none", "item", "envelope", "result"] = "none"
    lists_empty: Empty = "array"
    lists_form: ListForm = "array"
    lists_empty_channel: Literal["list", "error"] = "list"
    lists_unknown_chat: Literal["error", "list"] = "error"
    lists_messages: Literal["oldest_first", "newest_first"] = "oldest_first"
    lists_chats: Literal["oldest_first", "newest_first"] = "oldest_first"
    records_ids: Literal["text", "number"] = "text"
    records_destination: Literal["text", "number"] = "text"
    records_flags: Literal["boolean", "number", "digits", "words", "letters", "cast"] = "boolean"
    records_sent: Literal["documented", "swapped", "both", "sent", "issent"] = "documented"
    records_times: Times = "plain"
    records_status: Literal["words", "number", "null"] = "words"
    records_names: Literal["text", "null"] = "text"
    records_message_ids: Literal["unique", "blank", "reused", "changing"] = "unique"
    sends_result: SendResult = "absent"
    errors_code: Literal["plain", "lower", "sentence", "number", "object", "array"] = "plain"
    checks_order: Literal["missing_first", "in_turn", "call_first", "call_in_turn"] = "missing_first"
    checks_parameters: Literal["before_channel", "after_channel"] = "before_channel"
    unread_reading: Literal["keeps", "marks"] = "keeps"
    http_post_query: bool = True
    http_multipart: bool = True
    http_get_limit: Literal["refused", "served"] = "refused"
    http_slashless: Literal["nothing", "redirect", "served"] = "nothing"
    basic_refusal: Literal["challenge", "realm", "bare", "envelope", "forbidden", "page"] = "challenge"
    basic_get: bool = True
    soap_style: SoapStyleName = "wrapped"
    soap_version: Literal["1.1", "1.2"] = "1.1"

    title: str = field(default="", compare=False)
    provenance: Mapping[str, Provenance] = field(default_factory=dict, compare=False, hash=False)

    def __post_init__(self) -> None:
        for name, answer in self.answers():
            problem = wrong_value(BY_NAME[name], answer)
            if problem:
                raise ConfigurationError(problem)
        if contradiction := impossible(self):
            raise ConfigurationError(contradiction)

    def answers(self) -> Iterator[tuple[str, Answer]]:
        """Yield the dotted name and the value of every dimension."""
        for each in fields(self):
            if each.compare:
                yield dotted(each.name), getattr(self, each.name)

    def differences(self, other: Dialect) -> dict[str, tuple[Answer, Answer]]:
        """Return the dimensions in which two dialects differ, each with this one's value and the other's."""
        theirs = dict(other.answers())
        return {name: (mine, theirs[name]) for name, mine in self.answers() if mine != theirs[name]}


def dotted(attribute: str) -> str:
    """Return the name of a dimension in ``dialect.toml``: ``json_status`` is ``json.status``."""
    section, _, key = attribute.partition("_")
    return f"{section}.{key}"


def attribute_of(name: str) -> str:
    """Return the name of the field of a dimension: ``json.status`` is ``json_status``."""
    return name.replace(".", "_", 1)


_SOAP_12 = ("wrapped", "generic", "latin1", "jax-ws", "qualified", "qualified-rpc")
"""The styles that the sandbox writes in SOAP 1.2 as well; the others' servers know SOAP 1.1 only, or its encoding."""


def impossible(dialect: Dialect) -> str:
    """Return what no service can do at once, or an empty string."""
    if dialect.soap_version == "1.2" and dialect.soap_style not in _SOAP_12:
        return f'soap.style "{dialect.soap_style}" is SOAP 1.1: soap.version "1.2" goes with {", ".join(_SOAP_12)}'
    if dialect.json_extra == "result" and dialect.lists_form in ("result", "result_lone"):
        return f'json.extra "result" wants an object in which lists.form "{dialect.lists_form}" has an array'
    return ""
