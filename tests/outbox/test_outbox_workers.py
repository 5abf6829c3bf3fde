"""What the figure of several workers is worth: workers that are broken on purpose, and it finds them."""

from __future__ import annotations

import pytest

from tests.figures.r19_outbox_workers import HIGHER, RATE, pace, recovery, staged

pytestmark = [pytest.mark.usefixtures("postgresql_server"), pytest.mark.proof(short="test_a_rate_holds_across_workers")]


def test_workers_that_keep_a_rate_of_their_own_are_found():
    with staged("keeps a rate of its own") as (stage, _):
        assert pace(stage, 300) > (1 + HIGHER) * RATE


def test_a_worker_that_looks_out_only_when_it_has_nothing_to_do_is_found():
    with staged("looks out when idle") as (stage, _):
        assert not recovery(stage, "killed").before_the_end
