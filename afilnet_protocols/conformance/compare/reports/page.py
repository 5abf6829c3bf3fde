"""The page of a comparison: whether to change over, from what to what, and everything that speaks for or against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from importlib import resources
from string import Template

from afilnet_protocols.conformance.assets import digest, text_of
from afilnet_protocols.conformance.compare.findings import Verdict
from afilnet_protocols.conformance.compare.reports.account import Account
from afilnet_protocols.conformance.report_forms import section
from afilnet_protocols.security.levels import BY_NAME

_TONES = {Verdict.GO: ("good", "✓"), Verdict.NO_GO: ("bad", "✗"), Verdict.COULD_NOT_RUN: ("warn", "!")}


def render(account: Account) -> str:
    """Return the comparison as one HTML page, whose policy allows its own style by its digest and nothing else."""
    found, style = account.findings, text_of("page.css")
    tone, sign = _TONES[account.verdict]
    sections = list(_sections(account))
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in account.reasons)
    return Template(resources.files(__package__).joinpath("page.html").read_text("utf-8")).substitute(
        style=style,
        style_hash=digest(style),
        headline=escape(account.headline),
        source=escape(found.source),
        target=escape(found.target),
        tone=tone,
        sign=sign,
        reasons=f'<ul class="reasons">{reasons}</ul>' if reasons else "",
        facts=_facts(account),
        links="".join(f'<a href="#{name}">{name.capitalize()}</a>' for name, _, _ in sections),
        sections="".join(section(name, title, content) for name, title, content in sections),
        package=escape(account.package),
    )


def _facts(account: Account) -> str:
    found = account.findings
    day, _, hour = account.begun.partition("T")
    facts = [
        ("from", found.source, f" {found.security.source}"),
        ("to", found.target, f" {found.security.target}"),
        ("calls compared", str(found.compared), f" of {found.whole.calls}"),
        ("left out", str(found.whole.left_out), f" {found.whole.share:.0%}"),
        ("differences", str(sum(not each.is_gain for each in found.differences.values())), ""),
        ("time of a read, to / from", account.times[2], ""),
        *([("seed", str(account.seed), "")] if account.seed is not None else []),
        ("exit code", str(int(account.verdict)), ""),
        ("begun", day, f" {hour}"),
    ]
    return "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}<small>{escape(unit)}</small></dd></div>"
        for name, value, unit in facts
    )


def _sections(account: Account) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the title and the content of each section."""
    found, (ours, theirs, ratio) = account.findings, account.times
    yield "differences", "What an application could notice", _differences(account)
    calls = [(name, made, compared, made - compared) for name, made, compared, _ in account.operations]
    yield "calls", "Calls made on both sides", _table(("operation", "made", "compared", "left out"), calls)
    left_out = _table(("calls", "why"), [(count, reason) for reason, count in account.left_out])
    nothing = '<p class="soft">Nothing was left out.</p>'
    about = f'<p class="soft">At most {found.left_out:.0%} may be left out of a verdict.</p>'
    yield "left-out", f"Left out: {found.whole}", about + (left_out if account.left_out else nothing)
    yield "guarantees", f"Security: from {found.security.source} to {found.security.target}", _guarantees(account)
    limit = "" if found.slower is None else f"<p>At most {found.slower:g} times as long is good.</p>"
    times = _table(("", "median time of a read"), [(found.source, ours), (found.target, theirs), ("to / from", ratio)])
    yield "times", "Times", times + limit
    command = f'<div class="command"><code tabindex="0">{escape(account.command)}</code></div>'
    yield "again", "The same again", command


def _differences(account: Account) -> str:
    found = account.findings
    if not found.differences:
        return '<p class="soft">No difference was seen in the calls that were compared.</p>'
    return _table(("operation", "differs in", "at", found.source, found.target, "calls"), account.differences)


def _guarantees(account: Account) -> str:
    security = account.findings.security
    rows = [(word, name) for word, names in (("gained", security.gained), ("lost", security.lost)) for name in names]
    if not rows:
        return '<p class="soft">No guarantee is gained or lost.</p>'
    return _table(("", "guarantee", "what it says"), [(word, name, BY_NAME[name].about) for word, name in rows])


def _table(heads: Iterable[str], rows: Iterable[tuple[object, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table class="list"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: object) -> str:
    number = ' class="number"' if isinstance(value, int) else ""
    return f"<td{number}>{escape(str(value))}</td>"
