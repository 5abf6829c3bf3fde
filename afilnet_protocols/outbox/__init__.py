"""A durable queue of messages in a file or in PostgreSQL, for those who must neither lose nor double one."""

from afilnet_protocols.outbox.copying import copy
from afilnet_protocols.outbox.entry import Entry, Report, State
from afilnet_protocols.outbox.outbox import Outbox
from afilnet_protocols.outbox.places import migrate

__all__ = ["Entry", "Outbox", "Report", "State", "copy", "migrate"]
