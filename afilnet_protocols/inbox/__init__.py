"""Receiving with care: every message of the other party is handled once, in order, whatever breaks."""

from afilnet_protocols.inbox.connection import DatabaseConnection, DatabaseRows
from afilnet_protocols.inbox.failing import HandlingFailed
from afilnet_protocols.inbox.inbox import Inbox
from afilnet_protocols.inbox.incoming import Incoming, Received, State
from afilnet_protocols.inbox.polling.pace import Polling
from afilnet_protocols.inbox.report import Report
from afilnet_protocols.inbox.store import Status
from afilnet_protocols.inbox.troubles import Trouble

__all__ = [
    "Inbox",
    "Incoming",
    "State",
    "Received",
    "Polling",
    "Report",
    "Status",
    "Trouble",
    "HandlingFailed",
    "DatabaseConnection",
    "DatabaseRows",
]
