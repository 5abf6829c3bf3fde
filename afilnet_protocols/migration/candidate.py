"""`Candidate`: the client that may replace another one: made when it is needed, left alone while it is of no use."""

from __future__ import annotations

import math
import threading

from afilnet_protocols.callers import check_client
from afilnet_protocols.clock import monotonic
from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.journal import logger
from afilnet_protocols.late_client import MakeChat
from afilnet_protocols.migration.outcome import asked_wait
from afilnet_protocols.migration.state import StateFile
from afilnet_protocols.operations import ChatOperations

log = logger("afilnet_protocols.migration")

LONGEST_REST = 32
"""How many times as long as the first rest the longest one is."""


def check_sides(kind: str, primary: object, candidate: object, state: object) -> None:
    """Refuse what cannot stand on either side of a migration.

    Args:
        kind: who was given it.
        primary: the client in use.
        candidate: the client that may replace it, or what makes it.
        state: where counts are kept, if anywhere.

    Raises:
        ConfigurationError: one of them is none.
    """
    if not isinstance(primary, ChatOperations):
        raise ConfigurationError(f"{kind}: primary is a client, not {type(primary).__name__}")
    if not isinstance(candidate, ChatOperations) and not callable(candidate):
        raise ConfigurationError(f"{kind}: candidate is a client, or a function that makes one")
    if candidate is primary:
        raise ConfigurationError(f"{kind}: primary and candidate are the same client: nothing would be compared")
    if not (state is None or isinstance(state, StateFile)):
        raise ConfigurationError(f"{kind}: state is a StateFile(…), not {type(state).__name__}")


class Candidate:
    """A client that may not exist yet, and that may not work.

    Args:
        given: the client, or what makes it.
        rest: for how many seconds it is left alone when it could not be made or gave no usable answer, twice as long
            each time: trying costs the process time that the application could use.
    """

    def __init__(self, given: MakeChat, rest: float) -> None:
        self._given, self._rest = given, rest
        self._chat: ChatOperations | None = None
        self._making = threading.Lock()
        self._retired = False
        self._resting_until = -math.inf
        self._useless = 0

    @property
    def resting(self) -> bool:
        """Whether it is being left alone."""
        return monotonic() < self._resting_until

    def get(self) -> ChatOperations | None:
        """Return the client, made if need be; ``None`` if it cannot be made now."""
        with self._making:
            if self._chat is None and not self._retired and not self.resting:
                try:
                    given = self._given
                    made = given if isinstance(given, ChatOperations) else given()
                    check_client("candidate", made)
                    self._chat = made
                except Exception as error:  # noqa: BLE001 -- a candidate that cannot be made is a finding
                    told = str(error) if isinstance(error, AfilnetError) else type(error).__name__
                    log.warning("the migration's candidate cannot be made: %s", told)
                    self.asked_to_wait(asked_wait(error))
            return self._chat

    def asked_to_wait(self, seconds: float) -> None:
        """Leave it alone for as long as its service asks to, if it asks for longer than it rests anyway."""
        self._resting_until = max(self._resting_until, monotonic() + seconds)

    def let_rest(self) -> None:
        """Leave it alone for a while: it is broken."""
        self.asked_to_wait(self._rest * min(2**self._useless, LONGEST_REST))
        self._useless = min(self._useless + 1, LONGEST_REST)

    def answered(self) -> None:
        """Note that it works: the next rest is the shortest again."""
        self._useless = 0

    def retire(self) -> None:
        """Make it no more if it has not been made; what there is goes on working until it is closed."""
        self._retired = True

    def close(self) -> None:
        """Close it, in a thread of its own: closing may hang as calls may, and making it may be under way."""
        self.retire()
        try:
            threading.Thread(target=self._close, name="afilnet-shadow-close", daemon=True).start()
        except RuntimeError:
            # At a limit of the system, or while the interpreter ends. What it holds ends with the process.
            log.warning("the migration's candidate could not be closed: this process can start no thread")

    def _close(self) -> None:
        with self._making:
            chat = self._chat or (self._given if isinstance(self._given, ChatOperations) else None)
        if chat is not None:
            try:
                chat.close()
            except BaseException as error:  # noqa: BLE001 -- nobody is left to be told
                log.warning("the migration's candidate could not be closed: %s", type(error).__name__)
