"""What one worker needs, in memory and on a clock that only moves when somebody waits: a store, and a service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from afilnet_protocols import AfilnetError, Message
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.outbox.entry import Entry
from afilnet_protocols.outbox.store import Later, Pace
from afilnet_protocols.outbox.worker import Worker

LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)
OWNER = "this worker"
TOO_OFTEN = 2_000
"""Whatever is done so often would be done for ever."""
FINAL = (State.SENT, State.REJECTED, State.UNKNOWN)


def text_of(entry: Entry) -> str:
    return entry.arguments["message"]


@dataclass
class Clock:
    """A clock that only moves when somebody waits, and remembers how long each wait was."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list)
    reads: int = 0

    def __call__(self) -> float:
        self.reads += 1
        assert self.reads < TOO_OFTEN
        return self.now

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        assert len(self.waits) < TOO_OFTEN
        self.waits.append(seconds)
        self.now += seconds


@dataclass
class Line:
    """A service: how the coming sends and readings end, and when which text was sent."""

    clock: Clock
    outcomes: list[BaseException | None] = field(default_factory=list)
    readings: list[BaseException | None] = field(default_factory=list)
    sent: list[tuple[float, str]] = field(default_factory=list)
    takes: float = 0.0

    def send_message(self, *, message: str, **_: str) -> None:
        self.sent.append((self.clock.now, message))
        assert len(self.sent) < TOO_OFTEN
        self.clock.now += self.takes
        if self.outcomes and (outcome := self.outcomes.pop(0)) is not None:
            raise outcome

    def get_messages(self, **_: str) -> list[Message]:
        if self.readings and (outcome := self.readings.pop(0)) is not None:
            raise outcome
        return [Message("100", "whatsapp", text, "341", "1", True, "sent", LONG_AGO) for _, text in self.sent]

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.sent]


class Shelf:
    """A store.

    Args:
        clock: its clock.
        texts: what it holds, in this order.

    Attributes:
        entries: what it holds now, by number, from 1 on.
        due: when each pending one is due.
        resting: those that did not get through, and are due after a pause.
        pace: what keeps the pace: each asking is told the next of these first.
        left: what others had begun to send when they were gone, and when that was.
        looked: when somebody looked for these.
        rested: how long the waits for something to come in were.
        baselines: what the conversations showed before the sends.
        alive: how many workers are.
        at_once: how often one entry was noted and the next one taken in one step.
    """

    token = OWNER

    def __init__(self, clock: Clock, *texts: str, shares_rate: bool = False) -> None:
        self.shares_rate = shares_rate
        self._clock = clock
        place = {"platform": "whatsapp", "platform_id": "100", "destination": "341"}
        self.entries = {
            number: Entry(
                id=number,
                key=None,
                operation="send_message",
                arguments={**place, "message": text},
                state=State.PENDING,
                created_at=LONG_AGO,
                changed_at=LONG_AGO,
            )
            for number, text in enumerate(texts, 1)
        }
        self.due = dict.fromkeys(self.entries, clock.now)
        self.resting: set[int] = set()
        self.expired: set[int] = set()
        self.pace: list[Later] = []
        self.paces: list[Pace | None] = []
        self.left: dict[int, float] = {}
        self.looked: list[float] = []
        self.rested: list[float] = []
        self.baselines: list[int] = []
        self.alive = 0
        self.at_once = 0

    @property
    def states(self) -> list[State]:
        return [entry.state for entry in self.entries.values()]

    def become(self, number: int, state: State) -> Entry:
        """Give an entry a state."""
        self.entries[number] = replace(self.entries[number], state=state)
        return self.entries[number]

    def worker(self) -> Shelf:
        self.alive += 1
        return self

    def close(self) -> None:
        self.alive -= 1

    def gone(self) -> list[str]:
        self.looked.append(self._clock.now)
        assert len(self.looked) < TOO_OFTEN
        return ["another"] if self._left_by_now else []

    def recover(self, owner: str, begun: State) -> list[int]:
        assert owner == "another"
        found = self._left_by_now
        for number in found:
            del self.left[number]
            self.become(number, begun)
        return found

    @property
    def _left_by_now(self) -> list[int]:
        return [number for number, moment in self.left.items() if moment <= self._clock.now]

    def leave(self, number: int, moment: float) -> None:
        """Have another worker begin to send an entry, and be gone at some moment."""
        self.left[number] = moment
        self.become(number, State.SENDING)

    def claim(
        self, owner: str, *, sending: bool, without: Sequence[int], upto: int | None, pace: Pace | None
    ) -> Entry | Later | None:
        assert owner == OWNER
        self.paces.append(pace)
        assert len(self.paces) < TOO_OFTEN
        if self.pace:
            return self.pace.pop(0)
        for number, entry in self.entries.items():
            open_to_it = number not in without and (upto is None or number <= upto)
            if entry.state is State.PENDING and open_to_it and self.due[number] <= self._clock.now:
                if number in self.expired:
                    return self.become(number, State.REJECTED)
                return self.become(number, State.SENDING) if sending else entry
        return None

    def proceed(
        self, number: int, owner: str, *, sending: bool, without: Sequence[int], upto: int | None, pace: Pace | None
    ) -> Entry | Later | None:
        self.at_once += 1
        self.finish(number, owner, State.SENT, error=None, pause=0.0)
        return self.claim(owner, sending=sending, without=without, upto=upto, pace=pace)

    def begin(self, number: int, owner: str, baseline: int) -> None:
        assert (owner, self.entries[number].state) == (OWNER, State.PENDING)
        self.baselines.append(baseline)
        self.become(number, State.SENDING)

    def finish(self, number: int, owner: str, state: State, *, error: AfilnetError | None, pause: float) -> Entry:
        assert owner == OWNER
        assert pause == 0 or state is State.PENDING
        self.due[number] = self._clock.now + pause
        (self.resting.add if pause else self.resting.discard)(number)
        return self.become(number, state)

    def next_due(self, without: Sequence[int]) -> float | None:
        pending = [number for number, entry in self.entries.items() if entry.state is State.PENDING]
        dues = [self.due[number] for number in pending if number not in without]
        return max(0.0, min(dues) - self._clock.now) if dues else None

    def put_off(self) -> list[int]:
        return [number for number in sorted(self.resting) if self.due[number] <= self._clock.now]

    def rest(self, seconds: float, wait: Callable[[float], None]) -> None:
        self.rested.append(seconds)
        self._clock.now += max(seconds, 0.01)

    def remaining(self) -> int:
        return sum(state not in FINAL for state in self.states)


def worker_of(
    shelf: Shelf,
    line: Line,
    *,
    delivery: str = "at_most_once",
    chance: float = 0.0,
    rate: float | None = None,
    told: Callable[[Entry], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Worker:
    """Return a worker of the store and the service."""
    conduct = Conduct(delivery=delivery, clock=line.clock, wait=line.clock.wait, chance=lambda: chance)
    return Worker(
        shelf,  # type: ignore[arg-type] # what a worker needs of it
        line,  # type: ignore[arg-type] # likewise
        conduct,
        rate=rate,
        on_progress=told,
        account="account",
        stopped=stopped,
    )
