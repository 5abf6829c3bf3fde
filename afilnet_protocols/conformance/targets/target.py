"""What a conformance run is pointed at: a way to make clients, what they declare, and the world around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypedDict, Unpack

from afilnet_protocols.comparison.steps import RECEIVE, Step
from afilnet_protocols.conformance.results.outcome import Exchange
from afilnet_protocols.conformance.targets.capabilities import DEFAULT
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel
from afilnet_protocols.settings.overrides import SettingsOverrides


class NotShownError(BaseException):
    """A case cannot be shown on this target, for a reason that came up while it was played.

    It is no ``Exception``, for those are outcomes that are compared with the model's.
    """

    ends_the_run = True


class Arrived(Protocol):
    """One call that reached the service, as its journal has it."""

    @property
    def protocol(self) -> str:
        """The protocol that carried it."""

    @property
    def operation(self) -> str | None:
        """The Python name of the operation; ``None`` if it named none that exists."""

    @property
    def arguments(self) -> Mapping[str, str]:
        """What was given, by wire name, secrets masked."""

    @property
    def outcome(self) -> str:
        """``SUCCESS``, or the error code that was answered."""


class World(Protocol):
    """The other side of a target: a namespace of a sandbox, or what a profile of a live service can be given.

    Attributes:
        disposable: whether whatever is done in it may be done again, and is nobody's.
    """

    disposable: bool

    @property
    def offers(self) -> frozenset[Need]:
        """What of it there is; cases that need more are not shown."""

    @property
    def stopped(self) -> NotShownError | None:
        """Why what is played now cannot be shown; ``None`` if nothing is in the way."""

    @property
    def channels(self) -> Sequence[Channel]:
        """The account's channels, in the service's order."""

    @property
    def secrets(self) -> Sequence[str]:
        """Every secret of the account that no client may show."""

    def conversations(self, channel: Channel) -> int:
        """Return how many conversations a channel has."""

    def has_conversation(self, channel: Channel, person: str) -> bool:
        """Return whether somebody has a conversation on a channel."""

    def receive(self, *, platform: str, platform_id: str, destination: str, message: str) -> object:
        """Let the other party write."""

    def reset(self) -> None:
        """Empty the namespace: conversations, tokens, journal, faults, and what was recorded of the wire."""

    def set_clock(self, now: datetime) -> None:
        """Set the clock that messages are stamped with and tokens expire by."""

    def journal(self) -> Sequence[Arrived]:
        """Return the calls that arrived since the last reset, oldest first."""

    def fault(self, code: str, *, operation: str | None = None) -> object:
        """Make the next call (of one operation, if it is named) answer an error code and do nothing."""

    def lose_answer(self, *, times: int = 1) -> None:
        """Make the service carry out the next calls and answer something that no client can read."""

    def lose_call(self) -> None:
        """Lose the next call on its way: the service never gets it, and what is answered no client can read."""

    def redirect_call(self, address: str) -> None:
        """Answer the next call that it is to be made at another address; the service never gets it."""

    def break_call(self, fault: str, *, every: float | None = None) -> Callable[[], object]:
        """Let a fault of the sandbox happen to the next call.

        Args:
            fault: its name.
            every: its detail of that name, in seconds, if it has it.

        Returns:
            What disarms it.
        """

    def hold_call(self, *, seconds: float, begun: Callable[[], object] = ...) -> Callable[[], bool]:
        """Hold the next call back before the service gets it.

        Args:
            seconds: how long at most.
            begun: told when it is held.

        Returns:
            What lets it go on, and tells whether it was still held.
        """

    def expire_tokens(self) -> None:
        """Make every access token of the account invalid."""

    def tokens_issued(self) -> int:
        """Return how many access tokens the account was given since the last reset."""

    def client(self, *, plain: bool | None = None, **overrides: Unpack[SettingsOverrides]) -> ChatOperations:
        """Make another client of the same account with changed settings.

        Args:
            plain: over plain HTTP or over TLS; as the target's own clients by default.
            **overrides: settings instead of the target's.
        """

    def exchanges(self) -> list[Exchange]:
        """Return what went over the wire since the last reset, with secrets masked."""

    def another(self, **account: Unpack[AccountOf]) -> World:
        """Make another account of the same service, whose clients are made in the same way.

        Args:
            **account: what it is to be; as any account in the rest.
        """


class AccountOf(TypedDict, total=False):
    """What an account may be told to be.

    Attributes:
        user: its user.
        password: its password.
        client_id: its OAuth 2.0 client identifier.
        client_secret: its OAuth 2.0 client secret.
        channels: its channels.
        message_ids: how its messages are identified, as ``Options`` of the sandbox says it.
    """

    user: str
    password: str
    client_id: str
    client_secret: str
    channels: Sequence[Channel]
    message_ids: str


class WithoutSandbox:
    """What only a sandbox can do, in a world that is none: cases that ask for it say that they need one."""

    def another(self, **account: Unpack[AccountOf]) -> World:
        """Do not."""
        raise NotImplementedError

    def redirect_call(self, address: str) -> None:
        """Do not."""
        raise NotImplementedError

    def break_call(self, fault: str, *, every: float | None = None) -> Callable[[], object]:
        """Do not."""
        raise NotImplementedError

    def hold_call(self, *, seconds: float, begun: Callable[[], object] = lambda: None) -> Callable[[], bool]:
        """Do not."""
        raise NotImplementedError


@dataclass(frozen=True)
class Target:
    """A backend, or a service behind one, that is held to the contract.

    Attributes:
        name: what reports call it.
        make: makes a client.
        capabilities: what it declares, by the names in :mod:`.capabilities`.
        world: its other side; ``None`` for a service that cannot be moved.
    """

    name: str
    make: Callable[[], ChatOperations]
    capabilities: frozenset[str] = DEFAULT
    world: World | None = None

    @property
    def offers(self) -> frozenset[Need]:
        """What there is of its other side."""
        return frozenset() if self.world is None else self.world.offers

    @property
    def disposable(self) -> bool:
        """Whether whatever is done to it may be done again, and is nobody's."""
        return self.world is not None and self.world.disposable


def repeatable(targets: Sequence[Target], steps: Sequence[Step]) -> bool:
    """Return whether a sequence may be played again: sends to people only where these are made up."""
    return all(target.disposable for target in targets) or not any(step.do in LEAVES_TRACES for step in steps)


LEAVES_TRACES = ("send_message", "send_file", RECEIVE)
"""What is not done again to a service that people use."""
