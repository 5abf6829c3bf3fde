"""`afilnet doctor`: step by step from the settings to an answer, and where it stops."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from afilnet_protocols.cli.advice import advise, of_the_token_endpoint
from afilnet_protocols.cli.doctor_steps import Visit
from afilnet_protocols.cli.ending.exits import Exit, ExitCode, exit_code_of
from afilnet_protocols.cli.options.connection import Connection, connected
from afilnet_protocols.cli.parser import grammar
from afilnet_protocols.cli.terminal.output import print_json, print_table, print_text
from afilnet_protocols.cli.terminal.progress import progress
from afilnet_protocols.errors import AfilnetError, NotSentError

if TYPE_CHECKING:
    from afilnet_protocols.security.report import SecurityReport


class State(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


class Finding(NamedTuple):
    """One step: its name, how it ended, what was seen, and what to do if it failed."""

    step: str
    state: State
    detail: str
    hint: str = ""
    exit_code: ExitCode = ExitCode.DONE


def command(name: str) -> grammar.Command:
    """Return the command."""
    return doctor


@grammar.command()
@grammar.json_option
@connected
def doctor(*, connection: Connection, json: bool) -> None:
    """Check settings, security level, network, TLS, description, token and one read call; send nothing."""
    visit = Visit(connection)
    with progress(None, STEPS[0], silent=json) as tell:
        findings = list(examine(visit, tell))
    failed = next((finding for finding in findings if finding.state is State.FAILED), None)
    if json:
        from dataclasses import asdict

        shown = [{k: v for k, v in finding._asdict().items() if k != "exit_code"} for finding in findings]
        security = None if visit.report is None else asdict(visit.report)
        print_json({"ok": failed is None, "steps": shown, "security": security})
    else:
        rows = [(finding.step, finding.state, _on_one_line(finding.detail)) for finding in findings]
        print_table(["step", "state", "what was seen"], rows, styles={"ok": "green", "failed": "bold red"})
        if visit.report is not None:
            print_security(visit.report)
        print_text(f"what to do: {failed.hint}" if failed else "all is well")
    if failed:
        raise Exit(failed.exit_code)


STEPS = ("settings", "security", "network", "tls", "wsdl", "token", "read")
"""The steps, in order."""


def examine(visit: Visit, tell: Callable[[str], None]) -> Iterator[Finding]:
    """Yield a finding for each step. After one that fails, the others are skipped.

    Args:
        visit: the steps.
        tell: is told the name of each step that begins.
    """
    steps: dict[str, Callable[[], str | None]] = {name: getattr(visit, name) for name in STEPS}
    broken = ""
    with contextlib.closing(visit):
        for name, step in steps.items():
            tell(name)
            finding = Finding(name, State.SKIPPED, f"because {broken} failed") if broken else _tried(name, step, visit)
            if finding.state is State.FAILED:
                broken = name
                visit.note_failure(name, finding.detail)
            yield finding


def _tried(name: str, step: Callable[[], str | None], visit: Visit) -> Finding:
    try:
        seen = step()
    except AfilnetError as error:
        return Finding(name, State.FAILED, str(error), _hint(error, visit.named), exit_code_of(error))
    return Finding(name, State.OK, seen) if seen is not None else Finding(name, State.SKIPPED, "not needed here")


def _on_one_line(detail: str) -> str:
    """Return what was seen as a cell of a table; a list in it becomes a sentence."""
    first, *others = detail.split("\n- ")
    return " ".join([first, "; ".join(others)]).strip().replace("\n", " ")


def _hint(error: AfilnetError, named: str) -> str:
    """Return what to do; what errors advise elsewhere is to come here."""
    if isinstance(error, NotSentError) and not of_the_token_endpoint(error):
        return f"check {named}, the network on the way there, and the settings proxy, ca_file and pin_sha256"
    return advise(error, examined=True)


def print_security(report: SecurityReport) -> None:
    """Print what a client's security amounts to, and what every part of it rests on."""
    print_text("")
    print_text(f"security level {report.level} of at most {report.ceiling}; {report.required} is required")
    if report.vendor:
        print_text(f'the vendor ranks {report.protocol} as "{report.vendor}" ({report.provenance})')
    print_text(f"what that rests on: {report.why}")
    for line in report.evidence:
        print_text(f"seen: {line}")
    rows = [
        (each.code, each.name, each.state, f"{each.level}: {each.reason or f'{each.rests_on} ({each.provenance})'}")
        for each in report.guarantees
    ]
    columns = ["code", "guarantee", "state", "from which level, and why"]
    styles = {"held": "green", "required, not seen yet": "cyan", "failed": "bold red", "missing": "yellow"}
    print_table(columns, rows, styles=styles)
    print_text("")
