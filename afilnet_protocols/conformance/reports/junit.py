"""The JUnit XML report, as continuous integration reads it: one suite for each backend, one test for each case."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from afilnet_protocols.conformance.report_forms import in_xml
from afilnet_protocols.conformance.reports.document import Document, ResultData
from afilnet_protocols.conformance.results.outcome import Outcome

_FAILURES = frozenset(
    {Outcome.FAIL, Outcome.DRIFTED, Outcome.OVER_CLAIMED, Outcome.UNDER_CLAIMED, Outcome.STALE},
)
_ERRORS = frozenset({Outcome.SETUP_FAILED, Outcome.HARNESS_ERROR})


def render(document: Document) -> str:
    """Return the report as JUnit XML. What is not shown is skipped, with the reason; it never counts as passed."""
    root = ElementTree.Element("testsuites", name="afilnet conformance", time=f"{document['seconds']:.3f}")
    titles = {case["id"]: case["title"] for case in document["cases"]}
    for target in document["targets"]:
        _suite(root, target, [each for each in document["results"] if each["backend"] == target], titles, document)
    _run(root, document)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(
    root: ElementTree.Element, target: str, results: list[ResultData], titles: dict[str, str], document: Document
) -> None:
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=in_xml(target),
        tests=str(len(results)),
        failures=_count(results, _FAILURES),
        errors=_count(results, _ERRORS),
        skipped=_count(results, {Outcome.NOT_DECLARED, Outcome.UNPROVED}),
        timestamp=document["started"],
        time=f"{sum(result['seconds'] for result in results):.3f}",
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("seed", str(document["seed"])), ("command", document["command"])):
        ElementTree.SubElement(properties, "property", name=name, value=in_xml(value))
    for result in results:
        _test(suite, result, titles.get(result["case"], result["case"]))


def _test(suite: ElementTree.Element, result: ResultData, title: str) -> None:
    name = result["case"] if title == result["case"] else f"{result['case']}: {title}"
    test = ElementTree.SubElement(
        suite,
        "testcase",
        classname=in_xml(f"afilnet.{result['backend']}"),
        name=in_xml(name),
        time=f"{result['seconds']:.3f}",
    )
    outcome = Outcome(result["outcome"])
    if outcome in _FAILURES:
        _told(test, "failure", result)
    elif outcome in _ERRORS:
        _told(test, "error", result)
    elif outcome in (Outcome.NOT_DECLARED, Outcome.UNPROVED):
        ElementTree.SubElement(test, "skipped", message=in_xml(f"{outcome}: {result['reason']}".removesuffix(": ")))
    elif outcome is Outcome.KNOWN_DEVIATION:
        ElementTree.SubElement(test, "system-out").text = in_xml(f"{outcome}: {result['reason']}")


def _told(test: ElementTree.Element, kind: str, result: ResultData) -> None:
    first = result["reason"].splitlines()[0] if result["reason"] else result["outcome"]
    element = ElementTree.SubElement(test, kind, type=result["outcome"], message=in_xml(first))
    lines = [result["reason"]]
    if result["steps"] and "the sequence:" not in result["reason"]:
        lines += ["the sequence:", *(f"  {number}. {step['text']}" for number, step in enumerate(result["steps"], 1))]
    element.text = in_xml("\n".join(lines))


def _run(root: ElementTree.Element, document: Document) -> None:
    """Add what concerns the whole run, so that no red run looks green."""
    problems = [*([document["void"]] if document["void"] else []), *document["problems"], *document["ledger"]]
    problems += [
        f"{kill['mutant']} ({kill['about']}) {kill['invalid'] or 'was not caught by the case that was to catch it'}"
        for kill in document["kills"]
        if not kill["killed"]
    ]
    code = document["verdict"]["exit_code"]
    if code and not problems:
        problems = list(document["verdict"]["reasons"])
    count = str(1 if code else 0)
    suite = ElementTree.SubElement(
        root, "testsuite", name="the run", tests="1", failures=count, errors="0", skipped="0", time="0.000"
    )
    test = ElementTree.SubElement(suite, "testcase", classname="afilnet", name="the run as a whole", time="0.000")
    if code:
        failure = ElementTree.SubElement(test, "failure", type=f"exit code {code}", message=document["verdict"]["word"])
        failure.text = in_xml("\n".join(problems))


def _count(results: list[ResultData], outcomes: Iterable[Outcome]) -> str:
    wanted = {outcome.value for outcome in outcomes}
    return str(sum(result["outcome"] in wanted for result in results))
