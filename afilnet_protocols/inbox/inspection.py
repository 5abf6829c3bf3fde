"""`Looking`: what an inbox is looked at for from outside, and what people decide about messages."""

from __future__ import annotations

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.inbox.incoming import Received, State
from afilnet_protocols.inbox.manner import Conduct
from afilnet_protocols.inbox.store import Status
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.outbox.checks import check_key
from afilnet_protocols.seconds import check_seconds
from afilnet_protocols.suggestion import quoted


class Looking:
    """What needs no handler, no client and no run."""

    conduct: Conduct
    _store: InboxTables

    def status(self) -> Status:
        """Return how many messages are in each state, and how far behind the inbox is.

        Raises:
            ConfigurationError: the place cannot be read.
        """
        return self._store.status(self.conduct.now())

    def dead(self) -> list[Received]:
        """Return the messages that were given up, oldest first, with the reason of each.

        Raises:
            ConfigurationError: the place cannot be read.
        """
        return self._store.received([State.DEAD])

    def rejected(self) -> list[Received]:
        """Return the messages that a handler rejected, or that had none, oldest first, with the reason of each.

        Raises:
            ConfigurationError: the place cannot be read.
        """
        return self._store.received([State.REJECTED])

    def messages(self, *states: State | str) -> list[Received]:
        """Return the messages in some states, or in all but ``done``, oldest first.

        Raises:
            InvalidRequestError: there is no such state.
            ConfigurationError: the place cannot be read.
        """
        for state in states:
            if state not in tuple(State):
                raise InvalidRequestError(f"state must be one of {', '.join(State)}, not {quoted(state)}")
        usual = (State.WAITING, State.HANDLING, State.REJECTED, State.DEAD)
        return self._store.received([State(state) for state in states] or usual)

    def retry(self, *keys: str) -> int:
        """Have dead messages handed over again, as if for the first time, or rejected ones that are named.

        Args:
            keys: the messages; all dead ones if none are given.

        Returns:
            How many there were. A key that is of no such message is passed over.

        Raises:
            InvalidRequestError: a key is none.
            ConfigurationError: the place cannot be written.
        """
        for key in keys:
            if check_key(key) is None:
                raise InvalidRequestError("a key is that of a message, as in inbox.dead()[0].key")
        chosen = keys or tuple(received.key for received in self.dead())
        return self._store.again(chosen, self.conduct.now())

    def purge(self, *, older_than: float) -> int:
        """Forget the contents of messages that were settled long ago. That they were there is remembered.

        Args:
            older_than: how long ago they were settled at least, in seconds.

        Returns:
            How many there were.

        Raises:
            InvalidRequestError: a negative time.
            ConfigurationError: the place cannot be written.
        """
        check_seconds("older_than", older_than)
        return self._store.purge(self.conduct.now() - older_than)
