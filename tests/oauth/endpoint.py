"""A token endpoint in memory, for the tests of this folder: scripted answers, and a clock that only tests move."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

from afilnet_protocols import Settings
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.wire import Reply, Request
from tests.stepwise import stepwise

SECRET = "s3cret/&+ ñ: %41"
Answer = Reply | Exception | Callable[[], Reply]


def token(name: str, lifetime: int = 3600) -> Reply:
    """Return a proper answer with the token of this name."""
    return Reply(200, {}, json.dumps({"access_token": name, "token_type": "Bearer", "expires_in": lifetime}).encode())


class Endpoint:
    """Answers token requests one by one from a script, and remembers them. Without a script: token-1, token-2 …"""

    def __init__(self, *script: Answer, lifetime: int = 3600) -> None:
        self.requests: list[Request] = []
        self.deadlines: list[Deadline] = []
        self._script = list(script)
        self._lifetime = lifetime
        self._lock = threading.Lock()

    @stepwise
    def exchanging(self, request: Request, *, deadline: Deadline, reuse: bool) -> Reply:
        assert not reuse, "a token request travels on a connection of its own"
        with self._lock:
            self.requests.append(request)
            self.deadlines.append(deadline)
            number = len(self.requests)
            answer = self._script.pop(0) if self._script else token(f"token-{number}", self._lifetime)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Reply) else answer()


class HandClock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def settings(**changes: object) -> Settings:
    """Return settings of json with a token endpoint that nobody will look up."""
    fields: dict[str, object] = {
        "protocol": "json",
        "json_url": "https://api.example.com/json",
        "token_url": "https://auth.example.com/token",
        "client_id": "my client",
        "client_secret": SECRET,
        **changes,
    }
    return Settings(**fields)  # type: ignore[arg-type] - the fields of Settings, by name
