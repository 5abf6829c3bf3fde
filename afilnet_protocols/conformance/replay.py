"""Replay files: a sequence with the outcome of every step, in words that belong to no protocol.

What was recorded on one backend runs on another, or on the next version of the service::

    {"format": "afilnet-conformance-replay", "version": 1, "case": "MSGS-02", "recorded_on": "model", "seed": 7,
     "steps": [{"do": "get_chats", "arguments": {…}, "expected": {"returned": []}}, …]}
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.comparison.steps import ADVANCE_CLOCK, Step
from afilnet_protocols.comparison.steps import loads as read_steps
from afilnet_protocols.conformance.reference.differential import Differential, Participant
from afilnet_protocols.conformance.results.finding import Finding, ends_the_run
from afilnet_protocols.conformance.results.outcome import CaseResult, Outcome
from afilnet_protocols.conformance.targets.stage import MODEL, compared
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.suggestion import LONGEST_PATH, named

FORMAT = "afilnet-conformance-replay"
VERSION = 1
_LARGEST = 64 * 1024 * 1024
"""How long a file may be, in bytes: a device, for one, has no end."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A recorded sequence.

    Attributes:
        steps: what was done.
        expected: the outcome of each step, in canonical form.
        case: the case it belongs to; empty if it belongs to none.
        recorded_on: whose outcomes these are.
        seed: the seed of the run that found it, if one did.
    """

    steps: tuple[Step, ...]
    expected: tuple[Plain, ...]
    case: str = ""
    recorded_on: str = MODEL
    seed: int | None = None

    def dumps(self) -> str:
        """Return the file's text: JSON in ASCII, so that text that nothing can carry survives."""
        steps = [{**step.as_data(), "expected": due} for step, due in zip(self.steps, self.expected, strict=True)]
        document = {"format": FORMAT, "version": VERSION, "case": self.case, "recorded_on": self.recorded_on}
        return json.dumps({**document, "seed": self.seed, "steps": steps}, ensure_ascii=True, indent=1) + "\n"


def loads(text: str) -> Replay:
    """Read a replay file's text.

    Raises:
        ValueError: it is no replay file of a version that is known here.
    """
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("version") != VERSION:
        raise ValueError(f"it is no {FORMAT} of version {VERSION}")
    given = data.get("steps")
    if not isinstance(given, list) or not all(isinstance(step, dict) and "expected" in step for step in given):
        raise ValueError("its steps are no list of objects with do, arguments and expected")
    seed = data.get("seed")
    return Replay(
        steps=tuple(read_steps(json.dumps(given))),
        expected=tuple(step["expected"] for step in given),
        case=str(data.get("case", "")),
        recorded_on=str(data.get("recorded_on", "")),
        seed=seed if isinstance(seed, int) else None,
    )


def read(file: Path) -> Replay:
    """Read a replay file.

    Raises:
        ConfigurationError: it cannot be read, or is none.
    """
    problem = ""
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        if len(content) <= _LARGEST:
            return loads(content.decode("utf-8-sig"))
        problem = f"it is longer than {_LARGEST} bytes"
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except (ValueError, RecursionError) as error:
        problem = str(error)
    raise ConfigurationError(f"the replay file {named(file, LONGEST_PATH)}: {problem}")


class _Script(Participant):
    """Somebody who says what was written down, whatever is done."""

    def __init__(self, replay: Replay) -> None:
        super().__init__(replay.recorded_on, make=_nobody, receive=_nothing, reset=lambda: None)
        self._lines = [due for step, due in zip(replay.steps, replay.expected, strict=True) if step.do != ADVANCE_CLOCK]
        self._next = 0

    def begin(self) -> None:
        self._next = 0

    def perform(self, step: Step) -> Plain:
        self._next += 1
        return self._lines[self._next - 1]


class _Echo(Participant):
    """Somebody who says what another has just done, so that the other is heard and nobody disagrees."""

    def __init__(self, other: Participant) -> None:
        super().__init__("echo", make=_nobody, receive=_nothing, reset=lambda: None)
        self._perform = other.perform
        self._heard: Plain = None
        other.perform = self._hear  # type: ignore[method-assign]  # this instance is listened to, no other

    def _hear(self, step: Step) -> Plain:
        self._heard = self._perform(step)
        return self._heard

    def perform(self, step: Step) -> Plain:
        return self._heard


def _nobody() -> ChatOperations:
    raise RuntimeError("there is no client behind what was written down")


def _nothing(**_: object) -> None:
    """What was written down needs no world."""


def record(target: Target, steps: Sequence[Step]) -> Replay:
    """Play a sequence on a target alone and write down what it did.

    Args:
        target: a target with a world.
        steps: the sequence.

    Raises:
        ValueError: the target has no world.
    """
    (participant,), set_clock = _participants(target)
    differential = Differential(participant, [_Echo(participant)], set_clock=set_clock)
    try:
        trace = differential.run(steps)
    finally:
        differential.close()
    return Replay(tuple(steps), tuple(trace), "", target.name, None)


def play(replay: Replay, target: Target) -> CaseResult:
    """Play a recorded sequence on a target and compare every outcome with the recorded one.

    Args:
        replay: the sequence, with the outcome of each step.
        target: where it is played.

    Returns:
        Whether it passed, and else the step that differs; unproved on a target that cannot be emptied.
    """
    result = CaseResult(replay.case or "REPLAY", target.name, Outcome.PASS)
    if target.world is None or not target.disposable:
        result.outcome = Outcome.UNPROVED
        result.reason = "a sequence begins from nothing, and this target cannot be emptied"
        return result
    began = time.monotonic()
    participants, set_clock = _participants(target)
    script = _Script(replay)
    if script.name == target.name:
        script.name = f"{script.name}, as recorded"
    differential = Differential(script, participants, set_clock=set_clock)
    try:
        # Made now, so that a client that cannot be made is told apart from one that does something else.
        participants[0].chat.get_chat_channels  # noqa: B018 - for its making
        differential.run(replay.steps)
    except Finding as found:
        result.outcome, result.reason = Outcome.FAIL, str(found)
        result.operation, result.field, result.steps = found.operation, found.field, found.steps
        result.expected, result.actual = found.expected, found.actual
        result.wire = {target.name: target.world.exchanges()}
    except BaseException as error:  # whatever a foreign backend raises when it is made
        if ends_the_run(error):
            raise
        result.outcome, result.reason = Outcome.SETUP_FAILED, f"{type(error).__name__}: {error}"
    finally:
        differential.close()
    result.seconds = time.monotonic() - began
    return result


def _participants(target: Target) -> tuple[Sequence[Participant], Callable[[datetime], None]]:
    """Return a target as the one participant of a comparison, and what sets its clock."""
    if target.world is None or not target.disposable:
        raise ValueError(f"{target.name} has no world that can be emptied")
    return compared([target]).backends, target.world.set_clock
