"""`afilnet config lint`: what a change of protocol needs in the settings, and what it guarantees beyond the present."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.cli.connection import Connection, connected
from afilnet_protocols.cli.exits import Exit, ExitCode
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import print_json, print_table, print_text
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.fields import SettingField
from afilnet_protocols.vocabulary import Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from afilnet_protocols.settings.validation import Problem


@grammar.command()
@grammar.option(
    "--to", kind=kinds.Choice([str(each) for each in Protocol]), required=True, help="The protocol to move to."
)
@grammar.json_option
@connected
def lint(*, connection: Connection, to: str, json: bool) -> None:
    """Name the settings that another protocol needs and the guarantees that it adds. Exit code 2 if any is missing."""
    resolved = connection.resolved()
    now = str(resolved.values["protocol"])
    changed = {**resolved.values, "protocol": to}
    missing = _missing(changed)
    needed = [(setting, setting.name in missing) for setting in FIELDS if to in setting.needed_by]
    unused = [
        setting
        for setting in FIELDS
        if now in setting.needed_by and to not in setting.needed_by and resolved.values[setting.name] is not None
    ]
    levels, gained, lost = _levels(now, to)
    if json:
        print_json(
            {
                "profile": resolved.profile,
                "from": now,
                "to": to,
                "needed": [
                    {"name": setting.name, "missing": absent, "how": _how(setting)} for setting, absent in needed
                ],
                "unused": [setting.name for setting in unused],
                "level": {"from": levels[0], "to": levels[1]},
                "gained": gained,
                "lost": lost,
                "problems": [
                    *(fault.text for fault in resolved.faults),
                    *(f"{name} {problem.text}" for name, problem in missing.items()),
                ],
            }
        )
    else:
        rows = [(setting.name, "missing" if absent else "given", _how(setting)) for setting, absent in needed]
        print_table(["setting", "state", "how to give it"], rows, title=f"{to} needs", styles={"missing": "red"})
        for fault in resolved.faults:
            print_text(f"problem: {fault.text}")
        for name, problem in missing.items():
            print_text(f"problem: {name} {problem.text}")
        print_text(f"no longer needed: {', '.join(setting.name for setting in unused) or 'none'}")
        print_text(f"security level at best: {levels[0]} -> {levels[1]}")
        for word, codes in (("adds", gained), ("gives up", lost)):
            for guarantee in codes:
                print_text(f"{word} {guarantee['name']}: {guarantee['about']}")
    if missing or resolved.faults:
        raise Exit(ExitCode.USAGE)


def _missing(values: Mapping[str, object]) -> dict[str, Problem]:
    """Return what keeps the changed settings from working, by setting."""
    from afilnet_protocols.settings.validation import problems

    return {problem.setting: problem for problem in problems(FIELDS, values)}


def _how(setting: SettingField) -> str:
    return f"{setting.variable}, or {setting.name} in the profile" + (
        f"; {setting.file_variable} names a file" if setting.file_variable else ""
    )


def _levels(now: str, to: str) -> tuple[tuple[str, str], list[dict[str, str]], list[dict[str, str]]]:
    """Return the highest levels of two protocols, and the guarantees between them that are gained and lost."""
    from afilnet_protocols.security.levels import GUARANTEES, ceiling

    before, after = ceiling(now).level, ceiling(to).level
    low, high = sorted((before, after))
    between = [
        {"code": guarantee.code, "name": guarantee.name, "level": str(guarantee.level), "about": guarantee.about}
        for guarantee in GUARANTEES
        if low < guarantee.level <= high
    ]
    gained, lost = (between, []) if after > before else ([], between)
    return (str(before), str(after)), gained, lost
