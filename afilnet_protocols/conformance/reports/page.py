"""The HTML report: one page that holds everything it needs, for a browser without a network."""

from __future__ import annotations

import json
import math
from html import escape
from itertools import groupby
from string import Template

from afilnet_protocols.conformance.assets import digest, text_of
from afilnet_protocols.conformance.report_forms import section
from afilnet_protocols.conformance.reports.document import CaseData, Document, KillData, ResultData, StateData
from afilnet_protocols.conformance.reports.fitting import embedded, fitted
from afilnet_protocols.conformance.reports.symbols import QUIET, SYMBOLS, TONES
from afilnet_protocols.conformance.results.outcome import ExitCode, Outcome
from afilnet_protocols.conformance.targets.recorder import LARGEST_SHOWN
from afilnet_protocols.conformance.targets.wire_excerpts import MOST_CHARACTERS, MOST_EXCHANGES

_HEADLINES = {
    ExitCode.PROVED: ("good", "✓", "Proved"),
    ExitCode.DISAGREEMENT: ("bad", "✗", "Disagreement"),
    ExitCode.VOID: ("warn", "!", "Proves nothing"),
    ExitCode.INCOMPLETE: ("warn", "○", "Incomplete"),
    ExitCode.LEDGER: ("warn", "↺", "The ledger is wrong"),
}


def render(document: Document) -> str:
    """Return the report as one HTML page.

    The page's policy allows its own style and script by their digests and nothing else: it can load nothing, and text
    from a service cannot become code.
    """
    document, without = fitted(document)
    style, script = text_of("page.css"), text_of("page.js")
    tone, sign, headline = _HEADLINES[ExitCode(document["verdict"]["exit_code"])]
    sections = {
        "cases": _grid(document, without),
        "findings": _findings(document),
        "kills": _kills(document["kills"]),
        "coverage": _coverage(document["coverage"]),
    }
    links = "".join(f'<a href="#{name}">{name.capitalize()}</a>' for name, content in sections.items() if content)
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in document["verdict"]["reasons"])
    return Template(text_of("page.html")).substitute(
        style=style,
        script=script,
        style_hash=digest(style),
        script_hash=digest(script),
        word=escape(document["verdict"]["word"]),
        tone=tone,
        sign=sign,
        headline=headline,
        links=links,
        targets=escape(" · ".join(document["targets"]) or "no backend"),
        reasons=f'<ul class="reasons">{reasons}</ul>' if reasons else "",
        facts=_facts(document),
        reproduce=_reproduce(document),
        package=escape(f"{document['suite']['package']} {document['suite']['version']}"),
        data=embedded(document),
        **sections,
    )


def _facts(document: Document) -> str:
    passed = document["counts"].get(Outcome.PASS.value, 0)
    killed = sum(kill["killed"] for kill in document["kills"])
    facts = [
        ("backends", str(len(document["targets"])), ""),
        ("cases", str(len(document["cases"])), ""),
        ("passed", str(passed), f" of {len(document['results'])}"),
        *([("mutants caught", str(killed), f" of {len(document['kills'])}")] if document["kills"] else []),
        ("seed", str(document["seed"]), ""),
        ("time", f"{document['seconds']:.1f}", " s"),
        ("exit code", str(document["verdict"]["exit_code"]), ""),
    ]
    if document["started"]:
        day, _, hour = document["started"].partition("T")
        facts.append(("begun", day, f" {hour}"))
    return "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}<small>{escape(unit)}</small></dd></div>"
        for name, value, unit in facts
    )


def _reproduce(document: Document) -> str:
    if not document["command"]:
        return ""
    command = escape(document["command"])
    return section(
        "reproduce",
        "The same again",
        f'<div class="command"><code id="command" tabindex="0">{command}</code>'
        '<button type="button" class="quiet" id="copy" hidden>Copy</button></div>',
    )


# The grid


