"""Others that read a list: zeep, lxml and records, msgspec's typed decode, `json` and dataclasses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace

import msgspec
import zeep
from lxml import etree

from afilnet_protocols import Message, Platform
from tests.benchmarks.service import Service

_FLAGS = {"true": True, "false": False}


def by_zeep(service: Service) -> Callable[[bytes], object]:
    """Return zeep's own way from an answer to its objects."""
    client = zeep.Client(service.wsdl["https"])
    binding = client.service._binding
    operation = binding._operations["getmessages"]

    def decode(body: bytes) -> object:
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        answer = SimpleNamespace(status_code=200, headers=headers, content=body, encoding="utf-8")
        return binding.process_reply(client, operation, answer)

    return decode


def by_lxml_alone(body: bytes) -> object:
    """Parse by lxml, and look at nothing: the limit of whoever needs a tree."""
    return etree.fromstring(body)


def by_lxml(body: bytes) -> list[Message]:
    """Parse by lxml and make records, as one would by hand."""
    found = []
    for item in etree.fromstring(body).iter("item"):
        platform_id, platform, message, destination, message_id, sent, status, moment = (
            each.text or "" for each in item
        )
        found.append(
            Message(
                platform_id,
                Platform(platform),
                message,
                destination,
                message_id,
                _FLAGS[sent],
                status,
                datetime.fromisoformat(moment),
            )
        )
    return found


class Row(msgspec.Struct):
    """A message by wire name, for msgspec."""

    platformid: str
    platform: Platform
    message: str
    destination: str
    messageid: str
    sent: bool
    status: str
    moment: datetime = msgspec.field(name="datetime")


class Result(msgspec.Struct):
    """The result of the envelope."""

    items: list[Row] = msgspec.field(name="list")


class Envelope(msgspec.Struct):
    """The envelope."""

    status: str
    result: Result


_TYPED = msgspec.json.Decoder(Envelope)


def by_msgspec(body: bytes) -> object:
    """Decode typed: the limit."""
    return _TYPED.decode(body).result.items


@dataclass
class Plain:
    """A message by wire name, as a dataclass."""

    platformid: str
    platform: Platform
    message: str
    destination: str
    messageid: str
    sent: bool
    status: str
    moment: datetime


def by_json(body: bytes) -> list[Plain]:
    """Read by `json` and make dataclasses."""
    return [
        Plain(
            item["platformid"],
            Platform(item["platform"]),
            item["message"],
            item["destination"],
            item["messageid"],
            item["sent"],
            item["status"],
            datetime.fromisoformat(item["datetime"]),
        )
        for item in json.loads(body)["result"]["list"]
    ]
