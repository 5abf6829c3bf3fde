"""What a survey can find out, and which open rows of the page about provenance it answers.

``python -m tests.docs.facts`` writes `docs/reference/facts.md`, and the figures of `docs/provenance.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from afilnet_protocols.survey.fact import Fact
from afilnet_protocols.survey.facts import BY_NAME, FACTS
from afilnet_protocols.survey.report import takes

DOCS = Path(__file__).parents[2] / "docs"
PROVENANCE = DOCS / "provenance.md"
PAGE = DOCS / "reference/facts.md"

_FIGURES = re.compile(r"(?<=<!-- figures -->\n).*?(?=\n<!-- end -->)", re.DOTALL)
_OPEN = re.compile(r"\b(assumed|unknown|observed)\b")


class Row(NamedTuple):
    """A row of the page about provenance.

    Attributes:
        what: the fact about the service.
        provenance: where it comes from.
        told: what a survey tells of it.
    """

    what: str
    provenance: str
    told: str

    @property
    def open(self) -> bool:
        """Whether the vendor does not document all of it."""
        return bool(_OPEN.search(self.provenance))

    @property
    def facts(self) -> list[str]:
        """The names of the facts that answer it, the plainest first."""
        return re.findall(r"`([a-z_]+\.[a-z_]+)`", self.told)

    @property
    def harmless(self) -> bool:
        """Whether a survey answers it without anything being permitted."""
        return bool(self.facts) and not BY_NAME[self.facts[0]].consent


def rows(page: str) -> Iterator[Row]:
    """Yield the rows of the tables of a page that have three cells."""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and cells[0] != "what" and set(cells[0]) != {"-"}:
            yield Row(*cells)


def figures(page: str) -> str:
    """Return what the page says of how much is answered."""
    found = [row for row in rows(page) if row.open]
    harmless = sum(row.harmless for row in found)
    with_consent = sum(bool(row.facts) for row in found)
    return (
        f"Of {len(found)} open rows, a survey answers {harmless} without sending anything or spoiling a login, "
        f"and {with_consent} with somebody who agreed to it; the others say why not."
    )


def provenance() -> str:
    """Return the page about provenance, with its figures as they are."""
    page = PROVENANCE.read_text("utf-8")
    return _FIGURES.sub(lambda _: figures(page), page)


def facts() -> str:
    """Return the page about facts."""
    answered = {
        fact.name: [row.what for row in rows(PROVENANCE.read_text("utf-8")) if fact.name in row.facts] for fact in FACTS
    }
    parts = [_HEAD]
    for section in dict.fromkeys(fact.name.partition(".")[0] for fact in FACTS):
        parts.append(f"\n## `{section}`\n\n| fact | answers | asked by | takes | stays open |\n|---|---|---|---|---|\n")
        parts += [_line(fact) for fact in FACTS if fact.name.partition(".")[0] == section]
    parts.append("\n## Which row of provenance each answers\n\n| fact | row |\n|---|---|\n")
    parts += [f"| `{name}` | {'; '.join(whats)} |\n" for name, whats in answered.items()]
    return "".join(parts)


def _line(fact: Fact) -> str:
    values = [
        f"`{str(value.value).lower() if isinstance(value.value, bool) else value.value}` {value.about}"
        for value in fact.dimension.values
    ]
    cells = (f"`{fact.name}`", f"{fact.dimension.about}: {'; '.join(values)}", fact.asked_by)
    return f"| {' | '.join((*cells, ', '.join(takes(fact)), fact.stays))} |\n"


_HEAD = """# Facts

What {doc}`../survey` can find out about a service, and how. `afilnet survey --explain FACT` says the same of one.
The first answer is what this library assumes, if it assumes anything.
"""


if __name__ == "__main__":
    PAGE.write_text(facts(), encoding="utf-8")
    PROVENANCE.write_text(provenance(), encoding="utf-8")
