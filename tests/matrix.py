"""Every operation on every protocol, against a server that is not the sandbox: what security figures multiply by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from afilnet_protocols import ChatOperations, Protocol, Settings, connect
from afilnet_protocols.breaker import Breaker

WSDL = Path(__file__).parent / "wsdl" / "document.wsdl"
CONVERSATION = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}

CALLS: dict[str, Callable[[ChatOperations], object]] = {
    "get_chat_channels": lambda chat: chat.get_chat_channels(),
    "send_message": lambda chat: chat.send_message(**CONVERSATION, message="hola"),
    "send_file": lambda chat: chat.send_file(
        **CONVERSATION, file_type="image", file_url="https://www.example.com/image.jpg"
    ),
    "get_chats": lambda chat: chat.get_chats(platform="whatsapp", platform_id="100"),
    "get_messages": lambda chat: chat.get_messages(**CONVERSATION),
    "get_unread_messages": lambda chat: chat.get_unread_messages(**CONVERSATION),
}
"""The six operations."""

PROTOCOLS = tuple(str(protocol) for protocol in Protocol)

USER, PASSWORD = "someone@example.com", "pa55-wörd/&+never shown"
CLIENT_SECRET = "client+s3cret/&never shown"
TOKEN = "access-token-never-shown-0123456789"
TOKEN_ANSWER = f'{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":3600}}'.encode()


def settings_at(protocol: str, origin: str, *, token_origin: str | None = None, **changes: Any) -> Settings:
    """Return settings of a protocol for a service at an origin, such as ``http://127.0.0.1:8080``."""
    fields: dict[str, Any] = {
        "protocol": protocol,
        "base_url": origin,
        "user": USER,
        "password": PASSWORD,
        "soap_wsdl": str(WSDL),
        "soap_endpoint": f"{origin}/api/soap/",
        "json_url": f"{origin}/api/json/",
        "token_url": f"{token_origin or origin}/oauth/token",
        "client_id": "client",
        "client_secret": CLIENT_SECRET,
        "minimum_security": "none" if origin.startswith("http:") else "low",
        **changes,
    }
    return Settings(**fields)


Connect = Callable[[Settings], ChatOperations]


class Patient:
    """A client without pauses and without a breaker: every call goes out, and is repeated at once if at all.

    Args:
        settings: of the client.
        connect: makes it.

    Attributes:
        chat: the client that is called.
        made: the one of a protocol that carries its calls out, which may be itself.
    """

    def __init__(self, settings: Settings, connect: Connect = connect) -> None:
        self.chat: Any = connect(settings)
        self.made: Any = getattr(self.chat, "made", self.chat)
        self.made.wait = lambda *_: ()

    def call(self, operation: str) -> object:
        self.made.breaker = Breaker()
        return CALLS[operation](self.chat)

    def __enter__(self) -> Patient:
        return self

    def __exit__(self, *_: object) -> None:
        self.chat.close()
