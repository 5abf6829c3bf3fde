"""A call as the service takes it, whatever protocol it came by, and how it ends."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.sandbox.state.accounts import Account

Item = dict[str, str | bool]
"""One item of a list, by wire name."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Refusal(Exception):
    """The service says no, with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as an endpoint understood it.

    Attributes:
        protocol: the protocol's name.
        fields: everything that was given by name: ``class``, ``method`` and the parameters; empty means absent.
        user: the user's name, if the protocol carries one.
        password: the password, if the protocol carries one.
        account: the account, if the endpoint has already proven it (by a token).
    """

    protocol: str
    fields: Mapping[str, str] = field(repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    account: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the service answers: an error code; or success, with a list for the reads and none for the sends."""

    error: str | None = None
    operation: Operation[object] | None = None
    items: Sequence[Item] | None = None
    ids_as_numbers: bool = False


def carries(text: str) -> bool:
    """Whether all five protocols can carry a text back: it has no character that XML 1.0 has not."""
    return _NOT_XML.search(text) is None
