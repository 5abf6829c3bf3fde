"""The badge: how many cases are shown, and what the run means, as a small picture of our own making."""

from __future__ import annotations

from xml.sax.saxutils import escape

from afilnet_protocols.conformance.reports.document import Document
from afilnet_protocols.conformance.results.outcome import ExitCode

_COLOURS = {
    ExitCode.PROVED: "#2e7d32",
    ExitCode.INCOMPLETE: "#2e5d7d",
    ExitCode.DISAGREEMENT: "#b3261e",
    ExitCode.LEDGER: "#b3261e",
    ExitCode.VOID: "#5f6368",
}
_WORDS = {
    ExitCode.PROVED: "proved",
    ExitCode.INCOMPLETE: "no disagreement",
    ExitCode.DISAGREEMENT: "disagreement",
    ExitCode.LEDGER: "wrong ledger",
    ExitCode.VOID: "proves nothing",
}
_LABEL = "afilnet conformance"
_ROOM = 7
"""How wide a character is drawn at most, in pixels, whatever font is there."""


def render(document: Document) -> str:
    """Return the badge as SVG: no script, no font or picture from elsewhere, and a text for who cannot see it."""
    code = ExitCode(document["verdict"]["exit_code"])
    told = f"{_shown(document)}, {_WORDS[code]}"
    left, right = (len(text) * _ROOM + 14 for text in (_LABEL, told))
    label, value = escape(_LABEL), escape(told)
    title = escape(f"{_LABEL}: {told}, {document['started'][:10]}, version {document['suite'].get('version', '')}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="22" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{left + right}" height="22" rx="4" fill="#333"/>'
        f'<path d="M{left} 0h{right - 4}a4 4 0 0 1 4 4v14a4 4 0 0 1-4 4H{left}z" fill="{_COLOURS[code]}"/>'
        '<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="15" textLength="{left - 14}">{label}</text>'
        f'<text x="{left + right / 2:g}" y="15" textLength="{right - 14}">{value}</text>'
        "</g></svg>\n"
    )


def _shown(document: Document) -> str:
    """Say how many cases were shown: on the target of which the fewest were, if there are several."""
    shares = [(each["shown"], each["shown"] + each["not_shown"]) for each in document["shares"]]
    shown, total = min(shares, default=(0, 0))
    return f"{shown} of {total} cases"
