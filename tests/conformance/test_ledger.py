"""The ledger excuses exactly what it describes, and rots visibly."""

from __future__ import annotations

import codecs
from datetime import date
from pathlib import Path

import pytest

from afilnet_protocols import ConfigurationError
from afilnet_protocols.conformance.results import ledger
from afilnet_protocols.conformance.results.ledger import Deviation, Ledger, Signature
from afilnet_protocols.conformance.results.outcome import CaseResult, Outcome, RunReport
from tests.tables import table

pytestmark = pytest.mark.smoke

TODAY = date(2026, 11, 22)
ENTRY = {
    "case": '"MSGS-*"',
    "backend": '"soap"',
    "reason": '"it loses blanks"',
    "link": '"https://example.com/1"',
    "since": "2026-10-01",
    "expires": "2027-01-01",
    "signature": '{ operation = "get_messages", field = "returned[*].message" }',
}


def written(folder: Path, **changes: str | None) -> Path:
    entry = {name: value for name, value in {**ENTRY, **changes}.items() if value is not None}
    file = folder / "known.toml"
    file.write_text("[[deviation]]\n" + "\n".join(f"{name} = {value}" for name, value in entry.items()), "utf-8")
    return file


def deviation(**changes: object) -> Deviation:
    given: dict[str, object] = {
        "case": "MSGS-*",
        "backend": "soap",
        "reason": "it loses blanks",
        "link": "https://example.com/1",
        "since": date(2026, 10, 1),
        "expires": date(2027, 1, 1),
        "signature": Signature("get_messages", "returned[*].message"),
    }
    return Deviation(**{**given, **changes})


def result(outcome: Outcome = Outcome.FAIL, *, field: str = "returned[3].message") -> CaseResult:
    return CaseResult("MSGS-02", "soap", outcome, "why", operation="get_messages", field=field)


def judged(found: CaseResult, entry: Deviation, replayed: CaseResult | None = None) -> RunReport:
    report = RunReport(seed=1, targets=("soap", "json"), results=[found])
    replay = None if replayed is None else lambda file, name: replayed
    Ledger((entry,)).apply(report, today=TODAY, cases=["MSGS-02", "SEND-01"], replayed=replay)
    return report


def test_an_entry_is_read(tmp_path: Path) -> None:
    (entry,) = ledger.read(written(tmp_path)).deviations

    assert entry == deviation()


def test_a_byte_order_mark_is_an_editors_and_no_part_of_a_ledger(tmp_path: Path) -> None:
    file = written(tmp_path)
    expected = ledger.read(file)
    file.write_bytes(codecs.BOM_UTF8 + file.read_bytes())
    assert ledger.read(file) == expected


def test_a_failure_that_fits_is_known() -> None:
    report = judged(result(), deviation())

    assert report.results[0].outcome is Outcome.KNOWN_DEVIATION
    assert report.ledger == []
    assert "it loses blanks" in report.results[0].reason


def test_a_failure_that_fits_not_has_drifted() -> None:
    assert judged(result(field="code"), deviation()).results[0].outcome is Outcome.DRIFTED


def test_a_pass_makes_the_entry_stale() -> None:
    assert judged(result(Outcome.PASS), deviation()).results[0].outcome is Outcome.STALE


@pytest.mark.parametrize("other", [Outcome.UNPROVED, Outcome.SETUP_FAILED, Outcome.NOT_DECLARED, Outcome.HARNESS_ERROR])
def test_what_is_neither_pass_nor_failure_stays(other: Outcome) -> None:
    assert judged(result(other), deviation()).results[0].outcome is other


@pytest.mark.parametrize(("case", "backend"), [("MSGS-02", "json"), ("SEND-01", "soap")])
def test_another_case_or_backend_is_not_excused(case: str, backend: str) -> None:
    found = CaseResult(case, backend, Outcome.FAIL, operation="get_messages", field="returned[0].message")

    assert judged(found, deviation()).results[0].outcome is Outcome.FAIL


def test_an_entry_expires_on_its_day() -> None:
    report = judged(result(), deviation(expires=TODAY))

    assert report.results[0].outcome is Outcome.FAIL
    assert "expired" in report.ledger[0]


