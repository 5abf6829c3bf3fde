"""The closed sets of words that the interface speaks: platforms, file types, protocols, verdicts, provenance.

All are ``str`` enums, so a plain string may be given wherever a member is expected, and a member prints as its value.
The words that a caller gives are literals as well, so that editors offer them and type checkers refuse any other.

Annotations are no texts here: those of a ``TypedDict`` would be compiled at every start.
"""

from enum import StrEnum
from typing import Literal, NewType, TypedDict


class Platform(StrEnum):
    """Where a channel lives (vendor page, parameter ``platform``)."""

    WEBCHAT = "webchat"
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    OPERATOR = "operator"


class ListedPlatform(str):
    """The name of a platform that a service listed and that is no :class:`Platform`: one of tomorrow.

    It is a string like any other. That it was listed says that it is no mistake: every operation takes it back, also
    where the same name, written by hand, would pass for a misspelt one.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return self


PlatformName = Literal["webchat", "whatsapp", "telegram", "operator"]
"""The values of :class:`Platform`, as a type of strings."""

AnyPlatform = Platform | PlatformName | ListedPlatform
"""What an operation takes as a platform. For one of tomorrow, say that it is meant: ``ListedPlatform("signal")``."""


class ChannelAddress(TypedDict):
    """The arguments that name a channel: ``chat.get_chats(**channel.address)``."""

    platform: AnyPlatform
    platform_id: str


class Addressee(ChannelAddress):
    """The arguments that name a conversation: ``chat.send_message(**message.address, message="hola")``.

    By hand: ``Addressee(platform="whatsapp", platform_id="100", destination="34600000000")``. It is a dictionary; type
    checkers know what is in it.
    """

    destination: str


def platform_of(text: str) -> Platform | ListedPlatform:
    """Return the platform of that name, trusted to be one that a service listed if it is no :class:`Platform`."""
    return _PLATFORMS.get(text) or ListedPlatform(text)


_PLATFORMS = {platform.value: platform for platform in Platform}


class FileType(StrEnum):
    """What kind of file is sent (vendor page, parameter ``type``)."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    CONTACT = "contact"


FileTypeName = Literal["image", "video", "audio", "voice", "document", "contact"]
"""The values of :class:`FileType`, as a type of strings."""

AnyFileType = FileType | FileTypeName
"""What an operation takes as the kind of a file."""


def plain_text(given: str) -> str:
    """Return an argument as it is sent: ``str`` would tell a member of an application's own enumeration by its name."""
    return str.__str__(given)


def addressee(platform: str, platform_id: str, destination: str) -> Addressee:
    """Return whom a call is about, as its keyword arguments; a platform that is not listed here is one of tomorrow."""
    return {"platform": platform_of(platform), "platform_id": platform_id, "destination": destination}


class Protocol(StrEnum):
    """The five built-in protocols, by the names that settings use."""

    HTTP_GET = "http-get"
    HTTP_POST = "http-post"
    BASIC = "basic"
    SOAP = "soap"
    JSON = "json"


ProtocolName = Literal["http-get", "http-post", "basic", "soap", "json"]
"""The values of :class:`Protocol`, as a type of strings."""

InstalledProtocol = NewType("InstalledProtocol", str)
"""The name of a protocol that another package brings. It is a string; this says to type checkers that it is meant."""

AnyProtocol = Protocol | ProtocolName | InstalledProtocol
"""What the setting ``protocol`` takes."""


class Delivery(StrEnum):
    """What is known about a failed call: did the service act on it?

    ``NOT_SENT`` and ``REJECTED`` are certain: nothing happened. ``UNKNOWN`` means that it may have happened.
    """

    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Provenance(StrEnum):
    """Where a statement about the service comes from."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    ASSUMED = "assumed"


class Finding(StrEnum):
    """What reading the conversation back tells about a send."""

    DELIVERED = "delivered"
    """There is one more such message than before the send."""
    POSSIBLY_DELIVERED = "possibly_delivered"
    """There is such a message, and no count of all that were there before the send to compare with."""
    ABSENT = "absent"
    """There is none, after the service has had its time to settle."""
    UNDECIDED = "undecided"
    """There is none, which proves nothing of a file, whose form in a conversation is not documented; nor over GET,
    where a cache may have answered; nor where not all was shown, or a text that is there may be what became of it."""
