"""`Recordings`: what accounts do between the start and the stop of a recording, each kept as a replay file."""

from __future__ import annotations

from dataclasses import dataclass, field

from afilnet_protocols.sandbox.page.session import Earlier, replay_file
from afilnet_protocols.sandbox.server.wire_log import WireLog
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.sandbox.state.service import Service

MOST_EARLIER = 200
"""How many messages an account may have when a recording starts; they become its first steps."""

_EARLIER = """
SELECT m.sent, c.platform, c.platform_id, c.destination, m.message
FROM messages AS m JOIN conversations AS c ON c.number = m.conversation
WHERE m.account = ? ORDER BY m.number LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that runs.

    Attributes:
        began: when, by the sandbox's clock.
        sequence: after which arrival.
        heard: after how many messages of other parties.
        epoch: how often the account had been emptied.
        earlier: the messages that it had.
    """

    began: str
    sequence: int
    heard: int
    epoch: int
    earlier: tuple[Earlier, ...] = field(repr=False)


class Recordings:
    """The recordings of a sandbox, at most one of each account.

    Attributes:
        changes: a number that differs once one has been started or stopped.
    """

    def __init__(self, service: Service, wires: WireLog) -> None:
        self._service, self._wires = service, wires
        self._running: dict[int, Recording] = {}
        self._kept: dict[int, str] = {}
        self.changes = 0

    def running(self, account: Account) -> Recording | None:
        """Return the recording of an account that runs."""
        return self._running.get(account.number)

    def kept(self, account: Account) -> str | None:
        """Return the replay file of the account's last recording that was stopped."""
        return self._kept.get(account.number)

    def start(self, account: Account) -> None:
        """Record what an account does from now on; the messages that it has already come first in the file.

        Raises:
            ValueError: it has more than :data:`MOST_EARLIER` messages.
        """
        rows = self._service.store.rows(_EARLIER, (account.number, MOST_EARLIER + 1))
        if len(rows) > MOST_EARLIER:
            raise ValueError(f"the account has more than {MOST_EARLIER} messages already: reset it, and start again")
        latest = self._service.journal.latest
        self._running[account.number] = Recording(
            began=self._service.stamp(),
            sequence=latest.sequence if latest is not None else 0,
            heard=self._wires.heard_count,
            epoch=self._wires.epoch(account.number),
            earlier=tuple(Earlier(*row) for row in rows),
        )
        self.changes += 1

    def stop(self, account: Account) -> None:
        """Keep what was recorded.

        Raises:
            ValueError: nothing is recorded, or it is longer than what is remembered.
        """
        recording = self._running.get(account.number)
        if recording is None:
            raise ValueError("nothing is recorded")
        self._kept[account.number] = self._text(account, recording)
        del self._running[account.number]
        self.changes += 1

    def whole(self, account: Account) -> str:
        """Return what an account did since it was emptied, as a replay file.

        Raises:
            ValueError: it is longer than what is remembered.
        """
        return self._text(account, None)

    def _text(self, account: Account, recording: Recording | None) -> str:
        number = account.number
        if recording is not None and recording.epoch != self._wires.epoch(number):
            recording = None  # it was emptied meanwhile, and all that counts came afterwards
        journal = self._service.journal
        if journal.is_full(number) or self._wires.heard_is_full:
            raise ValueError("the session is longer than what is remembered of it")
        since, heard = (0, 0) if recording is None else (recording.sequence, recording.heard)
        arrivals = [arrival for arrival in journal.of(number) if arrival.sequence > since]
        return replay_file(arrivals, self._wires.heard(number, since=heard), recording.earlier if recording else ())
