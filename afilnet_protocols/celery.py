"""A bell for an outbox: Celery tells workers that there is something to send, and the outbox alone knows what.

A task carries the number of an entry, and nothing else. What it does is :meth:`~afilnet_protocols.Outbox.send`; so
whatever the broker drops, doubles, delays or reorders, and whenever a worker is killed, each entry is sent as the
outbox's laws say. Needs the extra ``celery``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from afilnet_protocols.extras import absence

try:
    from celery import Celery
    from celery.exceptions import SoftTimeLimitExceeded
    from kombu.exceptions import OperationalError
except ImportError as missing:
    raise ImportError(absence("celery", "the bell")) from missing

from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.journal import logger
from afilnet_protocols.outbox import Outbox
from afilnet_protocols.outbox.places import DEFAULT_SCHEMA
from afilnet_protocols.registry import connect
from afilnet_protocols.seconds import check_seconds
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.settings import Settings, wrap_secrets
from afilnet_protocols.settings.overrides import SettingsOverrides

if TYPE_CHECKING:
    from afilnet_protocols.operations import ChatOperations
    from afilnet_protocols.outbox.entry import Entry

_log = logger()

Verdict = dict[str, str | int | None]
"""What a task returns: ``id``, ``state``, ``attempts``, ``error`` and ``reason`` of the entry, as plain data: an
exception would reach whoever asks for the result as a class that is not ours."""

SWEEPING = 60.0
"""How often what nobody rang for is looked for, in seconds."""


class Bell:
    """Two tasks of a Celery application, and what rings for them.

    ::

        bell = Bell(app, "postgresql://db/app", "production")   # where the application is made

        number = outbox.enqueue(…, connection=connection)       # in the transaction of a view
        bell.ring(number, after=transaction.on_commit)          # Django's

    Every process, and every thread, of a Celery worker opens an outbox of its own when it first needs one.
    """

    def __init__(
        self,
        app: Celery,
        place: str | Path,
        profile_or_settings: str | Settings | None = None,
        /,
        *,
        schema: str = DEFAULT_SCHEMA,
        name: str = "afilnet_protocols",
        sweeping: float | None = SWEEPING,
        make_client: Callable[[Settings], ChatOperations] = connect,
        **overrides: Unpack[SettingsOverrides],
    ) -> None:
        """Add the tasks ``afilnet_protocols.send`` and ``afilnet_protocols.sweep``. Nothing is opened.

        Args:
            app: the application.
            place: the outbox's place, as for :class:`~afilnet_protocols.Outbox`.
            profile_or_settings: as for :class:`~afilnet_protocols.Outbox`. Their ``timeout`` should be shorter than a
                soft time limit of the tasks: an entry that is cut short is in doubt.
            schema: as for :class:`~afilnet_protocols.Outbox`.
            name: what the tasks' names begin with; for an application with several outboxes.
            sweeping: how often ``celery beat`` is to look for what nobody rang for, in seconds; ``None`` for never.
            make_client: makes the client that sends.
            overrides: settings that win over every other source.

        Raises:
            InvalidRequestError: ``sweeping`` is no length of time, or none at all.
        """
        if sweeping is not None:
            check_seconds("sweeping", sweeping, zero=False)
        place = origin_only(place)
        wrap_secrets(overrides)
        self._opened = threading.local()
        self._open: Callable[[], Outbox] = lambda: Outbox(
            place, profile_or_settings, schema=schema, make_client=make_client, **overrides
        )

        # Functions, for Celery takes the first parameter of a method away; and not for every application there is.
        def send(number: int) -> Verdict:
            return self.send(number)

        def sweep() -> dict[str, object]:
            return self.sweep()

        self._send = app.task(name=f"{name}.send", shared=False, max_retries=0)(send)
        app.task(name=f"{name}.sweep", shared=False, max_retries=0, ignore_result=True)(sweep)
        if sweeping is not None:
            app.conf.beat_schedule = {
                **(app.conf.beat_schedule or {}),
                name: {"task": f"{name}.sweep", "schedule": sweeping, "options": {"expires": sweeping}},
            }

    def ring(self, number: int, *, after: Callable[[Callable[[], None]], object] | None = None) -> None:
        """Tell a worker that an entry is there. One that is told before the entry is committed finds nothing.

        A broker that cannot be reached is logged and raises nothing: the entry is in the outbox, and is swept up.

        Args:
            number: the entry's number.
            after: calls what it is given when the caller's transaction is committed, such as Django's
                ``transaction.on_commit``; without it, the task is sent now.
        """

        def tell() -> None:
            try:
                self._send.delay(number)
            except OperationalError as error:
                _log.warning("nobody was told of entry %d, which is left to the sweep: %s", number, error)

        if after is None:
            tell()
        else:
            after(tell)

    def send(self, number: int) -> Verdict:
        """Send an entry with what is before it in its conversation; what the task does.

        Args:
            number: the entry's, as ``enqueue`` returned it.

        Returns:
            The entry's verdict. ``state`` is ``None`` if there is no such entry; ``error`` and ``reason`` then, and
            where settings or credentials are wrong, are those of the call.
        """
        error: AfilnetError | None = None
        try:
            return _verdict(self._outbox().send(number))
        except AfilnetError as failure:
            error = failure
        except SoftTimeLimitExceeded:
            pass  # what was being sent is noted as in doubt
        return self._found(number, error)

    def sweep(self) -> dict[str, object]:
        """Send whatever is due, also what workers left that are gone; what the periodic task does.

        What is for later is left to a later sweep: a task that waited for it would have its worker do nothing else.

        Returns:
            The report of the run, as plain data; ``error`` and ``reason`` if it ended early.
        """
        try:
            return asdict(self._outbox().run(rest=False))
        except AfilnetError as error:
            return {"error": type(error).__name__, "reason": str(error)}

    def _found(self, number: int, error: AfilnetError | None) -> Verdict:
        entry: Entry | None = None
        try:
            entry = self._outbox().entry(number)
        except AfilnetError as failure:
            error = error or failure
        verdict: Verdict = {"id": number, "state": None, "attempts": None} if entry is None else _verdict(entry)
        said = {"error": type(error).__name__, "reason": str(error)} if error else {}
        return {"error": None, "reason": None, **verdict, **said}

    def _outbox(self) -> Outbox:
        """Return this thread's outbox. A child of a process opens one of its own."""
        if getattr(self._opened, "process", None) != os.getpid():
            self._opened.outbox, self._opened.process = self._open(), os.getpid()
        outbox: Outbox = self._opened.outbox
        return outbox


def _verdict(entry: Entry) -> Verdict:
    return {
        "id": entry.id,
        "state": str(entry.state),
        "attempts": entry.attempts,
        "error": entry.error,
        "reason": entry.reason,
    }
