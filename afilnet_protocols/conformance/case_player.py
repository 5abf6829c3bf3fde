"""`CasePlayer`: plays cases on targets, and says how each case ended on each."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Sequence
from typing import Literal

from afilnet_protocols.comparison.canonical import difference, words_of
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.cases.case import Case
from afilnet_protocols.conformance.cases.context import DESTINATION, Context
from afilnet_protocols.conformance.generated.coverage import Coverage
from afilnet_protocols.conformance.reference.differential import Differential, Disagreement
from afilnet_protocols.conformance.results.finding import Finding, ends_the_run
from afilnet_protocols.conformance.results.outcome import CaseResult, Outcome
from afilnet_protocols.conformance.targets import wire_excerpts as wires
from afilnet_protocols.conformance.targets.live import NOBODY, Budget, compared_live
from afilnet_protocols.conformance.targets.stage import MODEL, compared
from afilnet_protocols.conformance.targets.target import NotShownError, Target

Profile = Literal["quick", "ci", "long"]

EXAMPLES: dict[str, int] = {"quick": 10, "ci": 60, "long": 1000}
"""How many sequences each generated case plays, by profile."""

GENERATED = [case.id for case in CASES if case.generated]
"""The cases that draw their sequences."""


def failed(result: CaseResult) -> bool:
    """Whether a result speaks against the backend."""
    return result.outcome in (Outcome.FAIL, Outcome.OVER_CLAIMED)


class CasePlayer:
    """Plays cases on targets, with one client of each target for all cases that are not generated.

    Args:
        targets: who is asked.
        seed: decides what is drawn.
        examples: how many sequences each generated case plays.
        budget: what may be asked of targets without a world.
        draws_wire: whether it is kept what went over the wire; a failing sequence is played once more for that.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        seed: int,
        examples: int,
        budget: Budget | None = None,
        draws_wire: bool = True,
    ) -> None:
        self.targets = tuple(targets)
        self.coverage = Coverage()
        self.seed = seed
        self._examples = examples
        self._budget = budget or Budget()
        self._draws_wire = draws_wire
        self._alone: dict[str, Differential] = {}
        self._broken: dict[str, str] = {}

    def results(self, case: Case) -> Iterator[CaseResult]:
        """Play a case on every target; give a result for each."""
        ready = []
        for target in self.targets:
            reason = self._budget.refusal(case, target)
            broken = "" if reason else self._setup(target)
            if reason:
                yield CaseResult(case.id, target.name, Outcome.UNPROVED, reason)
            elif broken:
                yield CaseResult(case.id, target.name, Outcome.SETUP_FAILED, broken)
            else:
                ready.append(target)
        if case.generated:
            yield from self._together(case, [target for target in ready if target.disposable])
            for target in ready:
                if not target.disposable:
                    yield from self._together(case, [target])
        else:
            for target in ready:
                yield self._one(case, target)

    def close(self) -> None:
        """Close every client."""
        for differential in self._alone.values():
            differential.close()

    def _setup(self, target: Target) -> str:
        """Make the target's comparison; return why it cannot be made, or an empty string."""
        if target.name in self._broken:
            return self._broken[target.name]
        reason = ""
        if target.name not in self._alone:
            try:
                self._alone[target.name] = self._compared(target)
            except BaseException as error:  # whatever a foreign backend raises when it is made
                if ends_the_run(error):
                    raise
                reason = self._broken[target.name] = f"{type(error).__name__}: {words_of(error)}"
        return reason

    def _compared(self, target: Target) -> Differential:
        if not target.disposable:
            return compared_live(target, self._budget)
        target.make().close()
        return compared([target])

    def _context(self, case: Case, targets: Sequence[Target], differential: Differential) -> Context:
        # Every case draws its own: what one draws does not change with the choice of others.
        seed = self.seed ^ zlib.crc32(case.id.encode())
        live = not targets[0].disposable
        turn = GENERATED.index(case.id) if case.generated else 0
        return Context(
            targets,
            differential,
            seed=seed,
            examples=self._examples,
            turn=turn,
            recipients=self._budget.recipients if live else (),
            destination=NOBODY if live else DESTINATION,
        )

    def _one(self, case: Case, target: Target) -> CaseResult:
        """Play a case that is not generated on one target."""
        differential = self._alone[target.name]
        began = time.monotonic()
        result = CaseResult(case.id, target.name, Outcome.PASS)
        context = self._context(case, [target], differential)
        try:
            case.check(context)
        except Finding as found:
            _tell(result, found)
            differential.close()
        except NotShownError as reason:
            result.outcome, result.reason = Outcome.UNPROVED, str(reason)
            differential.close()  # what its client has met shall not be held against it in the next case
        except Exception as error:  # noqa: BLE001 - the suite's own mistake is an outcome and must not end the run
            result.outcome, result.reason = Outcome.HARNESS_ERROR, f"{type(error).__name__}: {words_of(error)}"
        stopped = None if target.world is None else target.world.stopped
        if stopped is not None:
            result.outcome, result.reason = Outcome.UNPROVED, str(stopped)
            differential.close()
        _weigh(case, target, result)
        if not self._draws_wire:
            pass
        elif failed(result):
            result.wire = wires.of_finding(self.targets, result.steps)
        elif result.outcome in (Outcome.PASS, Outcome.UNDER_CLAIMED):
            wires.keep(result, target, context.asked)
        elif result.outcome is Outcome.NOT_DECLARED:
            wires.play_and_keep(result, target, differential.backends[0], result.steps)
        result.seconds = time.monotonic() - began
        return result

    def _together(self, case: Case, targets: Sequence[Target]) -> Iterator[CaseResult]:
        """Play a generated case on all targets at once, and again without those at fault until the others agree."""
        standing = list(targets)
        while standing:
            began = time.monotonic()
            if standing[0].disposable:
                differential = compared(standing, watch=self.coverage.note)
            else:
                differential = compared_live(standing[0], self._budget)
            outcome, reason = Outcome.PASS, ""
            found: Finding | None = None
            context = self._context(case, standing, differential)
            try:
                case.check(context)
            except Finding as finding:
                found = finding
            except NotShownError as shortage:
                outcome, reason = Outcome.UNPROVED, str(shortage)
            except Exception as error:  # noqa: BLE001 - the suite's own mistake is an outcome and must not end the run
                outcome, reason = Outcome.HARNESS_ERROR, f"{type(error).__name__}: {words_of(error)}"
            finally:
                differential.close()
            stopped = next((each.world.stopped for each in standing if each.world and each.world.stopped), None)
            if stopped is not None:
                found, outcome, reason = None, Outcome.UNPROVED, str(stopped)
            seconds = time.monotonic() - began
            if found is None:
                for target in standing:
                    result = CaseResult(case.id, target.name, outcome, reason, seconds=seconds / len(standing))
                    if self._draws_wire and outcome is Outcome.PASS:
                        alone = self._alone[target.name].backends[0]
                        wires.play_and_keep(result, target, alone, context.asked)
                    yield result
                return
            wrong = _at_fault(found)
            wire = wires.of_finding(self.targets, found.steps) if self._draws_wire else {}
            for target in [each for each in standing if each.name in wrong]:
                result = CaseResult(case.id, target.name, Outcome.FAIL, wire=wire, seconds=seconds / len(wrong))
                _tell(result, found)
                yield result
            standing = [target for target in standing if target.name not in wrong]


