"""`afilnet conformance run`, `replay` and `mutants`: what asks backends and services."""

from __future__ import annotations

import random
import shlex
from pathlib import Path

from afilnet_protocols.cli.conformance.case_choice import EPILOG, case_option, chosen_cases, needed
from afilnet_protocols.cli.ending.exits import Exit
from afilnet_protocols.cli.options import known
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import print_json, print_table, print_text
from afilnet_protocols.cli.terminal.progress import at_work
from afilnet_protocols.cli.terminal.standard_output import standard_output_kept

PROFILES = ("quick", "ci", "long")


@grammar.command(epilog=EPILOG)
@grammar.argument(
    "targets",
    kind=known.TARGET,
    multiple=True,
    metavar="TARGET…",
    help="sandbox (all five), sandbox:soap, a profile, entry:package.module:factory, proc:COMMAND",
)
@grammar.option("--seed", kind=kinds.Number(int, 0), help="Draw what this seed draws; any by default.")
@grammar.option("--profile", kind=kinds.Choice(PROFILES), default="quick", help="How much is drawn.")
@case_option
@grammar.option("--known", kind=kinds.OLD_FILE, metavar="LEDGER", help="The ledger of known deviations.")
@grammar.option(
    "--report", "reports", multiple=True, metavar="KIND=FILE", help="Write junit=, json=, md=, html= or svg=FILE."
)
@grammar.option("--read-only", flag=True, help="Send nothing.")
@grammar.option("--max-sends", kind=kinds.Number(int, 0), default=20, help="The most sends to each live service.")
@grammar.option("--recipient", "recipients", multiple=True, help="Who has agreed to be written to on a live service.")
@grammar.option(
    "--channel", "channels", multiple=True, metavar="PLATFORM/ID", help="A channel that the live account surely has."
)
@grammar.option(
    "--party",
    kind=known.PARTY,
    help="Who writes to a live service: a profile, or you at a phone.",
)
@grammar.option("--party-to", metavar="NUMBER", help="The number under which the party's profile reaches the account.")
@grammar.option("--wrong-password", flag=True, help="Show wrong credentials to a live service; it may lock accounts.")
@grammar.option("--lab", flag=True, help="Anything may be sent, read and lost in the live account.")
@grammar.option(
    "--like",
    kind=known.DIALECT,
    help="How the live service speaks: a name, or what afilnet survey wrote.",
)
@grammar.option("--dry-run", flag=True, help="List what would be asked; ask nothing.")
@grammar.option("--plain", flag=True, help="Reach the sandbox without TLS, to save time.")
@grammar.option("--mutants", flag=True, help="Add the kill matrix of the suite itself.")
@grammar.json_option
def run(
    *,
    targets: tuple[str, ...],
    seed: int | None,
    profile: str,
    cases: tuple[str, ...],
    known: Path | None,
    reports: tuple[str, ...],
    read_only: bool,
    max_sends: int,
    recipients: tuple[str, ...],
    channels: tuple[str, ...],
    party: str | None,
    party_to: str | None,
    wrong_password: bool,
    lab: bool,
    like: str | None,
    dry_run: bool,
    plain: bool,
    mutants: bool,
    json: bool,
) -> None:
    """Run the cases against targets and say whether they do what the contract says."""
    needed()
    from afilnet_protocols.cli.conformance.run_request import Wanted, channels_of, reports_of
    from afilnet_protocols.cli.conformance.run_steps import rehearse
    from afilnet_protocols.cli.conformance.run_steps import run as carried_out

    wanted = Wanted(
        targets=targets,
        cases=tuple(chosen_cases(cases)),
        seed=random.SystemRandom().randrange(2**32) if seed is None else seed,
        profile=profile,
        known=known,
        reports=reports_of(reports),
        read_only=read_only,
        max_sends=max_sends,
        recipients=recipients,
        channels=channels_of(channels),
        party=party,
        party_to=party_to,
        wrong_password=wrong_password,
        lab=lab,
        like=like,
        plain=plain,
        mutants=mutants,
        json=json,
        patterns=cases,
    )
    if dry_run:
        rehearse(wanted)
    else:
        raise Exit(carried_out(wanted))


@grammar.command(epilog=EPILOG)
@grammar.argument("file", kind=kinds.FILE, metavar="FILE", help="A replay file.")
@grammar.option("--on", kind=known.TARGET, multiple=True, metavar="TARGET", help="Where to; the sandbox by default.")
@grammar.json_option
def replay(*, file: Path, on: tuple[str, ...], json: bool) -> None:
    """Play a recorded sequence again, on any backend, and compare every outcome."""
    needed()
    from afilnet_protocols.conformance import replay as replays
    from afilnet_protocols.conformance.reports.document import document_of
    from afilnet_protocols.conformance.results.outcome import RunReport
    from afilnet_protocols.conformance.results.verdict import judge
    from afilnet_protocols.conformance.targets.parse import opened, settle

    recorded = replays.read(file)
    words = on or ("sandbox",)
    with standard_output_kept(), at_work("playing it again", silent=json), opened(words) as targets:
        report = RunReport(seed=recorded.seed or 0, targets=tuple(target.name for target in targets))
        for target in targets:
            report.results.append(replays.play(recorded, target))
            settle(report.results[-1])
    report.command = f"afilnet conformance replay {shlex.quote(str(file))} --on " + " --on ".join(
        map(shlex.quote, words)
    )
    verdict = judge(report)
    if json:
        print_json(document_of(report))
    else:
        print_table(["target", "outcome"], [(result.backend, result.outcome) for result in report.results])
        for result in report.results:
            if result.reason:
                print_text(f"\n{result.reason}")
        print_text(f"\n{verdict.word}")
    raise Exit(verdict.code)


@grammar.command(epilog=EPILOG)
@grammar.option("--seed", kind=kinds.Number(int, 0), default=1, help="Draw what this seed draws.")
@grammar.json_option
def mutants(*, seed: int, json: bool) -> None:
    """Break backends and servers on purpose and show which case catches each."""
    needed()
    from afilnet_protocols.cli.conformance.run_output import kill_report, print_kills
    from afilnet_protocols.conformance.reports.document import document_of
    from afilnet_protocols.conformance.results.verdict import judge

    report = kill_report(seed=seed, silent=json)
    verdict = judge(report)
    if json:
        print_json(document_of(report)["kills"])
    else:
        print_kills(report)
        print_text(f"\n{verdict.word}" + "".join(f"\n  {reason}" for reason in verdict.reasons))
    raise Exit(verdict.code)
