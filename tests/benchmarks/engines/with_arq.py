"""arq: tasks of asyncio over Redis, from a folder of its own: it wants an older client of Redis than Celery does."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.engines import job as jobs
from tests.benchmarks.engines.engine import Engine, Standing
from tests.benchmarks.engines.job import Job
from tests.peers.program import INSTALLED, Absent, python_version, python_with


class Arq(Engine):
    """arq as it is, or told to begin no task twice."""

    module = __name__
    broker = "redis"
    rests = 25.0

    def __init__(self, *, once: bool) -> None:
        self._once = once
        self.name = "arq, Redis"
        self.settings = "one task at a time, time limit 5 s" + (", `max_tries=1`" if once else "")

    def lacks(self) -> str | None:
        try:
            python_with("arq")
        except Absent as absent:
            return str(absent)
        return super().lacks()

    def version(self) -> str:
        return python_version("arq")

    def put(self, job: Job, numbers: Sequence[int]) -> None:
        self._ask(job, "put", *map(str, numbers))

    def standing(self, job: Job) -> Standing:
        return Standing(kept={int(each) for each in self._ask(job, "left").split()})

    def command(self, job: Job) -> list[str]:
        return [*super().command(job), "work", *(["once"] if self._once else [])]

    def environ(self, job: Job) -> dict[str, str]:
        packages = next(INSTALLED.glob("venv/lib/python3*/site-packages"))
        return {**super().environ(job), "PYTHONPATH": os.pathsep.join([str(packages), str(Path.cwd())])}

    def _ask(self, job: Job, *words: str) -> str:
        command = [sys.executable, "-m", self.module, *words]
        done = subprocess.run(command, env=self.environ(job), capture_output=True, text=True, check=True)
        return done.stdout


async def send(_: object, number: int) -> None:
    """Send a message, in a thread of its own."""
    await asyncio.to_thread(jobs.send, number)


async def _put(job: Job, numbers: list[str]) -> None:
    from arq import create_pool
    from arq.connections import RedisSettings

    pool = await create_pool(RedisSettings.from_dsn(job.broker))
    for number in numbers:
        await pool.enqueue_job("send", int(number), _job_id=number)
    await pool.aclose()


async def _left(job: Job) -> list[str]:
    from arq import create_pool
    from arq.connections import RedisSettings

    pool = await create_pool(RedisSettings.from_dsn(job.broker))
    found = [each.decode() for each in await pool.zrange("arq:queue", 0, -1)]
    await pool.aclose()
    return found


def main(words: list[str]) -> None:
    """Hand messages over, tell what is left, or work until killed."""
    job = Job.given()
    if words[0] == "put":
        asyncio.run(_put(job, words[1:]))
        return
    if words[0] == "left":
        print(*asyncio.run(_left(job)))
        return
    from arq import Worker
    from arq.connections import RedisSettings

    asyncio.set_event_loop(asyncio.new_event_loop())
    Worker(
        [send],
        redis_settings=RedisSettings.from_dsn(job.broker),
        max_jobs=1,
        job_timeout=5,
        keep_result=0,
        max_tries=1 if "once" in words else 5,
        poll_delay=0.05,
    ).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
