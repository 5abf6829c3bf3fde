"""The Markdown report: a grid for a pull request or a job's summary, and every finding below it."""

from __future__ import annotations

import json

from afilnet_protocols.conformance.report_forms import in_markdown
from afilnet_protocols.conformance.reports.document import Document, ResultData
from afilnet_protocols.conformance.reports.symbols import QUIET, SYMBOLS
from afilnet_protocols.conformance.results.causes import Sign, grouped, sign
from afilnet_protocols.conformance.results.outcome import Outcome


def render(document: Document) -> str:
    """Return the report as Markdown."""
    verdict = document["verdict"]
    lines = [f"# Conformance: {verdict['word']}", ""]
    lines += [f"* {in_markdown(reason)}" for reason in verdict["reasons"]]
    lines += [""] if verdict["reasons"] else []
    suite = f"{document['suite']['package']} {document['suite']['version']}"
    begun = document["started"] or "at an unknown time"
    lines += [f"Seed {document['seed']}, {document['seconds']:.1f} s, {suite}, begun {begun}.", ""]
    if document["command"]:
        lines += ["The same again:", "", *_fenced(document["command"], "sh"), ""]
    lines += [*_grid(document), *_findings(document), *_kills(document), *_coverage(document)]
    return "\n".join(lines).rstrip() + "\n"


def _grid(document: Document) -> list[str]:
    if not document["results"]:
        return []
    by_place = {(result["case"], result["backend"]): result["outcome"] for result in document["results"]}
    targets = document["targets"]
    lines = ["## Cases", "", f"| case | {' | '.join(map(in_markdown, targets))} |", "|---|" + "---|" * len(targets)]
    for case in document["cases"]:
        marks = [SYMBOLS.get(by_place.get((case["id"], target), ""), "") for target in targets]
        title = "" if case["title"] == case["id"] else f" {in_markdown(case['title'])}"
        lines.append(f"| **{case['id']}**{title} | {' | '.join(marks)} |")
    used = [outcome for outcome in Outcome if outcome.value in document["counts"]]
    legend = ", ".join(f"{SYMBOLS[outcome]} {outcome} ({document['counts'][outcome.value]})" for outcome in used)
    return [*lines, "", f"{legend}.", ""]


def _findings(document: Document) -> list[str]:
    lines: list[str] = []
    loud = [result for result in document["results"] if result["outcome"] not in QUIET]
    for first, *others in grouped(loud, _sign_of):
        lines += _finding(first)
        if others:
            lines += [f"The same in {len(others)} more: {', '.join(other['case'] for other in others)}", ""]
    return ["## Findings", "", *lines] if lines else []


def _sign_of(result: ResultData) -> Sign:
    return sign(
        backend=result["backend"],
        outcome=result["outcome"],
        operation=result["operation"] or result["reason"],
        field=result["field"],
        expected=result["expected"],
        actual=result["actual"],
    )


def _finding(result: ResultData) -> list[str]:
    lines = [f"### {result['case']} on {in_markdown(result['backend'])}: {result['outcome']}", ""]
    if result["operation"]:
        lines += [
            f"* operation `{result['operation']}`, field `{result['field']}`",
            f"* expected `{_value(result['expected'])}`",
            f"* found `{_value(result['actual'])}`",
            "",
        ]
    elif result["reason"]:
        lines += [*_fenced(result["reason"], "text"), ""]
    if result["outcome"] == Outcome.KNOWN_DEVIATION or (result["operation"] and not result["steps"]):
        lines += [in_markdown(result["reason"]), ""]
    if result["steps"]:
        steps = "\n".join(f"{number}. {step['text']}" for number, step in enumerate(result["steps"], 1))
        lines += [*_fenced(steps, "text"), ""]
    return lines


def _kills(document: Document) -> list[str]:
    if not document["kills"]:
        return []
    killed = sum(kill["killed"] for kill in document["kills"])
    lines = ["## Broken backends and servers", "", f"{killed} of {len(document['kills'])} caught.", ""]
    lines += ["| id | what is broken | to be caught by | caught by |", "|---|---|---|---|"]
    for kill in document["kills"]:
        caught = kill["invalid"] or ", ".join(kill["killers"]) or "nothing"
        mark = "" if kill["killed"] else " **✗**"
        lines.append(
            f"| {kill['mutant']}{mark} | {in_markdown(kill['about'])} | {', '.join(kill['expected'])} "
            f"| {in_markdown(caught)} |"
        )
    return [*lines, ""]


def _coverage(document: Document) -> list[str]:
    if not document["coverage"]:
        return []
    lines = ["## Coverage by state of the model", "", "| state | visits | at least |", "|---|---:|---:|"]
    for each in document["coverage"]:
        low = " **✗**" if each["visits"] < each["floor"] else ""
        lines.append(f"| {in_markdown(each['state'])}{low} | {each['visits']} | {each['floor']} |")
    return [*lines, ""]


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=True).replace("`", "\\u0060")[:200]


def _fenced(text: str, language: str) -> list[str]:
    fence = "```"
    while fence in text:
        fence += "`"
    return [f"{fence}{language}", text, fence]
