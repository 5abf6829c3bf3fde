"""The proofs can fail: with the rule or the eye taken away, the figures miss their targets."""

from __future__ import annotations

import pytest

from afilnet_protocols.catalogue import SEND_MESSAGE
from afilnet_protocols.migration import agreement, canary, coverage, repeating
from afilnet_protocols.migration.advice import Word
from afilnet_protocols.migration.agreement import Agreement
from tests.figures import m3_canary
from tests.figures.figure import Run
from tests.migration import test_truth
from tests.migration.planted import Planted
from tests.migration.test_comparison import Comparison, in_sandbox
from tests.migration.test_shadow import READS, STEPS, Sandbox


def test_a_canary_that_repeats_what_may_have_happened_is_caught(monkeypatch):
    monkeypatch.setattr(canary, "_may_go_to_primary", lambda operation, failure: True)
    figure = m3_canary.measure(Run(seed=1))
    assert not figure.targets["no message was delivered twice"]


def test_a_comparison_that_looks_away_is_caught(monkeypatch):
    planted = Planted(kind="the order is reversed")
    with (
        Sandbox(components=planted.components) as sandbox,
        in_sandbox(sandbox, "http-post", "json", plain=True) as sides,
    ):
        seeing = Comparison(sides)
        seeing.play(STEPS)
        seeing.play(READS)
        monkeypatch.setattr(agreement, "notice", lambda ours, theirs: ())
        blind = Comparison(sides)
        blind.play(READS)
    assert seeing.findings.differences
    assert not blind.findings.differences


def test_a_shadow_that_lets_only_agreement_count_while_it_closes_is_caught(monkeypatch):
    judged = repeating.Repeating._judged

    def partial(self, task, settled, seconds, *, refused):
        if self.closed and settled.agreement is not Agreement.EQUAL:
            self._left_out(task, "dropped")
        else:
            judged(self, task, settled, seconds, refused=refused)

    assert test_truth.seen_while_closing("differ").number("different") == 1
    monkeypatch.setattr(repeating.Repeating, "_judged", partial)
    assert test_truth.seen_while_closing("agree").number("equal") == 1
    assert test_truth.seen_while_closing("differ").number("different") == 0


def test_a_shadow_that_waits_for_agreement_longer_than_for_the_rest_is_caught(monkeypatch):
    assert test_truth.left_when_closed("agree")[0].number("equal") == 1
    monkeypatch.setattr(repeating.Repeating, "_leave_out_the_rest", lambda self: None)
    assert test_truth.left_when_closed("agree")[0].number("equal") > 1


def test_a_shadow_that_takes_reads_when_nobody_repeats_them_any_more_is_caught(monkeypatch):
    left_out = repeating.Repeating._leave_out_the_rest

    def go_on(self):
        left_out(self)
        self._over = False

    monkeypatch.setattr(repeating.Repeating, "_leave_out_the_rest", go_on)
    with pytest.raises(AssertionError):
        test_truth.test_a_read_that_is_answered_after_the_client_was_closed_is_left_out()


def test_an_advice_that_overlooks_what_was_left_out_is_caught(monkeypatch):
    assert test_truth.left_when_closed("differ")[1].word is Word.KEEP
    monkeypatch.setattr(coverage.Coverage, "gaps", lambda self, most: ())
    assert test_truth.left_when_closed("differ")[1].word is Word.GO


def test_a_canary_that_takes_every_refusal_for_an_answer_is_caught(monkeypatch):
    assert test_truth.refused_sends().report(enough=1).word is Word.KEEP
    monkeypatch.setattr(canary.CanaryChat, "_undecided", lambda self: self._judged(SEND_MESSAGE, None))
    assert test_truth.refused_sends().report(enough=1).word is Word.GO
