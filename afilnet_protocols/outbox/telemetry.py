"""OpenTelemetry metrics of an outbox: how many entries wait, for how long, and how sends end. Needs the extra `otel`.

They are what :func:`~afilnet_protocols.outbox.metrics.exposition` writes for Prometheus, and the outcomes as they come.
No argument, address or secret is ever recorded.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.extras import absence
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.outbox import Outbox

try:
    from opentelemetry import metrics
    from opentelemetry.metrics import CallbackOptions, Observation
except ImportError as error:
    raise ImportError(absence("otel", "OutboxMeters")) from error

OPEN = (State.PENDING, State.SENDING, State.UNKNOWN)
"""The states of which it matters for how long an entry is in one."""


class OutboxMeters:
    """Observes an outbox whenever metrics are collected, and counts outcomes where a run tells it of them.

    ::

        meters = OutboxMeters(outbox)
        outbox.run(wait=True, on_progress=meters.count)

    * ``afilnet.outbox.entries``: a gauge, entries by ``afilnet.outbox.state``.
    * ``afilnet.outbox.oldest``: a gauge in seconds, for how long the entry of an open state has been in it that changed
      least recently; 0 if there is none.
    * ``afilnet.outbox.outcomes``: a counter, attempts by the state that they led to, and by ``error.type`` if any.

    An outbox that is closed, or that cannot be read at the moment, shows nothing.

    Args:
        outbox: what is observed, from the thread that collects; it is not kept alive by this.
        meter_provider: where metrics go; the global provider by default.
    """

    def __init__(self, outbox: Outbox, meter_provider: metrics.MeterProvider | None = None) -> None:
        self._outbox = weakref.ref(outbox)
        meter = metrics.get_meter("afilnet_protocols", meter_provider=meter_provider)
        meter.create_observable_gauge(
            "afilnet.outbox.entries", [self._entries], unit="{entry}", description="Entries in each state"
        )
        meter.create_observable_gauge(
            "afilnet.outbox.oldest", [self._oldest], unit="s", description="Age of the oldest entry of an open state"
        )
        self._outcomes = meter.create_counter(
            "afilnet.outbox.outcomes", unit="{attempt}", description="Attempts by the state that they led to"
        )

    def count(self, entry: Entry) -> None:
        """Count how an attempt ended: what ``on_progress`` of :meth:`afilnet_protocols.Outbox.run` is told."""
        facts = _of(entry.state)
        self._outcomes.add(1, {**facts, "error.type": entry.error} if entry.error else facts)

    def _entries(self, _: CallbackOptions) -> Iterator[Observation]:
        outbox = self._outbox()
        if outbox is not None:
            try:
                counts = outbox.status()
            except ConfigurationError:
                return
            yield from (Observation(count, _of(state)) for state, count in counts.items())

    def _oldest(self, _: CallbackOptions) -> Iterator[Observation]:
        outbox = self._outbox()
        if outbox is not None:
            try:
                ages = outbox.ages()
            except ConfigurationError:
                return
            yield from (Observation(ages.get(state, 0.0), _of(state)) for state in OPEN)


def _of(state: State) -> dict[str, str]:
    return {"afilnet.outbox.state": str(state)}
