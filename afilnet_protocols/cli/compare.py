"""`afilnet compare`: whether an application would notice that its protocol was changed."""

from __future__ import annotations

import itertools
import random
import shlex
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from afilnet_protocols import __version__
from afilnet_protocols.cli.ending.exits import Exit
from afilnet_protocols.cli.ending.interruption import Interrupted, nothing_done, saying
from afilnet_protocols.cli.options import known
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.parser.words import UsageError, read_as
from afilnet_protocols.cli.terminal.output import print_json, print_table, print_text
from afilnet_protocols.cli.terminal.progress import progress
from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.extras import demand
from afilnet_protocols.plural import several
from afilnet_protocols.suggestion import LONGEST_PATH, named
from afilnet_protocols.vocabulary import Delivery

if TYPE_CHECKING:
    from afilnet_protocols.comparison.steps import Step
    from afilnet_protocols.conformance.compare.comparison import Comparison
    from afilnet_protocols.conformance.compare.endpoints import Sides
    from afilnet_protocols.conformance.compare.reports.account import Account

_LIVE, _DRAWN = 60, 200


def command(name: str) -> grammar.Command:
    """Return the command."""
    return compare


@grammar.command()
@grammar.option(
    "--from",
    "source",
    kind=known.SIDE,
    required=True,
    help="The side in use: a profile, or sandbox:PROTOCOL.",
)
@grammar.option("--to", "target", kind=known.SIDE, required=True, help="The side that may replace it, likewise.")
@grammar.option(
    "--recording",
    kind=kinds.OLD_FILE,
    help="The application's own calls, as migration.recording.Recorder wrote them.",
)
@grammar.option(
    "--calls",
    kind=kinds.Number(int, 5),
    help=f"How many calls, without a recording ({_LIVE}; sandbox: {_DRAWN}).",
)
@grammar.option("--seed", kind=kinds.Number(int, 0), help="Decides the calls in a sandbox; a new one by default.")
@grammar.option(
    "--max-sends",
    kind=kinds.Number(int, 0),
    default=0,
    help="How many sends of the recording may be made, both sides together.",
)
@grammar.option("--recipient", multiple=True, help="To whom; may be given more than once.")
@grammar.option("--unread", flag=True, help="Read unread messages too, which may mark them as read.")
@grammar.option(
    "--max-slower", kind=kinds.Number(float, 0.1), metavar="RATIO", help="How many times as long reads may take."
)
@grammar.option(
    "--left-out",
    kind=kinds.Number(float, 0, 1),
    metavar="SHARE",
    help="The share of the calls that may be left out of a verdict (0.1).",
)
@grammar.option("--report", multiple=True, metavar="FORM=FILE", help="Also write a report, such as html=compare.html.")
@grammar.json_option
def compare(
    *,
    source: str,
    target: str,
    recording: Path | None,
    calls: int | None,
    seed: int | None,
    max_sends: int,
    recipient: tuple[str, ...],
    unread: bool,
    max_slower: float | None,
    left_out: float | None,
    report: tuple[str, ...],
    json: bool,
) -> None:
    """Make the same calls on both sides and report what code could notice. Exit code: 0 go, 1 no-go, 2 could not run.

    Outside a sandbox, reads only, unless --max-sends and --recipient allow sends of a recording. When more than
    --left-out of the calls could not be compared, there is no verdict (2).
    """
    from afilnet_protocols.conformance.compare.calls import CHANNELS, channels_of
    from afilnet_protocols.conformance.compare.comparison import Comparison
    from afilnet_protocols.conformance.compare.endpoints import SANDBOX, opened
    from afilnet_protocols.conformance.compare.findings import Verdict
    from afilnet_protocols.conformance.compare.reports.account import Account
    from afilnet_protocols.migration.coverage import LEFT_OUT
    from afilnet_protocols.migration.recording import read_recording

    if any(side.startswith(SANDBOX) for side in (source, target)):
        demand("sandbox", f"{SANDBOX}PROTOCOL")
    wanted = [_form(each) for each in report]
    _refuse_what_does_not_go_together(recording, calls, max_sends, recipient)
    given: dict[str, object] = {"recording": recording, "calls": calls, "max_sends": max_sends, "recipient": recipient}
    given |= {"unread": unread, "max_slower": max_slower, "left_out": left_out}
    recorded = read_recording(recording) if recording else None
    chosen = random.randrange(2**32) if seed is None else seed  # noqa: S311 -- what is drawn guards nothing
    channels = [*CHANNELS, *(each for each in channels_of(recorded or []) if each not in CHANNELS)]
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    sends = f"up to {several(max_sends, 'message')} may have been sent" if max_sends else ""
    with (
        saying(lambda: _interrupted(sends)),
        progress(None, "opening both sides", silent=json) as tell,
        opened(source, target, channels=channels) as sides,
    ):
        comparison = Comparison(
            sides,
            max_sends=max_sends,
            recipients=recipient,
            unread=unread,
            slower=max_slower,
            left_out=LEFT_OUT if left_out is None else left_out,
        )
        unreachable = _played(comparison, _chapters(sides, recorded, calls, chosen), tell)
    findings = comparison.findings
    verdict, reasons = findings.judge()
    if unreachable:
        verdict, reasons = Verdict.COULD_NOT_RUN, (f"{source} cannot be read: {unreachable}",)
    drawn = sides.in_sandbox and recorded is None
    again = _again(source, target, chosen, given)
    account = Account(
        findings, verdict, reasons, chosen if drawn else None, again, begun, f"afilnet-protocols {__version__}"
    )
    _tell(account, wanted, as_json=json, sends=max_sends > 0)
    raise Exit(int(verdict))


