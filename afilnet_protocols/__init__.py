"""One chat interface for Afilnet's five protocols, with one proven behaviour.

::

    from afilnet_protocols import connect, Platform

    with connect(protocol="http-post", user="…", password="…") as chat:
        chat.send_message(platform=Platform.WHATSAPP, platform_id="100", destination="34600000000", message="hola")
"""

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
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.registry import connect
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Delivery, FileType, Finding, Platform, Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from afilnet_protocols.aio import AsyncChatOperations, connect_async

__version__ = "0.1.0"

__all__ = [
    # making a client
    "connect",
    "connect_async",
    "Settings",
    "Secret",
    "deadline",
    # the interface
    "ChatOperations",
    "AsyncChatOperations",
    # what goes in and comes back
    "Channel",
    "Chat",
    "Message",
    "Platform",
    "FileType",
    "Protocol",
    "Delivery",
    "Finding",
    # what is raised
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

_ASYNC = frozenset({"AsyncChatOperations", "connect_async"})


def __getattr__(name: str) -> object:
    # asyncio costs a third of the import time, and most programs do not need it.
    if name in _ASYNC:
        from afilnet_protocols import aio

        return getattr(aio, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
