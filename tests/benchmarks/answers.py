"""Answers of any length, as the service writes them, and a client to whose calls they are the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from afilnet_protocols import ChatOperations, Message
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.waiting.waits import Steps
from afilnet_protocols.wire import Reply, Request
from tests.benchmarks.service import CHANNEL, Service

CONVERSATION = {**CHANNEL, "destination": "34600000000"}

_FRAME = (
    '<?xml version="1.0" encoding="utf-8"?>\n<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    '<soap:Body><c:getmessagesResponse xmlns:c="urn:afilnet:chat"><status>SUCCESS</status><result><list>{}</list>'
    "</result></c:getmessagesResponse></soap:Body></soap:Envelope>"
)


def records(count: int) -> Iterator[dict[str, object]]:
    """Yield the messages of a conversation, by wire name."""
    first = datetime(2026, 11, 1)
    for number in range(count):
        yield {
            "platformid": "100",
            "platform": "whatsapp",
            "message": f"Message number {number}: hola, ¿qué tal? & más",
            "destination": "34600000000",
            "messageid": str(number + 1),
            "sent": number % 2 == 0,
            "status": "sent",
            "datetime": str(first + timedelta(seconds=number)),
        }


def as_json(count: int) -> bytes:
    """Return the answer of `get_messages` over the JSON protocols."""
    return json.dumps({"status": "SUCCESS", "result": {"list": list(records(count))}}, ensure_ascii=False).encode()


def as_soap(count: int) -> bytes:
    """Return the answer of `get_messages` over SOAP."""
    return _FRAME.format("".join(f"<item>{_fields(record)}</item>" for record in records(count))).encode()


def _fields(record: dict[str, object]) -> str:
    return "".join(f"<{name}>{_text(value)}</{name}>" for name, value in record.items())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).replace("&", "&amp;").replace("<", "&lt;")


class Canned:
    """Stands for the transport: every request has the same answer."""

    evidence = None
    kept = ()  # no connection

    def __init__(self, body: bytes) -> None:
        self.reply = Reply(200, {"content-type": "text/xml"}, body)

    def exchanging(self, request: Request, *, deadline: Deadline, reuse: bool) -> Steps[Reply]:
        """Return the answer; nothing is waited for."""
        yield from ()
        return self.reply

    def close(self) -> None:
        """Do nothing."""


def answered(service: Service, protocol: str, body: bytes) -> ChatOperations:
    """Return a client, complete but for its network: its public methods do all they do, and get this answer."""
    chat = service.connect(protocol)
    chat._transport = Canned(body)  # type: ignore[attr-defined]  # only a built-in backend has a transport
    return chat


def read(chat: ChatOperations) -> list[Message]:
    """Call the public method."""
    return chat.get_messages(**CONVERSATION)
