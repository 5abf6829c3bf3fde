"""The two sides of a comparison: clients of profiles, or of accounts of a sandbox that are made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from afilnet_protocols.conformance.compare.calls import CHANNELS
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel
from afilnet_protocols.registry import find, resolve_settings
from afilnet_protocols.settings import Settings
from afilnet_protocols.suggestion import did_you_mean, named, quoted
from afilnet_protocols.vocabulary import Addressee, AnyProtocol, Protocol, platform_of

if TYPE_CHECKING:
    from afilnet_protocols.sandbox import Account, Sandbox

SANDBOX = "sandbox:"
"""What the name of a side begins with that is an account of a sandbox, followed by the protocol."""


def _nothing(**_: object) -> None:
    """What happens around a side whose world cannot be moved."""


@dataclass(frozen=True)
class Side:
    """One side.

    Attributes:
        name: what reports call it.
        settings: what its client was made from.
        chat: the client.
        receive: lets the other party write, by keyword; does nothing outside a sandbox.
        reset: empties the account; does nothing outside a sandbox.
    """

    name: str
    settings: Settings
    chat: ChatOperations
    receive: Callable[..., object] = _nothing
    reset: Callable[[], object] = _nothing


@dataclass(frozen=True)
class Sides:
    """What a comparison is made of.

    Attributes:
        source: the side in use.
        again: the same side once more, to tell noise from differences.
        target: the side that may replace it.
        tick: lets the clock of a sandbox move on by a second; ``None`` outside one.
    """

    source: Side
    again: Side
    target: Side
    tick: Callable[[], object] | None = None

    @property
    def in_sandbox(self) -> bool:
        """Whether everything may be done, because nobody is on the other side."""
        return self.tick is not None


@contextmanager
def opened(source: str, target: str, *, channels: Sequence[Channel] = CHANNELS) -> Iterator[Sides]:
    """Give the sides that a command names, and close them afterwards.

    Args:
        source: a profile, or ``sandbox:`` and a protocol.
        target: likewise, another one; both are profiles, or both of a sandbox.
        channels: the channels of accounts that are made.

    Raises:
        ConfigurationError: there is no such profile or protocol, or only one side is of a sandbox, or both sides are
            the same.
    """
    if source == target:
        raise ConfigurationError(f"{named(source)} is on both sides: nothing would be compared")
    made = [name.startswith(SANDBOX) for name in (source, target)]
    if all(made):
        from afilnet_protocols.sandbox import Sandbox

        protocols = (_protocol(source), _protocol(target))
        with Sandbox() as sandbox, in_sandbox(sandbox, *protocols, channels=channels) as sides:
            yield sides
        return
    if any(made):
        raise ConfigurationError(
            f"{named(source)} and {named(target)} hold different conversations and cannot be compared: name two "
            "profiles, or two protocols of the sandbox, such as sandbox:http-get and sandbox:json"
        )
    with ExitStack() as stack:
        sides = Sides(_of_profile(source, stack), _of_profile(source, stack), _of_profile(target, stack))
        if sides.source.settings == sides.target.settings:
            raise ConfigurationError(
                f"profile {named(target)} has the same settings as {named(source)}, so that nothing would be compared: "
                "does an AFILNET_ variable override both?"
            )
        yield sides


def _protocol(name: str) -> Protocol:
    word = name.removeprefix(SANDBOX)
    if word not in tuple(Protocol):
        raise ConfigurationError(
            f"{named(name)}: unknown protocol {quoted(word)}; {did_you_mean(word, [each.value for each in Protocol])}"
        )
    return Protocol(word)


def _of_profile(name: str, stack: ExitStack) -> Side:
    settings = resolve_settings(name)
    chat = stack.enter_context(find(str(settings.protocol))(settings))
    return Side(name, settings, chat)


@contextmanager
def in_sandbox(
    sandbox: Sandbox,
    source: AnyProtocol,
    target: AnyProtocol,
    *,
    channels: Sequence[Channel] = CHANNELS,
    plain: bool = False,
) -> Iterator[Sides]:
    """Give sides in new accounts of a running sandbox, whose clock is frozen meanwhile.

    Args:
        sandbox: the sandbox.
        source: the protocol in use.
        target: the protocol that may replace it.
        channels: the channels of the accounts.
        plain: whether they are reached over plain HTTP, to save time.
    """
    from afilnet_protocols.sandbox import Options

    sandbox.clock.freeze()
    accounts: list[Account] = []

    def side(protocol: AnyProtocol, stack: ExitStack) -> Side:
        account = sandbox.account(channels=channels, options=Options())
        accounts.append(account)
        settings = sandbox.settings(protocol, account=account, plain=plain)

        def receive(*, platform: str, platform_id: str, destination: str, message: str) -> object:
            person: Addressee = {
                "platform": platform_of(platform),
                "platform_id": platform_id,
                "destination": destination,
            }
            return sandbox.receive(**person, message=message, account=account)

        chat = stack.enter_context(find(str(settings.protocol))(settings))
        return Side(f"{SANDBOX}{protocol}", settings, chat, receive, lambda: sandbox.reset(account))

    with ExitStack() as stack:
        try:
            yield Sides(
                side(source, stack), side(source, stack), side(target, stack), tick=lambda: sandbox.clock.advance(1)
            )
        finally:
            stack.close()
            for account in accounts:
                sandbox.drop(account)
            sandbox.clock.reset()
