"""What comes back: immutable records with Python names.

The wire's names and kinds stand beside them in :mod:`afilnet_protocols.catalogue`. The garbage collector leaves records
alone (``gc=False``): they hold texts, flags and times, and nothing that could refer back to them.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from afilnet_protocols.vocabulary import Platform


class Channel(msgspec.Struct, frozen=True, gc=False):
    """An active chat channel of the account.

    Attributes:
        platform_id: the channel's identifier on its platform.
        platform: a :class:`Platform`; a plain string for a platform that this version does not know.
        name: the channel's name.
    """

    platform_id: str
    platform: Platform | str
    name: str


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message of a conversation.

    Attributes:
        platform_id: the identifier of the channel on its platform.
        platform: a :class:`Platform`; a plain string for a platform that this version does not know.
        message: the text.
        destination: the other party.
        message_id: the identifier of the message.
        sent: the wire's ``sent`` (``issent`` among unread messages). No vendor page says what it means; the sandbox
            assumes true for outgoing and false for incoming messages.
        status: the wire's ``status`` of the message. No vendor page lists its values.
        timestamp: the wire's ``datetime``: naive as the service gives it, aware with ``service_timezone``.
    """

    platform_id: str
    platform: Platform | str
    message: str
    destination: str
    message_id: str
    sent: bool
    status: str
    timestamp: datetime


class Chat(msgspec.Struct, frozen=True, gc=False):
    """A conversation, told by its last message. The fields are those of :class:`Message`.

    Attributes:
        platform_id: the identifier of the channel on its platform.
        platform: a :class:`Platform`; a plain string for a platform that this version does not know.
        message: the text of the last message.
        destination: the other party.
        message_id: the identifier of the last message.
        sent: see :class:`Message`.
        status: see :class:`Message`.
        timestamp: see :class:`Message`.
    """

    platform_id: str
    platform: Platform | str
    message: str
    destination: str
    message_id: str
    sent: bool
    status: str
    timestamp: datetime


Record = Channel | Chat | Message
