"""What stands in for steps in tests: plain functions that wait for nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from afilnet_protocols.waiting import Steps, at_once


def stepwise(function: Callable[..., Any]) -> Callable[..., Steps[Any]]:
    """Return a function that waits for nothing as one that returns steps."""

    @functools.wraps(function)
    def steps(*given: Any, **named: Any) -> Steps[Any]:
        return at_once(functools.partial(function, *given, **named))

    return steps
