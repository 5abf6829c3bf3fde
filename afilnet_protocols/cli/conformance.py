"""`afilnet conformance`: the contract, run against any backend or service."""

from __future__ import annotations

import random
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from afilnet_protocols.cli import grammar, kinds
from afilnet_protocols.cli.exits import Exit
from afilnet_protocols.cli.output import print_json, print_line, print_table
from afilnet_protocols.cli.words import UsageError
from afilnet_protocols.extras import demand
from afilnet_protocols.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from afilnet_protocols.conformance.cases import Case

EPILOG = "Exit codes: 0 proved; 1 disagreement; 2 could not run, or proves nothing; 3 incomplete; 4 wrong ledger."
DIFF_EPILOG = (
    "Exit codes: 0 nothing became worse; 1 a regression; 2 a file is no report; 3 something is no longer shown."
)
PROFILES = ("quick", "ci", "long")

_case_option = grammar.option(
    "--case", "cases", multiple=True, help="Only these cases: SEND-03, or SEND-*. May be repeated."
)


def command(name: str) -> grammar.Command:
    """Return the group."""
    return conformance


@grammar.group(epilog=EPILOG)
def conformance() -> None:
    """Hold backends and services to the contract. Needs the extra: pip install 'afilnet-protocols[conformance]'."""


def needed() -> None:
    """Refuse to begin without what the extra brings.

    Raises:
        ConfigurationError: it is not installed.
    """
    demand("conformance", "afilnet conformance")


def chosen_cases(patterns: Sequence[str]) -> list[Case]:
    """Return the cases that patterns name, in the order of the list; all without a pattern.

    Raises:
        UsageError: a pattern names no case.
    """
    from fnmatch import fnmatchcase

    from afilnet_protocols.conformance.cases import CASES

    words = [word.strip().upper() for pattern in patterns for word in pattern.split(",")]
    for word in words:
        if not any(fnmatchcase(case.id, word) for case in CASES):
            near = did_you_mean(word, [case.id for case in CASES])
            near = near if near.startswith("did") else "'afilnet conformance list' shows all"
            raise UsageError(f"no case is named {word!r}: {near}")
    return [case for case in CASES if not words or any(fnmatchcase(case.id, word) for word in words)]


