"""Workers of an outbox in processes of their own, and the steps at which one can be killed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partialmethod, wraps
from pathlib import Path
from typing import Any

import psycopg

from afilnet_protocols.outbox import Outbox, State
from afilnet_protocols.outbox import outbox as outbox_module
from afilnet_protocols.outbox import worker as run_module
from afilnet_protocols.outbox.postgresql.session import Session
from afilnet_protocols.outbox.postgresql.store import PostgresqlStore
from afilnet_protocols.outbox.postgresql.worker_lock import SessionLock
from afilnet_protocols.outbox.sqlite.store import SqliteStore
from afilnet_protocols.outbox.sqlite.worker_lock import WorkerLock
from afilnet_protocols.registry import find
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import FIELDS, Settings
from afilnet_protocols.transport import dial, stream
from afilnet_protocols.vocabulary import Protocol
from tests import forker

BEFORE = ("enqueue.begin", "enqueue.commit", "enqueue.after", "present", "recovered", "claim.begin", "claim.commit")
"""Steps at which no entry is noted as being sent."""
DURING = (
    "claim.after",
    "connect.before",
    "connect.after",
    "send.before",
    "send.partial",
    "send.after",
    "receive.before",
    "receive.after",
    "answered",
    "note.begin",
    "note.commit",
)
"""Steps at which one is."""
AFTER = ("note.after", "leave.before", "leave.after")
"""Steps at which what became of it is noted."""
POINTS = (*BEFORE, *DURING, *AFTER)
UNHEARD = ("claim.unheard", "note.unheard")
"""Steps that there are only with a server: it was told, and has perhaps done it, but its answer was not waited for."""

UNSENT = ("claim.after", "connect.before", "connect.after", "send.before", "send.partial")
"""Steps at which the entry in hand has certainly not reached the service."""
ARRIVED = ("receive.after", "answered", "note.begin", "note.commit")
"""Steps at which it certainly has, where it is the first thing that the client sends."""


@dataclass
class Killer:
    """Kills this process at one step of one entry, or stops it there until it is told to go on."""

    point: str
    nth: int
    sabotage: str = ""
    signal: signal.Signals = signal.SIGKILL
    claims: int = 0
    done: bool = field(default=False, init=False)
    phase: str = field(default="", init=False)

    def at(self, point: str) -> None:
        counted = point.startswith(("enqueue", "present", "recovered", "leave"))
        if point == self.point and (counted or self.claims == self.nth) and not self.done:
            self.done = True
            os.kill(os.getpid(), self.signal)

    def at_moment(self, moment: str) -> None:
        """Be at the beginning or the end of the transaction that is under way, which may be of two entries."""
        if self.phase == "proceed":
            self.at(f"note.{moment}")
            self.claims += 1
            self.at(f"claim.{moment}")
            self.claims -= 1
        else:
            self.at(f"{self.phase}.{moment}")

    def is_at(self, moment: str) -> bool:
        """Whether it is this transaction at whose end, or in whose middle, it happens."""
        if self.phase == "proceed":
            return (self.point, self.nth) in ((f"note.{moment}", self.claims), (f"claim.{moment}", self.claims + 1))
        return self.point == f"{self.phase}.{moment}" and self.claims == self.nth

    def install(self) -> None:
        """Put the steps into the classes of this process, which will not live long."""
        # Or else it would depend on how quick the computer is whether an entry is noted and the next taken in one.
        run_module.LOOKING_OUT = 3600.0
        methods = [("enqueue", "enqueue"), ("claim", "claim"), ("note", "finish")]
        if self.sabotage:
            SqliteStore.proceed = PostgresqlStore.proceed = _one_after_the_other
        else:
            methods.append(("proceed", "proceed"))
        for name, method in methods:
            for store in (SqliteStore, PostgresqlStore):
                setattr(store, method, self._phased(name, getattr(store, method)))
        if self.sabotage == "noted after sending":
            for store in (SqliteStore, PostgresqlStore):
                store.claim = partialmethod(_unnoted, store.claim)
        usable = SqliteStore._usable
        SqliteStore._usable = lambda store: _Watched(usable(store), self)
        transaction = Session._transaction
        Session._transaction = lambda session, db, action: transaction(session, db, self._watched(action))
        by_itself = Session._by_itself
        Session._by_itself = lambda session, db, action: by_itself(session, db, self._alone(action))
        around = (
            *((alive, "__init__", "", "present") for alive in (WorkerLock, SessionLock)),
            *((alive, "close", "leave.before", "leave.after") for alive in (WorkerLock, SessionLock)),
            (run_module, "recover", "", "recovered"),
            (stream, "_finish", "connect.before", "connect.after"),
            (stream.Stream, "send_at_once", "send.before", "send.after"),
            (stream.Stream, "receive_at_once", "receive.before", "receive.after"),
            (run_module.Worker, "_send", "", "answered"),
        )
        for place, name, before, after in around:
            setattr(place, name, self._around(getattr(place, name), before, after))

    def _around(self, function: Callable[..., Any], before: str, after: str) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*given: Any, **named: Any) -> Any:
            self.at(before)
            if before == "send.before" and self.point == "send.partial" and self.claims == self.nth:
                given[0]._socket.send(given[1][: len(given[1]) // 2])
                self.at("send.partial")
            result = function(*given, **named)
            self.at(after)
            return result

        return wrapped

    def _watched(self, action: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return what is done in a transaction on a server, with the steps around it."""

        def watched(db: Any) -> Any:
            self.at_moment("begin")
            result = action(db)
            self.at_moment("commit")
            return result

        return watched

    def _alone(self, action: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return what is done in one statement on a server, with the steps around it and in its middle."""

        def alone(db: Any) -> Any:
            self.at_moment("begin")
            uncommitted = self.sabotage == "uncommitted" and self.phase == "claim"
            if self.is_at("unheard"):
                return action(_Unheard(db))
            if not self.is_at("commit") and not uncommitted:
                return action(db)
            db.execute("BEGIN")
            result = action(db)
            self.at_moment("commit")
            db.execute("ROLLBACK" if uncommitted else "COMMIT")
            return result

        return alone

    def _phased(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*given: Any, **named: Any) -> Any:
            self.phase = phase
            if phase == "claim":
                self.claims += 1
            result = function(*given, **named)
            self.phase = ""
            if phase == "proceed":
                self.at("note.after")
                self.claims += 1
                self.at("claim.after")
            else:
                self.at(f"{phase}.after")
            return result

        return wrapped


def _one_after_the_other(store: Any, number: int, owner: str, **wanted: Any) -> Any:
    """Note that an entry was sent, and take the next one, in two transactions."""
    store.finish(number, owner, State.SENT)
    return store.claim(owner, **wanted)


def _unnoted(store: Any, claim: Callable[..., Any], owner: str, **how: Any) -> Any:
    """Take an entry without a note that it is being sent."""
    return claim(store, owner, **{**how, "sending": False})


class _Watched:
    """A database connection that is killed in the middle of its transactions."""

    def __init__(self, db: Any, killer: Killer) -> None:
        self._db, self._killer = db, killer

    def execute(self, statement: str, *values: Any) -> Any:
        if statement == "COMMIT":
            self._killer.at_moment("commit")
            if self._killer.sabotage == "uncommitted" and self._killer.phase == "claim":
                statement = "ROLLBACK"
        result = self._db.execute(statement, *values)
        if statement == "BEGIN IMMEDIATE":
            self._killer.at_moment("begin")
        return result

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction


class _Unheard:
    """A connection to a server on which this process is killed when it has said something."""

    def __init__(self, db: psycopg.Connection[Any]) -> None:
        self._db = db

    def execute(self, query: bytes, values: Any = ()) -> Any:
        self._db.pgconn.send_query(psycopg.ClientCursor(self._db).mogrify(query, values).encode())
        self._db.pgconn.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def do(job: dict[str, Any]) -> None:
    """Do a job: put entries in, then send what is there."""
    if job.get("point"):
        how = signal.SIGSTOP if job.get("stops") else signal.SIGKILL
        Killer(job["point"], job.get("nth", 1), job.get("sabotage", ""), how).install()
    if job.get("sabotage") == "looks out when idle":
        run_module.LOOKING_OUT = 3600.0
    elif job.get("sabotage") == "keeps a rate of its own":
        PostgresqlStore.shares_rate = property(lambda _: False)
    with Outbox(job["path"], Settings(**job["settings"]), **job.get("how", {})) as outbox:
        for text in job["texts"]:
            put(outbox, text)
        report = outbox.run(rate=job.get("rate"))
    if "result" in job:
        Path(job["result"]).write_text(json.dumps({"sent": report.sent, "remaining": report.remaining}), "utf-8")


def put(outbox: Outbox, text: str) -> int:
    """Put in an entry whose text is its key, and whose conversation is told by its last word."""
    return outbox.enqueue(
        platform="whatsapp", platform_id="100", destination=f"34{text.rsplit(' ', 1)[-1]}", message=text, key=text
    )


def plain(settings: Settings) -> dict[str, Any]:
    """Return settings of a sandbox as plain data."""
    found = {setting.name: getattr(settings, setting.name) for setting in FIELDS}
    return {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in found.items()
        if value not in (None, ())
    }


class Forker(forker.Forker):
    """The process that forks workers."""

    module = "tests.outbox.crashes"


def main() -> None:
    assert outbox_module
    assert dial
    for protocol in Protocol:
        find(protocol)
    forker.serve(do)


if __name__ == "__main__":
    main()
