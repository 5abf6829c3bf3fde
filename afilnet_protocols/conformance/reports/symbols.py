"""How outcomes are shown: a sign and a tone for each, so that nothing is told by colour alone."""

from __future__ import annotations

from afilnet_protocols.conformance.results.outcome import Outcome

_SHOWN: dict[str, tuple[str, str]] = {
    Outcome.PASS: ("✓", "good"),
    Outcome.FAIL: ("✗", "bad"),
    Outcome.KNOWN_DEVIATION: ("≈", "known"),
    Outcome.STALE: ("↺", "bad"),
    Outcome.DRIFTED: ("≠", "bad"),
    Outcome.NOT_DECLARED: ("·", "mute"),
    Outcome.OVER_CLAIMED: ("▲", "bad"),
    Outcome.UNDER_CLAIMED: ("▼", "bad"),
    Outcome.SETUP_FAILED: ("!", "warn"),
    Outcome.HARNESS_ERROR: ("‼", "warn"),
    Outcome.UNPROVED: ("○", "mute"),
}

SYMBOLS = {outcome: symbol for outcome, (symbol, _) in _SHOWN.items()}
"""The sign of each outcome."""

TONES = {outcome: tone for outcome, (_, tone) in _SHOWN.items()}
"""The tone of each outcome: good, bad, warn, known, mute."""

QUIET = frozenset({Outcome.PASS, Outcome.NOT_DECLARED, Outcome.UNPROVED})
"""Outcomes that are no findings."""
