"""The page's routes. Everything is rendered here; the browser's modules only put it in its place."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.dialects.named import NAMED
from afilnet_protocols.dialects.soap import SOAP_STYLES
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.page.actions import Actions
from afilnet_protocols.sandbox.page.call_page import travelled
from afilnet_protocols.sandbox.page.conversations import ConversationKey, ConversationReader
from afilnet_protocols.sandbox.page.files import static
from afilnet_protocols.sandbox.page.live import changes
from afilnet_protocols.sandbox.page.recording import Recordings
from afilnet_protocols.sandbox.page.rendering import Renderer
from afilnet_protocols.sandbox.page.traffic import WAYS, outcome, protocol_of, summaries
from afilnet_protocols.sandbox.page.verdicts import contradiction
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.vocabulary import Protocol

if TYPE_CHECKING:
    from afilnet_protocols.sandbox.controlled import Controlled
    from afilnet_protocols.sandbox.server.app import AsgiApp, Receive, Scope, Send
    from afilnet_protocols.sandbox.server.wire_log import WireLog
    from afilnet_protocols.sandbox.state.service import Service

_MOST_CALLS = 300


def application(sandbox: Controlled, service: Service, wires: WireLog, *, token: str) -> AsgiApp:
    """Return the page of a sandbox.

    Args:
        sandbox: whose page it is.
        service: what carries out its calls.
        wires: how they travelled.
        token: what a change must carry; it is written into the page.
    """
    recordings = Recordings(service, wires)
    page = _Page(sandbox, service, wires, recordings, token)
    actions = Actions(sandbox, service, recordings)
    routes = [
        Route("/", page.conversations),
        Route("/bubbles", page.bubbles),
        Route("/sidebar", page.sidebar),
        Route("/call/{number:int}", page.call),
        Route("/faults", page.faults),
        Route("/faults/armed", page.armed),
        Route("/faults/recording", page.recording),
        Route("/faults/dialect", page.dialect),
        Route("/traffic", page.traffic),
        Route("/traffic/figures", page.figures),
        Route("/live", page.live),
        Route("/state", actions.export),
        Route("/state", actions.import_state, methods=["POST"]),
        Route("/session", actions.session),
        Route("/do/{name}", actions.do, methods=["POST"]),
        Route("/static/{name}", static),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: page.wrong, 500: page.broken})


class _Stream(StreamingResponse):
    """A stream that goes on until its reader is gone, or the sandbox ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        # When the sandbox ends it cancels what is under way, and that is no failure to be logged.
        with contextlib.suppress(asyncio.CancelledError):
            await super().__call__(scope, receive, send)


