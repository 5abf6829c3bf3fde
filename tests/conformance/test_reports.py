"""The reports say what was found, whatever text was found in it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest

from afilnet_protocols import ConfigurationError
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.reports import KINDS, write
from afilnet_protocols.conformance.reports import schema as report_schema
from afilnet_protocols.conformance.reports.document import Document, document_of
from afilnet_protocols.conformance.reports.symbols import SYMBOLS, TONES
from afilnet_protocols.conformance.results.outcome import CaseResult, Outcome, RunReport
from tests.conformance.example_report import HOSTILE, example


@pytest.fixture(scope="module")
def document() -> Document:
    return document_of(example(), CASES)


def test_the_shipped_schema_is_the_rendered_one() -> None:
    assert report_schema.FILE.read_text("utf-8") == report_schema.render()
    jsonschema.Draft202012Validator.check_schema(report_schema.schema())


@pytest.mark.parametrize("report", [example(), RunReport(seed=0, targets=())], ids=["everything", "nothing"])
def test_the_json_report_is_what_its_schema_says(report: RunReport) -> None:
    read = json.loads(KINDS["json"](document_of(report, CASES)))

    jsonschema.validate(read, report_schema.schema())
    assert read == document_of(report, CASES)


@pytest.mark.parametrize("change", [{"version": 2}, {"seed": "7"}, {"results": [{}]}, {"verdict": None}])
def test_another_document_is_refused_by_the_schema(document: Document, change: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, **change}, report_schema.schema())


def test_junit_counts_what_failed_and_never_counts_the_unshown_as_passed(document: Document) -> None:
    root = ET.fromstring(KINDS["junit"](document))
    tests = {
        (test.get("classname"), (test.get("name") or "").partition(":")[0]): test for test in root.iter("testcase")
    }
    for result in document["results"]:
        test = tests[f"afilnet.{result['backend']}", result["case"]]
        kinds = {child.tag for child in test} - {"system-out"}
        passed = result["outcome"] in (Outcome.PASS, Outcome.KNOWN_DEVIATION)
        assert (kinds == set()) is passed, result["outcome"]
    for suite in root.iter("testsuite"):
        found = list(suite.iter("testcase"))
        assert int(suite.get("tests", "")) == len(found)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == sum(test.find(tag) is not None for test in found)


def test_junit_is_red_where_only_the_run_as_a_whole_is() -> None:
    report = RunReport(seed=1, targets=("soap",), results=[CaseResult("SEND-01", "soap", Outcome.PASS)])
    assert ET.fromstring(KINDS["junit"](document_of(report))).find(".//failure") is None
    report.void = "the control passed"
    failure = ET.fromstring(KINDS["junit"](document_of(report))).find(".//failure")
    assert failure is not None
    assert failure.text == "the control passed"


def test_markdown_tells_every_finding_and_nothing_breaks_its_tables(document: Document) -> None:
    text = KINDS["md"](document)
    for result in document["results"]:
        heading = f"### {result['case']} on {result['backend']}: {result['outcome']}"
        quiet = result["outcome"] in (Outcome.PASS, Outcome.NOT_DECLARED, Outcome.UNPROVED)
        assert (heading in text) is not quiet
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert len(rows) == len(document["cases"])
    assert all(row.replace("\\|", "").count("|") == len(document["targets"]) + 2 for row in rows)


def test_the_page_holds_its_data_and_no_text_of_a_service_is_markup(document: Document) -> None:
    page = KINDS["html"](document)
    data = page.split('<script type="application/json" id="report">')[1].split("</script>")[0]

    assert json.loads(data) == document
    assert HOSTILE[:30] not in page
    assert page.count("<script") == 2
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.parametrize("kind", KINDS)
def test_every_report_can_be_written_with_text_that_no_encoding_has(
    document: Document, kind: str, tmp_path: Path
) -> None:
    write(document, kind, tmp_path / "a/b" / kind)
    assert (tmp_path / "a/b" / kind).read_text("utf-8")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write(document, kind, tmp_path / "a/b" / kind / "c")


def test_every_outcome_has_a_sign_of_its_own_and_a_tone() -> None:
    assert set(SYMBOLS) == set(TONES) == set(Outcome)
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)


def test_the_figures_of_a_report_are_those_of_the_run() -> None:
    report = RunReport(seed=7, targets=("live", "soap"), seconds=1.23456)
    report.results = [
        CaseResult("SEND-01", "live", Outcome.PASS, seconds=0.123456),
        CaseResult("MINE-01", "live", Outcome.UNPROVED),
        CaseResult("CHAN-01", "soap", Outcome.FAIL),
    ]
    report.coverage, report.floors = {"seen": 3}, {"seen": 2, "missed": 5}
    report.asked = {"live": 40}
    document = document_of(report, CASES)
    assert (document["seconds"], document["results"][0]["seconds"]) == (1.235, 0.1235)
    assert document["coverage"] == [
        {"state": "seen", "visits": 3, "floor": 2},
        {"state": "missed", "visits": 0, "floor": 5},
    ]
    assert document_of(RunReport(seed=7, targets=(), coverage={"seen": 3}))["coverage"][0]["floor"] == 0
    assert document["shares"] == [
        {"target": "live", "shown": 1, "not_shown": 1, "sends": 0, "requests": 40},
        {"target": "soap", "shown": 1, "not_shown": 0, "sends": None, "requests": None},
    ]
    told = [(each["id"], each["area"], each["title"]) for each in document["cases"]]
    known = [(case.id, case.area, case.title) for case in CASES if case.id in ("CHAN-01", "SEND-01")]
    assert told == [*known, ("MINE-01", "MINE", "MINE-01")]


def test_a_report_is_written_in_ascii_line_by_line() -> None:
    lines = KINDS["json"](document_of(example(), CASES)).splitlines()
    assert all(line.isascii() for line in lines)
    assert lines[1] == ' "format": "afilnet-conformance-report",'
