"""How outcomes are shown: a sign and a tone for each, so that nothing is told by colour alone."""

from __future__ import annotations

from afilnet_protocols.conformance.results.outcome import Outcome

SYMBOLS: dict[str, str] = {
    Outcome.PASS: "✓",
    Outcome.FAIL: "✗",
    Outcome.KNOWN_DEVIATION: "≈",
    Outcome.STALE: "↺",
    Outcome.DRIFTED: "≠",
    Outcome.NOT_DECLARED: "·",
    Outcome.OVER_CLAIMED: "▲",
    Outcome.UNDER_CLAIMED: "▼",
    Outcome.SETUP_FAILED: "!",
    Outcome.HARNESS_ERROR: "‼",
    Outcome.UNPROVED: "○",
}
"""The sign of each outcome."""

TONES: dict[str, str] = {
    Outcome.PASS: "good",
    Outcome.FAIL: "bad",
    Outcome.KNOWN_DEVIATION: "known",
    Outcome.STALE: "bad",
    Outcome.DRIFTED: "bad",
    Outcome.NOT_DECLARED: "mute",
    Outcome.OVER_CLAIMED: "bad",
    Outcome.UNDER_CLAIMED: "bad",
    Outcome.SETUP_FAILED: "warn",
    Outcome.HARNESS_ERROR: "warn",
    Outcome.UNPROVED: "mute",
}
"""The tone of each outcome: good, bad, warn, known, mute."""

QUIET = frozenset({Outcome.PASS, Outcome.NOT_DECLARED, Outcome.UNPROVED})
"""Outcomes that are no findings."""