class _Page:
    """The views."""

    def __init__(
        self, sandbox: Controlled, service: Service, wires: WireLog, recordings: Recordings, token: str
    ) -> None:
        self._sandbox, self._service, self._wires = sandbox, service, wires
        self._pages = Renderer(token)
        self._recordings = recordings
        self._reader = ConversationReader(service.store, wires)

    def _account(self, request: Request) -> Account:
        user = request.query_params.get("account")
        found = self._service.store.account_of_user(user or self._sandbox.user)
        if found is None:
            raise HTTPException(404)
        return found

    async def wrong(self, request: Request, error: Exception) -> Response:
        """Say that there is nothing here."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = error.detail if isinstance(error, HTTPException) and request.method == "POST" else ""
        if detail:
            return JSONResponse({"problem": detail}, status)
        answer = self._pages.render(request, "wrong.html")
        answer.status_code = status
        return answer

    async def broken(self, request: Request, error: Exception) -> Response:
        """Say that there is a defect, without what the state holds."""
        return Response(f"the page has a defect: {type(error).__name__}\n", 500, media_type="text/plain")

    async def conversations(self, request: Request) -> Response:
        """Show the conversations, and the one that is chosen."""
        account = self._account(request)
        where = _where(request)
        asked = request.query_params.get("q", "")
        message = _number(request, "message")
        return self._pages.render(
            request,
            "conversations.html",
            account=account,
            accounts=self._sandbox.accounts(),
            conversations=self._reader.summaries(account),
            chosen=where,
            window=where and self._reader.window(account, where, around=message),
            message=message,
            asked=asked,
            found=self._reader.found(account, asked) if asked else [],
        )

    async def bubbles(self, request: Request) -> Response:
        """Show a window of messages."""
        account, where = self._account(request), _where(request)
        if where is None:
            raise HTTPException(404)
        window = self._reader.window(
            account,
            where,
            before=_number(request, "before"),
            after=_number(request, "after") if "after" in request.query_params else None,
            around=_number(request, "around"),
        )
        return self._pages.render(request, "bubbles.html", account=account, chosen=where, window=window, message=0)

    async def sidebar(self, request: Request) -> Response:
        """Show the list of conversations."""
        account = self._account(request)
        return self._pages.render(
            request,
            "conversation_list.html",
            account=account,
            conversations=self._reader.summaries(account),
            chosen=_where(request),
        )

    async def call(self, request: Request) -> Response:
        """Show how a call travelled."""
        wire = self._wires.find(request.path_params["number"])
        if wire is None:
            raise HTTPException(404)
        return self._pages.render(request, "call.html", call=travelled(wire, self._sandbox, self._wires))

    async def faults(self, request: Request) -> Response:
        """Show what can go wrong, and what is armed."""
        codes = sorted({each.code for operation in OPERATIONS for each in operation.errors})
        return self._pages.render(
            request,
            "faults.html",
            kinds=KINDS.values(),
            operations=[operation.name for operation in OPERATIONS],
            protocols=list(Protocol),
            codes=codes,
            armed=self._sandbox.faults(),
            clock=self._service.clock,
            account=self._account(request),
            accounts=self._sandbox.accounts(),
            **self._recorded(request),
            **self._spoken(),
        )

    async def recording(self, request: Request) -> Response:
        """Show whether the account is recorded, and what was."""
        return self._pages.render(request, "recording.html", account=self._account(request), **self._recorded(request))

    def _recorded(self, request: Request) -> dict[str, object]:
        account = self._account(request)
        return {"recording": self._recordings.running(account), "kept": self._recordings.kept(account) is not None}

    async def dialect(self, request: Request) -> Response:
        """Show how the service speaks, and how it could."""
        return self._pages.render(request, "dialect.html", **self._spoken())

    def _spoken(self) -> dict[str, object]:
        spoken = self._sandbox.dialect
        return {
            "dialects": NAMED,
            "spoken": next((name for name, dialect in NAMED.items() if dialect == spoken), None),
            "styles": SOAP_STYLES,
            "plain_url": self._sandbox.base_url,
        }

    async def armed(self, request: Request) -> Response:
        """Show the faults that are armed, and the clock."""
        return self._pages.render(request, "armed.html", armed=self._sandbox.faults(), clock=self._service.clock)

    async def traffic(self, request: Request) -> Response:
        """Show the traffic."""
        return self._figures(request, "traffic.html")

    async def figures(self, request: Request) -> Response:
        """Show the part of the traffic that changes."""
        return self._figures(request, "figures.html")

    def _figures(self, request: Request, template: str) -> Response:
        wires = self._wires.all()
        protocol, words_asked = request.query_params.get("protocol", ""), request.query_params.get("q", "")
        shown = [
            (
                wire,
                protocol_of(wire),
                outcome(wire),
                wire.arrival.operation if wire.arrival else None,
                self._wires.reported(wire),
            )
            for wire in reversed(wires)
            if not protocol or protocol_of(wire) == protocol
        ]
        if words_asked:
            low = words_asked.lower()
            shown = [each for each in shown if low in f"{each[1]} {each[2]} {each[3]} {each[0].request.path}".lower()]
        return self._pages.render(
            request,
            template,
            summaries=summaries(wires),
            calls=shown[:_MOST_CALLS],
            contradiction=lambda wire: contradiction(self._wires, wire),
            asked=words_asked,
            protocol=protocol,
            protocols=WAYS,
        )

    async def live(self, request: Request) -> Response:
        """Tell what changes, for as long as the page is open."""
        return _Stream(changes(self._service, self._wires, self._recordings), media_type="text/event-stream")


def _where(request: Request) -> ConversationKey | None:
    given = [request.query_params.get(name) for name in ("platform", "platform_id", "destination")]
    return ConversationKey(*given) if all(given) else None  # type: ignore[arg-type]  # all three are there


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else 0
