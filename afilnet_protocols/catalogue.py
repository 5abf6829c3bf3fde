"""Which operations exist, with their parameters, fields and error codes. Data, nothing else.

Source of everything marked *documented*: the vendor's page "Web Chat API for Node JS"
(https://www.afilnet.com/en/web-chat/api/nodejs/). Encoders, schemas, sandbox dispatch, command line, test strategies
and documentation tables are derived from this module or checked against it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from afilnet_protocols.errors import AuthenticationError, NotFoundError, RejectedRequestError, ServiceError
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.vocabulary import FileType, Platform, Provenance

CLASS = "chat"
"""The wire's ``class`` of every operation."""

VENDOR_PAGE = "https://www.afilnet.com/en/web-chat/api/nodejs/"
"""The page that documents the operations."""

GET_LIMIT = 4000
"""The longest request over GET, in characters. The vendor says "~4000"; that it counts the encoded URL is assumed."""

GET_MARKER = "_"
"""The name of the pair that keeps each request over GET from being like another, as jQuery and others write it. That
the service passes over a parameter that it does not know is assumed; the sandbox does."""

GET_MARKER_LENGTH = 16
"""How long the value of that pair is, in characters."""

R_co = TypeVar("R_co", covariant=True)


class Kind(StrEnum):
    """How a value of a parameter or field is written."""

    ID = "id"
    """Text that names something; the wire may write it as a number."""
    TEXT = "text"
    """Free text, to arrive exactly."""
    FLAG = "flag"
    """True or false."""
    TIMESTAMP = "timestamp"
    """``yyyy-mm-dd hh:mm:ss``: the form that the vendor documents for dates in requests, assumed for answers."""
    PLATFORM = "platform"
    """One of :class:`Platform`, or another one that the service lists."""
    FILE_TYPE = "file_type"
    """One of :class:`FileType`."""
    URL = "url"
    """The address of a file."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of an operation: its Python name, its wire name, and what it may be."""

    name: str
    wire: str
    about: str
    kind: Kind
    compulsory: bool = True

    @property
    def values(self) -> tuple[str, ...]:
        """The allowed values; empty if any text is allowed."""
        return _VALUES.get(self.kind, ())


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a record in an answer: its Python name and its wire name in this operation."""

    name: str
    wire: str
    kind: Kind


class ErrorCode(msgspec.Struct, frozen=True, kw_only=True):
    """A documented error code, the vendor's description of it, and the class that it is raised as."""

    code: str
    about: str
    error: type[ServiceError]


class Operation(msgspec.Struct, Generic[R_co], frozen=True, kw_only=True):
    """One operation of the service; ``R_co`` is what the Python method returns."""

    name: str
    method: str
    about: str
    parameters: tuple[Parameter, ...]
    record: type[Channel] | type[Chat] | type[Message] | None
    fields: tuple[Field, ...]
    errors: tuple[ErrorCode, ...]
    repeatable: bool
    """True if carrying it out twice is the same as once: the reads. A send is never repeatable."""
    provenance: Provenance = Provenance.DOCUMENTED
    source: str = VENDOR_PAGE

    def parameter(self, name: str) -> Parameter:
        """Return the parameter with this Python name; ``KeyError`` if there is none."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)


_VALUES: dict[Kind, tuple[str, ...]] = {
    Kind.PLATFORM: tuple(Platform),
    Kind.FILE_TYPE: tuple(FileType),
}


def _code(code: str, about: str, error: type[ServiceError]) -> ErrorCode:
    return ErrorCode(code=code, about=about, error=error)


MISSING_USER = _code("MISSING_USER", "User or email not included", RejectedRequestError)
MISSING_PASSWORD = _code("MISSING_PASSWORD", "Password not included", RejectedRequestError)
MISSING_CLASS = _code("MISSING_CLASS", "Class not included", RejectedRequestError)
MISSING_METHOD = _code("MISSING_METHOD", "Method not included", RejectedRequestError)
MISSING_COMPULSORY_PARAM = _code("MISSING_COMPULSORY_PARAM", "Compulsory parameter not included", RejectedRequestError)
INCORRECT_USER_PASSWORD = _code("INCORRECT_USER_PASSWORD", "Incorrect user or password", AuthenticationError)
INCORRECT_CLASS = _code("INCORRECT_CLASS", "Incorrect class", RejectedRequestError)
INCORRECT_METHOD = _code("INCORRECT_METHOD", "Incorrect method", RejectedRequestError)
CHANNEL_NOT_FOUND = _code("CHANNEL_NOT_FOUND", "The indicated channel does not exist", NotFoundError)
CHAT_NOT_FOUND = _code("CHAT_NOT_FOUND", "The indicated chat does not exist", NotFoundError)
INCORRECT_FILETYPE = _code(
    "INCORRECT_FILETYPE", "The file type is wrong, check the possible values", RejectedRequestError
)
INCORRECT_FILEURL = _code("INCORRECT_FILEURL", "The file url is not valid", RejectedRequestError)
INCORRECT_THUMBURL = _code("INCORRECT_THUMBURL", "The url of the thumbnail is invalid", RejectedRequestError)

COMMON_ERRORS = (
    MISSING_USER,
    MISSING_PASSWORD,
    MISSING_CLASS,
    MISSING_METHOD,
    MISSING_COMPULSORY_PARAM,
    INCORRECT_USER_PASSWORD,
    INCORRECT_CLASS,
    INCORRECT_METHOD,
)
"""The eight codes that every operation lists, in the vendor's order."""

