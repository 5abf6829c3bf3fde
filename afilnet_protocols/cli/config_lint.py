"""`afilnet config lint`: what a change of protocol needs in the settings, and what it guarantees beyond the present."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from afilnet_protocols.cli.ending.exits import Exit, ExitCode
from afilnet_protocols.cli.options.connection import Connection, connected
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import print_json, print_table, print_text
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.fields import SettingField
from afilnet_protocols.vocabulary import Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from afilnet_protocols.settings.sources import Resolved
    from afilnet_protocols.settings.validation import Problem


class Change(NamedTuple):
    """What another protocol needs, and what it guarantees beside the present one."""

    resolved: Resolved
    now: str
    to: str
    needed: list[tuple[SettingField, bool]]
    unused: list[SettingField]
    missing: dict[str, Problem]
    levels: tuple[str, str]
    gained: list[dict[str, str]]
    lost: list[dict[str, str]]


@grammar.command()
@grammar.option(
    "--to", kind=kinds.Choice([str(each) for each in Protocol]), required=True, help="The protocol to move to."
)
@grammar.json_option
@connected
def lint(*, connection: Connection, to: str, json: bool) -> None:
    """Name the settings that another protocol needs and the guarantees that it adds. Exit code 2 if any is missing."""
    change = _change(connection.resolved(), to)
    if json:
        print_json(_as_data(change))
    else:
        _show(change)
    if change.missing or change.resolved.faults:
        raise Exit(ExitCode.USAGE)


def _change(resolved: Resolved, to: str) -> Change:
    now = str(resolved.values["protocol"])
    missing = _missing({**resolved.values, "protocol": to})
    needed = [(setting, setting.name in missing) for setting in FIELDS if to in setting.needed_by]
    unused = [
        setting
        for setting in FIELDS
        if now in setting.needed_by and to not in setting.needed_by and resolved.values[setting.name] is not None
    ]
    return Change(resolved, now, to, needed, unused, missing, *_levels(now, to))


def _as_data(change: Change) -> dict[str, object]:
    return {
        "profile": change.resolved.profile,
        "from": change.now,
        "to": change.to,
        "needed": [
            {"name": setting.name, "missing": absent, "how": _how(setting)} for setting, absent in change.needed
        ],
        "unused": [setting.name for setting in change.unused],
        "level": {"from": change.levels[0], "to": change.levels[1]},
        "gained": change.gained,
        "lost": change.lost,
        "problems": _problems(change),
    }


def _show(change: Change) -> None:
    rows = [(setting.name, "missing" if absent else "given", _how(setting)) for setting, absent in change.needed]
    print_table(["setting", "state", "how to give it"], rows, title=f"{change.to} needs", styles={"missing": "red"})
    for problem in _problems(change):
        print_text(f"problem: {problem}")
    print_text(f"no longer needed: {', '.join(setting.name for setting in change.unused) or 'none'}")
    print_text(f"security level at best: {change.levels[0]} -> {change.levels[1]}")
    for word, codes in (("adds", change.gained), ("gives up", change.lost)):
        for guarantee in codes:
            print_text(f"{word} {guarantee['name']}: {guarantee['about']}")


def _problems(change: Change) -> list[str]:
    return [
        *(fault.text for fault in change.resolved.faults),
        *(f"{name} {problem.text}" for name, problem in change.missing.items()),
    ]


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
