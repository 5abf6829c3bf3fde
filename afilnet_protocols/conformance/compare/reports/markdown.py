"""A comparison as Markdown, for a pull request or a job's summary."""

from __future__ import annotations

from collections.abc import Iterable

from afilnet_protocols.conformance.compare.reports.account import Account


def render(account: Account) -> str:
    """Return the comparison as Markdown."""
    found, security = account.findings, account.findings.security
    ours, theirs, ratio = account.times
    lines = [f"# {account.headline}: from {_plain(found.source)} to {_plain(found.target)}", ""]
    lines += [f"* {_plain(reason)}" for reason in account.reasons]
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
        lines += ["## Left out", "", *(f"* {count} {_plain(reason)}" for reason, count in account.left_out), ""]
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
    told = [f"| {' | '.join(_plain(str(cell)) for cell in line)} |" for line in lines]
    return [told[0], "|---" * len(heads) + "|", *told[1:], ""]


def _plain(text: str) -> str:
    """Return a text in which nothing is markup and that stays on its line."""
    flat = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|" else letter for letter in flat)
