"""`Tap`: what goes over a sandbox's wire is written down, with secrets masked; and an answer can be made unreadable."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from threading import Event
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from afilnet_protocols.conformance.results.outcome import Exchange
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.server.exchange import Endpoint, HttpAnswer, HttpRefusal, HttpRequest

MASK = "••••"

MOST_EXCHANGES = 50
"""How many exchanges are remembered."""

LARGEST_SHOWN = 4000
"""The most characters of a body that are shown."""

UNREADABLE = HttpAnswer(502, b"<html><body>Bad gateway</body></html>", "text/html")
"""What stands for an answer that was lost: no document of any protocol."""

_CREDENTIALS = re.compile(r"(?im)^(authorization: [a-z]+ ).+$|(\"(?:access|refresh)_token\" ?: ?\")[^\"]*")
"""What is masked whatever it is: a token, and what is longer than a password and holds it, of which the base64 does not
hold that of the password."""

_SHOWN_HEADERS = ("authorization", "content-type", "soapaction")


class _Held:
    """A call that is held back, for a time or until it is let go."""

    def __init__(self, seconds: float, begun: Callable[[], object]) -> None:
        self._seconds, self._go_on, self._over, self._tell = seconds, Event(), Event(), begun
        self._begun = self._was_late = False

    def __enter__(self) -> None:
        self._begun = True
        self._tell()
        self._was_late = not self._go_on.wait(self._seconds)

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def let_go(self) -> bool:
        """Let it go on, and wait until it is carried out; return whether it was still held."""
        self._go_on.set()
        if self._begun:
            self._over.wait(self._seconds)
        return not self._was_late


class Tap:
    """Stands between the server and its endpoints; see :meth:`on`."""

    def __init__(self) -> None:
        self._seen: deque[tuple[HttpRequest, HttpAnswer]] = deque(maxlen=MOST_EXCHANGES)
        self._lose = 0
        self._lose_call = False
        self._held: _Held | None = None
        self._elsewhere = ""

    def on(self, components: Components) -> Components:
        """Return the same components with this tap around every endpoint."""

        def around(path: str, endpoint: Endpoint) -> Endpoint:
            return self.around(components.around(path, endpoint), calls=path.startswith("/api/"))

        return dataclasses.replace(components, around=around)

    def around(self, endpoint: Endpoint, *, calls: bool = True) -> Endpoint:
        """Return an endpoint with this tap around it.

        Args:
            endpoint: what answers.
            calls: whether what it answers are calls, which can be lost, and no requests for tokens.
        """

        def tapped(request: HttpRequest) -> HttpAnswer:
            if self._lose_call and calls:
                self._lose_call = False
                self._seen.append((request, UNREADABLE))
                return UNREADABLE
            if self._elsewhere and calls:
                moved = HttpAnswer(307, b"", headers=(("Location", self._elsewhere),))
                self._elsewhere = ""
                self._seen.append((request, moved))
                return moved
            try:
                answer = endpoint(request)
            except HttpRefusal as refusal:
                self._seen.append((request, refusal.answer))
                raise
            # A call that was refused for its token was not carried out: the client will make it again.
            if self._lose and calls and answer.status == HTTPStatus.OK:
                self._lose -= 1
                answer = UNREADABLE
            self._seen.append((request, answer))
            return answer

        def held_back(request: HttpRequest) -> HttpAnswer:
            if self._held is None or not calls:
                return tapped(request)
            held, self._held = self._held, None
            with held:
                return tapped(request)

        return held_back

    def lose_answer(self, *, times: int = 1) -> None:
        """Let the next calls be carried out, and answer them with what no client can read."""
        self._lose = times

    def lose_call(self) -> None:
        """Keep the next call from the service, and answer it with what no client can read."""
        self._lose_call = True

    def redirect_call(self, address: str) -> None:
        """Keep the next call from the service, and answer that it is to be made at another address."""
        self._elsewhere = address

    def hold_call(self, *, seconds: float, begun: Callable[[], object] = lambda: None) -> Callable[[], bool]:
        """Hold the next call back before the service gets it, for so many seconds at most.

        Returns:
            What lets it go on, and tells whether it was still held.
        """
        self._held = held = _Held(seconds, begun)
        return held.let_go

    def clear(self) -> None:
        """Forget what was seen, and lose and hold nothing."""
        self._held = None
        self._seen.clear()
        self._lose = 0
        self._lose_call = False
        self._elsewhere = ""

    def exchanges(self, secrets: Iterable[str]) -> list[Exchange]:
        """Return what was seen, oldest first.

        Args:
            secrets: what is masked wherever it stands, in each of the ways in which a protocol writes it.
        """
        hidden = sorted({form for secret in secrets for form in written(secret)}, key=len, reverse=True)
        return [Exchange(_request(request, hidden), _answer(answer, hidden)) for request, answer in self._seen]


def written(secret: str) -> set[str]:
    """Return the ways in which the protocols write a secret."""
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        escape(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
    }


def _request(request: HttpRequest, hidden: Sequence[str]) -> str:
    shown = [f"{name}: {request.headers[name]}" for name in _SHOWN_HEADERS if name in request.headers]
    return _written_down([f"{request.method} {request.target}", *shown], request.body, hidden)


def _answer(answer: HttpAnswer, hidden: Sequence[str]) -> str:
    headers = [f"{name}: {value}" for name, value in (("content-type", answer.content_type), *answer.headers)]
    return _written_down([str(answer.status), *headers], answer.body, hidden)


def _written_down(head: Sequence[str], body: bytes, hidden: Sequence[str]) -> str:
    # Masked before it is cut: half a secret would not be found.
    text = _masked(body.decode("utf-8", "backslashreplace"), hidden)
    if len(text) > LARGEST_SHOWN:
        text = f"{text[:LARGEST_SHOWN]}… ({len(text)} characters)"
    return "\n".join([_masked("\n".join(head), hidden), "", text]).rstrip()


def _masked(text: str, hidden: Iterable[str]) -> str:
    for form in hidden:
        text = text.replace(form, MASK)
    return _CREDENTIALS.sub(lambda found: f"{found[1] or found[2]}{MASK}", text)
