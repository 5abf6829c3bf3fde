"""The services that bots are run against, all on loopback: stand-ins for Telegram's and Slack's, and the sandbox."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from afilnet_protocols.sandbox import Options, Sandbox
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.environment import given_by

if TYPE_CHECKING:
    from aiohttp import web  # it is slow to import: whoever counts what bots did does without

CHATS = 4

STEP = 0.01
"""How often a stand-in looks whether something was written, in seconds."""


class Service(ABC):
    """What a bot gets messages from, and what it sends.

    Attributes:
        replies: what it sent.
        life: the how manieth bot is there.
    """

    replies: list[str]
    life = 0

    @abstractmethod
    def write(self, chat: int, text: str) -> None:
        """Let somebody write in a chat."""

    @abstractmethod
    def handed_out(self) -> int:
        """Return how often something was handed out to a bot."""

    @abstractmethod
    def asked(self) -> int:
        """Return how often a bot asked for messages."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Return what a bot is told of it."""

    @abstractmethod
    def close(self) -> None:
        """Stop serving."""


class _Web(Service):
    """A stand-in that serves in a thread of its own."""

    def __init__(self) -> None:
        self.replies = []
        self.handed = self.asks = 0
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        started.wait(30)

    def _serve(self, started: threading.Event) -> None:
        from aiohttp import web

        async def serve() -> None:
            app = web.Application()
            self.routes(app)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            assert site._server is not None
            self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
            self.ended = asyncio.Event()
            started.set()
            await self.ended.wait()
            await runner.cleanup()

        # Bots that are killed in the middle of a request are what it is for.
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
        self.loop.run_until_complete(serve())
        self.loop.close()

    def routes(self, app: web.Application) -> None:
        """Add what is served."""

    def environment(self) -> dict[str, str]:
        return {"BOT_BASE": f"http://127.0.0.1:{self.port}"}

    def handed_out(self) -> int:
        return self.handed

    def asked(self) -> int:
        return self.asks

    async def pause(self) -> bool:
        """Wait a little; return whether this is still served."""
        await asyncio.sleep(STEP)
        return not self.ended.is_set()

    def write(self, chat: int, text: str) -> None:
        self.loop.call_soon_threadsafe(self.put, chat, text)

    def put(self, chat: int, text: str) -> None:
        """Keep what somebody wrote."""

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.ended.set)
        self._thread.join(30)


class Telegram(_Web):
    """The Bot API as far as bots that poll need it: updates are kept until a later offset confirms them.

    Source: https://core.telegram.org/bots/api#getupdates.
    """

    def __init__(self) -> None:
        self.updates: list[dict[str, object]] = []
        self.count = 0
        super().__init__()

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self._call)

    def put(self, chat: int, text: str) -> None:
        self.count += 1
        self.updates.append({"update_id": self.count, "message": self._message(chat, text)})

    def _message(self, chat: int, text: str) -> dict[str, object]:
        party = {"id": chat, "type": "private", "first_name": "Ann"}
        sender = {"id": chat, "is_bot": False, "first_name": "Ann"}
        return {"message_id": self.count, "date": int(time.time()), "chat": party, "from": sender, "text": text}

    async def _call(self, request: web.Request) -> web.Response:
        from aiohttp import web

        given = dict(request.query)
        if request.content_type == "application/json":
            given |= await request.json()
        elif request.can_read_body:
            given |= {name: str(value) for name, value in (await request.post()).items()}
        method = request.match_info["method"].lower()
        result: object = True
        if method == "getme":
            result = {"id": 1, "is_bot": True, "first_name": "bot", "username": "a_bot"}
        elif method == "getupdates":
            result = await self._get_updates(int(given.get("offset", 0)), float(given.get("timeout", 0)))
        elif method == "sendmessage":
            self.replies.append(str(given["text"]))
            result = self._message(int(given["chat_id"]), str(given["text"]))
        return web.json_response({"ok": True, "result": result})

    async def _get_updates(self, offset: int, timeout: float) -> list[dict[str, object]]:
        life, until = self.life, time.monotonic() + min(timeout, 5.0)
        self.asks += 1
        self.updates = [each for each in self.updates if int(str(each["update_id"])) >= offset]
        while not self.updates and time.monotonic() < until and await self.pause():
            pass
        if self.life != life:  # whoever waited is gone
            return []
        self.handed += bool(self.updates)
        return list(self.updates)


