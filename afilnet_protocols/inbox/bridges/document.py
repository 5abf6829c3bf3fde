"""A message as other programs are told it, and the replies as they tell them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.inbox.incoming import FIELDS, Incoming
from afilnet_protocols.vocabulary import FileType

REPLY = ("message", "file_type", "file_url", "thumb_url")
"""The names that a reply may have."""


def document(incoming: Incoming) -> str:
    """Return a message in hand as one line of JSON: its fields, its key, which attempt it is, its age in seconds."""
    message = incoming.message
    fields = {name: getattr(message, name) for name in FIELDS}
    more = {"key": incoming.key, "attempt": incoming.attempt, "age": round(incoming.age, 3)}
    return json.dumps({**fields, "timestamp": message.timestamp.isoformat(), **more}, ensure_ascii=False)


def reply(incoming: Incoming, told: object) -> None:
    """Put in a reply as another program told it: a text, or an object of :data:`REPLY`.

    Raises:
        InvalidRequestError: it is neither, or cannot be sent.
    """
    if isinstance(told, str):
        incoming.reply(told)
        return
    if not isinstance(told, Mapping) or not told or not set(told) <= set(REPLY):
        raise InvalidRequestError(f"a reply is a string, or an object with {', '.join(REPLY)}")
    wrong = next((name for name, value in told.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise InvalidRequestError(f"{wrong} of a reply is a string")
    kind = told.get("file_type")
    if kind is not None and kind not in tuple(FileType):
        raise InvalidRequestError(f"file_type of a reply is one of {', '.join(FileType)}")
    incoming.reply(
        told.get("message"),
        file_type=None if kind is None else FileType(kind),
        file_url=told.get("file_url"),
        thumb_url=told.get("thumb_url"),
    )