def _grid(document: Document, without: int) -> str:
    if not document["results"]:
        return ""
    by_place = {(result["case"], result["backend"]): result for result in document["results"]}
    heads = "".join(
        f'<th scope="col" class="backend"><span>{escape(target)}</span></th>' for target in document["targets"]
    )
    groups = "".join(
        _area(area, list(cases), document["targets"], by_place)
        for area, cases in groupby(document["cases"], key=lambda case: case["area"])
    )
    chips = "".join(
        f'<li class="chip {TONES[outcome]}"><span aria-hidden="true">{SYMBOLS[outcome]}</span>'
        f"{outcome} {document['counts'][outcome.value]}</li>"
        for outcome in Outcome
        if outcome.value in document["counts"]
    )
    tools = (
        '<span class="grow"></span><div class="tools" hidden>'
        '<label class="toggle"><input type="checkbox" id="only"> findings only</label>'
        '<input type="search" id="search" placeholder="Search cases" aria-label="Search cases"></div>'
    )
    table = (
        f'<ul class="chips" aria-label="Outcomes">{chips}</ul><div class="wide"><table class="grid">'
        '<caption class="visually-hidden">How each case ended on each backend; a cell opens what was seen</caption>'
        f'<thead><tr><th scope="col">case</th>{heads}</tr></thead>{groups}</table></div>'
        f"{_kept(document, without)}"
    )
    return section("cases", "Cases on backends", table, tools)


def _kept(document: Document, without: int) -> str:
    """Say how much of the wire the cells have, if they have any."""
    if not without and not any(result["wire"] for result in document["results"]):
        return ""
    text = (
        "A cell opens what was done and what went over the wire. Of a case that holds that is what was asked last: "
        f"{MOST_EXCHANGES} exchanges at most, {MOST_CHARACTERS} characters of each message; of a finding all of it, "
        f"{LARGEST_SHOWN} characters of each body."
    )
    if without:
        cells = "one cell has" if without == 1 else f"{without} cells have"
        text += f" To keep this page small, {cells} no wire here; the JSON report has it."
    return f'<p class="soft kept">{text}</p>'


def _area(area: str, cases: list[CaseData], targets: list[str], by_place: dict[tuple[str, str], ResultData]) -> str:
    results = [by_place[case["id"], target] for case in cases for target in targets if (case["id"], target) in by_place]
    passed = sum(result["outcome"] == Outcome.PASS for result in results)
    head = (
        f'<tr class="area"><th colspan="{len(targets) + 1}" scope="rowgroup">{escape(area)}'
        f"<small>{escape(cases[0]['area_about'])} · {passed} of {len(results)}</small></th></tr>"
    )
    return f"<tbody>{head}{''.join(_row(case, targets, by_place) for case in cases)}</tbody>"


def _row(case: CaseData, targets: list[str], by_place: dict[tuple[str, str], ResultData]) -> str:
    results = [by_place.get((case["id"], target)) for target in targets]
    finding = any(result is not None and result["outcome"] not in QUIET for result in results)
    title = "" if case["title"] == case["id"] else f'<span class="title">{escape(case["title"])}</span>'
    cells = "".join(f"<td>{_cell(result) if result else ''}</td>" for result in results)
    return (
        f'<tr class="case" data-finding="{"yes" if finding else "no"}">'
        f'<th scope="row"><span class="id">{escape(case["id"])}</span>{title}</th>{cells}</tr>'
    )


def _cell(result: ResultData) -> str:
    outcome = result["outcome"]
    label = escape(f"{result['case']} on {result['backend']}: {outcome}", quote=True)
    return (
        f'<button type="button" class="cell {TONES[outcome]}" data-tone="{TONES[outcome]}" aria-haspopup="dialog" '
        f'data-case="{escape(result["case"], quote=True)}" data-backend="{escape(result["backend"], quote=True)}" '
        f'aria-label="{label}" title="{label}">{SYMBOLS[outcome]}</button>'
    )


# Findings


def _findings(document: Document) -> str:
    told = [_finding(result) for result in document["results"] if result["outcome"] not in QUIET]
    troubles = [*document["problems"], *document["ledger"]]
    told += [f'<article class="finding warn"><p>{escape(trouble)}</p></article>' for trouble in troubles]
    return section("findings", "Findings", "".join(told)) if told else ""


