"""procrastinate: tasks in PostgreSQL, in order by a lock for each conversation."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import psycopg

from tests.benchmarks.engines import job as jobs
from tests.benchmarks.engines.engine import Engine, Standing
from tests.benchmarks.engines.job import Job, conversation

if TYPE_CHECKING:
    from procrastinate import App, BaseConnector, JobContext

GONE_AFTER = 3.0
"""When a worker that has not been heard of counts as gone, in seconds; the default is 30."""


def application(connector: BaseConnector, *, again: bool = False) -> App:
    """Return an application; where tasks of lost workers are put back, in the way of its manual."""
    import procrastinate

    app = procrastinate.App(connector=connector)
    app.task(name="send")(jobs.send)

    if again:

        @app.periodic(cron="*/2 * * * * *")
        @app.task(queueing_lock="retry_stalled_jobs", pass_context=True)
        async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
            for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=GONE_AFTER):
                await app.job_manager.retry_job(stalled)

    return app


class Procrastinate(Engine):
    """procrastinate, which leaves what a lost worker had alone, or puts it back."""

    module = __name__
    packages = ("procrastinate",)
    database = True

    def __init__(self, *, again: bool) -> None:
        self._again = again
        self.name = "procrastinate, PostgreSQL"
        self.settings = "`lock=` for each conversation" + (", lost workers' tasks put back" if again else "")
        self.rests = 20.0

    def put(self, job: Job, numbers: Sequence[int]) -> None:
        import procrastinate

        app = application(procrastinate.SyncPsycopgConnector(conninfo=job.database))
        with app.open():
            app.schema_manager.apply_schema()
            for number in numbers:
                app.configure_task("send", lock=conversation(number)).defer(number=number)

    def command(self, job: Job) -> list[str]:
        return [*super().command(job), *(["again"] if self._again else [])]

    def standing(self, job: Job) -> Standing:
        query = "SELECT args->>'number' FROM procrastinate_jobs WHERE task_name = 'send' AND status::text = ANY(%s)"
        with psycopg.connect(job.database) as db:

            def of(*states: str) -> set[int]:
                return {int(number) for (number,) in db.execute(query, (list(states),))}

            return Standing(of("failed"), of("todo", "doing"))


def main(words: list[str]) -> None:
    """Work until killed."""
    import procrastinate

    job = Job.given()
    app = application(procrastinate.PsycopgConnector(conninfo=job.database), again="again" in words)
    app.run_worker(update_heartbeat_interval=GONE_AFTER / 3, stalled_worker_timeout=GONE_AFTER)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
