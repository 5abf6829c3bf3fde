"""A backend in somebody else's package: it borrows a built-in one for the wire, and declares what it can."""

from __future__ import annotations

import dataclasses

from afilnet_protocols import ChatOperations, Settings, connect


class ExampleBackend(ChatOperations):
    capabilities = ("unlimited-size", "secrets-out-of-urls", "absence-is-believed")

    def __init__(self, settings: Settings) -> None:
        self._chat = connect(dataclasses.replace(settings, protocol="http-post"))

    def get_chat_channels(self):
        return self._chat.get_chat_channels()

    def send_message(self, **arguments):
        self._chat.send_message(**arguments)

    def send_file(self, **arguments):
        self._chat.send_file(**arguments)

    def get_chats(self, **arguments):
        return self._chat.get_chats(**arguments)

    def get_messages(self, **arguments):
        return self._chat.get_messages(**arguments)

    def get_unread_messages(self, **arguments):
        return self._chat.get_unread_messages(**arguments)

    def close(self):
        self._chat.close()