def _refuse_what_does_not_go_together(
    recording: Path | None, calls: int | None, max_sends: int, recipient: tuple[str, ...]
) -> None:
    if max_sends and not (recording and recipient):
        raise ConfigurationError("--max-sends needs --recording, which has the sends, and --recipient, who gets them")
    if recording and calls is not None:
        raise ConfigurationError("--calls is for calls that are drawn: with --recording, all of its calls are made")


def _interrupted(sends: str) -> Interrupted:
    if not sends:
        return nothing_done()
    return Interrupted(sends, "look into the recipients' conversations", delivery="unknown")


def _chapters(sides: Sides, recorded: list[Step] | None, calls: int | None, seed: int) -> Iterator[Iterator[Step]]:
    """Yield sequences of calls; in a sandbox each is played in empty accounts."""
    from afilnet_protocols.conformance.compare.calls import drawn, explored

    if recorded is not None:
        yield iter(recorded)
    elif sides.in_sandbox:
        for chapter in drawn(calls or _DRAWN, seed):
            yield iter(chapter)
        yield explored(sides.source.chat, _LIVE)
    else:
        yield explored(sides.source.chat, calls or _LIVE)


def _played(comparison: Comparison, chapters: Iterator[Iterator[Step]], tell: Callable[[str], None]) -> str:
    """Make the calls of all chapters on both sides; return why the side in use cannot be read, if that is so."""
    count = itertools.count(1)

    def told(steps: Iterator[Step]) -> Iterator[Step]:
        for step in steps:
            yield step
            tell(f"comparing: {several(next(count), 'step')} so far")

    try:
        for chapter in chapters:
            comparison.begin()
            comparison.play(told(chapter))
    except AfilnetError as error:
        return str(error)
    return ""


def _again(source: str, target: str, seed: int, given: Mapping[str, object]) -> str:
    """Return the command that makes the same comparison."""
    words = ["afilnet", "compare", "--from", source, "--to", target, "--seed", str(seed)]
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(option)
        elif value:
            words += [
                word for each in (value if isinstance(value, tuple) else (value,)) for word in (option, str(each))
            ]
    return shlex.join(words)


def _form(words: str) -> tuple[str, Path]:
    from afilnet_protocols.conformance.compare.reports import FORMS

    form, _, file = words.partition("=")
    if form not in FORMS or not file:
        raise UsageError(f"--report {named(words, LONGEST_PATH)}: write FORM=FILE; the forms are {', '.join(FORMS)}")
    return form, read_as(kinds.OUTPUT.read, file, "--report")


def _tell(account: Account, wanted: list[tuple[str, Path]], *, as_json: bool, sends: bool) -> None:
    """Write the reports and print what was found, which is told also where a report cannot be written."""
    from afilnet_protocols.conformance.compare.reports import write_reports

    unwritten = None
    try:
        write_reports(account, wanted)
    except ConfigurationError as error:
        unwritten = error
    if as_json:
        print_json(account.as_data())
    else:
        _show(account)
    if unwritten is not None:
        if sends:
            unwritten.delivery = Delivery.UNKNOWN
        raise unwritten


def _show(account: Account) -> None:
    findings = account.findings
    differences = [
        (
            found.operation,
            "limit (a gain)" if found.is_gain else found.noticed.kind,
            found.noticed.field,
            found.noticed.ours,
            found.noticed.theirs,
            found.count,
        )
        for found in findings.differences.values()
    ]
    if differences:
        print_table(["operation", "differs in", "at", findings.source, findings.target, "calls"], differences)
        print_text("")
    security = findings.security
    why = "".join(f"; {count} {reason}" for reason, count in account.left_out)
    rows = [
        ("calls compared", findings.compared),
        ("calls left out", f"{findings.whole}{why}"),
        ("median time of a read, to / from", account.times[2]),
        ("security level", f"{security.source} -> {security.target}"),
        ("guarantees gained", ", ".join(security.gained) or "none"),
        ("guarantees lost", ", ".join(security.lost) or "none"),
    ]
    print_table(["what", "found"], rows if account.seed is None else [*rows, ("seed", account.seed)])
    print_text(f"verdict: {account.verdict.word}" + "".join(f"\n- {reason}" for reason in account.reasons))
