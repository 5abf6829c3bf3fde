"""`AsyncInbox`: the twin of `Inbox` for asyncio: handlers are coroutines, and the loop waits for no disk or network."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar, Unpack, overload

from afilnet_protocols.callers import check_flags
from afilnet_protocols.coroutines.operations import AsyncClosing
from afilnet_protocols.coroutines.twins import forwarded
from afilnet_protocols.errors import ConfigurationError, InvalidRequestError
from afilnet_protocols.inbox.inbox import Inbox
from afilnet_protocols.inbox.incoming import Incoming
from afilnet_protocols.inbox.manner import Conduct
from afilnet_protocols.inbox.polling.pace import Polling
from afilnet_protocols.inbox.report import Report
from afilnet_protocols.inbox.routes import NOBODY, Routes, check_ran
from afilnet_protocols.inbox.troubles import Listener, logged
from afilnet_protocols.inbox.under_way import UnderWay, of_its_own
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.outbox.aio.outbox import AsyncOutbox
from afilnet_protocols.outbox.counts import check_count
from afilnet_protocols.outbox.places import DEFAULT_SCHEMA
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.registry import connect
from afilnet_protocols.settings import Settings, refuse_unknown, wrap_secrets
from afilnet_protocols.settings.overrides import SettingsOverrides
from afilnet_protocols.vocabulary import AnyPlatform
from afilnet_protocols.waiting.carriers import aside, begun_aside, surely, to_its_end

R = TypeVar("R")

AsyncHandler = Callable[[Incoming], Awaitable[object]]
"""Is handed a message, and awaited. What it raises puts the message back."""

H = TypeVar("H", bound=AsyncHandler)

STEPS = 5
"""In how many steps of the loop asyncio has begun to close a generator that nobody uses any more."""


class AsyncInbox(OfThisProcess, AsyncClosing):
    """The same promises as :class:`Inbox`, kept by the same steps; these run in threads, one after the other.

    Handlers are coroutines. Up to ``concurrency`` of them are under way, each in a conversation of its own. One that is
    cancelled counts as interrupted. ``incoming.transaction()`` is no coroutine: it holds the loop for a commit.

    ::

        async with AsyncInbox("app.db", "production") as inbox:

            @inbox.handler(platform="whatsapp")
            async def answer(incoming):
                incoming.reply(await ask_somebody(incoming.text))

            await inbox.run()
    """

    def __init__(
        self,
        place: str | Path,
        profile_or_settings: str | Settings | None = None,
        /,
        *,
        concurrency: int = 1,
        start: Literal["now", "all"] | datetime = "now",
        processing: Literal["at_least_once", "at_most_once"] = "at_least_once",
        read: Literal["auto", "messages", "unread"] = "auto",
        attempts: int = 3,
        interruptions: int = 5,
        polling: Polling | None = None,
        send: bool = True,
        on_trouble: Listener = logged,
        schema: str = DEFAULT_SCHEMA,
        make_client: Callable[[Settings], ChatOperations] = connect,
        conduct: Conduct | None = None,
        **overrides: Unpack[SettingsOverrides],
    ) -> None:
        """Open an inbox; parameters are those of :class:`Inbox`, and one more.

        Args:
            place: as for ``Inbox``.
            profile_or_settings: as for ``Inbox``.
            concurrency: how many messages are in hand at once, each of another conversation.
            start: as for ``Inbox``.
            processing: as for ``Inbox``.
            read: as for ``Inbox``.
            attempts: as for ``Inbox``.
            interruptions: as for ``Inbox``.
            polling: as for ``Inbox``.
            send: as for ``Inbox``.
            on_trouble: as for ``Inbox``, called in another thread.
            schema: as for ``Inbox``.
            make_client: as for ``Inbox``; makes synchronous clients.
            conduct: as for ``Inbox``.
            overrides: as for ``Inbox``.

        Raises:
            InvalidRequestError: an argument cannot be meant.
            ConfigurationError: as for :class:`Outbox`.
        """
        wrap_secrets(overrides)
        refuse_unknown(overrides, "arguments", beside=AsyncInbox.__init__.__kwdefaults__)
        check_count("concurrency", concurrency)
        self._inbox = Inbox(
            place,
            profile_or_settings,
            start=start,
            processing=processing,
            read=read,
            attempts=attempts,
            interruptions=interruptions,
            polling=polling,
            send=send,
            on_trouble=on_trouble,
            schema=schema,
            make_client=make_client,
            conduct=conduct,
            **overrides,
        )
        self.outbox = AsyncOutbox.of(self._inbox.outbox)
        """The outbox of the same place."""
        self._engine = self._inbox.engine
        self._concurrency = concurrency
        self._routes: Routes = Routes(awaited=True)
        begin_afresh(self)

    def after_fork(self) -> None:
        """Let a child be told that this inbox is its parent's, not that a task is running it."""
        self._running: UnderWay | None = None
        self._leaving: asyncio.Event | None = None

    # Handling

    @overload
    def handler(self, function: H, /) -> H: ...

    @overload
    def handler(
        self, /, *, platform: AnyPlatform | None = None, platform_id: str | None = None
    ) -> Callable[[H], H]: ...

    def handler(
        self,
        function: H | None = None,
        /,
        *,
        platform: AnyPlatform | None = None,
        platform_id: str | None = None,
    ) -> H | Callable[[H], H]:
        """Make a coroutine function the handler of messages; as :meth:`Inbox.handler`.

        A plain function does as well, and holds the loop as long as it takes.

        Args:
            function: as for :meth:`Inbox.handler`.
            platform: as for :meth:`Inbox.handler`.
            platform_id: as for :meth:`Inbox.handler`.

        Raises:
            InvalidRequestError: as for :meth:`Inbox.handler`.
        """
        return self._routes.adding(function, platform, platform_id)

    async def run(self, *, wait: bool = True) -> Report:
        """Poll, hand over to the handlers, and send, until :meth:`stop` is called; as :meth:`Inbox.run`.

        Args:
            wait: as for :meth:`Inbox.run`.

        Raises:
            InvalidRequestError: there is no handler.
            AuthenticationError: the credentials were refused.
            ConfigurationError: as for :meth:`Inbox.run`.
        """
        if not self._routes:
            raise InvalidRequestError("an inbox needs a handler to run: @inbox.handler()")
        check_flags(wait=wait)
        under_way = UnderWay()
        async with contextlib.aclosing(self._claimed(under_way, wait=wait)) as claimed:
            async for incoming in claimed:
                under_way.add(self._hand_over(incoming))
        return self._inbox.report()

    async def _hand_over(self, incoming: Incoming) -> None:
        handler = self._routes.of(incoming)
        if handler is None:
            await surely(lambda: self._engine.settling.reject(incoming, NOBODY))
            return
        try:
            returned = handler(incoming)
            if inspect.isawaitable(returned):
                await returned
            else:
                check_ran(returned)
        except BaseException as error:
            own = of_its_own(error)
            self._engine.settling.undo(incoming)
            await surely(functools.partial(self._engine.settling.failed, incoming, own))
            if not isinstance(own, Exception):
                raise
        else:
            self._engine.settling.undo(incoming)
            await surely(lambda: self._engine.settling.settle(incoming))

    async def __aiter__(self) -> AsyncGenerator[Incoming, None]:
        """Hand messages over one by one, as iterating an :class:`Inbox` does."""
        over = asyncio.Event()
        try:
            async with contextlib.aclosing(self._claimed(UnderWay(), wait=True)) as claimed:
                async for incoming in claimed:
                    try:
                        yield incoming
                    except (GeneratorExit, asyncio.CancelledError):
                        self._leaving = over
                        self._engine.settling.left(incoming)
                        raise
                    self._engine.settling.undo(incoming)
                    await surely(functools.partial(self._engine.settling.settle, incoming))
        finally:
            self._leaving = None
            over.set()

    async def _claimed(self, under_way: UnderWay, *, wait: bool) -> AsyncGenerator[Incoming, None]:
        await self._closed_if_left()
        engine, before = self._engine, self._running
        if before is not None and not before.is_lost:
            raise ConfigurationError(
                "this inbox is running already, in another task or around this call: open another for each"
            )
        self._running = under_way
        try:
            if before is not None:
                await surely(engine.end)
            await to_its_end(begun_aside(engine.begin))
            while not engine.is_stopped():
                await aside(engine.poll)
                while not engine.is_stopped() and (incoming := await self._claim()) is not None:
                    yield incoming
                    await under_way.fewer_than(self._concurrency)
                    await self._send(more=True)
                    if engine.round_is_due and wait:
                        break
                if not wait:
                    await under_way.fewer_than(1)
                await self._send()
                if not wait and not await aside(engine.has_due):
                    break
                if wait:
                    await self._rest(await aside(engine.pause), under_way)
            await under_way.fewer_than(1)
        finally:
            try:
                await under_way.cancel()  # while nobody may take over what they have in hand
            finally:
                if self._running is under_way:  # else its loop was closed, and a later run has ended it
                    ended = begun_aside(engine.end, or_here=True)
                    ended.add_done_callback(self._is_over)  # also where this is cancelled once more
                    await asyncio.shield(ended)

    async def _claim(self) -> Incoming | None:
        """Take the next message; where the task is cancelled meanwhile, nobody has had it in hand."""
        claimed = begun_aside(self._engine.claim)
        try:
            return await to_its_end(claimed)
        except asyncio.CancelledError:
            if claimed.done() and claimed.exception() is None and (incoming := claimed.result()) is not None:
                await surely(functools.partial(self._engine.settling.give_back, incoming))
            raise

    async def _send(self, *, more: bool = False) -> None:
        """Send what is due; where the task is cancelled meanwhile, until the entry in hand has been sent."""
        stopped = threading.Event()
        sending = self._engine.sending
        await to_its_end(begun_aside(lambda: sending.send(more=more, until=stopped.is_set)), stopped.set)

    def _is_over(self, _: asyncio.Future[None]) -> None:
        if self._running is not None:
            self._running.over.set_result(None)
            self._running = None

    async def _closed_if_left(self) -> None:
        """Wait for the end of a loop that was left: asyncio closes a generator some steps after its last use."""
        for _ in range(STEPS):
            if self._leaving is not None:
                await self._leaving.wait()
            if self._running is None:
                break
            await asyncio.sleep(0)

    async def _rest(self, seconds: float, under_way: UnderWay) -> None:
        if self._inbox.conduct.wait is not None:
            await aside(lambda: self._engine.rest(seconds))
        else:
            await under_way.one_ended(seconds)

    def stop(self) -> None:
        """Let a run end after the messages that are in hand; a later run ends at once."""
        self._inbox.stop()

    def report(self) -> Report:
        """Return what the last run did, or what this one has done until now; as :meth:`Inbox.report`."""
        return self._inbox.report()

    # Looking

    async def _do(self, action: Callable[[Inbox], R]) -> R:
        return await aside(lambda: action(self._inbox))

    status = forwarded(Inbox.status)
    dead = forwarded(Inbox.dead)
    rejected = forwarded(Inbox.rejected)
    messages = forwarded(Inbox.messages)
    retry = forwarded(Inbox.retry)
    purge = forwarded(Inbox.purge)

    # Life

    async def close(self) -> None:
        """Close the place and the clients; doing it again does nothing.

        A run of this loop ends after the messages in hand; it is waited for as long as the setting ``timeout`` says,
        unless it is around this call.
        """
        await self._closed_if_left()
        self.stop()
        if self._running is not None and self._running.can_be_waited_for:
            await asyncio.wait([self._running.over], timeout=self._engine.patience)
        await surely(self._inbox.close)

    def __repr__(self) -> str:
        return f"<Async{repr(self._inbox)[1:]}"
