"""RQ: a process for each task; what a worker had that is gone is put among what failed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.benchmarks.engines import job as jobs
from tests.benchmarks.engines.engine import Engine, Standing
from tests.benchmarks.engines.job import Job


class Rq(Engine):
    """RQ as it is."""

    name = "RQ, Redis"
    settings = "one worker"
    module = __name__
    packages = ("rq",)
    broker = "redis"
    rests = 20.0

    def put(self, job: Job, numbers: Sequence[int]) -> None:
        from redis import Redis
        from rq import Queue

        with Redis.from_url(job.broker) as redis:
            queue = Queue(job.name, connection=redis)
            for number in numbers:
                queue.enqueue_call(jobs.send, args=(number,), job_id=f"{number}")

    def standing(self, job: Job) -> Standing:
        from redis import Redis
        from rq import Queue

        with Redis.from_url(job.broker) as redis:
            queue = Queue(job.name, connection=redis)
            begun = queue.started_job_registry.get_job_ids(cleanup=False)
            failed = queue.failed_job_registry.get_job_ids(cleanup=False)
            return Standing({int(each) for each in [*begun, *failed]}, {int(each) for each in queue.job_ids})


def main() -> None:
    """Work until killed."""
    from redis import Redis
    from rq import Worker

    job = Job.given()
    Worker([job.name], connection=Redis.from_url(job.broker)).work(logging_level="ERROR")


if __name__ == "__main__":
    sys.exit(main())
