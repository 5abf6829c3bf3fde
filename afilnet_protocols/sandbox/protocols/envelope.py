"""The JSON envelope: what GET, POST, Basic, JSON and the generic SOAP dialect answer with."""

from __future__ import annotations

import re

import msgspec

from afilnet_protocols.sandbox.state.service import Item, Outcome

_NUMBERS = ("platformid", "messageid")
_NUMBER = re.compile("0|[1-9][0-9]{0,15}")
_SENT = b'{"status":"SUCCESS"}'


def encode(outcome: Outcome) -> bytes:
    """Write an outcome.

    The two forms of the envelope are observed, upper case and without blanks; that a send has no ``result`` is
    assumed ("No additional values will be sent to you").
    """
    if outcome.error is not None:
        return msgspec.json.encode({"status": "ERROR", "error": outcome.error})
    if outcome.items is None:
        return _SENT
    items: object = outcome.items
    if outcome.ids_as_numbers:
        items = [_with_numbers(item) for item in outcome.items]
    return msgspec.json.encode({"status": "SUCCESS", "result": {"list": items}})


def _with_numbers(item: Item) -> dict[str, str | bool | int]:
    return {name: int(value) if name in _NUMBERS and _is_number(value) else value for name, value in item.items()}


def _is_number(value: str | bool) -> bool:
    """Whether a text is a whole number in the one way in which JSON would write it."""
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None