_PLATFORM = Parameter(name="platform", wire="platform", about="Platform of the channel", kind=Kind.PLATFORM)
_PLATFORM_ID = Parameter(name="platform_id", wire="platformid", about="Platform identifier", kind=Kind.ID)


def _destination(about: str) -> Parameter:
    return Parameter(name="destination", wire="destination", about=about, kind=Kind.ID)


def _conversation_fields(sent: str) -> tuple[Field, ...]:
    """Return the eight fields of a conversation's message; ``sent`` is how this operation spells that field."""
    return (
        Field(name="platform_id", wire="platformid", kind=Kind.ID),
        Field(name="platform", wire="platform", kind=Kind.PLATFORM),
        Field(name="message", wire="message", kind=Kind.TEXT),
        Field(name="destination", wire="destination", kind=Kind.ID),
        Field(name="message_id", wire="messageid", kind=Kind.ID),
        Field(name="sent", wire=sent, kind=Kind.FLAG),
        Field(name="status", wire="status", kind=Kind.TEXT),
        Field(name="timestamp", wire="datetime", kind=Kind.TIMESTAMP),
    )


GET_CHAT_CHANNELS: Operation[list[Channel]] = Operation(
    name="get_chat_channels",
    method="getchatchannels",
    about="Get a list of active chat channels",
    parameters=(),
    record=Channel,
    fields=(
        Field(name="platform_id", wire="platformid", kind=Kind.ID),
        Field(name="platform", wire="platform", kind=Kind.PLATFORM),
        Field(name="name", wire="name", kind=Kind.TEXT),
    ),
    errors=COMMON_ERRORS,
    repeatable=True,
)

SEND_MESSAGE: Operation[None] = Operation(
    name="send_message",
    method="sendmessage",
    about="Send a message via chat",
    parameters=(
        _PLATFORM,
        _PLATFORM_ID,
        _destination("Recipient where the chat message is sent"),
        Parameter(name="message", wire="message", about="Message to send via chat", kind=Kind.TEXT),
    ),
    record=None,
    fields=(),
    errors=(*COMMON_ERRORS, CHANNEL_NOT_FOUND),
    repeatable=False,
)

SEND_FILE: Operation[None] = Operation(
    name="send_file",
    method="sendfile",
    about="Send a file via chat",
    parameters=(
        _PLATFORM,
        _PLATFORM_ID,
        _destination("Recipient where the file is sent"),
        Parameter(name="file_type", wire="type", about="Type of file being sent", kind=Kind.FILE_TYPE),
        Parameter(
            name="file_url",
            wire="fileurl",
            about="Url where the file to be sent by chat is located",
            kind=Kind.URL,
        ),
        Parameter(
            name="thumb_url",
            wire="thumburl",
            about="Url of the thumbnail image that accompanies the file",
            kind=Kind.URL,
            compulsory=False,
        ),
        Parameter(
            name="message", wire="message", about="Message accompanying the file", kind=Kind.TEXT, compulsory=False
        ),
    ),
    record=None,
    fields=(),
    errors=(
        *COMMON_ERRORS,
        CHANNEL_NOT_FOUND,
        CHAT_NOT_FOUND,
        INCORRECT_FILETYPE,
        INCORRECT_FILEURL,
        INCORRECT_THUMBURL,
    ),
    repeatable=False,
)

GET_CHATS: Operation[list[Chat]] = Operation(
    name="get_chats",
    method="getchats",
    about="Get a list of conversations in a chat",
    parameters=(_PLATFORM, _PLATFORM_ID),
    record=Chat,
    fields=_conversation_fields("sent"),
    errors=(*COMMON_ERRORS, CHANNEL_NOT_FOUND, CHAT_NOT_FOUND),
    repeatable=True,
)

GET_MESSAGES: Operation[list[Message]] = Operation(
    name="get_messages",
    method="getmessages",
    about="Get list of messages from a chat",
    parameters=(_PLATFORM, _PLATFORM_ID, _destination("Recipient from which you want to obtain the messages")),
    record=Message,
    fields=_conversation_fields("sent"),
    errors=(*COMMON_ERRORS, CHANNEL_NOT_FOUND, CHAT_NOT_FOUND),
    repeatable=True,
)

GET_UNREAD_MESSAGES: Operation[list[Message]] = Operation(
    name="get_unread_messages",
    method="getunreadmessages",
    about="Get a list of unread messages from a chat",
    parameters=(_PLATFORM, _PLATFORM_ID, _destination("Recipient from which you want to obtain the messages")),
    record=Message,
    fields=_conversation_fields("issent"),
    errors=(*COMMON_ERRORS, CHANNEL_NOT_FOUND, CHAT_NOT_FOUND),
    # Whether reading marks messages as read is not documented: an answer that is lost may lose them, so the
    # operation is not repeated unless it provably did not reach the service.
    repeatable=False,
)

OPERATIONS: tuple[Operation[object], ...] = (
    GET_CHAT_CHANNELS,
    SEND_MESSAGE,
    SEND_FILE,
    GET_CHATS,
    GET_MESSAGES,
    GET_UNREAD_MESSAGES,
)
"""All six, in the vendor's order."""

ERROR_CODES: dict[str, ErrorCode] = {error.code: error for operation in OPERATIONS for error in operation.errors}
"""Every documented code, by its name."""


def by_method(method: str) -> Operation[object] | None:
    """Return the operation with this wire name, or ``None``."""
    return next((operation for operation in OPERATIONS if operation.method == method), None)


def by_name(name: str) -> Operation[object] | None:
    """Return the operation with this Python name, or ``None``."""
    return next((operation for operation in OPERATIONS if operation.name == name), None)
