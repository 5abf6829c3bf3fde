"""A sequence as plain data: what is done, step by step, in words that belong to no protocol.

A step is a call of one of the catalogue's operations, or something that happens in the world around the client: the
other party writes, the clock moves on, a token expires, the service refuses the next call. Steps go to JSON and back
unchanged, so a sequence that was found on one protocol runs on another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.suggestion import quoted

RECEIVE = "receive"
"""The other party writes. Arguments: ``platform``, ``platform_id``, ``destination``, ``message``, maybe ``times``
and ``people``, whose names have numbers at their end."""

ADVANCE_CLOCK = "advance_clock"
"""Time passes for everybody. Argument: ``seconds``."""

FAULT = "fault"
"""The service answers the next call an error code, and does nothing. Argument: ``code``."""

EXPIRE_TOKENS = "expire_tokens"
"""Every access token of the account becomes invalid; protocols without tokens do not notice. No argument."""

WORLD = (RECEIVE, ADVANCE_CLOCK, FAULT, EXPIRE_TOKENS)
"""What happens around the client rather than through it."""

CALLS = tuple(operation.name for operation in OPERATIONS)
"""The operations, by Python name."""

Value = str | int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence.

    Attributes:
        do: the Python name of an operation, or one of :data:`WORLD`.
        arguments: its keyword arguments; plain strings, numbers and ``None`` only.

    Raises:
        ValueError: ``do`` names nothing that can be done.
    """

    do: str
    arguments: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.do not in CALLS and self.do not in WORLD:
            raise ValueError(f"there is no step {quoted(self.do)}; there are {', '.join((*CALLS, *WORLD))}")

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={_short(value)}" for name, value in self.arguments.items())
        return f"{self.do}({shown})"

    def as_data(self) -> dict[str, object]:
        """Return the step as it is written to JSON."""
        return {"do": self.do, "arguments": dict(self.arguments)}


def _short(value: Value) -> str:
    shown = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return shown if len(shown) <= 80 else f"{shown[:60]}… ({len(str(value))} characters)"


def dumps(steps: Iterable[Step]) -> str:
    """Write a sequence as a JSON array, in ASCII, so that even text that nothing can carry survives."""
    return json.dumps([step.as_data() for step in steps], ensure_ascii=True, indent=1)


def loads(text: str) -> list[Step]:
    """Read a sequence from a JSON array.

    Raises:
        ValueError: it is not an array of steps.
    """
    data = json.loads(text)
    if not isinstance(data, list):
        raise ValueError("a sequence is a JSON array of steps")  # noqa: TRY004 - the documented error of a bad file
    return [_step(item) for item in data]


def _step(item: object) -> Step:
    if not isinstance(item, dict) or not isinstance(item.get("do"), str):
        raise ValueError('a step is an object with "do" and "arguments"')  # noqa: TRY004 - as above
    arguments = item.get("arguments", {})
    if not isinstance(arguments, dict) or not all(isinstance(value, Value) for value in arguments.values()):
        raise ValueError("the arguments of a step are strings, numbers or null, by name")
    return Step(item["do"], arguments)
