"""`afilnet conformance list`, `explain` and `figure`: what the contract asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.cli.conformance.case_choice import EPILOG, case_option, chosen_cases, needed
from afilnet_protocols.cli.options import known
from afilnet_protocols.cli.parser import grammar
from afilnet_protocols.cli.terminal.output import print_json, print_line, print_table, print_text
from afilnet_protocols.plural import several

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases import Case


@grammar.command("list", epilog=EPILOG)
@case_option
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
    print_text(f"\n{several(len(chosen), 'case')}; 'afilnet conformance explain CASE' tells more about one")


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


@grammar.command(epilog=EPILOG)
@grammar.argument("case", kind=known.CASE, metavar="CASE", help="Such as SEND-03.")
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
        requirement = each.requirement.replace("``", "`")  # which is written for a page
        print_text(f"{each.id}: {each.title}\n\n{requirement}\n")
        print_table(["what", "value"], [(name.replace("_", " "), _told(about[name])) for name in list(about)[4:]])


def _told(value: object) -> str:
    """Return what is known of a case in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return "none" if value is None else str(value)


@grammar.command(epilog=EPILOG)
def figure() -> None:
    """Print the figure that the README shows."""
    needed()
    from afilnet_protocols.conformance.cases.readme_figure import line

    print_line(line())
