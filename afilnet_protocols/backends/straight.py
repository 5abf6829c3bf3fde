"""`Straight`: a read whose answer is there at once, whole and plain, as those over kept connections nearly always are.

It goes past the layers that are for everything else, and decides nothing of what they decide: where anything is not as
usual, they go on from there with what was sent and received, and what they say counts.
"""

from __future__ import annotations

import abc
from functools import partial
from typing import TypeVar

from afilnet_protocols.backends.permits import Permitted
from afilnet_protocols.breaker import Permit
from afilnet_protocols.calls.retry import RetryRule
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.transport import Transport, UnderWay
from afilnet_protocols.waiting import Signal, Steps
from afilnet_protocols.wire import Arguments, Reply, Request

R = TypeVar("R")


class Straight(Permitted):
    """What carries out reads over kept connections.

    Attributes:
        goes_straight: whether it does so. Backends say it for whom nothing has to be waited for before a request, and
            who learn nothing from an answer but what their codec reads.
    """

    goes_straight = False
    _transport: Transport
    _rule: RetryRule
    _closed: Signal

    def __init_subclass__(cls) -> None:
        """Have a class with an exchange of its own go by that, unless it says that straight is the same."""
        super().__init_subclass__()
        if "_exchange" in vars(cls) and "goes_straight" not in vars(cls):
            cls.goes_straight = False

    def _straight(self, operation: Operation[R], wire: Arguments, limit: Deadline, info: CallInfo) -> Steps[R]:
        """Carry out a read of a client that keeps connections; :meth:`_attempt` goes on with what is not as usual.

        Args:
            operation: which; it can be repeated.
            wire: its arguments, checked.
            limit: its deadline.
            info: what is seen of it.
        """
        left = limit.call is not None and limit.call.left
        set_out = self._set_out(operation, wire, limit, info)
        if set_out is None:
            if limit.call is not None:
                limit.call.left = left
            return (yield from self._attempt(operation, wire, limit, info))
        permit, begun = set_out
        try:
            if begun.due is not None:
                yield begun.due
            reply = self._transport.answer_at_once(begun, limit)
        except BaseException:  # a signal handler's, or a cancellation
            self._transport.drop(begun)
            permit.give_back()
            raise
        if reply is None:
            going_on = partial(self._transport.going_on, begun, limit)
            first = self._under(permit, operation, going_on, limit, given=begun.given, left=left)
            del going_on
        else:
            permit.answered = True
            permit.give_back()
            try:
                result = self._codec.decode(operation, reply)
            except AfilnetError:
                first = _known(reply)
            else:
                self._rule.succeeded()
                return self._seen(result, info)
        del set_out, begun, reply  # or they would be in the frames of an error's traceback
        return (yield from self._attempt(operation, wire, limit, info, first))

    def _set_out(
        self, operation: Operation[R], wire: Arguments, limit: Deadline, info: CallInfo
    ) -> tuple[Permit, UnderWay] | None:
        """Send the request of a read over a kept connection.

        Returns:
            The permit for it, and what is under way; ``None`` if nothing was sent, and the usual way has to make a
            connection or to say why.
        """
        permit = begun = None
        try:
            request = self._authorized(self._codec.encode(operation, wire))
            if self._closed.happened:
                return None
            info.attempts = 1
            permit = self._breaker.admit(probe=True)
            begun = self._transport.ask(request, limit)
        except AfilnetError:
            return None
        else:
            return None if begun is None else (permit, begun)
        finally:
            if begun is None and permit is not None:
                permit.give_back()

    def _authorized(self, request: Request) -> Request:
        """Return a request with what says who asks, if that is not in it already."""
        return request

    @abc.abstractmethod
    def _attempt(
        self,
        operation: Operation[R],
        wire: Arguments,
        limit: Deadline,
        info: CallInfo,
        first: Steps[Reply] | None = None,
    ) -> Steps[R]:
        """Carry out a call, with as many attempts as the rules allow.

        Args:
            operation: which.
            wire: its arguments, checked.
            limit: its deadline.
            info: what is seen of it.
            first: the exchange of its first attempt, if that is under way.
        """

    @abc.abstractmethod
    def _seen(self, result: R, info: CallInfo) -> R:
        """Return a result as its caller gets it, and note what is to be seen of it."""


def _known(reply: Reply) -> Steps[Reply]:
    """Return an answer where steps are expected."""
    return reply
    yield  # what makes it a generator