@conformance.command()
@grammar.argument(
    "targets",
    multiple=True,
    metavar="TARGET…",
    help="sandbox (all five), sandbox:soap, a profile, entry:package.module:factory, proc:COMMAND",
)
@grammar.option("--seed", kind=kinds.Number(int, 0), help="Draw what this seed draws; any by default.")
@grammar.option("--profile", metavar="|".join(PROFILES), default="quick", help="How much is drawn.")
@_case_option
@grammar.option("--known", kind=kinds.FILE, metavar="LEDGER", help="The ledger of known deviations.")
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
    "--party", metavar="PROFILE|ask|URL", help="Who writes to a live service: a profile, or you at a phone."
)
@grammar.option("--party-to", metavar="NUMBER", help="The number under which the party's profile reaches the account.")
@grammar.option("--wrong-password", flag=True, help="Show wrong credentials to a live service; it may lock accounts.")
@grammar.option("--lab", flag=True, help="Anything may be sent, read and lost in the live account.")
@grammar.option("--like", metavar="DIALECT", help="How the live service speaks: a name, or what afilnet survey wrote.")
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
    from afilnet_protocols.cli import conformance_run as carried_out

    if profile not in PROFILES:
        raise UsageError(f"--profile is one of {', '.join(PROFILES)}")
    wanted = carried_out.Wanted(
        targets=targets,
        cases=tuple(chosen_cases(cases)),
        seed=random.SystemRandom().randrange(2**32) if seed is None else seed,
        profile=profile,
        known=known,
        reports=carried_out.reports_of(reports),
        read_only=read_only,
        max_sends=max_sends,
        recipients=recipients,
        channels=carried_out.channels_of(channels),
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
        carried_out.rehearse(wanted)
    else:
        raise Exit(carried_out.run(wanted))


@conformance.command("list")
@_case_option
@grammar.json_option
def list_cases(*, cases: tuple[str, ...], json: bool) -> None:
    """List the cases."""
    needed()
    chosen = chosen_cases(cases)
    if json:
        print_json([_about(each) for each in chosen])
        return
    columns = ["case", "level", "from", "does", "title"]
    print_table(columns, [(each.id, each.level, each.provenance, each.effects, each.title) for each in chosen])
    print_line(f"\n{len(chosen)} cases; 'afilnet conformance explain CASE' tells more about one")


def _about(case: Case) -> dict[str, object]:
    from afilnet_protocols.conformance.targets.needs import Need

    return {
        "id": case.id,
        "area": case.area,
        "title": case.title,
        "requirement": case.requirement,
        "provenance": case.provenance,
        "level": case.level,
        "capability": case.capability,
        "effects": case.effects,
        "needs": [need for need in Need if need in case.needs],
        "recipients": case.recipients,
        "generated": case.generated,
    }


@conformance.command()
@grammar.argument("case", metavar="CASE", help="Such as SEND-03.")
@grammar.json_option
def explain(*, case: str, json: bool) -> None:
    """Tell what a case asks for, and where that comes from."""
    needed()
    found = chosen_cases([case])
    if json:
        print_json(_about(found[0]))
        return
    for each in found:
        about = _about(each)
        print_line(f"{each.id}: {each.title}\n\n{each.requirement}\n")
        print_table(["", ""], [(name.replace("_", " "), about[name]) for name in list(about)[4:]])


@conformance.command()
@grammar.argument("file", kind=kinds.FILE, metavar="FILE", help="A replay file.")
@grammar.option("--on", multiple=True, metavar="TARGET", help="Where to; the sandbox by default.")
@grammar.json_option
def replay(*, file: Path, on: tuple[str, ...], json: bool) -> None:
    """Play a recorded sequence again, on any backend, and compare every outcome."""
    needed()
    from afilnet_protocols.conformance.reference import replay as replays
    from afilnet_protocols.conformance.reports.document import document_of
    from afilnet_protocols.conformance.results.outcome import RunReport
    from afilnet_protocols.conformance.results.verdict import judge
    from afilnet_protocols.conformance.targets.parse import opened, settle

    recorded = replays.read(file)
    words = on or ("sandbox",)
    with opened(words) as targets:
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
                print_line(f"\n{result.reason}")
        print_line(f"\n{verdict.word}")
    raise Exit(verdict.code)


@conformance.command()
@grammar.option("--seed", kind=kinds.Number(int, 0), default=1, help="Draw what this seed draws.")
@grammar.json_option
def mutants(*, seed: int, json: bool) -> None:
    """Break backends and servers on purpose and show which case catches each."""
    needed()
    from afilnet_protocols.cli.conformance_run import kill_report, print_kills
    from afilnet_protocols.conformance.reports.document import document_of
    from afilnet_protocols.conformance.results.verdict import judge

    report = kill_report(seed=seed, silent=json)
    verdict = judge(report)
    if json:
        print_json(document_of(report)["kills"])
    else:
        print_kills(report)
        print_line(f"\n{verdict.word}" + "".join(f"\n  {reason}" for reason in verdict.reasons))
    raise Exit(verdict.code)


@conformance.command(epilog=DIFF_EPILOG)
@grammar.argument("old", kind=kinds.FILE, metavar="OLD", help="An earlier JSON report.")
@grammar.argument("new", kind=kinds.FILE, metavar="NEW", help="A later one.")
@grammar.json_option
def diff(*, old: Path, new: Path, json: bool) -> None:
    """Compare two JSON reports of the same service or backend: what became worse, and what is no longer shown."""
    needed()
    from afilnet_protocols.conformance.reports import changes as compared

    before, after = compared.read(old), compared.read(new)
    found = compared.changes(before, after)
    code = compared.meaning(found)
    conditions = compared.unlike(before, after)
    if json:
        shown = [{**change._asdict(), "kind": change.kind.value} for change in found]
        seeds = [before["seed"], after["seed"]]
        print_json({"changes": shown, "exit_code": int(code), "seeds": seeds, "unlike": conditions})
    else:
        print_table(["what", "case", "backend", "before", "after"], [(each.kind, *each[:4]) for each in found])
        many = "1 case" if len(found) == 1 else f"{len(found)} cases"
        print_line(f"\n{many} ended otherwise" if found else "\nevery case ended alike")
        for name, (earlier, later) in conditions.items():
            print_line(f"another {name}: {earlier} before, {later} after; what ended otherwise may be due to that")
    raise Exit(code)


@conformance.command("render")
@grammar.argument("file", kind=kinds.FILE, metavar="REPORT", help="A JSON report.")
@grammar.option("--report", "reports", multiple=True, metavar="KIND=FILE", help="Write junit=, md=, html= or svg=FILE.")
def render_again(*, file: Path, reports: tuple[str, ...]) -> None:
    """Make a page, a badge or another report of a JSON report, without running anything."""
    needed()
    from afilnet_protocols.cli.conformance_run import reports_of
    from afilnet_protocols.conformance.reports import changes, write

    if not reports:
        raise UsageError("Missing option '--report', such as html=FILE.")
    document = changes.read(file)
    for kind, to in reports_of(reports):
        write(document, kind, to)
        print_line(f"report ({kind}): {to}")


@conformance.command()
def schema() -> None:
    """Print the JSON Schema of the JSON report."""
    needed()
    from afilnet_protocols.conformance.reports.schema import schema as of_report

    print_json(of_report())


@conformance.command()
def figure() -> None:
    """Print the figure that the README shows."""
    needed()
    from afilnet_protocols.conformance.cases.figure import line

    print_line(line())