def _finding(result: ResultData) -> str:
    tone = TONES[result["outcome"]]
    parts = []
    if result["operation"]:
        parts.append(
            f"<p>Where it shows: <code>{escape(result['operation'])}</code>, field "
            f'<code>{escape(result["field"])}</code></p><div class="pair">'
            f'<div class="expected"><p class="label">Expected</p><pre>{_value(result["expected"])}</pre></div>'
            f'<div class="found"><p class="label">Found</p><pre>{_value(result["actual"])}</pre></div></div>'
        )
    if result["reason"] and (not result["operation"] or not result["steps"] or result["outcome"] != Outcome.FAIL):
        parts.append(f"<pre>{escape(result['reason'])}</pre>")
    if result["steps"]:
        steps = "".join(f"<li><code>{escape(step['text'])}</code></li>" for step in result["steps"])
        parts.append(f'<ol class="steps">{steps}</ol>')
    return (
        f'<article class="finding {tone}"><header><h3>{escape(result["case"])} on {escape(result["backend"])}</h3>'
        f'<span class="chip">{result["outcome"]}</span>'
        f'<button type="button" class="quiet" data-case="{escape(result["case"], quote=True)}" '
        f'data-backend="{escape(result["backend"], quote=True)}" hidden>Open with the wire</button></header>'
        f"{''.join(parts)}</article>"
    )


def _value(value: object) -> str:
    return escape(json.dumps(value, ensure_ascii=False, indent=None if isinstance(value, str) else 1))


# What was caught, and what was visited


def _kills(kills: list[KillData]) -> str:
    if not kills:
        return ""
    rows = "".join(_kill(kill) for kill in kills)
    killed = sum(kill["killed"] for kill in kills)
    table = (
        '<p class="soft">Each is broken on purpose, and the case that is to catch it (✓) has to.</p>'
        '<div class="wide"><table class="list kills"><thead><tr><th scope="col">id</th><th scope="col">what is broken'
        '</th><th scope="col">caught by</th><th scope="col">verdict</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    return section("kills", f"Broken on purpose: {killed} of {len(kills)} caught", table)


def _kill(kill: KillData) -> str:
    cases = list(dict.fromkeys([*kill["expected"], *kill["killers"]]))
    chips = []
    for case in cases:
        named, caught = case in kill["expected"], case in kill["killers"]
        tone, sign, about = (
            ("good", "✓ ", "expected, and it did") if named and caught
            else ("bad", "✗ ", "expected, and it did not") if named
            else ("mute", "", "caught it as well")
        )  # fmt: skip
        chips.append(f'<li class="chip {tone}" title="{about}">{sign}{escape(case)}</li>')
    if kill["killed"]:
        verdict = '<span class="chip good">caught</span>'
    else:
        word = f"invalid: {kill['invalid']}" if kill["invalid"] else "survived"
        verdict = f'<span class="chip bad">{escape(word)}</span>'
    return (
        f'<tr><th scope="row" class="id">{escape(kill["mutant"])}</th><td>{escape(kill["about"])}</td>'
        f'<td><ul class="chips">{"".join(chips)}</ul></td><td>{verdict}</td></tr>'
    )


def _coverage(states: list[StateData]) -> str:
    if not states:
        return ""
    most = max(max(each["visits"], each["floor"]) for each in states)
    rows = "".join(_state(each, most) for each in states)
    table = (
        '<p class="soft">How often each state of the model was visited (on a logarithmic scale), and how often it has '
        'to be (the mark) for a pass to mean anything.</p><div class="wide"><table class="list"><thead><tr>'
        '<th scope="col">state</th><th scope="col">visits</th><th scope="col">at least</th>'
        '<th scope="col"><span class="visually-hidden">scale</span></th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    return section("coverage", "Coverage by state of the model", table)


def _state(each: StateData, most: int) -> str:
    visits, floor = each["visits"], each["floor"]
    low = visits < floor
    scale = 100 / math.log1p(max(most, 1))
    width, mark = math.log1p(visits) * scale, min(math.log1p(floor) * scale, 99.2)
    sign = ' <span class="chip bad">too few</span>' if low else ""
    drawn = (
        f'<svg class="meter {"bad" if low else "good"}" viewBox="0 0 100 6" preserveAspectRatio="none" '
        f'aria-hidden="true"><rect class="fill" width="{width:.1f}" height="6" rx="1"/>'
        f'<rect class="floor" x="{mark:.1f}" width="0.8" height="6"/></svg>'
    )
    return (
        f'<tr><th scope="row">{escape(each["state"])}{sign}</th><td class="number">{visits}</td>'
        f'<td class="number">{floor}</td><td>{drawn}</td></tr>'
    )
