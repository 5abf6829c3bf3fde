"""`Workers`: several outboxes of one place at work at once, each in a thread, as one run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict

from afilnet_protocols.errors import ConfigurationError, InvalidRequestError
from afilnet_protocols.outbox import Entry, Outbox, Report
from afilnet_protocols.plural import several

Progress = Callable[[Entry], None]

_SUMMED = ("sent", "rejected", "unknown", "reconciled", "not_sent", "recovered")


class Workers:
    """Several workers. What one raises ends the others, after the entry that each has in hand.

    Args:
        queues: an outbox for each worker, all of one place.
    """

    def __init__(self, queues: Sequence[Outbox]) -> None:
        self._queues = queues
        self._reports: list[Report] = []
        self._errors: list[BaseException] = []
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Let all of them end after the entry that each has in hand."""
        for queue in self._queues:
            queue.stop()

    def run(self, *, limit: int | None, rate: float | None, wait: bool, on_progress: Progress) -> Report:
        """Run all of them to their end; return what they did together.

        Args:
            limit: how many attempts a single worker makes at most.
            rate: how many attempts to begin in a second at most, all together.
            wait: as for :meth:`Outbox.run`.
            on_progress: is told each entry, by one thread at a time.

        Raises:
            InvalidRequestError: a limit for several workers.
            ConfigurationError: not all of them can be started.
            AfilnetError: as for :meth:`Outbox.run`.
        """
        if len(self._queues) == 1:
            return self._queues[0].run(limit=limit, rate=rate, wait=wait, on_progress=on_progress)
        if limit is not None:
            raise InvalidRequestError("--limit goes with one worker: leave out --workers, or the limit")
        each = rate if rate is None or self._queues[0].shares_rate else rate / len(self._queues)

        def tell(entry: Entry) -> None:
            with self._lock:
                on_progress(entry)

        def work(queue: Outbox) -> None:
            try:
                self._reports.append(queue.run(rate=each, wait=wait, on_progress=tell))
            except BaseException as error:  # noqa: BLE001 -- raised again below, where somebody hears it
                self._errors.append(error)
                self.stop()

        threads = [threading.Thread(target=work, args=(queue,)) for queue in self._queues]
        try:
            missing = _started(threads)
            if missing:
                self.stop()
            for thread in threads[: len(threads) - missing]:
                thread.join()
        finally:  # interrupted, each has an entry in hand, and their outboxes are about to be closed
            self.stop()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
        if missing:
            raise ConfigurationError(
                f"{several(missing, 'worker')} of {len(threads)} cannot be started, for there is no thread to be had;"
                " the others were stopped after the entry that each had in hand: ask for fewer with --workers"
            )
        if self._errors:
            raise self._errors[0]
        return _together(self._reports)


def _started(threads: Sequence[threading.Thread]) -> int:
    """Start threads, and return how many cannot be."""
    for number, thread in enumerate(threads):
        try:
            thread.start()
        except RuntimeError:  # so says Python, whatever the system lacks
            return len(threads) - number
    return 0


def _together(reports: Sequence[Report]) -> Report:
    parts = [asdict(report) for report in reports]
    return Report(
        **{name: sum(part[name] for part in parts) for name in _SUMMED},
        remaining=min(part["remaining"] for part in parts),
        seconds=max(part["seconds"] for part in parts),
        stopped=next((part["stopped"] for part in parts if part["stopped"]), None),
    )
