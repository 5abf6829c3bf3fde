"""What an inbox tells a monitoring system, in Prometheus' text format, and whether it is well."""

from __future__ import annotations

from afilnet_protocols.inbox.incoming import State
from afilnet_protocols.inbox.store import Status
from afilnet_protocols.outbox.metrics import by_state, gauge
from afilnet_protocols.plural import several


def exposition(status: Status) -> str:
    """Return the counts and times of an inbox."""
    gauges = (
        ("oldest_seconds", "For how long the oldest message has waited since it was noticed.", status.oldest),
        ("polled_seconds", "How long ago a round of polling ended.", status.polled),
        ("lag_seconds", "How long messages waited for their handler, 95th percentile of the last hundred.", status.lag),
        ("others_seconds", "How long ago somebody else was seen to read or answer.", status.others),
    )
    counts = ((state, status.counts[state]) for state in State)
    return gauge("afilnet_inbox_messages", "Messages of the other party in each state.", by_state(counts)) + "".join(
        gauge(f"afilnet_inbox_{name}", about, [f" {value:.3f}"]) for name, about, value in gauges if value is not None
    )


def ailments(status: Status, *, patience: float) -> list[str]:
    """Return what is wrong with an inbox, in words; nothing if it is well.

    Args:
        status: what is in it.
        patience: how long a message may wait, or nobody may poll, in seconds.
    """
    found = []
    if status.polled is None or status.polled > patience:
        found.append("nobody polls" if status.polled is None else f"nobody has polled for {status.polled:.0f} s")
    if status.oldest > patience:
        found.append(f"a message has waited for {status.oldest:.0f} s")
    if status.counts[State.DEAD]:
        found.append(several(status.counts[State.DEAD], "message is dead", "messages are dead"))
    return found
