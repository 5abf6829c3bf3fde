"""Whoever asks for a token may be interrupted anywhere: the next one gets his all the same."""

from __future__ import annotations

import itertools
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from afilnet_protocols import AfilnetError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth import provider as provider_module
from afilnet_protocols.oauth.provider import TokenProvider, _Leading
from afilnet_protocols.waiting import signal as signal_module
from afilnet_protocols.waiting.waits import Until
from tests.at_step import AtStep, Interrupted, interrupt, nothing_is_collected, steps_are_told
from tests.oauth.endpoint import Endpoint, HandClock, settings

TRACED = (provider_module.__file__, signal_module.__file__)
OF = (TokenProvider.__name__, _Leading.__name__)


def interrupted_at_every_step() -> list[str]:
    """Interrupt one who asks at each of his steps in turn; say what goes wrong for another one."""
    wrong: list[str] = []
    for step in itertools.count(1):
        clock = HandClock()
        tokens = TokenProvider(settings(), Endpoint(), clock=clock)
        at, before = AtStep(step, interrupt, TRACED, OF), sys.gettrace()
        sys.settrace(at)
        try:
            tokens.get(Deadline(10))
        except Interrupted:
            pass
        finally:
            sys.settrace(before)
        if at.left > 0:
            assert step > 10
            return wrong
        try:
            waits = next(tokens.getting(Deadline(10)), None)
        except AfilnetError as error:
            wrong.append(str(error))
        else:
            wrong += ["waits for nobody"] if isinstance(waits, Until) else []
    raise AssertionError


def in_a_thread() -> list[str]:
    """Do that in a thread that ends: what is raised by tracing stays the exception that is handled."""
    with ThreadPoolExecutor(1) as thread, nothing_is_collected():
        return thread.submit(interrupted_at_every_step).result()


@steps_are_told
def test_an_interruption_at_any_step_keeps_nobody_else_from_a_token() -> None:
    assert in_a_thread() == []


@steps_are_told
def test_sabotage_a_request_that_ends_only_where_it_is_ended_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Leading, "__del__", lambda _: None)
    assert "waits for nobody" in in_a_thread()
