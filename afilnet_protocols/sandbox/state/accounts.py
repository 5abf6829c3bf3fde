"""The sandbox's accounts: each a namespace of its own, with channels, and options where the vendor does not say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Protocol, Unpack, cast

from afilnet_protocols.callers import check_flags
from afilnet_protocols.dialects import Dialect
from afilnet_protocols.dialects.dimensions import BY_NAME
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.records import Channel
from afilnet_protocols.seconds import LONGEST, is_within
from afilnet_protocols.suggestion import quoted
from afilnet_protocols.vocabulary import AnyPlatform, AnyProtocol, ListedPlatform, Platform

if TYPE_CHECKING:
    from afilnet_protocols.sandbox.state.journal import Arrival
    from afilnet_protocols.settings import Settings
    from afilnet_protocols.settings.overrides import SettingsOverrides

CHANNELS = (
    Channel(platform=Platform.WEBCHAT, platform_id="1", name="Web chat"),
    Channel(platform=Platform.WHATSAPP, platform_id="100", name="WhatsApp"),
    Channel(platform=Platform.TELEGRAM, platform_id="200", name="Telegram"),
    Channel(platform=Platform.OPERATOR, platform_id="300", name="Operator"),
)
"""The channels that every account starts with: one of each platform, among them the one of the vendor's samples."""

MESSAGE_IDS: tuple[str, ...] = (*(str(value.value) for value in BY_NAME["records.message_ids"].values), "text")
"""How messages may be identified; as text they are as unique as numbers are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How an account behaves where the vendor does not say. Every default is *assumed*.

    Attributes:
        reading_marks_read: ``getunreadmessages`` marks what it returns as read.
        empty_chats: what ``getchats`` answers for a channel without conversations: ``list`` (an empty list) or
            ``error`` (``CHAT_NOT_FOUND``).
        ids_as_numbers: JSON answers write ``platformid`` and ``messageid`` as numbers where they are decimal.
        message_ids: how messages are identified: ``unique``; ``blank``; ``reused`` (they begin again); ``changing``
            (with every list); ``text`` (unique, and no numbers).
        sends_appear_after: for how long no list shows what was sent, in seconds of the sandbox's clock.
    """

    reading_marks_read: bool = False
    empty_chats: str = "list"
    ids_as_numbers: bool = False
    message_ids: str = "unique"
    sends_appear_after: float = 0.0

    @classmethod
    def of(cls, dialect: Dialect) -> Options:
        """Return how an account behaves in a service of this dialect."""
        return cls(
            reading_marks_read=dialect.unread_reading == "marks",
            empty_chats=dialect.lists_empty_channel,
            ids_as_numbers=dialect.records_ids == "number",
            message_ids=dialect.records_message_ids,
        )

    def __post_init__(self) -> None:
        check_flags(reading_marks_read=self.reading_marks_read, ids_as_numbers=self.ids_as_numbers)
        if self.empty_chats not in ("list", "error"):
            raise ConfigurationError(f'empty_chats is "list" or "error", not {quoted(self.empty_chats)}')
        if self.message_ids not in MESSAGE_IDS:
            raise ConfigurationError(f"message_ids is one of {', '.join(MESSAGE_IDS)}, not {quoted(self.message_ids)}")
        if not is_within(self.sends_appear_after, 0, LONGEST):
            raise ConfigurationError("sends_appear_after is a number of seconds, of at least 0")


