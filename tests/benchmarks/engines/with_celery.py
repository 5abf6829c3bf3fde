"""Celery: alone over a broker, which then has to know what was done; and as the bell of an outbox."""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tests.benchmarks.engines import job as jobs
from tests.benchmarks.engines.engine import Engine, Standing
from tests.benchmarks.engines.job import Job
from tests.benchmarks.engines.with_outbox import OutboxOnServer, outbox_of

if TYPE_CHECKING:
    from celery import Celery

VISIBLE_AFTER = 10
"""When Redis hands out again what a worker has not acknowledged, in seconds; Celery's default is an hour."""

LATE = {"task_acks_late": True, "task_reject_on_worker_lost": True, "worker_prefetch_multiplier": 1}
ON_REDIS = {"broker_transport_options": {"visibility_timeout": VISIBLE_AFTER}}


def application(job: Job, **settings: Any) -> Celery:
    """Return the application of a job; its task is ``send``."""
    from celery import Celery

    app = Celery("engines", broker=job.broker)
    app.conf.update(
        task_default_queue=job.name,
        task_ignore_result=True,
        broker_connection_retry_on_startup=True,
        worker_hijack_root_logger=False,
        **settings,
    )
    app.task(name="send", max_retries=0)(jobs.send)
    return app


class CeleryAlone(Engine):
    """Celery over a broker, acknowledged late or early."""

    module = __name__
    packages = ("celery",)

    def __init__(self, broker: str, *, late: bool) -> None:
        self.broker, self._late = broker, late
        self.name = f"Celery, {'Redis' if broker == 'redis' else 'RabbitMQ'}"
        visible = f", visibility {VISIBLE_AFTER} s" if broker == "redis" else ""
        self.settings = f"`acks_late`, `reject_on_worker_lost`, prefetch 1{visible}" if late else "as it is"
        # Redis is looked through for what was not acknowledged ten seconds after a start, then every hundred.
        self.rests = VISIBLE_AFTER + 115.0 if broker == "redis" and late else 8.0

    def put(self, job: Job, numbers: Sequence[int]) -> None:
        with contextlib.closing(application(job)) as app:
            for number in numbers:
                app.send_task("send", (number,))

    def command(self, job: Job) -> list[str]:
        return [*super().command(job), *(["late"] if self._late else [])]

    def standing(self, job: Job) -> Standing:
        with contextlib.closing(application(job)) as app:
            return Standing(kept={json.loads(body)[0][0] for body in _waiting(app, job)})


def _waiting(app: Celery, job: Job) -> Iterator[bytes]:
    """Yield the bodies of what the broker still has, and take it away where it cannot be looked at otherwise."""
    with app.connection() as connection:
        if job.broker.startswith("redis"):
            redis = connection.default_channel.client
            parked = [json.loads(each)[0] for each in redis.hvals("unacked")]
            queued = [json.loads(each) for each in redis.lrange(job.name, 0, -1)]
            yield from (base64.b64decode(each["body"]) for each in parked + queued)
            return
        with contextlib.closing(connection.SimpleQueue(job.name)) as ready:
            while True:
                try:
                    found = ready.get(timeout=1)
                except (queue.Empty, TimeoutError):
                    return
                found.ack()
                yield found.body if isinstance(found.body, bytes) else found.body.encode()


class CeleryRings(OutboxOnServer):
    """Celery tells workers of entries in PostgreSQL, and the broker may do with that what it likes."""

    module = __name__
    packages = ("celery", "psycopg")
    broker = "redis"
    sweeping = 5.0

    def __init__(self) -> None:
        self.name = "this outbox, PostgreSQL; Celery over Redis rings"
        self.settings = f"`at_most_once`, swept every {self.sweeping:g} s"
        self.rests = 4 * self.sweeping

    def put(self, job: Job, numbers: Sequence[int]) -> None:
        super().put(job, numbers)
        with outbox_of(job) as outbox, contextlib.closing(application(job)) as app:
            bell = self.bell(app, job)
            for entry in outbox.entries():
                bell.ring(entry.id)

    def command(self, job: Job) -> list[str]:
        return [*super().command(job), "rings"]

    def bell(self, app: Celery, job: Job) -> Any:
        """Return the bell of a job."""
        from afilnet_protocols.celery import Bell
        from afilnet_protocols.settings import Settings

        settings = Settings(**job.settings)
        return Bell(app, job.database, settings, make_client=job.client, sweeping=self.sweeping)  # type: ignore[arg-type]


def main(words: list[str]) -> None:
    """Work until killed."""
    job = Job.given()
    chosen = {} if "late" not in words else {**LATE, **ON_REDIS} if job.broker.startswith("redis") else LATE
    app = application(job, **chosen)
    given = ["worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "ERROR"]
    if "rings" in words:
        bell = CeleryRings()
        bell.bell(app, job)
        given += ["--beat", "--schedule", f"{job.folder}/beat"]
    app.worker_main(given)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
