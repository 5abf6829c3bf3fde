"""`ChatOperations`: the one interface in front of every protocol. What each operation does is documented here."""

from __future__ import annotations

import abc
from types import TracebackType
from typing import TYPE_CHECKING, Self

from afilnet_protocols.vocabulary import AnyFileType, AnyPlatform

if TYPE_CHECKING:
    from afilnet_protocols.records import Channel, Chat, Message


class Closing(abc.ABC):
    """What is closed at the end of its ``with``."""

    @abc.abstractmethod
    def close(self) -> None:
        """Close it. Doing it again does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ChatOperations(Closing):
    """The six chat operations of the service, and ``close``. Every backend implements exactly these.

    A client is a context manager and may be used from several threads. Every method may raise any
    :class:`~afilnet_protocols.AfilnetError`; its ``delivery`` says whether the service acted on the call.

    Source: https://www.afilnet.com/en/web-chat/api/nodejs/
    """

    @abc.abstractmethod
    def get_chat_channels(self) -> list[Channel]:
        """Get the active chat channels of the account.

        Returns:
            The channels, in the service's order; an empty list if there are none.

        Raises:
            AuthenticationError: the credentials were refused.
            NotSentError: the request did not reach the service.
            OutcomeUnknownError: no intelligible answer came in time.
            ServiceError: the service refused for another reason.
        """

    @abc.abstractmethod
    def send_message(self, *, platform: AnyPlatform, platform_id: str, destination: str, message: str) -> None:
        """Send a chat message. It is never sent twice by this library, unless it provably did not arrive.

        Args:
            platform: the platform of the channel: a :class:`Platform` or its name, or another name that the service
                lists. What is almost a known name is refused.
            platform_id: the identifier of the channel on its platform.
            destination: the recipient; the vendor's samples use digits with country code and no plus.
            message: the text, not empty, of characters that XML 1.0 can carry; over ``http-get`` the whole encoded
                request is limited to 4,000 characters, elsewhere the vendor documents no limit.

        Raises:
            InvalidRequestError: an argument cannot be sent; nothing was sent.
            NotFoundError: the channel does not exist (``CHANNEL_NOT_FOUND``).
            AuthenticationError: the credentials were refused.
            NotSentError: the message did not reach the service.
            OutcomeUnknownError: the message may have been sent.
            ServiceError: the service refused for another reason.
        """

    @abc.abstractmethod
    def send_file(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        file_type: AnyFileType,
        file_url: str,
        thumb_url: str | None = None,
        message: str | None = None,
    ) -> None:
        """Send a file by its public address. It is never sent twice, unless it provably did not arrive.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.
            destination: the recipient.
            file_type: what kind of file it is.
            file_url: the file's public ``https`` address, at most 2,048 characters; the service fetches it, this
                library never does.
            thumb_url: the address of a thumbnail, under the same rules; ``None`` for none.
            message: a text that accompanies the file; ``None`` for none.

        Raises:
            InvalidFileUrlError: an address is not a public ``https`` address; nothing was sent.
            InvalidRequestError: another argument cannot be sent; nothing was sent.
            NotFoundError: the channel or the conversation does not exist.
            RejectedRequestError: the service refused the file type or an address (``INCORRECT_…``).
            AuthenticationError: the credentials were refused.
            NotSentError: the file did not reach the service.
            OutcomeUnknownError: the file may have been sent.
            ServiceError: the service refused for another reason.
        """

    @abc.abstractmethod
    def get_chats(self, *, platform: AnyPlatform, platform_id: str) -> list[Chat]:
        """Get the conversations of a channel, each told by its last message.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.

        Returns:
            The conversations, in the service's order; an empty list if there are none.

        Raises:
            InvalidRequestError: an argument cannot be sent; nothing was sent.
            NotFoundError: the channel (or, as the service may put it, any chat of it) does not exist.
            AuthenticationError: the credentials were refused.
            NotSentError: the request did not reach the service.
            OutcomeUnknownError: no intelligible answer came in time.
            ServiceError: the service refused for another reason.
        """

    @abc.abstractmethod
    def get_messages(self, *, platform: AnyPlatform, platform_id: str, destination: str) -> list[Message]:
        """Get the messages of a conversation.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.
            destination: the other party of the conversation.

        Returns:
            The messages, in the service's order; an empty list if there are none.

        Raises:
            InvalidRequestError: an argument cannot be sent; nothing was sent.
            NotFoundError: the channel or the conversation does not exist.
            AuthenticationError: the credentials were refused.
            NotSentError: the request did not reach the service.
            OutcomeUnknownError: no intelligible answer came in time.
            ServiceError: the service refused for another reason.
        """

    @abc.abstractmethod
    def get_unread_messages(self, *, platform: AnyPlatform, platform_id: str, destination: str) -> list[Message]:
        """Get the unread messages of a conversation.

        Whether this marks them as read is not documented, so a call whose answer was lost is not repeated.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.
            destination: the other party of the conversation.

        Returns:
            The messages, in the service's order; an empty list if there are none.

        Raises:
            InvalidRequestError: an argument cannot be sent; nothing was sent.
            NotFoundError: the channel or the conversation does not exist.
            AuthenticationError: the credentials were refused.
            NotSentError: the request did not reach the service.
            OutcomeUnknownError: no intelligible answer came in time; unread messages may have been marked as read.
            ServiceError: the service refused for another reason.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Release the connections. Calling it again does nothing; a call after it raises ``ConfigurationError``."""