class Home(Protocol):
    """The sandbox that an account is in, as far as an account needs it."""

    def receive(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        message: str,
        account: Account | str | None,
        appears_after: float,
    ) -> str:
        """Let a message arrive."""

    def receive_many(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        messages: Iterable[str],
        account: Account | str | None,
    ) -> list[str]:
        """Let messages arrive."""

    def read_elsewhere(
        self, *, platform: AnyPlatform, platform_id: str, destination: str, account: Account | str | None
    ) -> int:
        """Let somebody else read a conversation."""

    def journal(self, account: Account | str | None) -> list[Arrival]:
        """Return what arrived."""

    def settings(
        self,
        protocol: AnyProtocol,
        /,
        *,
        account: Account | str | None,
        plain: bool,
        **overrides: Unpack[SettingsOverrides],
    ) -> Settings:
        """Return settings for a client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the sandbox: a namespace of its own. What it sends and reads, no other account sees.

    Attributes:
        number: its number in the store.
        user: what ``user`` is on the wire.
        password: what ``password`` is on the wire.
        client_id: its OAuth 2.0 client identifier.
        client_secret: its OAuth 2.0 client secret.
        channels: its channels, in the order in which they are listed.
        options: how it behaves where the vendor does not say.
        home: the sandbox that it is in, for the methods; ``None`` for one that was only read from the store.
    """

    number: int
    user: str
    password: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    channels: tuple[Channel, ...] = CHANNELS
    options: Options = Options()
    home: Home | None = field(default=None, repr=False, compare=False)

    def receive(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        message: str,
        appears_after: float = 0.0,
    ) -> str:
        """Let a message arrive from the other party; return its identifier. See :meth:`Sandbox.receive`.

        Args:
            platform: the channel's platform.
            platform_id: its identifier on the platform.
            destination: the other party.
            message: what it says.
            appears_after: for how long it is not listed yet, in seconds of the sandbox's clock.

        Raises:
            InvalidRequestError: the account has no such channel, or the text cannot be carried.
        """
        return self._at_home.receive(
            platform=platform,
            platform_id=platform_id,
            destination=destination,
            message=message,
            account=self,
            appears_after=appears_after,
        )

    def receive_many(
        self, *, platform: AnyPlatform, platform_id: str, destination: str, messages: Iterable[str]
    ) -> list[str]:
        """Let messages arrive in one second; return their identifiers. See :meth:`Sandbox.receive_many`.

        Args:
            platform: the channel's platform.
            platform_id: its identifier on the platform.
            destination: the other party.
            messages: what they say, oldest first.

        Raises:
            InvalidRequestError: the account has no such channel, or a text cannot be carried.
        """
        return self._at_home.receive_many(
            platform=platform, platform_id=platform_id, destination=destination, messages=messages, account=self
        )

    def read_elsewhere(self, *, platform: AnyPlatform, platform_id: str, destination: str) -> int:
        """Let somebody else read a conversation; return how many messages. See :meth:`Sandbox.read_elsewhere`.

        Args:
            platform: the channel's platform.
            platform_id: its identifier on the platform.
            destination: the other party.

        Raises:
            InvalidRequestError: the account has no such channel.
        """
        return self._at_home.read_elsewhere(
            platform=platform, platform_id=platform_id, destination=destination, account=self
        )

    def journal(self) -> list[Arrival]:
        """Return what arrived for this account, oldest first, secrets masked."""
        return self._at_home.journal(self)

    def settings(
        self, protocol: AnyProtocol = "http-post", /, *, plain: bool = False, **overrides: Unpack[SettingsOverrides]
    ) -> Settings:
        """Return settings for a client of this account. See :meth:`Sandbox.settings`.

        Args:
            protocol: the protocol's name.
            plain: over plain HTTP, which needs and gets ``minimum_security = "none"``.
            **overrides: any setting, instead of the sandbox's.

        Raises:
            ConfigurationError: a setting cannot work.
        """
        return self._at_home.settings(protocol, account=self, plain=plain, **overrides)

    @property
    def _at_home(self) -> Home:
        if self.home is None:
            raise ConfigurationError("this account is in no sandbox: take it from Sandbox.account()")
        return self.home

    def has_channel(self, platform: str, platform_id: str) -> bool:
        """Whether the account has this channel."""
        return any(channel.platform == platform and channel.platform_id == platform_id for channel in self.channels)


def as_json(options: Options, channels: tuple[Channel, ...]) -> tuple[str, str]:
    """Write what a row of the store holds as JSON."""
    lines = [(each.platform, each.platform_id, each.name) for each in channels]
    return json.dumps(asdict(options)), json.dumps(lines)


def of_row(row: tuple[object, ...]) -> Account:
    """Read an account from a row of the store: its fields, options and channels as JSON."""
    number, user, password, client_id, client_secret, options, channels = row
    return Account(
        number=int(str(number)),
        user=str(user),
        password=str(password),
        client_id=str(client_id),
        client_secret=str(client_secret),
        options=Options(**json.loads(str(options))),
        channels=tuple(
            Channel(platform=served(platform), platform_id=platform_id, name=name)
            for platform, platform_id, name in json.loads(str(channels))
        ),
    )


def served(text: str) -> Platform | ListedPlatform:
    """Return the platform of that name; one that this version does not know as the plain text that is encoded."""
    return Platform(text) if text in tuple(Platform) else cast("ListedPlatform", text)