@pytest.mark.parametrize(
    ("changes", "hint"),
    [({"case": "MSG-02"}, "did you mean 'MSGS-02'"), ({"backend": "sopa"}, "did you mean 'soap'")],
)
def test_an_entry_that_matches_nothing_is_named_with_a_suggestion(changes: dict[str, object], hint: str) -> None:
    assert hint in judged(result(), deviation(**changes)).ledger[0]


EXAMPLE = Path("found.json")


@pytest.mark.parametrize(
    ("run", "pinned", "expected"),
    [
        (result(Outcome.PASS), result(), Outcome.KNOWN_DEVIATION),
        (result(), result(), Outcome.KNOWN_DEVIATION),
        (result(), result(Outcome.PASS), Outcome.STALE),
        (result(Outcome.PASS), result(Outcome.PASS), Outcome.STALE),
        (result(Outcome.PASS), result(field="code"), Outcome.DRIFTED),
        (result(field="code"), result(), Outcome.DRIFTED),
        (result(field="code"), result(Outcome.PASS), Outcome.DRIFTED),
        (result(), result(Outcome.SETUP_FAILED), Outcome.SETUP_FAILED),
    ],
)
def test_the_pinned_example_decides_where_a_search_may_be_lucky(
    run: CaseResult, pinned: CaseResult, expected: Outcome
) -> None:
    found = CaseResult(run.case, run.backend, run.outcome, run.reason, operation=run.operation, field=run.field)

    assert judged(found, deviation(example=EXAMPLE), pinned).results[0].outcome is expected


@table(
    "changes",
    [
        *({name: None} for name in ENTRY if name != "backend"),
        {"since": '"2026-10-01"'},
        {"expires": "2026-09-01"},
        {"expires": ENTRY["since"]},
        {"signature": "{}"},
        {"signature": '{ filed = "x" }'},
        {"signature": '"x"'},
        {"reason": '"  "'},
        {"case": "3"},
        {"example": '"missing.json"'},
        {"isue": '"x"'},
    ],
)
def test_an_entry_that_says_too_little_or_something_unknown_is_refused(
    tmp_path: Path, changes: dict[str, str | None]
) -> None:
    with pytest.raises(ConfigurationError, match="entry 1"):
        ledger.read(written(tmp_path, **changes))


@pytest.mark.parametrize("text", ["[deviation]\n", "[[deviatoin]]\n", "= 3", "\xff", "a = " + "[" * 50_000])
def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "known.toml").write_text(text, "latin-1")

    with pytest.raises(ConfigurationError, match="known"):
        ledger.read(tmp_path / "known.toml")
    with pytest.raises(ConfigurationError, match="missing"):
        ledger.read(tmp_path / "missing.toml")


def test_what_became_of_an_entry_is_told_with_what_was_expected_and_where_to_read_on() -> None:
    told = [
        judged(result(Outcome.PASS), deviation()),
        judged(result(field="code"), deviation()),
        judged(result(field="code"), deviation(example=EXAMPLE), result(Outcome.PASS)),
    ]
    expected = deviation().signature
    assert [report.results[0].reason for report in told] == [
        "passes now: take the entry out of the ledger (it loses blanks; https://example.com/1)",
        f"the ledger expects {expected}, and it fails with get_messages code: why",
        f"expected was {expected}: why",
    ]


def test_an_entry_is_named_by_its_number_from_one() -> None:
    assert "entry 1 (" in judged(result(), deviation(expires=TODAY)).ledger[0]


def test_the_example_of_an_entry_stands_beside_the_ledger(tmp_path: Path) -> None:
    (tmp_path / "found.json").write_text("{}", "utf-8")
    (entry,) = ledger.read(written(tmp_path, example='"found.json"')).deviations
    assert entry.example == tmp_path / "found.json"


def test_a_ledger_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        ledger.read(tmp_path / "missing.toml")
    with pytest.raises(ConfigurationError, match="longer than"):
        ledger.read(Path("/dev/zero"))
    (tmp_path / "known.toml").write_text("deviation = [3]", "utf-8")
    with pytest.raises(ConfigurationError, match="entry 1: is not a table"):
        ledger.read(tmp_path / "known.toml")
