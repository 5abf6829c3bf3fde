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
from afilnet_protocols.inbox.incoming import Incoming

LARGEST = 1 << 20
"""How many bytes of an answer are read at most."""

LONGEST = 3600.0
"""The longest pause that a receiver may ask for, in seconds."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class WebhookFailed(Exception):
    """The receiver did not say that it has handled the message."""


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return what the header ``Afilnet-Signature`` has: the time, and HMAC-SHA256 (RFC 2104) of ``time.body``."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


class Webhook:
    """A handler that posts a message.

    2xx: done; a JSON body may hold replies, as a list or under ``replies``. 429 or 503 with ``Retry-After`` in seconds:
    later. Anything else: the attempt failed, and counts. Redirects are not followed, and no proxy of the environment
    is used. ``Idempotency-Key`` is the same at every attempt.

    Args:
        url: the address; ``https``, or ``http`` on this machine.
        secret: what the signature is made with.
        timeout: how long a step of the exchange may take, in seconds.
        context: for TLS; that of the system by default.
        clock: the time in seconds since the epoch.

    Raises:
        InvalidRequestError: no such address can be used, or there is no secret.
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
        parts = _split(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.fragment:
            raise InvalidRequestError("a webhook is an address such as https://bot.example.com/messages")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise InvalidRequestError("a webhook over http would show messages to everybody on the way: use https")
        if not secret:
            raise InvalidRequestError("a webhook needs a secret to sign with")
        self._parts = parts
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secret = secret
        self._timeout = timeout
        self._context = context or ssl.create_default_context()
        self._clock = clock

    def __call__(self, incoming: Incoming) -> None:
        """Post a message.

        Raises:
            WebhookFailed: no 2xx came back.
            InvalidRequestError: what came back are no replies, or they cannot be sent.
        """
        status, after, body = self._post(document(incoming).encode(), incoming.key)
        if status in (429, 503) and after is not None:
            incoming.retry(after=min(after, LONGEST))
            return
        if not 200 <= status < 300:
            raise WebhookFailed(f"the receiver answered {status}")
        for told in _replies(body):
            reply(incoming, told)

    def _post(self, body: bytes, key: str) -> tuple[int, float | None, bytes]:
        reason, connection = "", self._connection()
        try:
            headers = {
                "Content-Type": "application/json; charset=utf-8",
                "Idempotency-Key": key,
                "Afilnet-Signature": signature(self._secret, int(self._clock()), body),
            }
            connection.request("POST", self._path, body, headers)
            answer = connection.getresponse()
            content = answer.read(LARGEST + 1)
            asked = answer.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException) as error:
            reason = type(error).__name__
        finally:
            connection.close()
        if reason:
            raise WebhookFailed(f"the receiver did not answer: {reason}")
        if len(content) > LARGEST:
            raise WebhookFailed(f"the receiver answered with more than {LARGEST} bytes")
        return answer.status, float(asked) if asked.isdecimal() else None, content

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._timeout)
        return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._context)


def _split(url: str) -> SplitResult:
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.port != 0:
            return parts
    return SplitResult("", "", "", "", "")


def _replies(body: bytes) -> list[object]:
    """Return the replies in a body; one that is empty or no JSON has none."""
    told: object = None
    try:
        told = json.loads(body)
    except ValueError:
        return []
    found = told.get("replies", []) if isinstance(told, dict) else told
    if not isinstance(found, list):
        raise InvalidRequestError("replies are a list in JSON, alone or under the name replies")
    return found
