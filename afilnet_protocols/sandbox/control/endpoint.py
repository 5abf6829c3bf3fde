"""`/_sandbox/…`: the control endpoint. Loopback only, and closed to web pages: no Origin, no foreign Host.

Bodies are JSON objects of the arguments of the :class:`~afilnet_protocols.sandbox.Sandbox` method of the same name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox.control import bodies
from afilnet_protocols.sandbox.controlled import Controlled
from afilnet_protocols.sandbox.faults.fault_book import Armed
from afilnet_protocols.sandbox.state.accounts import CHANNELS, Account, served
from afilnet_protocols.sandbox.state.provenance import PROVENANCE

if TYPE_CHECKING:
    from afilnet_protocols.sandbox.server.app import AsgiApp, Receive, Scope, Send

CONTROL_VERSION = 1
LARGEST_BODY = 1024 * 1024

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def application(sandbox: Controlled) -> AsgiApp:
    """Return the control endpoint of a sandbox."""
    control = Control(sandbox)
    routes = [
        Route("/_sandbox/health", _get(lambda request: {"status": "ok"})),
        Route("/_sandbox/version", _get(lambda request: {"control": CONTROL_VERSION})),
        Route("/_sandbox/provenance", _get(lambda request: PROVENANCE)),
        Route("/_sandbox/accounts", _get(control.accounts), methods=["GET"]),
        Route("/_sandbox/accounts", _post(control.add_account), methods=["POST"]),
        Route("/_sandbox/receive", _post(control.receive), methods=["POST"]),
        Route("/_sandbox/receive_many", _post(control.receive_many), methods=["POST"]),
        Route("/_sandbox/read_elsewhere", _post(control.read_elsewhere), methods=["POST"]),
        Route("/_sandbox/reset", _post(control.reset), methods=["POST"]),
        Route("/_sandbox/revoke", _post(control.revoke), methods=["POST"]),
        Route("/_sandbox/journal", _get(control.journal)),
        Route("/_sandbox/clock", _get(control.clock), methods=["GET"]),
        Route("/_sandbox/clock", _post(control.set_clock), methods=["POST"]),
        Route("/_sandbox/answer", _post(control.answer), methods=["POST"]),
        Route("/_sandbox/faults", _get(control.faults), methods=["GET"]),
        Route("/_sandbox/faults", _post(control.fault), methods=["POST"]),
        Route("/_sandbox/disarm", _post(control.disarm), methods=["POST"]),
    ]
    return _Guard(Starlette(routes=routes, exception_handlers={HTTPException: _plain, 500: _plain}))


class _Guard:
    """Lets only programs on this machine in: a browser's page is given away by its Origin or its Host."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if not self._admits(request):
            answer = PlainTextResponse("the control endpoint is for programs on this machine\n", 403)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    @staticmethod
    def _admits(request: Request) -> bool:
        try:
            host = urlsplit("//" + request.headers.get("host", "")).hostname
        except ValueError:
            host = None
        peer = request.client.host if request.client else ""
        return (
            "origin" not in request.headers
            and host in _LOOPBACK
            and (peer.startswith("127.") or peer == "::1")
            and request.headers.get("sec-fetch-site", "none") == "none"
        )


async def _plain(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=error.headers)
    return PlainTextResponse("the sandbox has a defect\n", 500)


Endpoint = Callable[[Request], Awaitable[Response]]


