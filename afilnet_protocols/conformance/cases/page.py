"""Keeps the page of cases as the code has them: what is asked, what is broken on purpose, and which catches which.

``python -m afilnet_protocols.conformance.cases.page docs/reference/cases.md`` writes the tables into the page, each
between ``<!-- cases: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from afilnet_protocols.conformance.cases import AREAS, CASES, Case
from afilnet_protocols.conformance.mutants import MUTANTS
from afilnet_protocols.conformance.mutants.controls import CONTROLS
from afilnet_protocols.conformance.targets.capabilities import CAPABILITIES
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.sandbox.mutants import SERVER_MUTANTS

_PLACE = re.compile(r"(<!-- cases: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(text: str) -> str:
    """Return a page with all its tables as they are rendered.

    Raises:
        KeyError: the page asks for a table that does not exist.
    """
    return _PLACE.sub(lambda place: f"{place[1]}\n{TABLES[place[2]]()}\n\n{place[3]}", text)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _cases() -> str:
    parts = []
    for area, about in AREAS.items():
        rows = [
            (
                f"`{case.id}`",
                f"**{case.title}**: {case.requirement}",
                str(case.provenance),
                _level(case.capability),
                _needs(case),
            )
            for case in CASES
            if case.area == area
        ]
        parts.append(f"### {area}: {about}\n\n{_table(['id', 'what holds', 'provenance', 'level', 'needs'], rows)}")
    return "\n\n".join(parts)


def _needs(case: Case) -> str:
    people = [f"{case.recipients} recipient{'s' if case.recipients > 1 else ''}"] if case.recipients else []
    return ", ".join([*(f"`{need}`" for need in Need if need in case.needs), *people]) or "nothing"


def _level(capability: str | None) -> str:
    return "required" if capability is None else f"with `{capability}`"


def _capabilities() -> str:
    rows = [(f"`{name}`", about, _ids(_probes(name))) for name, about in CAPABILITIES.items()]
    return _table(["capability", "what it promises", "probed by"], rows)


def _probes(capability: str) -> list[str]:
    return [case.id for case in CASES if case.capability == capability]


def _mutants() -> str:
    rows = [(f"`{each.id}`", f"`{each.protocol}`", each.about, _ids(each.expected)) for each in MUTANTS]
    return _table(["id", "backend", "what is broken", "caught by"], rows)


def _servers() -> str:
    rows = [(f"`{each.id}`", each.about, _ids(each.expected)) for each in SERVER_MUTANTS]
    return _table(["id", "what is broken", "caught by"], rows)


def _controls() -> str:
    return _table(["id", "what it does"], [(f"`{each.id}`", each.about) for each in CONTROLS])


def _ids(identifiers: Iterable[str]) -> str:
    return ", ".join(f"`{identifier}`" for identifier in identifiers)


TABLES: dict[str, Callable[[], str]] = {
    "list": _cases,
    "capabilities": _capabilities,
    "mutants": _mutants,
    "servers": _servers,
    "controls": _controls,
}
"""Every table of the page, by name."""


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(fill(page.read_text("utf-8")), "utf-8")
