"""A crowd shakes hands in turn, and nobody waits long for anybody else's handshake."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from afilnet_protocols import connect_async
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.transport.tls import handshakes
from afilnet_protocols.transport.tls.handshakes import AT_ONCE, SHARE, Handshakes
from afilnet_protocols.transport.tls.secured_stream import SecuredStream
from afilnet_protocols.waiting import Semaphore, Signal, Steps, until
from tests.tables import table


class Crowd:
    """Calls of one client that want to shake hands at the same moment with a server that answers when it is told to.

    Args:
        make: makes what sees to their turns.
        calls: how many there are.
    """

    def __init__(self, make: Callable[[], Handshakes], calls: int) -> None:
        self.now = 0.0
        self.seconds = 60.0
        self.under_way: set[int] = set()
        self.ended: dict[int, str] = {}
        self._answers = [Signal() for _ in range(calls)]
        self._fails: set[int] = set()
        self.turns = make()
        self.steps = {number: self._call(number) for number in range(calls)}
        self.go_on()

    def _deadline(self) -> Deadline:
        return Deadline(self.seconds, clock=lambda: self.now)

    def _call(self, number: int) -> Steps[None]:
        return self.turns.in_turn(self._handshake(number, self._deadline()), self._deadline())

    def _handshake(self, number: int, deadline: Deadline) -> Steps[None]:
        self.under_way.add(number)
        try:
            yield from until(self._answers[number], deadline)
            if number in self._fails:
                raise ConnectionError
        finally:
            self.under_way.remove(number)

    def answer(self, number: int, *, failing: bool = False) -> None:
        """Have the server answer one of them, or refuse it."""
        if failing:
            self._fails.add(number)
        self._answers[number].set()
        self.go_on()

    def abandon(self, number: int) -> None:
        """Have a caller stop waiting."""
        self.steps.pop(number).close()
        self.go_on()

    def pass_time(self, seconds: float) -> None:
        """Let time go by for all of them."""
        self.now += seconds
        self.go_on()

    def go_on(self) -> None:
        """Wake everybody, perhaps for nothing, until nobody gets any further."""
        before = None
        while before != (before := (frozenset(self.under_way), frozenset(self.ended))):
            for number, steps in list(self.steps.items()):
                try:
                    next(steps)
                except StopIteration:
                    self.ended[number] = "done"
                except ConnectionError:
                    self.ended[number] = "refused"
                else:
                    continue
                del self.steps[number]


def in_turn(make: Callable[[], Handshakes]) -> None:
    """No more than so many are under way, and each place is taken by the next, however its last one ended."""
    crowd = Crowd(make, 3 * AT_ONCE)
    assert crowd.under_way == set(range(AT_ONCE))
    crowd.answer(0)
    crowd.answer(1, failing=True)
    crowd.abandon(2)
    crowd.abandon(AT_ONCE + 1)  # whether it waits for its turn or not
    assert crowd.under_way == {*range(3, AT_ONCE), AT_ONCE, AT_ONCE + 2, AT_ONCE + 3} - {AT_ONCE + 1}
    for number in range(3, 3 * AT_ONCE):
        assert len(crowd.under_way) <= AT_ONCE
        if number != AT_ONCE + 1:
            crowd.answer(number)
    assert not crowd.steps
    assert not crowd.under_way


def in_time(make: Callable[[], Handshakes]) -> None:
    """Behind handshakes that nobody answers, all others begin after a while, with most of their time left."""
    crowd = Crowd(make, 3 * AT_ONCE)
    crowd.pass_time(SHARE * crowd.seconds)
    assert len(crowd.under_way) == 3 * AT_ONCE
    # What went ahead gives no place back that it did not have.
    for number in range(AT_ONCE, 3 * AT_ONCE):
        crowd.answer(number)
    assert Crowd(lambda: crowd.turns, 1).under_way == set()


def in_a_child(make: Callable[[], Handshakes]) -> None:
    """A child of a fork has all places free."""
    crowd = Crowd(make, AT_ONCE)
    crowd.turns.after_fork()
    assert Crowd(lambda: crowd.turns, AT_ONCE).under_way == set(range(AT_ONCE))
    crowd.answer(0)
    assert Crowd(lambda: crowd.turns, 1).under_way == set()


LAWS = (in_turn, in_time, in_a_child)


@pytest.mark.parametrize("law", LAWS)
def test_handshakes_hold(law: Callable[[Callable[[], Handshakes]], None]) -> None:
    law(Handshakes)


class Unbounded(Handshakes):
    """Everybody at once."""

    def in_turn(self, handshake, deadline):
        return handshake


class Patient(Handshakes):
    """Waits for the others until its own time is up."""

    def in_turn(self, handshake, deadline):
        free = self._free
        taken = yield from free.take(deadline)
        try:
            return (yield from handshake)
        finally:
            if taken:
                taken.give_back()


class Forgetful(Handshakes):
    """Keeps the place of a handshake that failed."""

    def in_turn(self, handshake, deadline):
        free = self._free
        taken = yield from free.take(deadline.at_most(SHARE * deadline.remaining()))
        self.kept = [*getattr(self, "kept", []), taken]
        result = yield from handshake
        if taken:
            taken.give_back()
        return result


class Generous(Handshakes):
    """Gives a place back that it did not have."""

    def in_turn(self, handshake, deadline):
        free = self._free
        taken = yield from free.take(deadline.at_most(SHARE * deadline.remaining()))
        try:
            return (yield from handshake)
        finally:
            if taken:
                taken.give_back()
            else:
                free._free += 1


class Inherited(Handshakes):
    """Waits, in a child, for threads of the parent."""

    def after_fork(self):
        if not hasattr(self, "_free"):
            self._free = Semaphore(AT_ONCE)


class Mixed(Handshakes):
    """Gives back, in a child, a place of its parent's."""

    def in_turn(self, handshake, deadline):
        taken = yield from self._free.take(deadline.at_most(SHARE * deadline.remaining()))
        try:
            return (yield from handshake)
        finally:
            if taken:
                taken.had = False
                self._free._free += 1


@table(
    ("law", "broken"),
    [
        (in_turn, Unbounded),
        (in_turn, Forgetful),
        (in_time, Patient),
        (in_time, Generous),
        (in_a_child, Inherited),
        (in_a_child, Mixed),
    ],
)
def test_a_broken_build_is_noticed(law: Callable[[Callable[[], Handshakes]], None], broken: type[Handshakes]) -> None:
    with pytest.raises(AssertionError):
        law(broken)


def test_the_clients_handshakes_take_turns(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    monkeypatch.setattr(handshakes, "AT_ONCE", 2)
    monkeypatch.setattr(handshakes, "SHARE", 1.0)  # however slow this machine is
    under_way, most = 0, 0
    shake_hands = SecuredStream.shake_hands

    def counted(stream, *given, **named):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            return (yield from shake_hands(stream, *given, **named))
        finally:
            under_way -= 1

    monkeypatch.setattr(SecuredStream, "shake_hands", counted)

    async def crowd() -> None:
        async with connect_async(sandbox.settings("http-post")) as chat:
            await asyncio.gather(*(chat.get_chat_channels() for _ in range(8)))

    asyncio.run(crowd())
    assert (under_way, most) == (0, 2)
