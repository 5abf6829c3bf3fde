"""The pages about provenance and facts: every open row has its fact or its reason, every fact its row."""

from __future__ import annotations

import pytest

from afilnet_protocols.survey.facts import BY_NAME, FACTS
from tests.docs import facts
from tests.docs.facts import PAGE, PROVENANCE, rows

ROWS = list(rows(PROVENANCE.read_text("utf-8")))


def test_the_pages_are_what_is_generated() -> None:
    assert PAGE.read_text("utf-8") == facts.facts(), "run: python -m tests.docs.facts"
    assert PROVENANCE.read_text("utf-8") == facts.provenance(), "run: python -m tests.docs.facts"


def missing() -> list[str]:
    """Return the open rows without a fact or a reason, the facts that there are not, and those without a row."""
    answered = {name for row in ROWS for name in row.facts}
    bare = [row.what for row in ROWS if row.open and not row.facts and not row.told.startswith("not asked: ")]
    return [*bare, *sorted(answered - set(BY_NAME)), *sorted(set(BY_NAME) - answered)]


def test_every_open_row_has_its_fact_or_its_reason_and_every_fact_its_row() -> None:
    assert len(ROWS) > 40
    assert missing() == []


def test_most_open_rows_are_answered_without_a_send_and_more_with() -> None:
    assert sum(row.open and row.harmless for row in ROWS) >= 18
    assert sum(row.open and bool(row.facts) for row in ROWS) >= 25


def test_sabotage_a_fact_without_a_row_and_a_row_without_a_fact_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BY_NAME, "json.colour", FACTS[0])
    assert missing() == ["json.colour"]
    monkeypatch.setattr("tests.docs.test_facts_page.ROWS", [*ROWS, facts.Row("the colour", "assumed", "")])
    assert missing() == ["the colour", "json.colour"]
