"""`Heard`: an answer of the service, taken apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from afilnet_protocols.catalogue import ERROR_CODES
from afilnet_protocols.wire import Reply

_ABOUTS = {code.about.casefold(): code.code for code in ERROR_CODES.values()}


class Heard(NamedTuple):
    """An answer, taken apart. It holds what the service said: only what ``reading`` makes of it may be shown.

    Attributes:
        status: the status of HTTP.
        headers: its headers.
        body: its content.
        envelope: the envelope in it; ``None`` if it holds none.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    envelope: Mapping[str, object] | None

    @classmethod
    def of(cls, reply: Reply) -> Heard:
        """Take a reply apart."""
        try:
            document = json.loads(reply.body.removeprefix(b"\xef\xbb\xbf").strip().decode())
        except (ValueError, RecursionError):
            document = None
        return cls(reply.status, reply.headers, reply.body, document if isinstance(document, dict) else None)

    @property
    def succeeded(self) -> bool:
        """Whether it is a success."""
        return self.envelope is not None and str(self.envelope.get("status")).strip().casefold() == "success"

    @property
    def code(self) -> str:
        """The documented error code in it; empty if there is none."""
        held = None if self.envelope is None or self.succeeded else self.envelope.get("error")
        if isinstance(held, list) and len(held) == 1:
            (held,) = held
        if isinstance(held, dict):
            held = held.get("code")
        text = held.strip() if isinstance(held, str) else ""
        found = _ABOUTS.get(text.casefold(), text.upper())
        return found if found in ERROR_CODES else ""

    @property
    def rows(self) -> list[dict[str, object]]:
        """The records in it, wherever the list stands."""
        result = self.envelope.get("result") if self.envelope is not None and self.succeeded else None
        held = result.get("list") if isinstance(result, dict) and "list" in result else result
        if isinstance(held, dict) and not is_row(held):
            held = list(held.values())
        found = held if isinstance(held, list) else [held]
        return [row for row in found if isinstance(row, dict) and is_row(row)]


def is_row(value: Mapping[str, object]) -> bool:
    """Whether an object is a record, and not a list of them."""
    return "platformid" in value
