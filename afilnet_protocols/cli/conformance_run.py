"""How `afilnet conformance run` goes: the harness first, then the cases, then the ledger, then what is told of it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from afilnet_protocols import dialects
from afilnet_protocols.cli.interruption import Interrupted
from afilnet_protocols.cli.output import print_json, print_line, print_table
from afilnet_protocols.cli.progress import progress
from afilnet_protocols.cli.words import UsageError
from afilnet_protocols.conformance import runner
from afilnet_protocols.conformance.cases import CASES, Case
from afilnet_protocols.conformance.reference import ledger, replay
from afilnet_protocols.conformance.reference.rehearsal import rehearse as rehearsed
from afilnet_protocols.conformance.reports import KINDS, write
from afilnet_protocols.conformance.reports.document import document_of
from afilnet_protocols.conformance.reports.symbols import QUIET
from afilnet_protocols.conformance.results.causes import Sign, grouped, sign
from afilnet_protocols.conformance.results.outcome import CaseResult, ExitCode, Outcome, RunReport
from afilnet_protocols.conformance.results.verdict import Verdict, judge
from afilnet_protocols.conformance.targets import examination as harness
from afilnet_protocols.conformance.targets.live import MOST_SENDS, Budget
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.parse import opened, settle
from afilnet_protocols.conformance.targets.party import party_of
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.conformance.targets.terms import Terms, rules_of
from afilnet_protocols.suggestion import did_you_mean
from afilnet_protocols.vocabulary import Delivery

STYLES = {"ok": "green", "failed": "bold red"}


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for; see `afilnet conformance run --help`."""

    targets: tuple[str, ...]
    cases: tuple[Case, ...]
    seed: int
    profile: str
    known: Path | None = None
    reports: tuple[tuple[str, Path], ...] = ()
    read_only: bool = False
    max_sends: int = MOST_SENDS
    recipients: tuple[str, ...] = ()
    channels: tuple[tuple[str, str], ...] = ()
    party: str | None = None
    party_to: str | None = None
    wrong_password: bool = False
    lab: bool = False
    like: str | None = None
    plain: bool = False
    mutants: bool = False
    json: bool = False
    patterns: tuple[str, ...] = ()

    @property
    def budget(self) -> Budget:
        """What may be asked of live services, with nothing spent yet."""
        return Budget(read_only=self.read_only, max_sends=self.max_sends, recipients=self.recipients)

    @property
    def command(self) -> str:
        """The same run again; where reports went does not belong to it."""
        words = ["afilnet", "conformance", "run", *self.targets, "--seed", str(self.seed), "--profile", self.profile]
        single = {"--party": self.party, "--party-to": self.party_to, "--like": self.like}
        named = ["/".join(each) for each in self.channels]
        many = {"--case": self.patterns, "--recipient": self.recipients, "--channel": named}
        for option, values in (*many.items(), *((name, (value,)) for name, value in single.items() if value)):
            words += [word for value in values for word in (option, value)]
        if self.known is not None:
            words += ["--known", str(self.known)]
        if self.max_sends != MOST_SENDS:
            words += ["--max-sends", str(self.max_sends)]
        flags = {"--read-only": self.read_only, "--plain": self.plain, "--mutants": self.mutants}
        flags |= {"--wrong-password": self.wrong_password, "--lab": self.lab}
        return shlex.join([*words, *(flag for flag, given in flags.items() if given)])


