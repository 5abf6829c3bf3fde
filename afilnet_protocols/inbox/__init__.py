"""Receiving with care: every message of the other party is handled once, in order, whatever breaks."""

from afilnet_protocols.inbox.inbox import Inbox, Report
from afilnet_protocols.inbox.incoming import Incoming, Received, State
from afilnet_protocols.inbox.pace import Polling
from afilnet_protocols.inbox.store import Status

__all__ = ["Inbox", "Incoming", "Polling", "Received", "Report", "State", "Status"]
