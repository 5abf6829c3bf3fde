"""How a send is carried out under `delivery = "reconcile"`, and how the outcome of any lost send is found out."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Protocol

from afilnet_protocols.calls.auxiliary import for_the_call
from afilnet_protocols.calls.recovery import Conversation, ConversationLocks, SentText
from afilnet_protocols.deadline import SHORTEST, Deadline, more_time
from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError, OutcomeUnknownError
from afilnet_protocols.forwarding import Arguments
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.records import Message
from afilnet_protocols.seconds import check_seconds
from afilnet_protocols.vocabulary import Addressee, Finding, addressee, plain_text
from afilnet_protocols.waiting import Steps, run


class Reader(Protocol):
    """What reads a conversation back, and can wait.

    Attributes:
        over_get: whether its calls travel over GET, so that absence is never believed.
    """

    over_get: bool

    def read_back(self, conversation: Addressee, seconds: float) -> Steps[list[Message]]:
        """Read all messages of a conversation, within so many seconds; see :meth:`ChatOperations.get_messages`."""

    def wait(self, seconds: float) -> Steps[None]:
        """Wait, or return at once when the client is closed."""


def where(arguments: Arguments) -> Addressee:
    """Return the arguments of a send that name its conversation."""
    return addressee(*(plain_text(arguments[name] or "") for name in ("platform", "platform_id", "destination")))


def conversation(chat: Reader, arguments: Arguments, seconds: Callable[[], float]) -> Conversation:
    """Return the conversation that a send goes to; each reading of it takes as long as ``seconds`` then says."""
    place = where(arguments)

    def read() -> Steps[list[Message]]:
        return chat.read_back(place, max(SHORTEST, seconds()))

    return Conversation(read, SentText.of(arguments, over_get=chat.over_get))


def let_reconcile(
    error: OutcomeUnknownError, chat: Reader, arguments: Arguments, baseline: int | None, seconds: float
) -> None:
    """Let an error find out what became of its send, as long as the client lives.

    The error refers to the client weakly: whoever keeps or inspects errors shall not keep or inspect credentials.
    """
    reference = weakref.ref(chat)
    told = dict(arguments)

    def looking(settle: float) -> Steps[Finding]:
        check_seconds("settle", settle)
        client = reference()
        if client is None:
            raise ConfigurationError("the client of this send is gone: reconcile before it is closed")
        back = conversation(client, told, lambda: seconds)
        return (yield from back.settle(baseline, lambda: client.wait(settle)))

    def look(settle: float) -> Finding:
        check_seconds("settle", settle)
        return run(looking(settle), Deadline(settle + 2 * seconds))

    error.reconciled_by(look, looking)


class Reconciler:
    """Sends, and if the outcome is unknown, reads the conversation back before it says so.

    The time of a call is divided: what settling and reading back need is kept from the send, so that the whole stays
    within the call's deadline.

    Args:
        settle: how long the service may still be working on a request whose answer was lost, in seconds.
    """

    READING = 0.125
    """The share of a call's time that is kept for reading before the send, and again for reading after it."""

    def __init__(self, *, settle: float) -> None:
        self._settle = settle
        self._locks = ConversationLocks()

    def send(
        self,
        chat: Reader,
        arguments: Arguments,
        send: Callable[[Deadline], Steps[None]],
        whole: Deadline,
        info: CallInfo,
    ) -> Steps[None]:
        """Send once, and settle an unknown outcome.

        Raises:
            NotSentError: the conversation could not be read before the send, or the send did not leave.
            OutcomeUnknownError: the outcome is unknown even after reading back.
            AfilnetError: whatever else the send raises.
        """
        held = self._locks.of(*map(str, where(arguments).values()))
        if not (yield from held.acquire(whole)):
            raise NotSentError(f"not sent: another send to the same conversation took all the time ({more_time()})")
        try:
            baseline = yield from self._baseline(chat, arguments, info, whole)
            lost = yield from self._send(chat, arguments, send, whole, baseline)
            if lost is None:
                return
            finding = yield from self._finding(chat, arguments, baseline, whole)
            if finding is not Finding.DELIVERED:
                try:
                    raise lost
                finally:
                    del lost  # or its own frame keeps it
            info.reconciled = True
        finally:
            held.release()

    def _baseline(self, chat: Reader, arguments: Arguments, info: CallInfo, whole: Deadline) -> Steps[int]:
        try:
            share = whole.seconds * self.READING
            return (yield from conversation(chat, arguments, lambda: min(share, whole.remaining())).count())
        except AfilnetError as error:
            fault = for_the_call(error, "the conversation could not be read beforehand, as reconciling needs")
            fault.operation = info.operation
        try:
            raise fault
        finally:
            del fault  # or its own frame keeps it

    def _send(
        self,
        chat: Reader,
        arguments: Arguments,
        send: Callable[[Deadline], Steps[None]],
        whole: Deadline,
        baseline: int,
    ) -> Steps[OutcomeUnknownError | None]:
        kept = self._settle + whole.seconds * self.READING
        try:
            yield from send(whole.at_most(max(SHORTEST, whole.remaining() - kept)))
        except OutcomeUnknownError as error:
            let_reconcile(error, chat, arguments, baseline, whole.seconds)
            return error
        return None

    def _finding(self, chat: Reader, arguments: Arguments, baseline: int, whole: Deadline) -> Steps[Finding | None]:
        back = conversation(chat, arguments, whole.remaining)
        try:
            return (yield from back.settle(baseline, lambda: chat.wait(min(self._settle, whole.remaining()))))
        except AfilnetError:
            return None
