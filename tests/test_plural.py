"""One thing is not told of as many: what counts things in a sentence says so by :func:`several`."""

from __future__ import annotations

import re
from pathlib import Path

import afilnet_protocols
from afilnet_protocols.plural import several

PACKAGE = Path(afilnet_protocols.__file__).parent
BY_HAND = re.compile(r"\{(?!several)[^{}]*\} (entries|messages|rows|requests|calls|records|channels|cases)\b")
NEVER_ONE = {
    "survey/asking.py": "the limit of a survey",
    "migration/advice.py": "all of them: said of more than one only where they were refused",
    "conformance/compare/reports/junit.py": "none of so many",
    "conformance/cases/readme_figure.py": "all that there are",
    "conformance/cases/context.py": "as many as it needs, which are several",
    "conformance/examination.py": "all that there are",
    "conformance/reports/badge.py": "so many of so many",
    "cli/conformance/run_steps.py": "so many of so many",
}


def written_by_hand(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if BY_HAND.search(line)]


def test_one_is_one() -> None:
    assert [several(count, "entry is due", "entries are due") for count in (0, 1, 2)] == [
        "0 entries are due",
        "1 entry is due",
        "2 entries are due",
    ]
    assert several(1, "row") == "1 row"


def test_no_sentence_counts_by_hand() -> None:
    found = {
        str(path.relative_to(PACKAGE)): lines
        for path in PACKAGE.rglob("*.py")
        if "page" not in path.parts and (lines := written_by_hand(path.read_text("utf-8")))
    }
    assert found.keys() <= NEVER_ONE.keys(), found


def test_sabotage_a_sentence_that_counts_by_hand_is_noticed() -> None:
    assert written_by_hand('print(f"{count} entries are deleted")')
