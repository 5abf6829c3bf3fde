"""`afilnet conformance`: the contract, run against any backend or service."""

from __future__ import annotations

import importlib.util
import random
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from afilnet_protocols.cli.operations import JSON
from afilnet_protocols.cli.output import print_json, print_line, print_table
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.settings.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from afilnet_protocols.conformance.cases import Case

EPILOG = "Exit codes: 0 proved; 1 disagreement; 2 could not run, or proves nothing; 3 incomplete; 4 wrong ledger."
PROFILES = ("quick", "ci", "long")

group = typer.Typer(
    rich_markup_mode=None,
    help="Hold backends and services to the contract. Needs the extra: pip install 'afilnet-protocols[conformance]'.",
    epilog=EPILOG,
    no_args_is_help=True,
)


def register(app: typer.Typer, name: str) -> None:
    """Add the group."""
    app.add_typer(group, name=name)


def needed() -> None:
    """Refuse to begin without what the extra brings.

    Raises:
        ConfigurationError: it is not installed.
    """
    missing = [name for name in ("hypothesis", "pytest") if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"{' and '.join(missing)} must be installed for this: pip install 'afilnet-protocols[conformance]'"
        )


def chosen_cases(patterns: Sequence[str]) -> list[Case]:
    """Return the cases that patterns name, in the order of the list; all without a pattern.

    Raises:
        typer.BadParameter: a pattern names no case.
    """
    from fnmatch import fnmatchcase

    from afilnet_protocols.conformance.cases import CASES

    words = [word.strip().upper() for pattern in patterns for word in pattern.split(",")]
    for word in words:
        if not any(fnmatchcase(case.id, word) for case in CASES):
            near = did_you_mean(word, [case.id for case in CASES])
            near = near if near.startswith("did") else "'afilnet conformance list' shows all"
            raise typer.BadParameter(f"no case is named {word!r}: {near}")
    return [case for case in CASES if not words or any(fnmatchcase(case.id, word) for word in words)]


@group.command("run", epilog=EPILOG)
def run(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET…",
            help="sandbox (all five), sandbox:soap, a profile, entry:package.module:factory, proc:COMMAND",
        ),
    ],
    *,
    seed: Annotated[int | None, typer.Option(help="Draw what this seed draws; any by default.", min=0)] = None,
    profile: Annotated[str, typer.Option("--profile", metavar="|".join(PROFILES), help="How much is drawn.")] = "quick",
    case: Annotated[
        list[str] | None, typer.Option(help="Only these cases: SEND-03, or SEND-*. May be repeated.")
    ] = None,
    known: Annotated[Path | None, typer.Option(metavar="LEDGER", help="The ledger of known deviations.")] = None,
    report: Annotated[
        list[str] | None, typer.Option(metavar="KIND=FILE", help="Write junit=, json=, md= or html=FILE.")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Send nothing.")] = False,
    max_sends: Annotated[int | None, typer.Option(help="The most sends to each live service.", min=0)] = None,
    recipient: Annotated[list[str] | None, typer.Option(help="Who may be written to on a live service.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be asked; ask nothing.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Reach the sandbox without TLS, to save time.")] = False,
    mutants: Annotated[bool, typer.Option("--mutants", help="Add the kill matrix of the suite itself.")] = False,
    json: JSON = False,
) -> None:
    """Run the cases against targets and say whether they do what the contract says."""
    needed()
    from afilnet_protocols.cli import conformance_run as carried_out

    if profile not in PROFILES:
        raise typer.BadParameter(f"--profile is one of {', '.join(PROFILES)}")
    wanted = carried_out.Wanted(
        targets=tuple(targets),
        cases=tuple(chosen_cases(case or [])),
        seed=random.SystemRandom().randrange(2**32) if seed is None else seed,
        profile=profile,
        known=known,
        reports=carried_out.reports_of(report or []),
        read_only=read_only,
        max_sends=max_sends,
        recipients=tuple(recipient or []),
        plain=plain,
        mutants=mutants,
        json=json,
        patterns=tuple(case or []),
    )
    if dry_run:
        carried_out.rehearse(wanted)
    else:
        raise typer.Exit(carried_out.run(wanted))


@group.command("list", epilog=EPILOG)
def list_cases(
    *,
    case: Annotated[
        list[str] | None, typer.Option(help="Only these cases: SEND-03, or SEND-*. May be repeated.")
    ] = None,
    json: JSON = False,
) -> None:
    """List the cases."""
    needed()
    cases = chosen_cases(case or [])
    if json:
        print_json([_about(each) for each in cases])
        return
    columns = ["case", "level", "from", "does", "title"]
    print_table(columns, [(each.id, each.level, each.provenance, each.effects, each.title) for each in cases])
    print_line(f"\n{len(cases)} cases; 'afilnet conformance explain CASE' tells more about one")


def _about(case: Case) -> dict[str, object]:
    return {
        "id": case.id,
        "area": case.area,
        "title": case.title,
        "requirement": case.requirement,
        "provenance": case.provenance,
        "level": case.level,
        "capability": case.capability,
        "effects": case.effects,
        "needs_the_other_side": case.world,
        "generated": case.generated,
    }


@group.command("explain", epilog=EPILOG)
def explain(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Such as SEND-03.")], *, json: JSON = False
) -> None:
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


@group.command("replay", epilog=EPILOG)
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A replay file.")],
    *,
    on: Annotated[list[str] | None, typer.Option(metavar="TARGET", help="Where to; the sandbox by default.")] = None,
    json: JSON = False,
) -> None:
    """Play a recorded sequence again, on any backend, and compare every outcome."""
    needed()
    from afilnet_protocols.conformance import replay as replays
    from afilnet_protocols.conformance.outcome import RunReport
    from afilnet_protocols.conformance.reports.document import document_of
    from afilnet_protocols.conformance.targets import opened, settle
    from afilnet_protocols.conformance.verdict import judge

    recorded = replays.read(file)
    words = on or ["sandbox"]
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
    raise typer.Exit(verdict.code)


@group.command("mutants", epilog=EPILOG)
def mutants(
    *, seed: Annotated[int, typer.Option(help="Draw what this seed draws.", min=0)] = 1, json: JSON = False
) -> None:
    """Break backends and servers on purpose and show which case catches each."""
    needed()
    from afilnet_protocols.cli.conformance_run import kill_report, print_kills
    from afilnet_protocols.conformance.reports.document import document_of
    from afilnet_protocols.conformance.verdict import judge

    report = kill_report(seed=seed, silent=json)
    verdict = judge(report)
    if json:
        print_json(document_of(report)["kills"])
    else:
        print_kills(report)
        print_line(f"\n{verdict.word}" + "".join(f"\n  {reason}" for reason in verdict.reasons))
    raise typer.Exit(verdict.code)


@group.command("schema", epilog=EPILOG)
def schema() -> None:
    """Print the JSON Schema of the JSON report."""
    needed()
    from afilnet_protocols.conformance.reports.schema import schema as of_report

    print_json(of_report())


@group.command("figure", epilog=EPILOG)
def figure() -> None:
    """Print the figure that the README shows."""
    needed()
    from afilnet_protocols.conformance.figure import line

    print_line(line())