class Slack(_Web):
    """Slack's Socket Mode: events are sent until they are acknowledged, and again to whoever connects next.

    Slack itself gives up after three tries (https://docs.slack.dev/apis/events-api/#retries); this one does not.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, dict[str, object]] = {}
        self.count = 0
        super().__init__()

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/slack/{method}", self._call)
        app.router.add_get("/socket", self._socket)

    def put(self, chat: int, text: str) -> None:
        self.count += 1
        event = {"type": "message", "channel": f"D{chat}", "user": "U2", "text": text, "ts": f"{self.count}.0"}
        event |= {"channel_type": "im"}
        payload = {"type": "event_callback", "team_id": "T1", "event_id": f"E{self.count}", "event": event}
        payload |= {"api_app_id": "A1", "event_time": int(time.time()), "authorizations": [{"team_id": "T1"}]}
        self.waiting[f"e{self.count}"] = {"type": "events_api", "envelope_id": f"e{self.count}", "payload": payload}

    async def _call(self, request: web.Request) -> web.Response:
        from aiohttp import web

        method = request.match_info["method"]
        given = dict(await request.post())
        if request.content_type == "application/json":
            given = await request.json()
        if method == "chat.postMessage":
            self.replies.append(str(given["text"]))
        more = {"url": f"ws://127.0.0.1:{self.port}/socket"} if method == "apps.connections.open" else {}
        if method == "auth.test":
            more = {"user_id": "U1", "bot_id": "B1", "team_id": "T1", "url": "https://x.slack.com/", "user": "bot"}
        return web.json_response({"ok": True, **more})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        from aiohttp import WSMsgType, web

        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        self.asks += 1
        feeding = asyncio.create_task(self._feed(socket))
        async for message in socket:
            if message.type == WSMsgType.TEXT and message.data.startswith("{"):
                self.waiting.pop(json.loads(message.data).get("envelope_id"), None)
        feeding.cancel()
        return socket

    async def _feed(self, socket: web.WebSocketResponse) -> None:
        sent: set[str] = set()
        while not socket.closed and await self.pause():
            for name, envelope in list(self.waiting.items()):
                if name not in sent:
                    sent.add(name)
                    await socket.send_json(envelope)
                    self.handed += 1


class Afilnet(Service):
    """The sandbox, which marks as read what was read."""

    READS = ("get_messages", "get_unread_messages")

    def __init__(self, delivery: str = "at_most_once") -> None:
        self._delivery = delivery
        self._sandbox = Sandbox().start()
        self._account = self._sandbox.account(options=Options(reading_marks_read=True))

    def write(self, chat: int, text: str) -> None:
        self._account.receive(platform="whatsapp", platform_id="100", destination=f"3460000000{chat}", message=text)

    def handed_out(self) -> int:
        return sum(call.operation in self.READS for call in self._account.journal())

    def asked(self) -> int:
        return sum(call.operation == "get_chats" for call in self._account.journal())

    def environment(self) -> dict[str, str]:
        settings = self._sandbox.settings("http-post", account=self._account, plain=True)
        return {
            **given_by(settings, FIELDS),
            "AFILNET_DELIVERY": self._delivery,
            "PYTHONPATH": str(Path(__file__).parents[3]),
        }

    @property
    def replies(self) -> list[str]:  # type: ignore[override]  # as the journal has them
        return [call.arguments["message"] for call in self._account.journal() if call.operation == "send_message"]

    def close(self) -> None:
        self._sandbox.close()
