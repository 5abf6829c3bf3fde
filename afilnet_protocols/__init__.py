"""One chat interface for Afilnet's five protocols, with one proven behaviour.

::

    from afilnet_protocols import connect, Platform

    with connect(protocol="http-post", user="…", password="…") as chat:
        chat.send_message(platform=Platform.WHATSAPP, platform_id="100", destination="34600000000", message="hola")
"""

import gc
import os
import sys

if os.name != "posix":
    raise ImportError("afilnet_protocols needs a POSIX system, such as Linux or macOS; on Windows it runs in WSL")

if any(word == "-m" or word.endswith("/afilnet") for word in getattr(sys, "argv", ())[:1]):
    # Perhaps the command, from its first line on; whoever else imports this answers interruptions as before.
    from afilnet_protocols.process.held_interrupts import hold, is_command

    if is_command():
        hold()
        gc.set_threshold(50_000)  # for the reason that is told where the command does it for whoever comes another way

from afilnet_protocols.deadline import deadline
from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    ConfigurationError,
    InvalidFileUrlError,
    InvalidRequestError,
    MessageTooLongError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedRequestError,
    SecurityPolicyError,
    ServiceError,
    UnknownServiceError,
    UnsupportedTextError,
)
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.process.interruption import delivery_of
from afilnet_protocols.vocabulary import Addressee, Delivery, FileType, Finding, Platform, Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from afilnet_protocols.aio import connect_async
    from afilnet_protocols.breaker import Breaker
    from afilnet_protocols.coroutines.operations import AsyncChatOperations
    from afilnet_protocols.inbox import Inbox, Incoming
    from afilnet_protocols.inbox.aio import AsyncInbox
    from afilnet_protocols.migration.canary import CanaryChat
    from afilnet_protocols.migration.shadow import ShadowChat
    from afilnet_protocols.outbox import Outbox
    from afilnet_protocols.outbox.aio.outbox import AsyncOutbox
    from afilnet_protocols.records import Channel, Chat, Message, PartialList, SkippedRecord
    from afilnet_protocols.registry import connect
    from afilnet_protocols.security.secret import Secret
    from afilnet_protocols.settings import Settings

__version__ = "0.1.0"

__all__ = [
    # making a client
    "connect",
    "connect_async",
    "Settings",
    "Secret",
    "deadline",
    "Breaker",
    # the interface
    "ChatOperations",
    "AsyncChatOperations",
    "AsyncOutbox",
    "Outbox",
    "Inbox",
    "AsyncInbox",
    "Incoming",
    # moving to another protocol
    "ShadowChat",
    "CanaryChat",
    # what goes in and comes back
    "Channel",
    "Chat",
    "Message",
    "PartialList",
    "SkippedRecord",
    "Addressee",
    "Platform",
    "FileType",
    "Protocol",
    "Delivery",
    "Finding",
    # what is raised
    "delivery_of",
    "AfilnetError",
    "ConfigurationError",
    "SecurityPolicyError",
    "InvalidRequestError",
    "MessageTooLongError",
    "UnsupportedTextError",
    "InvalidFileUrlError",
    "NotSentError",
    "OutcomeUnknownError",
    "ServiceError",
    "AuthenticationError",
    "NotFoundError",
    "RejectedRequestError",
    "RateLimitedError",
    "UnknownServiceError",
]

_LATE = {
    # Settings and records are made by msgspec, which costs more than all the rest. Who only catches errors, or imports
    # what imports this, does not need it.
    "connect": "registry",
    "Settings": "settings",
    "Secret": "security.secret",
    "Breaker": "breaker",
    "Channel": "records",
    "Chat": "records",
    "Message": "records",
    "PartialList": "records",
    "SkippedRecord": "records",
    # asyncio costs a third of the import time, and most programs do not need it.
    "AsyncChatOperations": "coroutines.operations",
    "connect_async": "aio",
    # Neither do most need a database.
    "AsyncOutbox": "outbox.aio.outbox",
    "Outbox": "outbox",
    "Inbox": "inbox",
    "AsyncInbox": "inbox.aio",
    "Incoming": "inbox",
    "ShadowChat": "migration.shadow",
    "CanaryChat": "migration.canary",
}

_ELSEWHERE = {
    "BackendConformance": "conformance.suite",
    "Bell": "celery",
    "ListedPlatform": "vocabulary",
    "Polling": "inbox",
    "Sandbox": "sandbox",
}
"""What the pages import from other places, and may be looked for here."""


if not TYPE_CHECKING:  # to whoever checks types, a module with such a function has every name

    def __getattr__(name: str) -> object:
        if name in _LATE:
            import importlib

            found = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_LATE[name]}"), name)
            return found
        if name not in _ELSEWHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        told = f"{name} is elsewhere: from {__name__}.{_ELSEWHERE[name]} import {name}"
        # Of an AttributeError, `from … import` would show nothing; `hasattr` and `pickle` know no other error.
        imported = sys._getframe(1).f_code.co_name == "_handle_fromlist"
        raise ImportError(told) if imported else AttributeError(told)


def __dir__() -> list[str]:
    return sorted(__all__)
