"""The proofs can fail: with the rule or the eye taken away, the figures miss their targets."""

from __future__ import annotations

from afilnet_protocols.migration import canary, comparison, shadow
from tests.figures import m3_canary
from tests.figures.figure import Run
from tests.migration.planted import Planted
from tests.migration.test_comparison import Comparison, in_sandbox
from tests.migration.test_shadow import READS, STEPS, Sandbox


def test_a_canary_that_repeats_what_may_have_happened_is_caught(monkeypatch):
    monkeypatch.setattr(canary, "_may_go_to_primary", lambda operation, failure: True)
    figure = m3_canary.measure(Run(seed=1))
    assert not figure.targets["no message was delivered twice"]


def test_a_comparison_that_looks_away_is_caught(monkeypatch):
    planted = Planted(kind="the order is reversed")
    with Sandbox(parts=planted.parts) as sandbox, in_sandbox(sandbox, "http-post", "json", plain=True) as sides:
        seeing = Comparison(sides)
        seeing.play(STEPS)
        seeing.play(READS)
        monkeypatch.setattr(comparison, "notice", lambda ours, theirs: ())
        blind = Comparison(sides)
        blind.play(READS)
    assert seeing.findings.differences
    assert not blind.findings.differences
    assert shadow.notice is not comparison.notice
