"""What cannot be meant is refused where a canary or a shadow is made, and not by the first call."""

from __future__ import annotations

import pytest

from afilnet_protocols import ConfigurationError
from afilnet_protocols.migration.canary import CanaryChat
from afilnet_protocols.migration.shadow import ShadowChat
from tests.migration.test_canary import Fine

NO_NUMBER = (None, "5", "", b"1", [1], object(), True, 1 + 2j, float("nan"), float("inf"), -1, 10**400, -(10**400))
NO_COUNT = (*NO_NUMBER, 1.5)
NO_CLIENT = (None, 7, "chat", [], object())
WRONG = [
    (CanaryChat, {"share": 0.5, "threshold": 0.05, "timeout": 30.0}, NO_NUMBER),
    (CanaryChat, {"window": 100}, NO_COUNT),
    (CanaryChat, {"rest": 1.0}, NO_NUMBER[1:]),
    (CanaryChat, {"salt": ""}, (None, 7, b"x", "x" * 65, "\ud800", [])),
    (CanaryChat, {"state": None}, (7, "file", object())),
    (ShadowChat, {"sample": 0.5, "timeout": 1.0, "rest": 1.0, "grace": 1.0}, NO_NUMBER),
    (ShadowChat, {"concurrency": 1, "queued": 1, "journal": 1}, NO_COUNT),
    (ShadowChat, {"state": None}, (7, "file", object())),
]


def taken(make, usual, values):
    """Return the arguments that are not refused."""
    share = {"share": 0.5} if make is CanaryChat else {}
    found = []
    for name in usual:
        for value in values:
            try:
                made = make(Fine(), Fine(), **{**share, **usual, name: value})
            except ConfigurationError:
                continue
            made.close()
            found.append((name, value))
    return found


@pytest.mark.parametrize(("make", "usual", "values"), WRONG)
def test_what_cannot_be_meant_is_refused_at_once(make, usual, values):
    assert taken(make, usual, values) == []


@pytest.mark.parametrize("make", [lambda *sides: CanaryChat(*sides, share=0.5), ShadowChat])
def test_what_is_no_client_is_no_side(make):
    for wrong in NO_CLIENT:
        with pytest.raises(ConfigurationError, match="primary is a client"):
            make(wrong, Fine())
        with pytest.raises(ConfigurationError, match="candidate is a client"):
            make(Fine(), wrong)


@pytest.mark.parametrize("make", [lambda *sides: CanaryChat(*sides, share=0.5), ShadowChat])
def test_one_client_is_not_both_sides(make):
    one = Fine()
    with pytest.raises(ConfigurationError, match="primary and candidate are the same client"):
        make(one, one)


def test_a_build_that_takes_what_is_no_number_for_one_is_found(monkeypatch):
    """Sabotage: numbers are compared as they come, as by the lines that stood here before."""
    monkeypatch.setattr("afilnet_protocols.migration.shadow.is_within", lambda given, *_: True)
    assert ("sample", None) in taken(ShadowChat, {"sample": 0.5}, (None, True))
