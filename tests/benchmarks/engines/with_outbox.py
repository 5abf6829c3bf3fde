"""Our outbox: in a file, in PostgreSQL, and in PostgreSQL with Celery as its bell."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from afilnet_protocols import Outbox
from afilnet_protocols.outbox import State
from afilnet_protocols.settings import Settings
from tests.benchmarks.engines.engine import Engine, Standing
from tests.benchmarks.engines.job import Job, message


def outbox_of(job: Job) -> Outbox:
    """Open the outbox of a job."""
    place = job.database or Path(job.folder) / "outbox.db"
    return Outbox(place, Settings(**job.settings), make_client=job.client)  # type: ignore[arg-type]  # it is used as one


class OfOutbox(Engine):
    """What all three share."""

    settings = "`at_most_once`"
    module = __name__

    def version(self) -> str:
        return ""

    def put(self, job: Job, numbers: Sequence[int]) -> None:
        with outbox_of(job) as outbox:
            outbox.put(("send_message", message(number), None) for number in numbers)

    def standing(self, job: Job) -> Standing:
        with outbox_of(job) as outbox:
            entries = outbox.entries()
        texts = {
            state: {int(entry.arguments["message"]) for entry in entries if entry.state is state} for state in State
        }
        # What nobody has taken over yet counts as in doubt: the next worker notes it so.
        return Standing(texts[State.UNKNOWN] | texts[State.SENDING], texts[State.PENDING])


class OutboxInFile(OfOutbox):
    """In a file."""

    name = "this outbox, SQLite"


class OutboxOnServer(OfOutbox):
    """On a server."""

    name = "this outbox, PostgreSQL"
    database = True
    packages = ("psycopg",)


def main() -> None:
    """Work until killed."""
    with closing(outbox_of(Job.given())) as outbox:
        outbox.run(wait=True)


if __name__ == "__main__":
    sys.exit(main())
