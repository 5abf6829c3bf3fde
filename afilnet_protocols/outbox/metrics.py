"""What an outbox tells a monitoring system, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable

from afilnet_protocols.outbox.entry import State
from afilnet_protocols.outbox.outbox import Outbox


def exposition(outbox: Outbox) -> str:
    """Return how many entries are in each state, and for how long the one of each state that waits longest.

    Raises:
        ConfigurationError: the outbox cannot be read.
    """
    counts, ages = outbox.status(), outbox.ages()
    changed = "How long ago the entry of a state that is open changed least recently."
    still_open = (State.PENDING, State.SENDING, State.UNKNOWN)
    return gauge("afilnet_outbox_entries", "Entries of the outbox in each state.", by_state(counts.items())) + gauge(
        "afilnet_outbox_oldest_seconds",
        changed,
        by_state((state, f"{ages.get(state, 0.0):.3f}") for state in still_open),
    )


def gauge(name: str, about: str, samples: Iterable[str]) -> str:
    """Return a gauge (Prometheus documentation, Exposition formats).

    Args:
        name: its name.
        about: what it measures.
        samples: each with what follows the name: labels, a blank, and the value.
    """
    lines = [f"# HELP {name} {about}", f"# TYPE {name} gauge", *(f"{name}{sample}" for sample in samples)]
    return "".join(f"{line}\n" for line in lines)


def by_state(values: Iterable[tuple[str, object]]) -> Iterable[str]:
    """Return a sample for each state."""
    return (f'{{state="{state}"}} {value}' for state, value in values)
