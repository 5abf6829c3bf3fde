"""With the service down, clients do not storm it: how many attempts a call costs once they have noticed."""

from __future__ import annotations

from collections.abc import Callable

from afilnet_protocols import ChatOperations
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.breaker import Breaker
from tests.figures.figure import Figure, Run
from tests.figures.stage import DONE, PROTOCOLS, Connect, Worker, attempt, opened, operate, shared_out

CALLS = 60
NOTICED = 40
"""After so many calls of a client its state counts as steady: the retry quota lasts for 17 calls of three attempts."""

MOST = 1.1


def measure(run: Run, *, connect: Connect = opened, clients: int | None = None) -> Figure:
    """Measure 20 clients of 60 calls each, with the breaker and with the retry quota alone.

    They are 1,000 in the long form, 4 in the short one.

    Args:
        run: how.
        connect: makes the clients.
        clients: another number of clients.
    """
    clients = clients or run.of(4, 20, 1_000)
    total = shared_out(range(clients), lambda worker, number: _client(worker, number, connect), threads=4)
    tally = total.tally
    steady = {name: tally[f"{name}: steady"] / (clients * (CALLS - NOTICED)) for name in ("breaker", "quota")}
    whole = {name: tally[f"{name}: all"] / (clients * CALLS) for name in ("breaker", "quota")}
    figure = Figure("attempts per call that reach a service that is down", run.seed)
    figure.counts = {
        "clients": clients,
        "calls": 2 * clients * CALLS,
        **{f"attempts per call with the {name}, from the start": f"{whole[name]:.3f}" for name in whole},
        **{f"attempts per call with the {name}, steady": f"{steady[name]:.3f}" for name in steady},
    }
    figure.targets = {
        **{f"at most {MOST:g} attempts per call, steady, with the {name}": steady[name] <= MOST for name in steady},
        "at most 3 attempts for any call": not tally["too many"],
        "the service was asked": tally["quota: steady"] > 0,
        "no call succeeded": not tally[DONE],
    }
    figure.examples = total.examples
    return figure


def _client(worker: Worker, number: int, connect: Connect) -> None:
    protocol = PROTOCOLS[number % 4]  # json would ask for a token first, and that attempt is none of the call's
    _calls(worker, "breaker", protocol, connect, lambda chat: chat)
    _calls(worker, "quota", protocol, connect, _without_breaker)


def _calls(
    worker: Worker, name: str, protocol: str, connect: Connect, change: Callable[[ChatOperations], ChatOperations]
) -> None:
    """Let one client read from a service that answers nothing but resets, and count what reaches it."""
    settings = worker.sandbox.settings(protocol, plain=True, timeout=10)
    with change(connect(settings)) as chat:
        armed = worker.sandbox.fault("reset_on_accept", times=None)
        for call in range(CALLS):
            before = armed.hits
            worker.tally[attempt(lambda: operate(chat, "get_chats")).verdict] += 1
            attempts = armed.hits - before
            worker.tally[f"{name}: all"] += attempts
            worker.tally["too many"] += attempts > 3
            if call >= NOTICED:
                worker.tally[f"{name}: steady"] += attempts
        armed.disarm()


def _without_breaker(chat: ChatOperations) -> ChatOperations:
    if isinstance(chat, WireBackend):
        chat.breaker = Breaker(threshold=10**9)
    return chat
