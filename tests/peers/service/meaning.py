"""What a call means, whatever server it came through: written from the vendor's pages alone, without the client.

The first word of a message says what is to happen to it: ``lost-17`` is carried out and its answer lost. Whatever is
carried out stands in the ledger, a file, before a byte of the answer is written: one line with the message's first
word and the number that the intermediary gave to the request, if it gives any.
"""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

USER, PASSWORD, TOKEN = "user", "a-password", "a-token"
SPACE = "urn:afilnet:chat"
CHANNEL = {"platformid": "100", "platform": "whatsapp", "name": "Café <& Co> 😀"}
RECORD = {
    "platformid": "100",
    "platform": "whatsapp",
    "message": "¿qué tal? <& 😀",
    "destination": "34600000000",
    "messageid": "7",
    "sent": True,
    "status": "read",
    "datetime": "2026-01-02 03:04:05",
}
_UNREAD = {("issent" if name == "sent" else name): value for name, value in RECORD.items()}
LISTS = {
    "getchatchannels": [CHANNEL],
    "getchats": [RECORD],
    "getmessages": [RECORD, {**RECORD, "messageid": "8"}],
    "getunreadmessages": [_UNREAD],
}
SENDS = ("sendmessage", "sendfile")
# Refused by the service itself: the status that its refusal comes with.
REFUSALS = {"deny": 200, "deny404": 404, "deny400": 400, "deny500": 500}
# Carried out, and answered by a page under this status, as an intermediary may do in the service's place.
PAGES = {"e403": 403, "e404": 404, "e405": 405, "e500": 500, "e502": 502, "e503": 503, "e504": 504}
# Not carried out, and answered by a page under this status.
TURNED_AWAY = {"busy": 503, "gone502": 502, "hidden404": 404, "shut403": 403}
REASONS = {
    status: HTTPStatus(status).phrase for status in {200, *REFUSALS.values(), *PAGES.values(), *TURNED_AWAY.values()}
}
PAGE = b"<html><body><h1>Something is not as it should be</h1></body></html>"


@dataclass
class Call:
    """One call: its method, its message, and in which form the answer is wanted."""

    method: str
    word: str
    known: bool
    soap: bool
    arrival: str

    @property
    def event(self) -> str:
        """What is to happen to it."""
        return self.word.partition("-")[0]


def read(method: str, target: str, headers: dict[str, str], body: bytes) -> Call:
    """Understand a request; header names are in lower case."""
    kind = headers.get("content-type", "")
    given = dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
    soap = "xml" in kind or "soapaction" in headers
    if soap:
        given.update(_soap(body))
    elif "json" in kind:
        given.update({name: str(value) for name, value in json.loads(body or b"{}").items()})
    else:
        given.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    scheme, _, proof = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        given["user"], _, given["password"] = base64.b64decode(proof).decode().partition(":")
    if scheme.lower() == "bearer":
        known = proof == TOKEN or "ANY_TOKEN" in os.environ
    else:
        known = (given.get("user"), given.get("password")) == (USER, PASSWORD)
    words = given.get("message", "").split()
    return Call(given.get("method", ""), words[0] if words else "", known, soap, headers.get("x-arrival", ""))


def carry_out(call: Call) -> None:
    """Write a send into the ledger."""
    if call.method in SENDS:
        with Path(os.environ["LEDGER"]).open("a", encoding="utf-8") as ledger:
            ledger.write(f"{call.word} {call.arrival}\n")


def refusal(call: Call) -> str | None:
    """Return the code of the refusal that the call deserves, if any."""
    if not call.method:
        return "MISSING_METHOD"
    if call.method not in LISTS and call.method not in SENDS:
        return "INCORRECT_METHOD"
    if not call.known:
        return "INCORRECT_USER_PASSWORD"
    return "CHANNEL_NOT_FOUND" if call.event in REFUSALS else None


def answer(call: Call) -> tuple[int, str, bytes]:
    """Return status, content type and body of the service's own answer."""
    code = refusal(call)
    status = REFUSALS.get(call.event, 200)
    if call.soap:
        return (500 if code else 200), "text/xml; charset=utf-8", _envelope(_fault(code) if code else _success(call))
    document: dict[str, object] = {"status": "ERROR", "error": code} if code else {"status": "SUCCESS"}
    if not code and call.method in LISTS:
        document["result"] = {"list": LISTS[call.method]}
    return status, "application/json", json.dumps(document).encode()


def token() -> bytes:
    """Return the answer of the token endpoint."""
    return json.dumps({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}).encode()


def _soap(body: bytes) -> dict[str, str]:
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return {}
    operation = next(iter(root[-1]), None) if len(root) else None
    if operation is None:
        return {}
    given = {_local(child.tag): child.text or "" for child in operation}
    return {**given, "method": _local(operation.tag)}


def _local(tag: str) -> str:
    return re.sub(r"^\{.*\}", "", tag)


def _success(call: Call) -> str:
    rows = "".join(
        f"<item>{''.join(f'<{name}>{_text(value)}</{name}>' for name, value in row.items())}</item>"
        for row in LISTS.get(call.method, ())
    )
    result = f"<result><list>{rows}</list></result>" if call.method in LISTS else ""
    return f'<c:{call.method}Response xmlns:c="{SPACE}"><status>SUCCESS</status>{result}</c:{call.method}Response>'


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))


def _fault(code: str) -> str:
    detail = f'<c:ChatFault xmlns:c="{SPACE}"><error>{code}</error></c:ChatFault>'
    return f"<s:Fault><faultcode>s:Client</faultcode><faultstring>No.</faultstring><detail>{detail}</detail></s:Fault>"


def _envelope(body: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()
