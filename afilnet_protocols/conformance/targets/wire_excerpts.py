"""What is kept of the wire, to be looked at: of a finding all of it, of a case that holds a short piece."""

from __future__ import annotations

from collections.abc import Sequence

from afilnet_protocols.comparison.steps import ADVANCE_CLOCK, Step, Value
from afilnet_protocols.conformance.reference.differential import Participant
from afilnet_protocols.conformance.results.finding import ends_the_run
from afilnet_protocols.conformance.results.outcome import CaseResult, Exchange
from afilnet_protocols.conformance.targets.stage import compared
from afilnet_protocols.conformance.targets.target import Target, repeatable

MOST_EXCHANGES = 8
"""How many exchanges are kept of a case that holds."""

MOST_CHARACTERS = 1_000
"""How many characters are kept of each of their messages."""

MOST_OF_A_VALUE = 100
"""How many characters are kept of an argument of a step of a case that holds."""


def of_finding(targets: Sequence[Target], steps: Sequence[Step]) -> dict[str, list[Exchange]]:
    """Play a sequence on each target that has a world, with a client of its own; return what went over each wire."""
    wire = {}
    for target in targets:
        if target.world is None or not steps:
            continue
        if not repeatable([target], steps):
            wire[target.name] = target.world.exchanges()
            continue
        if not target.disposable:
            continue
        alone = compared([target])
        try:
            _perform(alone.backends[0], steps)
            wire[target.name] = target.world.exchanges()
        except BaseException as error:  # the wire is an illustration; a backend that fails here has none
            if ends_the_run(error):
                raise
            wire[target.name] = []
        finally:
            alone.close()
    return wire


def keep(result: CaseResult, target: Target, steps: Sequence[Step]) -> None:
    """Keep what a target was asked last, and a short piece of what has gone over its wire for it.

    Args:
        result: of a case that holds; gets the sequence and the wire.
        target: who was asked.
        steps: the sequence that was played last.
    """
    result.steps = tuple(_brief_step(step) for step in steps)
    if target.world is None or not steps:
        return
    seen = target.world.exchanges()
    result.wire = {target.name: [Exchange(_cut(each.request), _cut(each.reply)) for each in seen[:MOST_EXCHANGES]]}
    result.left_out = max(0, len(seen) - MOST_EXCHANGES)


def play_and_keep(result: CaseResult, target: Target, player: Participant, steps: Sequence[Step]) -> None:
    """Play a sequence on a target by itself, and keep what :func:`keep` keeps.

    Args:
        result: of a case that holds, in which all targets played at once, or one whose own sequence is gone.
        target: who is asked.
        player: its client and its other side.
        steps: the sequence.
    """
    if not repeatable([target], steps):
        return
    try:
        _perform(player, steps)
        keep(result, target, steps)
    except BaseException as error:  # as above
        if ends_the_run(error):
            raise
        result.wire = {}


def _perform(player: Participant, steps: Sequence[Step]) -> None:
    player.begin()
    for step in steps:
        if step.do != ADVANCE_CLOCK:
            player.perform(step)


def _brief_step(step: Step) -> Step:
    return Step(step.do, {name: _brief(value) for name, value in step.arguments.items()})


def _brief(value: Value) -> Value:
    return _cut(value, MOST_OF_A_VALUE) if isinstance(value, str) else value


def _cut(text: str, most: int = MOST_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
