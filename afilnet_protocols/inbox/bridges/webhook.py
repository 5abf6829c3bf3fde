"""`Webhook`: each message is posted to an address, signed; a 2xx is the mark."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import ssl
import time
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.inbox.bridges.document import document, reply
from afilnet_protocols.inbox.failing import HandlingFailed, kept
from afilnet_protocols.inbox.incoming import Incoming
from afilnet_protocols.retold import Retold
from afilnet_protocols.seconds import check_seconds
from afilnet_protocols.settings.value_faults import is_unfit
from afilnet_protocols.wire.waits import seconds_asked

LARGEST = 1 << 20
"""How many bytes of an answer are read at most."""

LONGEST = 3600.0
"""The longest pause that a receiver may ask for, in seconds."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")

PAUSE = 60.0
"""After how long a receiver that cannot take a message now has it again, if it does not say, in seconds."""

SHOWN = ("text/plain", "application/json")
"""What kinds of answers say in words why a message was not handled; a page says it in the middle of much else."""

EXCERPT = 500
"""How many bytes of such an answer are looked at."""


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return what the header ``Afilnet-Signature`` has: the time, and HMAC-SHA256 (RFC 2104) of ``time.body``."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


class Webhook:
    """A handler that posts a message.

    2xx: done; a JSON body may hold replies, as a list or under ``replies``. 429 or 503: later, as ``Retry-After`` says
    (RFC 9110 §10.2.3), else in a minute; so it is if no connection comes about, for then nobody has had the message.
    Anything else: the attempt failed, and counts. Redirects are not followed, and no proxy of the environment is used.
    ``Idempotency-Key`` is the same at every attempt.

    Args:
        url: the address; ``https``, or ``http`` on this machine.
        secret: what the signature is made with: a text that is not blank, without control characters.
        timeout: how long a step of the exchange may take, in seconds.
        context: for TLS; that of the system by default.
        clock: the time in seconds since the epoch.

    Raises:
        InvalidRequestError: no such address can be used, there is no such secret, or the time is none.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: str,
        timeout: float = 30.0,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        check_seconds("timeout", timeout, zero=False)
        parts = _split(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or parts.fragment:
            raise InvalidRequestError("a webhook is an address such as https://bot.example.com/messages")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise InvalidRequestError("a webhook over http would show messages to everybody on the way: use https")
        _check_secret(secret)
        self._parts = parts
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secret = secret
        self._timeout = timeout
        self._context = context or ssl.create_default_context()
        self._clock = clock

    def __call__(self, incoming: Incoming) -> None:
        """Post a message.

        Raises:
            HandlingFailed: no 2xx came back.
            InvalidRequestError: what came back are no replies, or they cannot be sent.
        """
        connection, reason = self._connection(), ""
        try:
            connection.connect()
        except (OSError, ValueError, http.client.HTTPException) as error:  # of names that are none, a ValueError
            reason = f"the receiver cannot be reached: {_words(error)}"
        if reason:
            connection.close()
            incoming.retry(after=PAUSE, reason=kept(reason))
            return
        answer, body = self._post(connection, document(incoming).encode(), incoming.key)
        if answer.status in (429, 503):
            said = answer.headers
            asked = seconds_asked(said.get("Retry-After", ""), self._clock(), answered=said.get("Date", ""))
            incoming.retry(after=PAUSE if asked is None else min(asked, LONGEST), reason=kept(_said(answer, body)))
            return
        if not 200 <= answer.status < 300:
            raise HandlingFailed(_said(answer, body))
        for told in _replies(body):
            reply(incoming, told)

    def _post(
        self, connection: http.client.HTTPConnection, body: bytes, key: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        with (
            contextlib.closing(connection),
            Retold(
                (OSError, http.client.HTTPException),
                lambda error: HandlingFailed(f"the receiver did not answer: {_words(error)}"),
            ),
        ):
            headers = {
                "Content-Type": "application/json; charset=utf-8",
                "Idempotency-Key": key,
                "Afilnet-Signature": signature(self._secret, int(self._clock()), body),
            }
            connection.request("POST", self._path, body, headers)
            answer = connection.getresponse()
            content = answer.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise HandlingFailed(f"the receiver answered with more than {LARGEST} bytes")
        return answer, content

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._timeout)
        return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._context)


def _check_secret(secret: object) -> None:
    if not isinstance(secret, str) or not secret or secret.isspace():
        raise InvalidRequestError("a webhook needs a secret to sign with: a text that is not blank")
    if is_unfit(secret):
        # The receiver's may have none: no signature would ever be right, and no message handled.
        raise InvalidRequestError(
            "the secret of a webhook holds a control character (perhaps a line end) or one that cannot be sent: give it"
            " as the receiver has it"
        )


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


def _said(answer: http.client.HTTPResponse, body: bytes) -> str:
    """Return what a receiver answered, in words."""
    told = f"the receiver answered {answer.status} {answer.reason}".rstrip()
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return f"{told}: {body[:EXCERPT].decode('utf-8', 'replace').strip()}" if kind in SHOWN and body else told


def _split(url: str) -> SplitResult:
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.port != 0 and url.isascii() and url.isprintable() and " " not in url:
            return parts
    return SplitResult("", "", "", "", "")


def _replies(body: bytes) -> list[object]:
    """Return the replies in a body; one that is empty or no JSON has none."""
    told: object = None
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return []
    found = told.get("replies", []) if isinstance(told, dict) else told
    if not isinstance(found, list):
        raise InvalidRequestError("replies are a list in JSON, alone or under the name replies")
    return found