def _at_fault(found: Finding) -> frozenset[str]:
    """Return who disagrees with the model, however many they are."""
    if isinstance(found, Disagreement):
        right = found.outcomes[MODEL]
        return frozenset(name for name, outcome in found.outcomes.items() if difference(right, outcome) is not None)
    return frozenset(found.odd)


def _tell(result: CaseResult, found: Finding) -> None:
    result.outcome, result.reason = Outcome.FAIL, str(found)
    result.operation, result.field = found.operation, found.field
    result.expected, result.actual, result.steps = found.expected, found.actual, found.steps
    if isinstance(found, Disagreement) and result.backend not in found.odd:
        # The model stood alone: what is expected is still what the model has.
        told = difference(found.outcomes[MODEL], found.outcomes.get(result.backend))
        if told is not None:
            result.field, result.expected, result.actual = told.field, told.expected, told.actual


def _weigh(case: Case, target: Target, result: CaseResult) -> None:
    """Turn what a probe of a capability found into what it says about the declaration."""
    if case.capability is None or result.outcome not in (Outcome.PASS, Outcome.FAIL):
        return
    has, declares = result.outcome is Outcome.PASS, case.capability in target.capabilities
    if has and not declares:
        result.outcome, result.reason = Outcome.UNDER_CLAIMED, f"it has {case.capability!r} and does not declare it"
    elif not has and declares:
        result.outcome = Outcome.OVER_CLAIMED
        result.reason = f"it declares {case.capability!r}\n{result.reason}"
    elif not has:
        result.outcome, result.reason = Outcome.NOT_DECLARED, f"it does not declare {case.capability!r}, and has it not"
