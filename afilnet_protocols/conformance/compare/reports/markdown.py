"""A comparison as Markdown, for a pull request or a job's summary."""

from __future__ import annotations

from collections.abc import Iterable

from afilnet_protocols.conformance.compare.reports.account import Account
from afilnet_protocols.conformance.report_forms import in_markdown


def render(account: Account) -> str:
    """Return the comparison as Markdown."""
    found, security = account.findings, account.findings.security
    ours, theirs, ratio = account.times
    lines = [f"# {account.headline}: from {in_markdown(found.source)} to {in_markdown(found.target)}", ""]
    lines += [f"* {in_markdown(reason)}" for reason in account.reasons]
    lines += [""] if account.reasons else []
    lines += _table(
        ("what", "found"),
        [
            ("calls compared", found.compared),
            ("calls left out", found.whole),
            ("security level", f"{security.source} -> {security.target}"),
            ("guarantees gained", ", ".join(security.gained) or "none"),
            ("guarantees lost", ", ".join(security.lost) or "none"),
            ("median time of a read", f"{ours} -> {theirs}"),
            ("to / from", ratio),
        ],
    )
    lines += _differences(account)
    lines += ["## Calls", ""]
    lines += _table(
        ("operation", "made on both sides", "compared"),
        [(name, made, compared) for name, made, compared, _ in account.operations],
    )
    if account.left_out:
        lines += ["## Left out", "", *(f"* {count} {in_markdown(reason)}" for reason, count in account.left_out), ""]
    lines += [
        "## The same again",
        "",
        "```sh",
        account.command,
        "```",
        "",
        f"{account.package}, begun {account.begun}.",
    ]
    return "\n".join(lines) + "\n"


def _differences(account: Account) -> list[str]:
    found = account.findings
    if not found.differences:
        return []
    heads = ("operation", "differs in", "at", found.source, found.target, "calls")
    return ["## Differences", "", *_table(heads, account.differences)]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    lines = [heads, *rows]
    told = [f"| {' | '.join(in_markdown(str(cell)) for cell in line)} |" for line in lines]
    return [told[0], "|---" * len(heads) + "|", *told[1:], ""]
