"""`Outbox`: a durable queue of messages, for those who must neither lose nor double one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from afilnet_protocols.callers import check_client, check_flags, check_function, check_kind
from afilnet_protocols.calls.pauses import pause
from afilnet_protocols.errors import (
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
    ServiceError,
)
from afilnet_protocols.operations import ChatOperations, Closing
from afilnet_protocols.outbox.checks import check_callbacks
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.outbox.counts import check_count, check_rate
from afilnet_protocols.outbox.entry import Entry, Report, State
from afilnet_protocols.outbox.intake import Intake
from afilnet_protocols.outbox.ledger import Ledger
from afilnet_protocols.outbox.one_run import OneRun
from afilnet_protocols.outbox.places import DEFAULT_SCHEMA, open_store
from afilnet_protocols.outbox.settling import settle
from afilnet_protocols.outbox.store import HeldUp
from afilnet_protocols.outbox.worker import Progress, Worker, recover
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.process.shortage import MADE_OR_TOLD
from afilnet_protocols.registry import connect, resolve_settings
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.settings import Settings, check_given, refuse_unknown, wrap_secrets
from afilnet_protocols.settings.overrides import SettingsOverrides
from afilnet_protocols.vocabulary import Finding
from afilnet_protocols.waiting import Place, Signal

HELD_UP = 0.05
"""After how long a conversation that another worker has in hand, or looks at, is tried again, in seconds."""


class Outbox(OfThisProcess, Intake, Ledger, Closing):
    """A durable queue in an SQLite file or in PostgreSQL. What is in it is sent by :meth:`run`, once each.

    An entry is noted as being sent, on disk, before the first byte leaves. So after a crash at any point it is known
    which entries may have been sent; under ``delivery = "at_most_once"`` (the default) these stay ``UNKNOWN``, under
    ``"reconcile"`` their conversations are read back, under ``"at_least_once"`` they are sent again.

    * Entries of one conversation are sent in the order in which they were put in: none overtakes one that is still to
      be sent. One whose outcome is unknown holds nobody up.
    * Several processes may work on one outbox; each opens its own. A file must be on a local disk.
    * It holds messages and destinations but no secret; a file is readable by its owner alone.
    * An outbox may be used from several threads, and one of them at a time may be in :meth:`run`.

    ::

        with Outbox("outbox.db", "production") as outbox:
            outbox.enqueue(platform="whatsapp", platform_id="100", destination="34600000000", message="hola")
            print(outbox.run())
    """

    _closed = False

    def __init__(
        self,
        place: str | Path,
        profile_or_settings: str | Settings | None = None,
        /,
        *,
        schema: str = DEFAULT_SCHEMA,
        make_client: Callable[[Settings], ChatOperations] = connect,
        conduct: Conduct | None = None,
        **overrides: Unpack[SettingsOverrides],
    ) -> None:
        """Open an outbox; its file is made if there is none. Nothing is sent.

        Args:
            place: the path of an SQLite file, or the address of a PostgreSQL database, ``postgresql://…``; the
                application's own database may be used. PostgreSQL needs the extra ``postgresql``.
            profile_or_settings: as for :func:`~afilnet_protocols.connect`; what they say is only looked at for sending.
            schema: in PostgreSQL, the schema that the outbox's tables are in.
            make_client: makes the client that sends.
            conduct: clock, waits and chance, given by tests; its ``delivery`` is not looked at.
            overrides: settings that win over every other source.

        Raises:
            InvalidRequestError: ``make_client`` is no function, or ``conduct`` is none.
            ConfigurationError: the file is open to other users, no database, of another version, locked or unwritable;
                the server cannot be reached, or is behind a pooler in transaction mode; an extra is not installed; a
                setting is not known, or what is given as settings is none.
        """
        place = origin_only(place)
        wrap_secrets(overrides)
        check_given(profile_or_settings)
        refuse_unknown(overrides, "arguments", beside=Outbox.__init__.__kwdefaults__)
        check_function("make_client", make_client, "settings")
        check_kind("conduct", conduct, Conduct)
        self._given = (profile_or_settings, overrides)
        self._make_client = make_client
        self._conduct = conduct or Conduct()
        self._settings: Settings | None = None
        self._chat: ChatOperations | None = None
        self._run = OneRun("this outbox is running already, in another thread or task or around this call")
        begin_afresh(self)
        with MADE_OR_TOLD:
            self._store = open_store(place, schema=schema)

    def after_fork(self) -> None:
        """Begin with a lock that no thread of the parent has, and unstopped."""
        self._making = threading.Lock()
        self._stop = Signal()

    # Sending

    def run(
        self,
        *,
        limit: int | None = None,
        rate: float | None = None,
        wait: bool = False,
        rest: bool = True,
        on_progress: Progress | None = None,
        until: Callable[[], bool] | None = None,
    ) -> Report:
        """Send what is in the queue, until nothing is left that can be sent.

        What provably did not reach the service is tried again after a while, at most five times in one run; the run
        ends when eight attempts in a row did not get through. What is left stays in the queue for another run.

        Args:
            limit: how many attempts to make at most.
            rate: how many attempts to begin in a second at most, up to 10,000: in PostgreSQL by all workers of the
                account that are told this rate, in a file by this worker.
            wait: whether to wait for more when nothing is due, until :meth:`stop` is called.
            rest: whether to wait for what is to be tried again, or is not to be sent yet; else it is left for a later
                run.
            on_progress: is told each entry when its state has changed; what it raises ends the run.
            until: says whether to end, is asked between two entries, and does for this run what :meth:`stop` does for
                all.

        Raises:
            InvalidRequestError: an argument cannot be meant.
            AuthenticationError: the credentials were refused. Nothing is lost: correct them and run again.
            ConfigurationError: the settings cannot work, or the file cannot be written. If its ``delivery`` is
                ``unknown``, an entry's outcome could not be noted, and it will count as unknown.
        """
        if limit is not None:
            check_count("limit", limit, least=0)
        if rate is not None:
            check_rate(rate)
        check_flags(wait=wait, rest=rest)
        return self._work(rate, on_progress, lambda worker: worker.run(limit, wait=wait, rest=rest), until)

    def send(self, number: int, *, until: Callable[[], bool] | None = None) -> Entry:
        """Send what is in an entry's conversation up to this entry, if it is due, and return the entry as it is then.

        What a task queue does when it is told of an entry: whatever it loses, doubles or reorders, each entry is sent
        once and in its conversation's order. An entry that is not due is left. What another worker has in hand in that
        conversation, or is just looking at, is waited for, for as long as the setting ``timeout`` says: nobody else may
        be told of this entry.

        Args:
            number: the entry's number.
            until: as for :meth:`run`.

        Raises:
            InvalidRequestError: there is no such entry, or ``until`` is no function.
            AuthenticationError: as for :meth:`run`.
            ConfigurationError: as for :meth:`run`.
        """
        check_callbacks(None, until)
        found = self.entry(number)
        if found is not None and found.state is State.PENDING:
            self._send(number, until)
            found = self.entry(number)
        if found is None:
            raise InvalidRequestError(f"the outbox has no entry {number}")
        return found

    def _send(self, number: int, until: Callable[[], bool] | None) -> None:
        _, settings = self._client()
        end = self._conduct.clock() + settings.timeout
        while True:
            report = self._work(None, None, lambda worker: worker.run(None, upto=number), until)
            keeps = self._store.held_up(number)
            if keeps is None or (keeps is HeldUp.PASSED_OVER and report.not_sent):  # it was tried: it may rest
                return
            if self._conduct.clock() >= end or self._stop.happened or (until is not None and until()):
                return
            self._conduct.wait(HELD_UP)

    def stop(self) -> None:
        """Let a run end after the entry that it has in hand; a later run ends at once. From any thread or a handler."""
        self._stop.set()

    def _work(
        self,
        rate: float | None,
        on_progress: Progress | None,
        run: Callable[[Worker], Report],
        until: Callable[[], bool] | None,
    ) -> Report:
        check_callbacks(on_progress, until)
        place: Place | None = None
        try:
            place = self._run.begin()
            chat, settings = self._client()
            worker = Worker(
                self._store,
                chat,
                replace(self._conduct, delivery=settings.delivery),
                rate=rate,
                account=settings.user or settings.client_id or "",
                on_progress=on_progress,
                stopped=lambda: self._stop.happened or (until is not None and until()),
            )
            report = run(worker)
            found: dict[int, Finding] = {}
            if settings.delivery == "reconcile" and worker.doubtful:
                found = self._settled(chat, settings)
        finally:
            if place is not None:
                place.give_back()
        delivered = {number for number in worker.doubtful if found.get(number) is Finding.DELIVERED}
        return replace(
            report,
            sent=report.sent + len(delivered),
            unknown=len(worker.doubtful - delivered),
            reconciled=len(delivered),
        )

    def _settled(self, chat: ChatOperations, settings: Settings) -> dict[int, Finding]:
        """Read back what a run left in doubt. What cannot be read now stays in doubt."""
        try:
            return self._settle(chat, settings, resend_absent=False)
        except (NotSentError, OutcomeUnknownError, ServiceError):
            return {}

    def reconcile(self, *, resend_absent: bool = False, on_progress: Progress | None = None) -> dict[int, Finding]:
        """Read conversations back, to find out about every entry whose outcome is unknown.

        It waits for the time that the setting ``settle`` gives the service before it believes that a message is
        absent. A message that is found becomes ``SENT``. Without a count from before the send, which only
        ``delivery = "reconcile"`` takes, a message that is found may be an older one, and the entry stays unknown.
        Whoever else writes the same text to the same conversation can mislead it.

        Args:
            resend_absent: make entries that are absent ``PENDING`` again. If the service takes longer than
                ``settle``, this doubles messages.
            on_progress: is told each entry, as it was, when its conversation has been read; one that was not found is
                looked for twice. What it raises ends the search, and what was found until then is noted.

        Returns:
            The finding about each entry, by its number.

        Raises:
            InvalidRequestError: ``resend_absent`` says neither yes nor no, or ``on_progress`` is no function.
            ConfigurationError: the settings cannot work, or the file cannot be used.
            AfilnetError: a conversation cannot be read now; what was found until then is noted.
        """
        check_flags(resend_absent=resend_absent)
        check_callbacks(on_progress, None)
        chat, settings = self._client()
        recover(self._store, State.UNKNOWN)
        return self._settle(chat, settings, resend_absent=resend_absent, tell=on_progress)

    def _settle(
        self, chat: ChatOperations, settings: Settings, *, resend_absent: bool, tell: Progress | None = None
    ) -> dict[int, Finding]:
        def wait() -> None:
            pause(settings.settle, self._conduct.wait)

        return settle(self._store, chat, wait, resend_absent=resend_absent, over_get=settings.over_get, tell=tell)

    def _client(self) -> tuple[ChatOperations, Settings]:
        """Return the client that sends, and the settings. It never repeats by itself what may have been sent."""
        self._store.next_due(())
        with self._making:  # one may run it while another reconciles: of two clients, one would never be closed
            if self._chat is None or self._settings is None:
                given, overrides = self._given
                self._settings = resolve_settings(given, **overrides)
                made = self._make_client(self._settings.but(delivery="at_most_once"))
                check_client("make_client", made)
                self._chat = made
            return self._chat, self._settings

    # Life

    def close(self) -> None:
        """Close the file and the client; doing it again does nothing.

        A run of another thread ends after the entry that it has in hand; it is waited for as long as the setting
        ``timeout`` says.
        """
        self.stop()
        self._run.wait_for_another(0.0 if self._settings is None else self._settings.timeout)
        if self._chat is not None:
            self._chat.close()
            self._chat = None
        self._store.close()
        self._closed = True

    def __repr__(self) -> str:
        place = self._store.place if hasattr(self, "_store") else "that could not be opened"
        return f"<Outbox {place!r}{' closed' if self._closed else ''}>"