def reports_of(words: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """Return the kind and file of every report that is asked for, as in ``junit=a.xml,html=b.html``.

    Raises:
        UsageError: there is no such kind, or no file is named.
    """
    found = []
    for part in (part for word in words for part in word.split(",")):
        kind, _, file = part.partition("=")
        if kind not in KINDS:
            raise UsageError(f"--report: there is no report {kind!r}: {did_you_mean(kind, KINDS)}")
        if not file:
            raise UsageError(f"--report: write {kind}=FILE")
        found.append((kind, Path(file)))
    return tuple(found)


def channels_of(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the platform and the identifier of each channel that is named, as in ``whatsapp/100``.

    Raises:
        UsageError: one is named otherwise.
    """
    found = []
    for word in words:
        platform, _, identifier = word.partition("/")
        if not platform or not identifier:
            raise UsageError("--channel: write PLATFORM/ID, such as whatsapp/100")
        found.append((platform, identifier))
    return tuple(found)


def rehearse(wanted: Wanted) -> None:
    """Print what would be asked of a live service, call by call; nothing is opened and nothing is asked."""
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
    print_line(f"\n{len(played)} of {len(found)} cases on each live service: {len(rows)} calls, {sends} of them sends")
    for reason, count in reasons.most_common():
        print_line(f"  {count} left out: {reason}")
    print_line("A sandbox is asked all cases. The channels above are made up; a run takes those of the service.")


def run(wanted: Wanted) -> ExitCode:
    """Run, report, and return what it means."""
    known = ledger.read(wanted.known) if wanted.known is not None else ledger.Ledger()
    party = party_of(wanted.party, to=wanted.party_to, recipients=wanted.recipients) if wanted.party else None
    rules = rules_of(dialects.find(wanted.like)) if wanted.like else None
    terms = Terms(
        party=party,
        wrong_password=wanted.wrong_password,
        lab=wanted.lab,
        rules=rules,
        channels=wanted.channels,
    )
    budget = wanted.budget
    with opened(wanted.targets, plain=wanted.plain, budget=budget, terms=terms) as targets:
        checks = list(harness.examine(targets))
        if not checks[-1].holds:
            report = _void(wanted, targets, f"{checks[-1].step}: {checks[-1].seen}")
        else:
            try:
                report = _played(wanted, targets, budget)
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
    if wanted.mutants and not report.void:
        matrix = kill_report(seed=wanted.seed, silent=wanted.json)
        report.kills = matrix.kills
        report.problems += matrix.problems
        if not all(target.disposable for target in targets):
            from afilnet_protocols.conformance.mutants import live_matrix

            report.kills += live_matrix.kills(seed=wanted.seed)
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
        _tell(report, verdict, checks, wanted)
    return verdict.code


def _interrupted(budget: Budget) -> Interrupted:
    sends = sum(budget.spent.values())
    look = "look at the conversations of the recipients; the same command again sends anew"
    return Interrupted(f"{sends} sends had been asked for", look, delivery=Delivery.UNKNOWN)


def _void(wanted: Wanted, targets: Sequence[Target], reason: str) -> RunReport:
    report = RunReport(seed=wanted.seed, targets=tuple(target.name for target in targets), complete=False)
    report.void = f"no case was run, because the doctor stopped at {reason}"
    report.started = datetime.now(UTC).isoformat(timespec="seconds")
    return report


def _played(wanted: Wanted, targets: Sequence[Target], budget: Budget) -> RunReport:
    with progress(len(wanted.cases) * len(targets), silent=wanted.json) as advance:

        def on_progress(result: CaseResult) -> None:
            settle(result)
            advance(f"{result.case} {result.backend}")

        return runner.run(
            targets,
            cases=wanted.cases,
            seed=wanted.seed,
            profile=cast("runner.Profile", wanted.profile),
            on_progress=on_progress,
            budget=budget,
            chosen=bool(wanted.patterns),
        )


def _pinned(file: Path, name: str, targets: Sequence[Target]) -> CaseResult:
    target = next(target for target in targets if target.name == name)
    result = replay.play(replay.read(file), target)
    settle(result)
    return result


# What is told


def _tell(report: RunReport, verdict: Verdict, checks: Sequence[harness.Check], wanted: Wanted) -> None:
    if report.void and not report.results:
        rows = [(check.step, "ok" if check.holds else "failed", check.seen) for check in checks]
        print_table(["doctor", "state", "what was seen"], rows, styles=STYLES)
        print_line("")
    else:
        _print_areas(report)
        for first, *others in grouped(_loud(report), _sign_of):
            reason = first.reason.replace("\n", "\n  ")
            print_line(f"\n{first.case} on {first.backend}: {first.outcome}\n  {reason}")
            if others:
                print_line(f"  the same in {len(others)} more: {', '.join(other.case for other in others)}")
    if report.kills:
        print_line("")
        print_kills(report)
    print_line(f"\n{verdict.word}" + "".join(f"\n  {reason}" for reason in verdict.reasons))
    print_line(f"the same again: {report.command}")
    for kind, file in wanted.reports:
        print_line(f"report ({kind}): {file}")


def _loud(report: RunReport) -> list[CaseResult]:
    return [result for result in report.results if result.outcome not in QUIET]


def _sign_of(result: CaseResult) -> Sign:
    # Without an operation, the reason is all that is known.
    return sign(
        backend=result.backend,
        outcome=result.outcome,
        operation=result.operation or result.reason,
        field=result.field,
        expected=result.expected,
        actual=result.actual,
    )


def _print_areas(report: RunReport) -> None:
    """Print how many cases of each area passed on each backend; what is not shown is said, and never counts."""
    areas = dict.fromkeys(result.case.partition("-")[0] for result in report.results)
    rows = [[area, *(_share(report, area, target) for target in report.targets)] for area in areas]
    print_table(["area", *report.targets], rows)
    counts = Counter(result.outcome for result in report.results)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
    print_line(f"\n{told}; {report.seconds:.1f} s, seed {report.seed}")
    for target, requests in report.asked.items():
        print_line(f"{target}: {requests} requests, {report.sends.get(target, 0)} of them sends")
    _print_not_shown(report)


def _print_not_shown(report: RunReport) -> None:
    """Say why cases were not shown, and what would show them."""
    reasons = Counter(result.reason for result in report.results if result.outcome is Outcome.UNPROVED)
    for reason, count in reasons.most_common():
        print_line(f"  {count} not shown: {reason}")


def _share(report: RunReport, area: str, target: str) -> str:
    found = Counter(
        result.outcome
        for result in report.results
        if result.backend == target and result.case.partition("-")[0] == area
    )
    others = [f"{count} {outcome}" for outcome, count in found.items() if outcome is not Outcome.PASS]
    return ", ".join([f"{found[Outcome.PASS]}/{found.total()}", *others])


def kill_report(*, seed: int = 1, silent: bool = False) -> RunReport:
    """Run every broken backend and server, and return the matrix as a report."""
    from afilnet_protocols.conformance.mutants import MUTANTS
    from afilnet_protocols.conformance.mutants.kill_matrix import run_matrix
    from afilnet_protocols.sandbox.mutants import SERVER_MUTANTS

    with progress(len(MUTANTS) + len(SERVER_MUTANTS), silent=silent) as advance:
        return run_matrix(seed=seed, on_kill=lambda kill, _: advance(kill.mutant))


def print_kills(report: RunReport) -> None:
    """Print the kill matrix."""
    rows = [
        (
            kill.mutant,
            kill.about,
            ", ".join(kill.expected),
            ", ".join(kill.killers),
            kill.invalid or ("caught" if kill.killed else "SURVIVED"),
        )
        for kill in report.kills
    ]
    print_table(
        ["id", "what is broken", "to be caught by", "caught by", "verdict"],
        rows,
        styles={"caught": "green", "SURVIVED": "bold red"},
    )
    print_line(f"\n{sum(kill.killed for kill in report.kills)} of {len(report.kills)} caught")
