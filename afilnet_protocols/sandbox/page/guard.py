"""`PageGuard`: the page's own port. It lets this machine's people in and keeps other sites' pages out.

The page has a port of its own, so that no fault that meets connections meets the page's, and so that it is an origin
of its own. Its libraries are loaded when somebody first asks for it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from typing import TYPE_CHECKING

from afilnet_protocols.sandbox.server.wire_log import Reported

if TYPE_CHECKING:
    from afilnet_protocols.sandbox.controlled import Controlled
    from afilnet_protocols.sandbox.server.app import AsgiApp, Receive, Scope, Send
    from afilnet_protocols.sandbox.server.wire_log import WireLog
    from afilnet_protocols.sandbox.state.service import Service

TOKEN_HEADER = "x-afilnet-page-token"  # noqa: S105 - the name of a header
"""What a change carries: the token that is written into the page, where no other origin can read it."""

VERDICT_PATH = "/verdict"
VERDICT_HEADER = "x-afilnet-verdict"
"""Where and how a client reports how a call ended for its caller: identifier, verdict, error, whether reconciled."""

_VERDICT = re.compile(r"([0-9a-f]{12}) (done|not_sent|rejected|unknown) ([A-Za-z_]{1,60}|-) (reconciled|-)").fullmatch

_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = (
    (
        b"content-security-policy",
        _POLICY,
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""What every answer carries: nothing but what this origin gives may run, be shown, asked or sent."""

_FOREIGN = b"this page is for the people of this machine\n"
_NO_TOKEN = b"a change needs the token of the page: load it anew\n"
_MISSING = b"the page needs one more package: pip install 'afilnet-protocols[sandbox]'\n"


class PageGuard:
    """Serves the page of a sandbox."""

    def __init__(self, sandbox: Controlled, service: Service, wires: WireLog) -> None:
        self._seen = (sandbox, service, wires)
        self._token = secrets.token_urlsafe(24)
        self._inner: AsgiApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, if it may be served."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refusal(scope, headers)
        if refused is not None:
            await _say(send, 403, refused)
            return
        if _is_report(scope):
            await _say(send, *self._report(headers))
            return
        if self._inner is None:
            try:
                from afilnet_protocols.sandbox.page.application import application
            except ImportError:
                await _say(send, 501, _MISSING)
                return
            self._inner = application(*self._seen, token=self._token)
        await self._inner(scope, receive, _guarded(send))

    def _report(self, headers: dict[str, str]) -> tuple[int, bytes]:
        told = _VERDICT(headers.get(VERDICT_HEADER, ""))
        if told is None:
            return 400, b"this is no verdict\n"
        call_id, verdict, error, reconciled = told.groups()
        self._seen[2].report(call_id, Reported(verdict, error.strip("-"), reconciled != "-"))
        return 200, b"noted\n"

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> bytes | None:
        """Return why a request is refused, or ``None``."""
        port = scope["server"][1]
        host = headers.get("host", "")
        if host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            return _FOREIGN
        if not str(scope["client"][0]).startswith("127."):
            return _FOREIGN
        if _is_report(scope):
            # From programs only: a browser says with every POST where it comes from.
            return _FOREIGN if "origin" in headers or "sec-fetch-site" in headers else None
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _FOREIGN
        reading = scope["method"] in ("GET", "HEAD")
        if headers.get("origin", f"http://{host}" if reading else "") != f"http://{host}":
            return _FOREIGN
        if not reading and not hmac.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self._token.encode()):
            return _NO_TOKEN
        return None


def _is_report(scope: Scope) -> bool:
    return bool(scope["method"] == "POST" and scope["path"] == VERDICT_PATH)


def _guarded(send: Send) -> Send:
    async def guarded(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            given = message.get("headers") or ()
            message = {**message, "headers": [*given, *HEADERS]}  # type: ignore[misc]  # ASGI's lists of pairs
        await send(message)

    return guarded  # type: ignore[return-value]  # ASGI's messages are mappings of anything


async def _say(send: Send, status: int, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text)), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
