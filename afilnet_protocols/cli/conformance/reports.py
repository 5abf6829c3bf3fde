"""`afilnet conformance diff`, `render` and `schema`: what can be done with a report without running anything."""

from __future__ import annotations

from pathlib import Path

from afilnet_protocols.cli.conformance.case_choice import EPILOG, needed
from afilnet_protocols.cli.ending.exits import Exit
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.parser.words import UsageError
from afilnet_protocols.cli.terminal.output import print_json, print_table, print_text
from afilnet_protocols.plural import several

DIFF_EPILOG = (
    "Exit codes: 0 nothing became worse; 1 a regression; 2 a file is no report; 3 something is no longer shown."
)


@grammar.command(epilog=DIFF_EPILOG)
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
        many = several(len(found), "case")
        print_text(f"\n{many} ended otherwise" if found else "\nevery case ended alike")
        for name, (earlier, later) in conditions.items():
            print_text(f"another {name}: {earlier} before, {later} after; what ended otherwise may be due to that")
    raise Exit(code)


@grammar.command("render", epilog=EPILOG)
@grammar.argument("file", kind=kinds.FILE, metavar="REPORT", help="A JSON report.")
@grammar.option("--report", "reports", multiple=True, metavar="KIND=FILE", help="Write junit=, md=, html= or svg=FILE.")
def render_again(*, file: Path, reports: tuple[str, ...]) -> None:
    """Make a page, a badge or another report of a JSON report, without running anything."""
    needed()
    from afilnet_protocols.cli.conformance.run_request import reports_of
    from afilnet_protocols.conformance.reports import changes, write

    if not reports:
        raise UsageError("Missing option '--report', such as html=FILE.")
    document = changes.read(file)
    for kind, to in reports_of(reports):
        write(document, kind, to)
        print_text(f"report ({kind}): {to}")


@grammar.command(epilog=EPILOG)
def schema() -> None:
    """Print the JSON Schema of the JSON report."""
    needed()
    from afilnet_protocols.conformance.reports.schema import schema as of_report

    print_json(of_report())
