"""Dramatiq, over Redis and over RabbitMQ. It acknowledges late, always."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.benchmarks.engines import job as jobs
from tests.benchmarks.engines.engine import Engine, Standing
from tests.benchmarks.engines.job import Job

if TYPE_CHECKING:
    from dramatiq import Actor, Broker

HEARTBEAT = 10
"""After how many seconds Redis hands out again what a worker had that is not heard of; the default is 60."""


def broker_of(job: Job) -> Broker:
    """Return the broker of a job."""
    if job.broker.startswith("redis"):
        from dramatiq.brokers.redis import RedisBroker

        # What is left by others is looked for at every tenth command; the default is every thousandth.
        return RedisBroker(url=job.broker, heartbeat_timeout=HEARTBEAT * 1000, maintenance_chance=100_000)
    from dramatiq.brokers.rabbitmq import RabbitmqBroker

    return RabbitmqBroker(url=job.broker.removesuffix("//"))


def actor(job: Job, broker: Broker) -> Actor[..., Any]:
    """Return the task of a job."""
    import dramatiq

    broker.declare_queue(job.name)
    return dramatiq.actor(jobs.send, actor_name="send", queue_name=job.name, broker=broker)


def work() -> None:
    """What Dramatiq's own command calls in each of its processes before they begin."""
    import dramatiq

    job = Job.given()
    broker = broker_of(job)
    dramatiq.set_broker(broker)
    actor(job, broker)


class Dramatiq(Engine):
    """Dramatiq as it is."""

    module = __name__

    def __init__(self, broker: str) -> None:
        self.broker = broker
        on_redis = broker == "redis"
        self.name = f"Dramatiq, {'Redis' if on_redis else 'RabbitMQ'}"
        self.settings = "one thread, prefetch 1" + (f", heartbeat {HEARTBEAT} s" if on_redis else "")
        self.packages = ("dramatiq", "redis" if on_redis else "pika")
        self.rests = 4.0 * HEARTBEAT if on_redis else 8.0

    def version(self) -> str:
        return super().version().split()[0]

    def put(self, job: Job, numbers: Sequence[int]) -> None:
        with contextlib.closing(broker_of(job)) as broker:
            send = actor(job, broker)
            for number in numbers:
                send.send(number)

    def command(self, job: Job) -> list[str]:
        return [
            *(sys.executable, "-m", "dramatiq", f"{__name__}:work", "--processes", "1", "--threads", "1"),
            *("--queues", job.name, "--skip-logging"),
        ]

    def environ(self, job: Job) -> dict[str, str]:
        return {**super().environ(job), "dramatiq_queue_prefetch": "1"}

    def standing(self, job: Job) -> Standing:
        with contextlib.closing(broker_of(job)) as broker:
            if job.broker.startswith("redis"):
                from dramatiq import Message

                messages = broker.client.hvals(f"dramatiq:{job.name}.msgs")  # type: ignore[attr-defined]
                return Standing(kept={Message.decode(each).args[0] for each in messages})
            broker.declare_queue(job.name)
            waiting = broker.consume(job.name, prefetch=1000, timeout=1000)
            return Standing(kept={each.args[0] for each in iter(waiting.__next__, None)})
