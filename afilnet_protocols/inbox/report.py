"""`Report`: what a run of an inbox did."""

from __future__ import annotations

from dataclasses import dataclass

from afilnet_protocols.inbox.engine import Engine
from afilnet_protocols.inbox.incoming import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run did.

    Attributes:
        noticed: how many messages of the other party were noticed.
        done: how many were handled.
        rejected: how many a handler rejected, or had no handler.
        dead: how many were given up.
        put_back: how often a message was put back: its handler raised, was interrupted, or asked for another time.
        sent: how many entries of the outbox were sent.
        failure: what went wrong in the last round of polling, in words; ``None`` if nothing did.
        raised: how many handlers raised, those included whose message was done by then (``incoming.done()``,
            ``incoming.transaction()``).
        failing: how many messages wait whose last attempt failed in this run, as far as this process knows.
        refused: how many entries of the outbox were refused: they are ``rejected`` there.
        unknown: how many entries of the outbox got an unknown outcome.
        unsent: whether the outbox has entries that could not be sent when they were last tried.
        unlisted: whether the service says that it has more than it lists, of which something is not noticed.
    """

    noticed: int = 0
    done: int = 0
    rejected: int = 0
    dead: int = 0
    put_back: int = 0
    sent: int = 0
    failure: str | None = None
    raised: int = 0
    failing: int = 0
    refused: int = 0
    unknown: int = 0
    unsent: bool = False
    unlisted: bool = False

    @classmethod
    def of(cls, engine: Engine) -> Report:
        """Return what the last run of an engine did, or what this one has done until now."""
        counts, failure = engine.counts, engine.failure
        return cls(
            noticed=counts["noticed"],
            done=counts[State.DONE],
            rejected=counts[State.REJECTED],
            dead=counts[State.DEAD],
            put_back=counts["put back"] + counts[State.WAITING],
            sent=counts["entries sent"],
            failure=None if failure is None else str(failure),
            raised=counts["raised"],
            failing=engine.troubles.count("handling"),
            refused=counts["entries rejected"],
            unknown=counts["entries unknown"],
            unsent=engine.troubles.count("sending") > 0,
            unlisted=engine.troubles.count("listing") > 0,
        )
