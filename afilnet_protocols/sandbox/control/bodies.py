"""What the bodies of requests to the control endpoint may hold, by what they ask for."""

from __future__ import annotations

from datetime import datetime

import msgspec

from afilnet_protocols.sandbox.state.accounts import Options


class Whose(msgspec.Struct, forbid_unknown_fields=True):
    """Whose it is."""

    account: str | None = None


class Channel(msgspec.Struct, forbid_unknown_fields=True):
    """A channel of an account."""

    platform: str
    platform_id: str
    name: str


class Account(msgspec.Struct, forbid_unknown_fields=True):
    """An account to create."""

    name: str | None = None
    password: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    channels: list[Channel] | None = None
    options: Options | None = None


class Receive(msgspec.Struct, forbid_unknown_fields=True):
    """A message that arrives."""

    platform: str
    platform_id: str
    destination: str
    message: str
    account: str | None = None
    appears_after: float = 0.0


class ReceiveMany(msgspec.Struct, forbid_unknown_fields=True):
    """Messages that arrive in one second."""

    platform: str
    platform_id: str
    destination: str
    messages: list[str]
    account: str | None = None


class Place(msgspec.Struct, forbid_unknown_fields=True):
    """A conversation."""

    platform: str
    platform_id: str
    destination: str
    account: str | None = None


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """What to forget."""

    account: str | None = None
    everything: bool = False


class Clock(msgspec.Struct, forbid_unknown_fields=True):
    """What the clock shall show or do."""

    now: datetime | None = None
    advance: float = 0
    frozen: bool | None = None


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """A code that calls shall answer."""

    code: str
    operation: str | None = None
    protocol: str | None = None
    account: str | None = None
    after: int = 0
    times: int | None = 1


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """A fault to arm."""

    kind: str
    operation: str | None = None
    protocol: str | None = None
    account: str | None = None
    after: int = 0
    times: int | None = 1
    details: dict[str, bool | int | float | str] = {}


class Disarm(msgspec.Struct, forbid_unknown_fields=True):
    """A fault to take out of the book."""

    number: int
