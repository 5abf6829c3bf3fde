"""What an outbox tells a monitoring system, in Prometheus' text format."""

from __future__ import annotations

from afilnet_protocols.outbox.entry import State
from afilnet_protocols.outbox.outbox import Outbox

MEDIA_TYPE = "text/plain; version=0.0.4"
"""What the text is served as (Prometheus documentation, Exposition formats)."""


def exposition(outbox: Outbox) -> str:
    """Return how many entries are in each state, and for how long the one of each state that waits longest.

    Raises:
        ConfigurationError: the outbox cannot be read.
    """
    counts, ages = outbox.status(), outbox.ages()
    lines = [
        "# HELP afilnet_outbox_entries Entries of the outbox in each state.",
        "# TYPE afilnet_outbox_entries gauge",
        *(f'afilnet_outbox_entries{{state="{state}"}} {counts[state]}' for state in State),
        "# HELP afilnet_outbox_oldest_seconds How long ago the entry of a state that is open changed least recently.",
        "# TYPE afilnet_outbox_oldest_seconds gauge",
        *(
            f'afilnet_outbox_oldest_seconds{{state="{state}"}} {ages.get(state, 0.0):.3f}'
            for state in (State.PENDING, State.SENDING, State.UNKNOWN)
        ),
    ]
    return "\n".join(lines) + "\n"
