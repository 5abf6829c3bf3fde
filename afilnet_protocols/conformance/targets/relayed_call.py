"""What a request on its way to the service asks for, whatever the protocol: read for the journal, never changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.sandbox.server.exchange import HttpAnswer, HttpRequest

_NAMES = {operation.method: operation.name for operation in OPERATIONS}
_CALLED = re.compile(rf"<(?:\w+:)?(?:chat[._-]?)?({'|'.join(_NAMES)})(?:Request)?[\s>/]", re.IGNORECASE)
_METHOD = re.compile(r"<(?:\w+:)?method[^>]*>\s*(\w+)\s*<", re.IGNORECASE)
_FIELD = r"<(?:\w+:)?{name}(?:\s[^>]*)?>([^<]*)<"
_SAYS_SUCCESS = re.compile(rb"status\W{1,60}?success|>\s*success\s*<", re.IGNORECASE)
_CODE = re.compile(rb"\b[A-Z]{2,}(?:_[A-Z0-9]+)+\b")

SENDS = ("send_message", "send_file")


@dataclass(frozen=True, slots=True)
class RelayedCall:
    """One call on its way.

    Attributes:
        protocol: the protocol that carried it.
        operation: the Python name of the operation; ``None`` if it names none.
        arguments: the addressee, by wire name; nothing else of it is kept.
        outcome: ``SUCCESS``, or the code that was answered, or that it is not known.
    """

    protocol: str
    operation: str | None
    arguments: Mapping[str, str]
    outcome: str = "not known"

    @property
    def sends(self) -> bool:
        """Whether it sends something to somebody."""
        return self.operation in SENDS


def call_of(request: HttpRequest, protocol: str) -> RelayedCall:
    """Return what a request asks for.

    Args:
        request: the request.
        protocol: the protocol of the address that it came to.
    """
    text = request.body.decode("utf-8", "replace")
    if protocol == "soap":
        named = _CALLED.search(text) or _METHOD.search(text)
        method = named[1].lower() if named else ""
        fields = {name: _xml_field(text, name) for name in ("platform", "platformid", "destination")}
    elif protocol == "json":
        fields = _json_fields(text)
        method = fields.get("method", "")
    else:
        query = urlsplit(request.target).query
        fields = dict([*parse_qsl(query, keep_blank_values=True), *parse_qsl(text, keep_blank_values=True)])
        method = fields.get("method", "")
    kept = {name: fields[name] for name in ("platform", "platformid", "destination") if fields.get(name)}
    return RelayedCall(protocol, _NAMES.get(method), kept)


def outcome_of(answer: HttpAnswer) -> str:
    """Return what an answer says: ``SUCCESS``, a code, or that it is not known."""
    if _SAYS_SUCCESS.search(answer.body[:100_000]):
        return "SUCCESS"
    code = _CODE.search(answer.body[:10_000])
    return code[0].decode() if code else "not known"


def _xml_field(text: str, name: str) -> str:
    found = re.search(_FIELD.format(name=name), text, re.IGNORECASE)
    return unescape(found[1]) if found else ""


def _json_fields(text: str) -> dict[str, str]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {name: str(value) for name, value in document.items()} if isinstance(document, dict) else {}


def refusal(call: RelayedCall, request: HttpRequest, code: str) -> HttpAnswer:
    """Return the answer by which a service refuses a call with a code, in the form of its protocol."""
    if call.protocol != "soap":
        return HttpAnswer(200, json.dumps({"status": "ERROR", "error": code}).encode(), "application/json")
    if "soap+xml" in request.headers.get("content-type", ""):
        space, kind = "http://www.w3.org/2003/05/soap-envelope", "application/soap+xml; charset=utf-8"
        inside = (
            "<e:Code><e:Value>e:Sender</e:Value></e:Code>"
            f'<e:Reason><e:Text xml:lang="en">{code}</e:Text></e:Reason><e:Detail><error>{code}</error></e:Detail>'
        )
    else:
        space, kind = "http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset=utf-8"
        inside = (
            f"<faultcode>e:Client</faultcode><faultstring>{code}</faultstring><detail><error>{code}</error></detail>"
        )
    body = f'<e:Envelope xmlns:e="{space}"><e:Body><e:Fault>{inside}</e:Fault></e:Body></e:Envelope>'
    return HttpAnswer(500, body.encode(), kind)
