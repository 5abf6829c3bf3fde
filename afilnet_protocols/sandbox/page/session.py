"""A session as a replay file, for ``afilnet conformance replay``: what one account did and was told, from nothing.

The outcomes are those of a service with nothing in it, at the times at which a replay does its steps, so that the file
holds wherever it is played.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import CLASS, SEND_MESSAGE, Operation
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox.page.rehearsal import empty_service
from afilnet_protocols.sandbox.state.call import Call, Item
from afilnet_protocols.sandbox.state.journal import Arrival
from afilnet_protocols.vocabulary import Protocol

FORMAT = "afilnet-conformance-replay"
VERSION = 1
START = datetime(2024, 2, 29, 23, 59, 50)
"""What the clock shows when a replay begins; each step is a second later."""

Heard = tuple[int, Mapping[str, str]]
"""What the other party wrote, as keyword arguments, and after which arrival."""


class Earlier(NamedTuple):
    """A message that an account had before its session began."""

    sent: bool
    platform: str
    platform_id: str
    destination: str
    message: str


def replay_file(arrivals: Iterable[Arrival], heard: Iterable[Heard], earlier: Iterable[Earlier] = ()) -> str:
    """Return a session as the text of a replay file.

    Calls that no client can make, such as those without an operation, are left out, and so is the list of channels,
    which is another wherever the file is played.

    Args:
        arrivals: the calls, oldest first.
        heard: what the other party wrote, oldest first.
        earlier: the messages that were there already, oldest first; they become the first steps.
    """
    stage = _Stage()
    for message in earlier:
        stage.begin_with(message)
    waiting = list(heard)
    for arrival in arrivals:
        while waiting and waiting[0][0] < arrival.sequence:
            stage.hear(waiting.pop(0)[1])
        stage.call(arrival)
    for _, said in waiting:
        stage.hear(said)
    document = {"format": FORMAT, "version": VERSION, "case": "", "recorded_on": "sandbox page", "seed": None}
    return json.dumps({**document, "steps": stage.steps}, ensure_ascii=True, indent=1) + "\n"


class _Stage:
    """A service with nothing in it, on which the session is done again."""

    def __init__(self) -> None:
        self._service, self._account = empty_service()
        self._clock = self._service.clock
        self._references: dict[str, str] = {}
        self.steps: list[dict[str, object]] = []

    def begin_with(self, message: Earlier) -> None:
        """Let a message be there before the session begins."""
        said = {
            "platform": message.platform,
            "platform_id": message.platform_id,
            "destination": message.destination,
            "message": message.message,
        }
        if message.sent:
            self._carry_out(SEND_MESSAGE, said, protocol=Protocol.HTTP_POST)
        else:
            self.hear(said)

    def hear(self, said: Mapping[str, str]) -> None:
        """Let the other party write."""
        self._next()
        self._service.receive(
            self._account, said["platform"], said["platform_id"], said["destination"], said["message"]
        )
        self._write("receive", dict(said), {"returned": None})

    def call(self, arrival: Arrival) -> None:
        """Make a call again."""
        operation = catalogue.by_name(arrival.operation) if arrival.operation is not None else None
        if operation is None or operation.record is Channel:
            return
        given = {each.name: arrival.arguments.get(each.wire) or None for each in operation.parameters}
        if any(each.compulsory and given[each.name] is None for each in operation.parameters):
            return
        arguments = {name: value for name, value in given.items() if value is not None}
        refused = {each.code: each.error.__name__ for each in operation.errors}.get(arrival.outcome)
        if refused is not None:
            # Whether it was refused for what it asked or because that was armed, a replay arms it.
            self._next()
            self._write("fault", {"code": arrival.outcome}, {"returned": None})
            due: object = {"raised": refused, "code": arrival.outcome, "delivery": "rejected"}
            self._next()
            self._write(operation.name, arguments, due)
        elif arrival.outcome == "SUCCESS":
            self._carry_out(operation, arguments, protocol=arrival.protocol)

    def _carry_out(self, operation: Operation[object], arguments: Mapping[str, str], *, protocol: str) -> None:
        self._next()
        given = {each.wire: arguments[each.name] for each in operation.parameters if each.name in arguments}
        fields = {**given, "class": CLASS, "method": operation.method}
        outcome = self._service.call(Call(protocol=protocol, fields=fields, account=self._account))
        self._write(operation.name, arguments, {"returned": self._records(operation, outcome.items)})

    def _records(self, operation: Operation[object], items: Sequence[Item] | None) -> object:
        if items is None or operation.record is None:
            return None
        name = operation.record.__name__
        return [
            {"record": name, **{each.name: self._value(each.name, item[each.wire]) for each in operation.fields}}
            for item in items
        ]

    def _value(self, name: str, value: str | bool) -> str | bool:
        # Identifiers of messages are named by the order in which they are first seen.
        if name != "message_id":
            return value
        return self._references.setdefault(str(value), f"<msg:{len(self._references) + 1}>")

    def _next(self) -> None:
        self._clock.freeze(START + timedelta(seconds=len(self.steps) + 1))

    def _write(self, do: str, arguments: Mapping[str, str], expected: object) -> None:
        self.steps.append({"do": do, "arguments": dict(arguments), "expected": expected})
