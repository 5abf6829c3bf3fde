"""`connect_async`: the six operations for asyncio. The event loop carries out what a thread would wait for."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, cast

from afilnet_protocols.begun import Begun
from afilnet_protocols.breaker import Breaker, check_breaker
from afilnet_protocols.call_time import for_call
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.clock import monotonic
from afilnet_protocols.coroutines.forwarding import AsyncForwarding
from afilnet_protocols.coroutines.operations import AsyncChatOperations, check_unknown
from afilnet_protocols.coroutines.stepwise import Stepwise, as_stepwise
from afilnet_protocols.coroutines.threaded import ThreadedChat
from afilnet_protocols.deadline import Deadline, seconds_for_call
from afilnet_protocols.errors import ConfigurationError, OutcomeUnknownError
from afilnet_protocols.forwarding import Arguments
from afilnet_protocols.late_client import CLOSED, LateClient
from afilnet_protocols.observation import CallHook, CallInfo, Watch, check_hooks
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.process.fork import begin_afresh, notice_fork
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.registry import connect
from afilnet_protocols.seconds import LONGEST, is_within
from afilnet_protocols.security.policy import check_settings
from afilnet_protocols.settings import Settings, check_given, refuse_unknown, wrap_secrets
from afilnet_protocols.settings.overrides import SettingsOverrides
from afilnet_protocols.vocabulary import Finding, Protocol
from afilnet_protocols.waiting import Signal, Steps, until
from afilnet_protocols.waiting.carriers import aside
from afilnet_protocols.waiting.tasks import drive, leave

if TYPE_CHECKING:
    from afilnet_protocols.security.report import SecurityReport

R = TypeVar("R")

USUAL = 30.0
"""How long a call may wait for its client to be made if nobody has said how long calls may take, in seconds."""

_LOOKING = 0.5
"""After how long one that closes looks whether the loops of the calls that it waits for still run, in seconds."""


class _UnderWay:
    """A call that is under way.

    Attributes:
        loop: what carries it out, if that is one of asyncio.
        steps: its steps, once they have begun.
    """

    __slots__ = ("loop", "steps")

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.steps: Steps[Any] | None = None
        with contextlib.suppress(RuntimeError):  # under trio, where it ends in an error of ours
            self.loop = asyncio.get_running_loop()


class AsyncChat(OfThisProcess, AsyncForwarding):
    """Carries out the calls of a client in the event loop: the same steps as in a thread, waited for otherwise.

    Only a client that cannot be carried out stepwise, another package's or a wrapper such as the canary, has threads.

    The time of a call begins where it is awaited. One that is cancelled ends at once; whether a byte of it may have
    left, :func:`~afilnet_protocols.delivery_of` says of the ``CancelledError``.

    Args:
        make: makes the synchronous client, in a thread, when it is first needed.
        timeout: how long a call may wait for that, in seconds.
        hooks: who is told of calls that end before there is a client.
    """

    def __init__(self, make: Callable[[], ChatOperations], *, timeout: float, hooks: Sequence[CallHook] = ()) -> None:
        self._client = LateClient(make)
        self._timeout = timeout
        self._hooks = tuple(hooks)
        self._stepwise: Stepwise | None = None
        self._threaded: ThreadedChat | None = None
        self._closed = False
        self._ended = False
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have nothing under way: the parent's calls are its own."""
        self._under_way: set[_UnderWay] = set()
        self._loop: weakref.ref[asyncio.AbstractEventLoop] | None = None
        self._idle = Signal()

    async def close(self) -> None:
        """Refuse the calls that have not begun, wait for those that somebody awaits, and close the client.

        Those of a loop that stands still are not waited for. If this is cancelled itself, it can be called again.
        """
        self._closed = True
        if self._ended:
            return
        if self._stepwise is not None:
            self._stepwise.refuse_waiting()
        if self._threaded is not None:
            await self._threaded.close()
        if self._client.made is None:
            self._client.close()
        self._end_what_is_lost()
        while any(call.loop is not None and call.loop.is_running() for call in self._under_way):
            await drive(until(self._idle, Deadline(_LOOKING)))
        if self._stepwise is not None:
            with contextlib.suppress(ConfigurationError):  # under trio nothing was begun
                await drive(self._stepwise.finishing())
        self._client.close()
        with contextlib.suppress(RuntimeError):  # under trio nothing was begun
            leave(asyncio.get_running_loop())
        self._ended = True

    async def __aenter__(self) -> Self:
        """Make the client, if it has not been made.

        Raises:
            ConfigurationError: the settings cannot work.
        """
        if self._client.made is None:
            await aside(self._client.get)
        return self

    async def reconcile(self, error: OutcomeUnknownError, *, settle: float = 5.0) -> Finding:
        """See :meth:`AsyncChatOperations.reconcile`: over a client of this package, without a thread."""
        check_unknown(error)
        looking = error.reconciling(settle)
        if looking is None:
            return await super().reconcile(error, settle=settle)
        return await drive(cast("Steps[Finding]", looking))

    async def security_report(self) -> SecurityReport:
        """Say which security level this client has, as the synchronous one does; it is made if it has not been.

        Returns:
            The level, which guarantees hold, and what the evidence for them is.

        Raises:
            ConfigurationError: the settings cannot work, the client was closed before it was made, or it is another
                package's, which has none.
        """
        chat = self._client.made
        if chat is None:
            chat = await aside(self._client.get)
        report: Callable[[], SecurityReport] | None = getattr(chat, "security_report", None)
        if report is None:
            raise ConfigurationError(
                f"a {type(chat).__name__} has no security report: its backend is another package's"
            )
        return report()

    def __repr__(self) -> str:
        over = "" if self._client.made is None else f" over {self._client.made!r}"
        return f"<{type(self).__name__}{over}{' closed' if self._closed and not over else ''}>"

    async def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        notice_fork()
        begun, mine = Begun(monotonic()), _UnderWay()
        try:
            self._under_way.add(mine)
            if self._closed:
                with self._without_client(operation, begun):
                    raise ConfigurationError(CLOSED)
            client = self._stepwise
            if client is None:
                client = await self._ready(operation, begun)
            if client is None:
                return await self._in_threads().carry(operation, arguments, begun)
            whole = for_call(client.timeout, begun)
            watch = client.watch(operation, whole)
            try:
                with watch as info:
                    mine.steps = steps = client.undertake(operation, arguments, whole, info)
                    if self._loop is None or self._loop() is not mine.loop:
                        self._begin_in(mine.loop)
                    return await drive(steps)
            except BaseException as error:
                watch.make_sure(error)
                raise
        finally:
            self._under_way.discard(mine)
            if self._closed and not self._under_way:
                self._idle.set()

    def _begin_in(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Begin in another loop than that of the call before, which may have been closed."""
        self._end_what_is_lost()
        self._loop = None if loop is None else weakref.ref(loop)

    def _end_what_is_lost(self) -> None:
        """End the calls whose loop was closed, with the places and the token request that others would wait for."""
        for call in tuple(self._under_way):
            if call.loop is None or not call.loop.is_closed():
                continue
            try:
                self._under_way.remove(call)
            except KeyError:
                continue  # another thread ends it
            if call.steps is not None:
                call.steps.close()

    async def _ready(self, operation: Operation[R], begun: Begun) -> Stepwise | None:
        """Return the client as soon as it has been made; ``None`` if it needs threads."""
        if self._client.made is None:
            limit = Deadline(seconds_for_call(self._timeout), since=begun.at)
            with self._without_client(operation, begun):
                await drive(self._client.getting(limit))
        made = self._client.made
        self._stepwise = None if made is None else as_stepwise(made)
        return self._stepwise

    @contextlib.contextmanager
    def _without_client(self, operation: Operation[object], begun: Begun) -> Iterator[None]:
        """Have hooks and the log told of a call that ends before a client has it."""
        try:
            yield
        except BaseException as error:
            protocol = getattr(self._client.made, "protocol", "")
            watch = Watch(CallInfo(operation.name, protocol, begun.at), self._hooks, begun)
            watch.__enter__()
            watch.__exit__(type(error), error, None)
            raise

    def _in_threads(self) -> ThreadedChat:
        if self._threaded is None:
            self._threaded = ThreadedChat(self._client.get(), timeout=self._timeout, hooks=self._hooks)
        return self._threaded


def connect_async(
    profile_or_settings: str | Settings | None = None,
    /,
    *,
    hooks: Sequence[CallHook] = (),
    breaker: Breaker | bool | None = True,
    **overrides: Unpack[SettingsOverrides],
) -> AsyncChatOperations:
    """Make an asyncio client; parameters are those of :func:`~afilnet_protocols.connect`.

    It returns at once and never stops the loop: files, the environment, commands that give secrets and a description
    at an address are read in a thread, at the beginning of ``async with`` or by the first call, within its time.

    Args:
        profile_or_settings: as for ``connect``.
        hooks: as for ``connect``.
        breaker: as for ``connect``.
        overrides: settings by their names, such as ``protocol`` (:class:`~afilnet_protocols.Settings` has them all);
            they win over every other source.

    Returns:
        A client, to be closed after use; it is an asynchronous context manager.

    Raises:
        ConfigurationError: there is no setting of a name, ready settings cannot work, or what is given as settings,
            ``hooks`` or ``breaker`` is none. What can only be known from files, the environment or the network is
            raised by ``async with`` or the first call.
    """
    wrap_secrets(overrides)
    refuse_unknown(overrides, "keyword argument", beside=connect_async.__kwdefaults__)
    check_given(profile_or_settings)
    watching, resting = check_hooks(hooks), check_breaker(breaker)
    given = profile_or_settings
    if isinstance(given, Settings) and not overrides and given.protocol in tuple(Protocol):
        check_settings(given)
    told = overrides.get("timeout")
    if not (told and is_within(told, 0, LONGEST)):  # what makes the client refuses what is no time
        told = given.timeout if isinstance(given, Settings) else USUAL

    def make() -> ChatOperations:
        return connect(given, hooks=watching, breaker=resting, **overrides)

    return AsyncChat(make, timeout=told, hooks=watching)
