"""How `afilnet conformance run` goes: the harness first, then the cases, then the ledger, then what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from afilnet_protocols import dialects
from afilnet_protocols.cli.conformance.run_output import kill_report, tell
from afilnet_protocols.cli.conformance.run_request import Wanted
from afilnet_protocols.cli.ending.interruption import Interrupted
from afilnet_protocols.cli.parser.words import UsageError
from afilnet_protocols.cli.terminal.output import print_json, print_table, print_text
from afilnet_protocols.cli.terminal.progress import at_work, progress
from afilnet_protocols.cli.terminal.standard_output import standard_output_kept
from afilnet_protocols.conformance import examination as harness
from afilnet_protocols.conformance import replay, runner
from afilnet_protocols.conformance.case_player import Profile
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.conformance.rehearsal import rehearse as rehearsed
from afilnet_protocols.conformance.reports import write
from afilnet_protocols.conformance.reports.document import document_of
from afilnet_protocols.conformance.results import ledger
from afilnet_protocols.conformance.results.outcome import CaseResult, ExitCode, RunReport
from afilnet_protocols.conformance.results.verdict import judge
from afilnet_protocols.conformance.targets.live import Budget
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.parse import check_targets, is_live, opened, settle
from afilnet_protocols.conformance.targets.party import ASK, check_party, party_of
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.conformance.targets.terms import Terms, rules_of
from afilnet_protocols.plural import several
from afilnet_protocols.vocabulary import Delivery


def rehearse(wanted: Wanted) -> None:
    """Print what would be asked of a live service, call by call; nothing is opened and nothing is asked.

    Raises:
        UsageError: as of :func:`run`, and what else the command line names that is not there.
        ConfigurationError: a target is not there, or the settings of one cannot work.
    """
    _read(wanted)
    check_targets(wanted.targets)
    given = {Need.WRONG_LOGIN: wanted.wrong_password, Need.LAB: wanted.lab}
    found = rehearsed(
        wanted.cases,
        wanted.budget,
        party=wanted.party is not None,
        given=[need for need, is_given in given.items() if is_given],
    )
    played = [each for each in found if not each.left_out]
    sends = sum(each.sends for each in found)
    if wanted.json:
        shown = [
            {"case": each.case, "calls": [step.as_data() for step in each.calls], "left_out": each.left_out}
            for each in found
        ]
        print_json({"cases": shown, "sends": sends, "calls": sum(len(each.calls) for each in found)})
        return
    rows = [(each.case, number, step) for each in found for number, step in enumerate(each.calls, 1)]
    print_table(["case", "call", "what would be asked"], rows)
    reasons = Counter(each.left_out for each in found if each.left_out)
    calls = f"{several(len(rows), 'call')}, {sends} of them sends"
    print_text(f"\n{len(played)} of {len(found)} cases on each live service: {calls}")
    for reason, count in reasons.most_common():
        print_text(f"  {count} left out: {reason}")
    print_text("A sandbox is asked all cases. The channels above are made up; a run takes those of the service.")


def _read(wanted: Wanted) -> tuple[ledger.Ledger, Rules | None]:
    """Return what the files that are named say, before anything is opened.

    Raises:
        UsageError: an option is given that has no use without another one.
        ConfigurationError: a file or a dialect is not there, or cannot be read; or there can be no such party.
    """
    if wanted.party_to is not None and wanted.party is None:
        raise UsageError("--party-to goes with --party PROFILE")
    if wanted.party is not None:
        check_party(wanted.party, to=wanted.party_to, recipients=wanted.recipients)
    known = ledger.read(wanted.known) if wanted.known is not None else ledger.Ledger()
    return known, rules_of(dialects.find(wanted.like)) if wanted.like else None


def _refuse_what_is_for_live_services(wanted: Wanted) -> None:
    """Refuse options that no target heeds: a report would name a dialect that nobody has spoken."""
    given: dict[str, object] = {"--like": wanted.like, "--party": wanted.party, "--recipient": wanted.recipients}
    given |= {"--channel": wanted.channels, "--wrong-password": wanted.wrong_password, "--lab": wanted.lab}
    option = next((name for name, value in given.items() if value), None)
    if option is not None and not any(map(is_live, wanted.targets)):
        raise UsageError(f"{option} is for a live service, and no target is one: name a profile")


def run(wanted: Wanted) -> ExitCode:
    """Run, report, and return what it means.

    Raises:
        UsageError: an option has no use without another one, or for none of the targets.
        ConfigurationError: something that is named is not there, cannot be read, or cannot work.
    """
    known, rules = _read(wanted)
    _refuse_what_is_for_live_services(wanted)
    party = party_of(wanted.party, to=wanted.party_to, recipients=wanted.recipients) if wanted.party else None
    terms = Terms(
        party=party,
        wrong_password=wanted.wrong_password,
        lab=wanted.lab,
        rules=rules,
        channels=wanted.channels,
    )
    budget = wanted.budget
    # A person who writes is asked on the terminal, and has it.
    silent = wanted.json or wanted.party == ASK
    with (
        standard_output_kept(),
        at_work("looking whether all is there", silent=silent),
        opened(wanted.targets, plain=wanted.plain, budget=budget, terms=terms) as targets,
    ):
        checks = list(harness.examine(targets))
        if not checks[-1].holds:
            report = _void(wanted, targets, f"{checks[-1].step}: {checks[-1].seen}")
        else:
            report = _asked(wanted, targets, known, silent=silent)
    if wanted.mutants and not report.void:
        _add_kills(report, wanted, targets)
    report.command = wanted.command
    report.dialect = wanted.like or ""
    report.sends, report.asked = dict(budget.spent), dict(budget.asked)
    document = document_of(report, CASES)
    for kind, file in wanted.reports:
        write(document, kind, file)
    verdict = judge(report)
    if wanted.json:
        print_json(document)
    else:
        tell(report, verdict, checks, wanted)
    return verdict.code


def _asked(wanted: Wanted, targets: Sequence[Target], known: ledger.Ledger, *, silent: bool) -> RunReport:
    """Return what the cases found, beside what is known of it."""
    budget = wanted.budget
    try:
        report = _played(wanted, targets, budget, silent=silent)
    except KeyboardInterrupt:
        if not any(budget.spent.values()):
            raise
        raise _interrupted(budget) from None
    known.apply(
        report,
        today=datetime.now(UTC).date(),
        cases=[case.id for case in CASES],
        replayed=lambda file, name: _pinned(file, name, targets),
    )
    return report


def _add_kills(report: RunReport, wanted: Wanted, targets: Sequence[Target]) -> None:
    """Break the sandbox, and a live service where there is one, and add to the report which cases notice."""
    matrix = kill_report(seed=wanted.seed, silent=wanted.json)
    report.kills = matrix.kills
    report.problems += matrix.problems
    if not all(target.disposable for target in targets):
        from afilnet_protocols.conformance.mutants import live_matrix

        with at_work("breaking a live service", silent=wanted.json):
            report.kills += live_matrix.kills(seed=wanted.seed)


def _interrupted(budget: Budget) -> Interrupted:
    sends = sum(budget.spent.values())
    look = "look at the conversations of the recipients; the same command again sends anew"
    return Interrupted(f"{sends} sends had been asked for", look, delivery=Delivery.UNKNOWN)


def _void(wanted: Wanted, targets: Sequence[Target], reason: str) -> RunReport:
    report = RunReport(seed=wanted.seed, targets=tuple(target.name for target in targets), complete=False)
    report.void = f"no case was run, because the doctor stopped at {reason}"
    report.started = datetime.now(UTC).isoformat(timespec="seconds")
    return report


def _played(wanted: Wanted, targets: Sequence[Target], budget: Budget, *, silent: bool) -> RunReport:
    with progress(len(wanted.cases) * len(targets), "asking", patience=0, silent=silent) as advance:

        def on_progress(result: CaseResult) -> None:
            settle(result)
            advance(f"{result.case} {result.backend}")

        return runner.run(
            targets,
            cases=wanted.cases,
            seed=wanted.seed,
            profile=cast("Profile", wanted.profile),
            on_progress=on_progress,
            budget=budget,
            chosen=bool(wanted.patterns),
        )


def _pinned(file: Path, name: str, targets: Sequence[Target]) -> CaseResult:
    target = next(target for target in targets if target.name == name)
    result = replay.play(replay.read(file), target)
    settle(result)
    return result
