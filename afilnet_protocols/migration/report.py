"""A comparison as a report: the conformance suite's page, in which each operation is a case of the target."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.conformance.outcome import CaseResult, Outcome, RunReport
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.migration.comparison import Findings, Verdict

FORMS = ("html", "md", "junit", "json")
"""What a comparison can be written as."""


def write_reports(
    findings: Findings,
    wanted: Iterable[tuple[str, Path]],
    *,
    verdict: Verdict,
    reasons: Sequence[str],
    seed: int,
) -> None:
    """Write a comparison down.

    Args:
        findings: what it found.
        wanted: as what (one of :data:`FORMS`), and where to.
        verdict: what it means.
        reasons: why.
        seed: what its calls were drawn from.

    Raises:
        ConfigurationError: a file cannot be written.
    """
    for form, file in wanted:
        if form == "json":
            _write_json(findings, file)
            continue
        from afilnet_protocols.conformance.reports import write
        from afilnet_protocols.conformance.reports.document import VerdictData, document_of

        document = document_of(_as_run(findings, seed))
        document["verdict"] = VerdictData(exit_code=int(verdict), word=verdict.word, reasons=list(reasons))
        for case in document["cases"]:
            case["title"] = f"{case['id']} does the same as before"
            case["area_about"] = case["area"] = "what an application could notice"
        write(document, form, file)


def _as_run(findings: Findings, seed: int) -> RunReport:
    results = [
        CaseResult(
            case=found.operation,
            backend=findings.target,
            outcome=Outcome.PASS if found.is_gain else Outcome.FAIL,
            reason=f"differs in {found.noticed.kind}, {found.count} times, first in call {found.call}",
            operation=found.operation,
            field=found.noticed.field,
            expected=found.noticed.ours,
            actual=found.noticed.theirs,
        )
        for found in findings.differences.values()
    ]
    told = {result.case for result in results}
    results += [
        CaseResult(case=operation.name, backend=findings.target, outcome=Outcome.PASS)
        for operation in OPERATIONS
        if findings.calls[operation.name] and operation.name not in told
    ]
    return RunReport(
        seed=seed,
        targets=(findings.source, findings.target),
        results=results,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command=f"afilnet compare --from {findings.source} --to {findings.target} --seed {seed}",
    )


def _write_json(findings: Findings, file: Path) -> None:
    reason = ""
    try:
        file.write_text(json.dumps(findings.as_data(), indent=1) + "\n", "utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
    if reason:
        raise ConfigurationError(f"the report {file} cannot be written: {reason}; name another file")
