"""What a worker of any engine is told, and how it sends: the same client and the same pause for all."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import asdict, dataclass
from typing import Any

from afilnet_protocols import ChatOperations, connect
from afilnet_protocols.calls.pauses import pause
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Platform

CONVERSATIONS = 4
_VARIABLE = "AFILNET_ENGINE_JOB"


@dataclass(frozen=True)
class Job:
    """Where messages are taken from and sent to.

    Attributes:
        name: of this run, unlike those of others.
        settings: how the service is reached.
        broker: a broker's address, if the engine has one.
        database: that of a PostgreSQL database, if it has one.
        folder: where a worker may keep files.
        delay: how long it takes until a send's first byte leaves, in seconds: stands for looking up an address,
            connecting, TLS and a token, which are too quick on loopback.
    """

    name: str
    settings: dict[str, Any]
    broker: str
    database: str
    folder: str
    delay: float

    @classmethod
    def given(cls) -> Job:
        """Return the job of this process, which is a worker."""
        return cls(**json.loads(os.environ[_VARIABLE]))

    def environ(self) -> dict[str, str]:
        """Return the environment of a worker that is to do this job."""
        return {**os.environ, _VARIABLE: json.dumps(asdict(self))}

    def client(self, settings: Settings | None = None) -> Delayed:
        """Make what sends."""
        return Delayed(connect(settings or Settings(**self.settings)), self.delay)


class Delayed:
    """A client whose messages leave a moment later."""

    def __init__(self, chat: ChatOperations, delay: float) -> None:
        self._chat, self._delay = chat, delay

    def send_message(self, **given: str) -> None:
        pause(self._delay)
        self._chat.send_message(**given)  # type: ignore[arg-type]  # a platform's name

    def __getattr__(self, name: str) -> object:
        return getattr(self._chat, name)


def message(number: int) -> dict[str, str]:
    """Return the arguments of a message: its text is its number, which tells its conversation."""
    return {
        "platform": Platform.WHATSAPP.value,
        "platform_id": "100",
        "destination": conversation(number),
        "message": f"{number}",
    }


def conversation(number: int) -> str:
    """Return the conversation of a message."""
    return f"34{number % CONVERSATIONS}"


@functools.cache
def _client() -> Delayed:
    return Job.given().client()


def send(number: int) -> None:
    """Send a message: what a task does in an engine that carries the message itself."""
    _client().send_message(**message(number))
