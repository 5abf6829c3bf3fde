"""One raw exchange after another: at most so many, so far apart, over the client's own transport."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, NotSentError
from afilnet_protocols.security.gate import PolicyGate
from afilnet_protocols.security.policy import check_settings
from afilnet_protocols.settings import Settings
from afilnet_protocols.survey.heard import Heard
from afilnet_protocols.survey.purposes import MOST_CALLS
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.transport.gate import Evidence, Gate
from afilnet_protocols.vocabulary import Protocol
from afilnet_protocols.wire import Request

PAUSE = 1.0
"""How long it waits between two calls, in seconds."""

MOST_SILENCES = 3
"""After how many calls in a row without an answer it makes no more."""

_SECONDS = 30.0
_LIMITS = ("ratelimit", "x-ratelimit", "x-rate-limit", "retry-after")


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
        now: the time, with its zone.
        tls: returns the version of TLS that was last agreed upon; ``None`` for none.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        sleep: Callable[[float], object] = time.sleep,
        most: int = MOST_CALLS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        tls: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._transport, self._sleep, self._most = transport, sleep, most
        self.now, self.tls = now, tls
        self.made: list[Made] = []
        self.limits: set[str] = set()
        """What answers said of how often one may call, in our words."""
        self.failure: AfilnetError | None = None
        """Why the last call had no answer; ``None`` if it had one."""
        self._silences = 0

    def ask(self, purpose: str, request: Request) -> Heard | None:
        """Make a call; ``None`` if no answer came, or if the service wants no more calls or is gone.

        Raises:
            NotSentError: it would be one too many.
        """
        if "refused" in self.limits or self._silences >= MOST_SILENCES:
            return None
        if len(self.made) >= self._most:
            raise NotSentError(f"the survey has made {self._most} calls, and makes no more")
        if self.made:
            self._sleep(PAUSE)
        try:
            reply = self._transport.exchange(request, deadline=Deadline(_SECONDS), reuse=False)
        except AfilnetError as error:
            self.made.append(Made(purpose, 0))
            self.failure, self._silences = error, self._silences + 1
            return None
        self.failure, self._silences = None, 0
        self.made.append(Made(purpose, reply.status))
        if reply.status == 429:
            self.limits.add("refused")
        if any(name.startswith(_LIMITS) for name in reply.headers):
            self.limits.add("headers")
        return Heard.of(reply)


class _Witness:
    """A gate that lets through what another does, and remembers the version of TLS."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.tls_version: str | None = None

    def after_handshake(self, evidence: Evidence) -> None:
        """Let the other judge a connection."""
        self._gate.after_handshake(evidence)
        self.tls_version = evidence.tls_version

    def before_send(self, request_line: bytes) -> None:
        """Let the other judge a request line."""
        self._gate.before_send(request_line)


def check_policy(settings: Settings) -> None:
    """Refuse settings whose policy a survey would not keep to.

    Raises:
        SecurityPolicyError: they do not allow the protocols that a survey speaks with user and password.
    """
    for protocol in (Protocol.HTTP_POST, Protocol.BASIC):
        check_settings(dataclasses.replace(settings, protocol=protocol, soap_wsdl=None))


@contextlib.contextmanager
def asking(settings: Settings, *, sleep: Callable[[float], object] | None = None) -> Iterator[Asker]:
    """Give an asker for a profile, under the policy of its settings.

    Args:
        settings: those of the profile.
        sleep: waits so many seconds; really, by default.

    Raises:
        SecurityPolicyError: the settings do not allow the protocols that a survey speaks with user and password.
    """
    check_policy(settings)
    witness = _Witness(PolicyGate(settings))
    with contextlib.closing(Transport(TransportOptions.of(settings), gate=witness)) as transport:
        yield Asker(transport, sleep=sleep or time.sleep, tls=lambda: witness.tls_version)


def form(pairs: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """Return pairs as a form writes them."""
    return urlencode(pairs)