def _get(answer: Callable[[Request], object]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return _json(_told(lambda: answer(request)))

    return endpoint


def _post(answer: Callable[[dict[str, object]], object]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        given = await _object(request)
        return _json(_told(lambda: answer(given)))

    return endpoint


def _told(answer: Callable[[], object]) -> object:
    """Return the answer; what is wrong with the arguments is told as 400."""
    try:
        return answer()
    except (AfilnetError, TypeError, ValueError) as error:
        problem = str(error)
    raise HTTPException(400, problem)


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")


async def _object(request: Request) -> dict[str, object]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "send application/json")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise HTTPException(413, "the body is too large")
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        pass
    raise HTTPException(400, "the body is not a JSON object")


def _shown(account: Account) -> dict[str, object]:
    return {
        "user": account.user,
        "password": account.password,
        "client_id": account.client_id,
        "client_secret": account.client_secret,
        "channels": account.channels,
        "options": dataclasses.asdict(account.options),
    }


def _fault(armed: Armed) -> dict[str, object]:
    shown: dict[str, object] = {"number": armed.number, "kind": type(armed.fault).__name__}
    shown |= {"met": armed.met, "hits": armed.hits}
    if armed.endpoint is not None:
        shown |= {"base_url": armed.endpoint.address("https"), "plain_url": armed.endpoint.address("http")}
    return {**shown, **dataclasses.asdict(armed.fault)}


class Control:
    """What the routes do, each on the sandbox.

    Every method takes the arguments of the method of the same name as an object of JSON.
    """

    def __init__(self, sandbox: Controlled) -> None:
        self._sandbox = sandbox

    def accounts(self, request: Request) -> object:
        """Return all accounts."""
        return [_shown(account) for account in self._sandbox.accounts()]

    def add_account(self, given: dict[str, object]) -> object:
        """Create an account."""
        wanted = msgspec.convert(given, bodies.Account)
        channels = CHANNELS if wanted.channels is None else map(_channel, wanted.channels)
        made = self._sandbox.account(
            wanted.name,
            password=wanted.password,
            client_id=wanted.client_id,
            client_secret=wanted.client_secret,
            channels=channels,
            options=wanted.options,
        )
        return _shown(made)

    def receive(self, given: dict[str, object]) -> object:
        """Let a message arrive."""
        return {"message_id": self._sandbox.receive(**msgspec.structs.asdict(msgspec.convert(given, bodies.Receive)))}

    def receive_many(self, given: dict[str, object]) -> object:
        """Let messages arrive in one second."""
        wanted = msgspec.structs.asdict(msgspec.convert(given, bodies.ReceiveMany))
        return {"message_ids": self._sandbox.receive_many(**wanted)}

    def read_elsewhere(self, given: dict[str, object]) -> object:
        """Let somebody else read a conversation."""
        return {"read": self._sandbox.read_elsewhere(**msgspec.structs.asdict(msgspec.convert(given, bodies.Place)))}

    def reset(self, given: dict[str, object]) -> object:
        """Forget what an account holds, or all."""
        self._sandbox.reset(**msgspec.structs.asdict(msgspec.convert(given, bodies.Reset)))
        return {}

    def revoke(self, given: dict[str, object]) -> object:
        """Make the tokens of an account invalid."""
        self._sandbox.revoke_tokens(msgspec.convert(given, bodies.Whose).account)
        return {}

    def journal(self, request: Request) -> object:
        """Return what arrived."""
        everything = request.query_params.get("everything", "false") == "true"
        return self._sandbox.journal(request.query_params.get("account"), everything=everything)

    def clock(self, request: Request) -> object:
        """Return the clock's time."""
        return {"now": self._sandbox.clock.now()}

    def set_clock(self, given: dict[str, object]) -> object:
        """Set, move, stop or start the clock."""
        wanted = msgspec.convert(given, bodies.Clock)
        clock = self._sandbox.clock
        if wanted.now is not None:
            clock.set(wanted.now)
        if wanted.frozen is not None:
            (clock.freeze if wanted.frozen else clock.resume)()
        if wanted.advance:
            clock.advance(wanted.advance)
        return {"now": clock.now()}

    def answer(self, given: dict[str, object]) -> object:
        """Make coming calls answer an error code."""
        return _fault(self._sandbox.answer(**msgspec.structs.asdict(msgspec.convert(given, bodies.Answer))))

    def faults(self, request: Request) -> object:
        """Return the faults in the book."""
        return [_fault(armed) for armed in self._sandbox.faults()]

    def fault(self, given: dict[str, object]) -> object:
        """Make something go wrong."""
        wanted = msgspec.structs.asdict(msgspec.convert(given, bodies.Fault))
        return _fault(self._sandbox.fault(wanted.pop("kind"), **{**wanted.pop("details"), **wanted}))

    def disarm(self, given: dict[str, object]) -> object:
        """Take a fault out of the book."""
        number = msgspec.convert(given, bodies.Disarm).number
        found = [armed for armed in self._sandbox.faults() if armed.number == number]
        if not found:
            raise ConfigurationError(f"there is no fault number {number}")
        found[0].disarm()
        return _fault(found[0])


def _channel(given: bodies.Channel) -> Channel:
    return Channel(platform=served(given.platform), platform_id=given.platform_id, name=given.name)
