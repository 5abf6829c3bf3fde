"""Processes of an inbox, and of a plain loop beside it, that are killed at any of their steps.

Steps are counted: every beginning and end of a transaction, every piece that is sent or received, every beginning and
end of a handler; a job says at which of them it is killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from afilnet_protocols import connect
from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.inbox import Inbox, Polling
from afilnet_protocols.inbox import inbox as inbox_module
from afilnet_protocols.inbox.manner import Conduct
from afilnet_protocols.inbox.store import Turn
from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.outbox.postgresql.session import Session
from afilnet_protocols.outbox.sqlite import transactions
from afilnet_protocols.registry import find
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport import stream
from afilnet_protocols.vocabulary import Protocol
from tests import forker

PLACE = {"platform": "whatsapp", "platform_id": "100"}
ROUNDS = 3
"""How many rounds a job makes that is not killed before."""


HANDLING = 0.1
"""How long a handler takes in a process that stays, in seconds, so that kills meet it."""


class Steps:
    """Counts the steps of this process, and kills it at one of them."""

    def __init__(self, kill_at: int | None) -> None:
        self.left = kill_at
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        if self.count == self.left:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Put the steps into the classes of this process, which will not live long."""
        usable = transactions.Transactions._usable
        transactions.Transactions._usable = lambda store: _Watched(usable(store), self)
        transaction = Session._transaction
        Session._transaction = lambda session, db, action: transaction(session, db, self._around(action))
        for name in ("send_at_once", "receive_at_once"):
            setattr(stream.Stream, name, self._around(getattr(stream.Stream, name)))

    def _around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*given: Any, **named: Any) -> Any:
            self()
            result = function(*given, **named)
            self()
            return result

        return wrapped


class _Watched:
    """A database connection whose transactions are steps."""

    def __init__(self, db: sqlite3.Connection, steps: Steps) -> None:
        self.driver_connection, self._steps = db, steps

    def execute(self, statement: str, *values: Any) -> Any:
        if statement == "COMMIT":
            self._steps()
        result = self.driver_connection.execute(statement, *values)
        if statement in ("BEGIN IMMEDIATE", "COMMIT"):
            self._steps()
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self.driver_connection, name)


class Log:
    """What handlers did, in a file that outlives them: a line for each beginning and each end."""

    def __init__(self, path: str, who: str) -> None:
        self._who = who
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __call__(self, what: str, key: str, destination: str, text: str) -> None:
        os.write(self._file, (json.dumps([what, self._who, key, destination, text]) + "\n").encode())


def receive(job: dict[str, Any], steps: Steps) -> None:
    """Run an inbox for some rounds, or until it is asked to end."""
    {**SABOTAGES, **OF_MACHINES}.get(job.get("sabotage", ""), lambda: None)()
    shift, apart = job.get("later", 0.0), 0.05 if job.get("stays") else 0.001
    conduct = Conduct(now=lambda: time.time() + shift, wait=None if job.get("stays") else lambda _: None)
    log = Log(job["log"], job.get("who", ""))
    with Inbox(
        job["path"],
        Settings(**job["settings"]),
        start="all",
        read=job["read"],
        interruptions=50,
        polling=Polling(quickest=apart, usual=apart, slowest=apart, budget=10**9),
        conduct=conduct,
        **job.get("how", {}),
    ) as inbox:

        @inbox.handler()
        def handle(incoming: Any) -> None:
            destination = incoming.conversation["destination"]
            log("begin", incoming.key, destination, incoming.text)
            steps()
            if job.get("stays"):
                time.sleep(HANDLING)
            incoming.reply(f"re: {incoming.text}")
            log("end", incoming.key, destination, incoming.text)
            steps()

        if job.get("stays"):
            begin = inbox.engine.begin

            def said() -> None:
                begin()
                log("present", inbox.engine._token, "", "")

            inbox.engine.begin = said  # type: ignore[method-assign]
            signal.signal(signal.SIGTERM, lambda *_: inbox.stop())
            inbox.run()
        else:
            for _ in range(ROUNDS):
                inbox.run(wait=False)


def loop(job: dict[str, Any], steps: Steps) -> None:
    """Do what a plain polling loop does: ask for what is unread, and keep what was handled in a file."""
    kept = Path(job["path"])
    seen = set(json.loads(kept.read_text("utf-8"))) if kept.exists() else set()
    log = Log(job["log"], job.get("who", ""))
    with connect(Settings(**job["settings"])) as chat:
        for _ in range(ROUNDS):
            for conversation in chat.get_chats(**PLACE):
                for message in chat.get_unread_messages(**conversation.address):
                    key = f"{message.destination} {message.message_id}"
                    if key in seen or message.sent:
                        continue
                    steps()
                    log("begin", key, message.destination, message.message)
                    with contextlib.suppress(AfilnetError):
                        chat.send_message(**message.address, message=f"re: {message.message}")
                    log("end", key, message.destination, message.message)
                    seen.add(key)
            kept.write_text(json.dumps(sorted(seen)), "utf-8")


# Ways to build an inbox wrongly, each of which the ledger of kills has to find


def hand_over_marked(inbox: Inbox, incoming: Any) -> None:
    """Write the mark before the handler is begun."""
    inbox.engine.settling.settle(incoming)
    incoming.closed = False
    handler = inbox.routes.of(incoming)
    assert handler is not None
    handler(incoming)
    for reply in incoming.replies:
        inbox.outbox._store.enqueue(reply)


def hand_over_replying_first(inbox: Inbox, incoming: Any) -> None:
    """Put each reply in at once, in a transaction of its own."""
    handler = inbox.routes.of(incoming)
    assert handler is not None
    reply = incoming.reply

    def at_once(message: str) -> None:
        reply(message)
        (entry,) = incoming.replies
        incoming.replies.clear()
        inbox.outbox._store.enqueue(type(entry)(operation=entry.operation, arguments=entry.arguments))

    incoming.reply = at_once
    handler(incoming)
    inbox.engine.settling.settle(incoming)


def intend_nothing(store: Any, account: str, token: str, conversation: Any) -> None:
    """Call ``get_unread_messages`` without a note on disk."""
    conversation.intent = False


def mark_before_handler() -> None:
    Inbox._hand_over = hand_over_marked  # type: ignore[method-assign]


def reply_outside() -> None:
    Inbox._hand_over = hand_over_replying_first  # type: ignore[method-assign]


def no_intent() -> None:
    InboxTables.intend = intend_nothing  # type: ignore[method-assign]


def all_poll() -> None:
    take_turn = InboxTables.take_turn

    def take(*given: Any) -> Turn:
        turn = take_turn(*given)
        return Turn.KEPT if turn is Turn.OTHERS else turn

    InboxTables.take_turn = take  # type: ignore[method-assign]
    InboxTables.check_turn = lambda *_: None  # type: ignore[method-assign]


SABOTAGES: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (mark_before_handler, no_intent, reply_outside)
}
OF_MACHINES = {"all_poll": all_poll}
"""What only several processes at once can get wrong."""


def do(job: dict[str, Any]) -> None:
    """Do a job: the inbox's, or the plain loop's."""
    steps = Steps(job.get("kill_at"))
    steps.install()
    try:
        (loop if job.get("loop") else receive)(job, steps)
    except ConfigurationError:
        raise
    except AfilnetError:
        if not job.get("loop"):
            raise


class Forker(forker.Forker):
    """The process that forks children for jobs."""

    module = "tests.inbox.crashes"


def main() -> None:
    assert inbox_module
    for protocol in Protocol:
        find(protocol)
    forker.serve(do)


if __name__ == "__main__":
    main()
