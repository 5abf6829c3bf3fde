"""Known weaknesses are not here, and the check for each would notice if it were."""

from __future__ import annotations

import pytest

from tests.security.regressions import Regression, regressions

ALL = regressions()


@pytest.mark.parametrize("regression", ALL, ids=[each.name for each in ALL])
def test_the_weakness_is_not_here_and_without_its_guard_it_is(regression: Regression) -> None:
    regression.check()
    with regression.sabotage(), pytest.raises(AssertionError):
        regression.check()
    regression.check()


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len({each.name for each in ALL}) == len(ALL) >= 30
