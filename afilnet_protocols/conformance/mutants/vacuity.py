"""Whether cases can fail at all: backends that only make their answers up must not pass all of them."""

from __future__ import annotations

from collections.abc import Sequence

from afilnet_protocols.conformance.case_player import EXAMPLES, CasePlayer, failed
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.cases.case import Case
from afilnet_protocols.conformance.mutants.controls import CONTROLS, Control
from afilnet_protocols.conformance.results.outcome import RunReport
from afilnet_protocols.conformance.targets.stage import Stage


def what_it_proves(report: RunReport, cases: Sequence[Case], *, chosen: bool) -> None:
    """Note in a report if the cases that were shown prove nothing, since a control passes them all.

    Args:
        report: of the run.
        cases: those that were shown.
        chosen: whether somebody looks at these alone; then it is said which case to add, and the run is not void.
    """
    with Stage() as stage:
        for control in CONTROLS:
            if _catches(stage, control, cases, seed=report.seed):
                continue
            told = f"the control {control.id} ({control.about}) passed everything that was asked"
            if not chosen:
                report.void = told
                return
            # What is sent and read back is the hardest to make up, so those cases are tried first.
            fixed = [case for case in CASES if not case.generated and case not in cases]
            others = sorted(fixed, key=lambda case: case.area != "SEND")
            more = next((case.id for case in others if _catches(stage, control, [case], seed=report.seed)), None)
            report.alone.append(told + (f": add --case {more}" if more else ""))


def _catches(stage: Stage, control: Control, cases: Sequence[Case], *, seed: int) -> bool:
    player = CasePlayer([stage.target(control.candidate())], seed=seed, examples=EXAMPLES["quick"], draws_wire=False)
    try:
        return any(failed(result) for case in cases for result in player.results(case))
    finally:
        player.close()
