"""`Inbox`: every message of the other party is handled once, in its conversation's order, whatever breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal, Unpack, overload

from afilnet_protocols.callers import check_client, check_flags, check_function, check_kind
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.inbox.engine import Engine
from afilnet_protocols.inbox.incoming import Incoming
from afilnet_protocols.inbox.inspection import Looking
from afilnet_protocols.inbox.manner import Conduct, Manner
from afilnet_protocols.inbox.places import open_inbox
from afilnet_protocols.inbox.polling.pace import Polling
from afilnet_protocols.inbox.polling.start import Start
from afilnet_protocols.inbox.report import Report
from afilnet_protocols.inbox.routes import NOBODY, H, Routes, check_ran
from afilnet_protocols.inbox.store import Limits
from afilnet_protocols.inbox.troubles import Listener, logged
from afilnet_protocols.operations import ChatOperations, Closing
from afilnet_protocols.outbox import Outbox
from afilnet_protocols.outbox.conduct import Conduct as SendingConduct
from afilnet_protocols.outbox.counts import check_count
from afilnet_protocols.outbox.one_run import OneRun
from afilnet_protocols.outbox.places import DEFAULT_SCHEMA
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.process.shortage import MADE_OR_TOLD
from afilnet_protocols.registry import connect, resolve_settings
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.settings import Settings, refuse_unknown, wrap_secrets
from afilnet_protocols.settings.overrides import SettingsOverrides
from afilnet_protocols.vocabulary import AnyPlatform
from afilnet_protocols.waiting import Place


class Inbox(OfThisProcess, Looking, Closing):
    """Receives on the place of an outbox: polls, remembers on disk, hands each message over, and sends the replies.

    * A message is done when its handler has returned: the mark and the replies are one transaction.
    * In a conversation one message after the other, in the order in which they were first seen; conversations that
      are stuck hold up no others.
    * Any number of processes may run one inbox, each with an :class:`Inbox` of its own: one of them polls, all of them
      handle, and whoever is killed is followed.
    * A handler runs outside of any transaction, and may be begun again where it was interrupted
      (``incoming.attempt``).

    ::

        with Inbox("app.db", "production") as inbox:

            @inbox.handler(platform="whatsapp")
            def answer(incoming):
                incoming.reply("We are on it.")

            inbox.run()
    """

    def __init__(
        self,
        place: str | Path,
        profile_or_settings: str | Settings | None = None,
        /,
        *,
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
        """Open an inbox; its tables are made if there are none. Nothing is read or sent.

        Args:
            place: as for :class:`Outbox`: the path of an SQLite file, or ``postgresql://…``. The outbox of the same
                place takes the replies.
            profile_or_settings: as for :func:`~afilnet_protocols.connect`; only needed and looked at for running.
            start: which messages are handed over when a channel is seen for the first time: those that come from
                ``now`` on, ``all`` that the service shows, or those from a time on. ``now`` is noted in the place.
            processing: ``at_least_once``: a handler that was interrupted is begun again. ``at_most_once``: it is not,
                and neither is one that raised; such messages are :meth:`dead`.
            read: how a conversation that has changed is read: ``messages`` whole, ``unread`` by what is unread in it,
                if identifiers can be trusted, ``auto``: whole, but long ones by what is unread.
            attempts: how often a handler may raise before its message is dead; under ``at_most_once`` it is 1.
            interruptions: how often it may be interrupted: by a kill, by a loss of power, or by what the message does
                to it; under ``at_most_once`` it is 1.
            polling: how often it looks.
            send: whether :meth:`run` sends what is in the outbox.
            on_trouble: is told what begins to go wrong, and when it is over, with a
                :class:`~afilnet_protocols.inbox.Trouble`; ``print`` will do. By default it is logged.
            schema: in PostgreSQL, the schema that the tables are in.
            make_client: makes the clients that read and send.
            conduct: clock, waits and chance, given by tests.
            overrides: settings that win over every other source.

        Raises:
            InvalidRequestError: an argument cannot be meant.
            ConfigurationError: as for :class:`Outbox`.
        """
        place = origin_only(place)
        wrap_secrets(overrides)
        refuse_unknown(overrides, "arguments", beside=Inbox.__init__.__kwdefaults__)
        if processing not in ("at_least_once", "at_most_once"):
            raise InvalidRequestError('processing is "at_least_once" or "at_most_once"')
        check_function("on_trouble", on_trouble, "a Trouble")
        check_flags(send=send)
        check_kind("conduct", conduct, Conduct)
        check_count("attempts", attempts)
        check_count("interruptions", interruptions)
        manner = Manner(
            start=Start(start),
            once=processing == "at_most_once",
            read=read,
            polling=Polling() if polling is None else polling,
            limits=Limits(attempts, interruptions),
        )
        self._given = (profile_or_settings, overrides)
        self._make_client = make_client
        self._chat: ChatOperations | None = None
        self.routes: Routes = Routes()
        self.conduct = conduct or Conduct()
        sending = SendingConduct(chance=self.conduct.chance)
        if self.conduct.wait is not None:
            sending = SendingConduct(clock=self.conduct.now, wait=self.conduct.wait, chance=self.conduct.chance)
        self.outbox = Outbox(
            place, profile_or_settings, schema=schema, make_client=make_client, conduct=sending, **overrides
        )
        """The outbox of the same place."""
        try:
            with MADE_OR_TOLD:
                self._store = open_inbox(place, schema=schema)
        except BaseException:
            self.outbox.close()
            raise
        self._manner = manner
        self.engine = Engine(
            self._store, self.outbox, self._client, manner, self.conduct, sends=send, listener=on_trouble
        )
        self._run = OneRun("this inbox is running already, in another thread or around this call")

    def _client(self) -> tuple[ChatOperations, str]:
        self._store.check_open()  # of an inbox that is closed nobody would close the client
        given, overrides = self._given
        settings = resolve_settings(given, **overrides)
        self.engine.patience = settings.timeout
        self._manner.start.check(settings.service_timezone)
        if self._chat is None:
            made = self._make_client(settings.but(delivery="at_most_once"))
            check_client("make_client", made)
            self._chat = made
        return self._chat, settings.user or settings.client_id or ""

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
        """Make a function the handler of messages: ``@inbox.handler``, or ``@inbox.handler(platform="whatsapp")``.

        The first handler that takes a message has it.

        Args:
            function: the handler of all messages.
            platform: only those of channels on this platform.
            platform_id: only those of the channel of this identifier.

        Raises:
            InvalidRequestError: it is no function of one argument, or one of a coroutine, which nobody would await
                here; there is no such platform, or the identifier is no text.
        """
        return self.routes.adding(function, platform, platform_id)

    def run(self, *, wait: bool = True) -> Report:
        """Poll, hand over to the handlers, and send, until :meth:`stop` is called.

        Args:
            wait: whether to go on; else it ends after one round, when nothing is left that can be handled now.

        Raises:
            InvalidRequestError: there is no handler.
            AuthenticationError: the credentials were refused. Nothing is lost: correct them and run again.
            ConfigurationError: the settings cannot work, the place cannot be used, or the service shows what the
                outbox sent as if the other party had written it.
        """
        if not self.routes:
            raise InvalidRequestError("an inbox needs a handler to run: @inbox.handler()")
        check_flags(wait=wait)
        for incoming in self._claimed(wait=wait):
            self._hand_over(incoming)
        return self.report()

    def report(self) -> Report:
        """Return what the last run did, or what this one has done until now."""
        return Report.of(self.engine)

    def _hand_over(self, incoming: Incoming) -> None:
        handler = self.routes.of(incoming)
        if handler is None:
            self.engine.settling.reject(incoming, NOBODY)
            return
        try:
            check_ran(handler(incoming))
        except BaseException as error:
            self.engine.settling.failed(incoming, error)
            if not isinstance(error, Exception):
                raise
        else:
            self.engine.settling.settle(incoming)

    def __iter__(self) -> Iterator[Incoming]:
        """Hand messages over one by one, until :meth:`stop` is called; each is done when the next one is asked for.

        A loop that is left by ``break`` or by an exception, which look alike from here, has not finished the message
        that it had in hand, unless it said ``incoming.done()``: it is handed over again. That counts as an
        interruption, not as an attempt that failed.
        """
        for incoming in self._claimed(wait=True):
            try:
                yield incoming
            except GeneratorExit:
                self.engine.settling.left(incoming)
                raise
            self.engine.settling.settle(incoming)

    def _claimed(self, *, wait: bool) -> Iterator[Incoming]:
        engine = self.engine
        place: Place | None = None
        try:
            place = self._run.begin()
            engine.begin()
            while not engine.is_stopped():
                engine.poll()
                while not engine.is_stopped() and (incoming := engine.claim()) is not None:
                    yield incoming
                    engine.sending.send(more=True)
                    if engine.round_is_due and wait:
                        break
                engine.sending.send()
                if not wait:
                    break
                engine.rest(engine.pause())
        finally:
            if place is not None:
                try:
                    engine.end()
                finally:  # also where a signal's handler raises meanwhile
                    place.give_back()

    def stop(self) -> None:
        """Let a run end after the message in hand; a later run ends at once.

        It may be called from any thread, a handler, or a signal's handler.
        """
        self.engine.stopped.set()
        self.outbox.stop()

    # Life

    def close(self) -> None:
        """Close the place and the clients; doing it again does nothing.

        A run of another thread ends after the message that it has in hand; it is waited for as long as the setting
        ``timeout`` says.
        """
        self.stop()
        self._run.wait_for_another(self.engine.patience)
        if self._chat is not None:
            self._chat.close()
            self._chat = None
        self.outbox.close()
        self._store.close()

    def __repr__(self) -> str:
        return f"<Inbox on {self.outbox!r}>"
