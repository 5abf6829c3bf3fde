"""`Stepwise`: a client whose calls a driver can carry out, for asyncio without a thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar, cast

from afilnet_protocols.catalogue import OPERATIONS, Operation
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.observation import CallInfo, Watch
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.waiting import Steps

R = TypeVar("R")


class Stepwise(Protocol):
    """What a synchronous client offers beside its six operations, so that its asyncio twin needs no threads."""

    @property
    def timeout(self) -> float:
        """How long a call may take in all, in seconds, unless its caller says otherwise."""

    def watch(self, operation: Operation[object], whole: Deadline) -> Watch:
        """Return the context in which a call is carried out.

        Args:
            operation: which.
            whole: its deadline.
        """

    def undertake(
        self, operation: Operation[R], arguments: Mapping[str, str | None], whole: Deadline, info: CallInfo
    ) -> Steps[R]:
        """Carry out one call; the driver watches it.

        Args:
            operation: which.
            arguments: its arguments, as the caller gave them.
            whole: its deadline.
            info: what :meth:`watch` gave.
        """

    def refuse_waiting(self) -> None:
        """Refuse, from now on, the calls that have no place yet."""

    def finishing(self) -> Steps[None]:
        """Wait for what goes on though no call waits for it, for seconds at most: before it is closed."""


_STEPS = "undertake"
_CALLS = frozenset({"_call", *(operation.name for operation in OPERATIONS)})


def as_stepwise(chat: ChatOperations) -> Stepwise | None:
    """Return a client as one whose calls a driver can carry out; ``None`` if only its methods say how they go.

    A wrapper passes what it has not itself on to the client behind it, and a subclass may do one call in a way of its
    own: the steps, which are that client's or its base's, would go around both. So they count only if the class has
    them, and nothing nearer says how a call goes.
    """
    nearest_first = [getattr(chat, "__dict__", {}), *map(vars, type(chat).__mro__)]
    for names in nearest_first:
        if _STEPS in names:
            return cast("Stepwise", chat)
        if not _CALLS.isdisjoint(names):
            return None
    return None
