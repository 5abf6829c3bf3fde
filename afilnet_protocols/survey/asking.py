"""One raw exchange after another: at most so many, so far apart, over the client's own transport."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, NotSentError
from afilnet_protocols.survey.reading import Heard
from afilnet_protocols.transport import Transport
from afilnet_protocols.wire import Request

MOST_CALLS = 30
"""How many calls a survey makes at most."""

PAUSE = 1.0
"""How long it waits between two calls, in seconds."""

_SECONDS = 30.0


class Made(NamedTuple):
    """A call that was made: what for, and the status of HTTP that answered it; 0 for none."""

    purpose: str
    status: int


class Asker:
    """Makes the calls of a survey.

    Args:
        transport: how bytes travel; its rules are those of every client.
        sleep: waits so many seconds.
        most: how many calls it makes at most.
    """

    def __init__(
        self, transport: Transport, *, sleep: Callable[[float], object] = time.sleep, most: int = MOST_CALLS
    ) -> None:
        self._transport, self._sleep, self._most = transport, sleep, most
        self.made: list[Made] = []

    def ask(self, purpose: str, request: Request) -> Heard | None:
        """Make a call; ``None`` if no answer came.

        Args:
            purpose: what for, in our words.
            request: the call.

        Raises:
            NotSentError: it would be one too many.
        """
        if len(self.made) >= self._most:
            raise NotSentError(f"the survey has made {self._most} calls, and makes no more")
        if self.made:
            self._sleep(PAUSE)
        try:
            reply = self._transport.exchange(request, deadline=Deadline(_SECONDS), reuse=False)
        except AfilnetError:
            self.made.append(Made(purpose, 0))
            return None
        self.made.append(Made(purpose, reply.status))
        return Heard.of(reply)


def form(pairs: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """Return pairs as a form writes them."""
    from urllib.parse import urlencode

    return urlencode(pairs)
