"""What the headers of an answer say beside its document: that there was an error, or that the service was asked twice.

Assumed, after the headers that servers and intermediaries write by custom: no vendor page names any.
"""

from __future__ import annotations

import re

from afilnet_protocols.patterns import late
from afilnet_protocols.wire import ORDINARY_HEADERS, Reply
from afilnet_protocols.wire.document.refusal import is_refusal, refuses
from afilnet_protocols.wire.names import fold

_ERRORS = late(
    r"(?:[a-z0-9]+-){0,3}(?:has-)?(?:errors?|err|faults?|exceptions?|fail(?:ed|ures?)?)"
    r"(?:-?(?:code|message|msg|desc|description|details?|type|class|name|id|text|reason|cause|flag|number|count))?"
)
_OF_WHOM = r"(?:x-)?(?:(?:[a-z0-9]+-)?(?:original|origin|upstream|backend|service|application|app|api|response)-)?"
_STATUSES = late(
    rf"{_OF_WHOM}(?:(?:http-)?status(?:-code)?(?:-override)?|(?:result|response|return)(?:-(?:code|status))?)|x-cache"
)
_ASSENTS = late(rf"{_OF_WHOM}(?:is-)?(?:success|successful|succeeded|ok)")
_REFUSED = late(r"\s*(?:[45][0-9][0-9]\b|error\b|fail)", re.IGNORECASE)
"""How a status begins that says no. Programs behind CGI name theirs in ``Status``
(RFC 3875 §6.3.3), who changes the status of an answer may name what it was, and CloudFront says ``X-Cache: Error from
cloudfront`` of a page that it gives out in the place of an answer, under whatever status it is told to."""
_GRPC = "grpc-status"

_PROXY_STATUS = "proxy-status"
_QUOTED = late(r'"(?:[^"\\]|\\.)*(?:"|\\?$)')
"""A text in quotation marks, or what an open one leaves of a header, so that no mark is looked at twice."""
_TROUBLE = late(r";\s*(?:error\s*=|received-status\s*=\s*[45])")
_LOST = late(
    r";\s*error\s*=\s*(?:connection_(?:terminated|read_timeout|write_timeout)|http_(?:response_\w+|protocol_error)"
    r"|http_upgrade_failed|tls_alert_received|proxy_internal_error)"
)
"""Errors that an intermediary meets when it has passed a request on, or may have (RFC 9209 §2.3)."""

_ATTEMPTS = frozenset({"x-envoy-attempt-count"})
_RESTARTS = frozenset({"fastly-restarts", "x-restarts", "x-varnish-restarts"})
_UPSTREAMS = late(r"(?:[a-z0-9]+-){0,3}upstream(?:-(?:status|addr|address|host|server|[a-z]+-time|time))?")
_SEVERAL = late(r"[^\s,:]\s*(?:,| : )\s*\S")
"""How nginx's variables tell of several servers that were asked one after the other."""


def tell_of_an_error(reply: Reply) -> bool:
    """Whether headers tell of an error, such as ``X-Error-Code: 17`` or ``Status: 500 Internal Server Error``."""
    headers = reply.headers
    return not ORDINARY_HEADERS.issuperset(headers) and any(_is_error(*each) for each in headers.items())


def _is_error(name: str, value: str) -> bool:
    if name == _GRPC:
        return value.strip().isdecimal() and value.strip(" 0") != ""
    if name == _PROXY_STATUS:
        return _TROUBLE.search(_QUOTED.sub("", value)) is not None
    if _ASSENTS.fullmatch(name) is not None:
        return refuses("success", value)
    if _STATUSES.fullmatch(name) is not None:
        last = value.rpartition(",")[2].rpartition(" : ")[2]  # of the servers that were asked one after the other
        return _REFUSED.match(last) is not None
    if _ERRORS.fullmatch(name) is None:
        return False
    return is_refusal(fold(name.removeprefix("x-")), value) or is_refusal("error", value)


def tell_of_a_lost_answer(reply: Reply) -> bool:
    """Whether an intermediary says, in ``Proxy-Status`` (RFC 9209), that it lost the answer to what it had passed on.

    Then whatever status it gives is its own, and says nothing of the service.
    """
    return _LOST.search(_QUOTED.sub("", reply.headers.get(_PROXY_STATUS, ""))) is not None


def tell_of_several_attempts(reply: Reply) -> bool:
    """Whether an intermediary says that it asked the service more than once: then this answers the last time only.

    Envoy counts in ``X-Envoy-Attempt-Count`` where it is told to; Fastly and Varnish count restarts; nginx and what is
    built on it list the servers, statuses or times of all that were asked, in a header of the operator's name.
    """
    headers = reply.headers
    return not ORDINARY_HEADERS.issuperset(headers) and any(_is_several(*each) for each in headers.items())


def _is_several(name: str, value: str) -> bool:
    if name in _ATTEMPTS or name in _RESTARTS:
        count = value.strip()
        return count.isdecimal() and int(count[:9]) > (name in _ATTEMPTS)
    return "upstream" in name and _UPSTREAMS.fullmatch(name) is not None and _SEVERAL.search(value) is not None
