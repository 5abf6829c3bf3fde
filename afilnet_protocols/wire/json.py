"""Calls as one flat JSON object, answered by a JSON envelope.

Assumed: the vendor documents a JSON API with OAuth 2.0 but not the layout of its requests.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from afilnet_protocols.catalogue import CLASS, Operation
from afilnet_protocols.wire import Arguments, Codec, Reply, Request
from afilnet_protocols.wire.json_envelope import read_document

R = TypeVar("R")

_JSON = (("Content-Type", "application/json"), ("Accept", "application/json"))


class JsonCodec(Codec):
    """Writes a call as the flat object ``{parameters…, "class": "chat", "method": …}`` in a POST."""

    def __init__(self, url: str) -> None:
        self._url = url

    def encode(self, operation: Operation[object], arguments: Arguments) -> Request:
        """Write a call as a JSON object in UTF-8."""
        body = msgspec.json.encode({**arguments, "class": CLASS, "method": operation.method})
        return Request("POST", self._url, _JSON, body)

    def decode(self, operation: Operation[R], reply: Reply) -> R:
        """Read a JSON envelope, on whatever HTTP status it comes."""
        return read_document(operation, reply, skip_odd=self.skip_odd)
