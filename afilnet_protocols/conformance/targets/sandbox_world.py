"""`SandboxWorld`: the other side of a target that talks to a sandbox: one account of it, moved and looked at."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Unpack

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.conformance.results.outcome import Exchange
from afilnet_protocols.conformance.targets.needs import EVERYTHING
from afilnet_protocols.conformance.targets.recorder import Tap
from afilnet_protocols.conformance.targets.target import AccountOf
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox import Account, Sandbox
from afilnet_protocols.sandbox.state.journal import Arrival
from afilnet_protocols.settings import Settings
from afilnet_protocols.settings.overrides import SettingsOverrides
from afilnet_protocols.vocabulary import Addressee, AnyProtocol, platform_of

_OF_A_CLIENT = (*(operation.name for operation in OPERATIONS), "close")
"""What is asked of a client."""

_OF_ITS_CLASS = ("__enter__", "__exit__")
"""What ``with`` asks of its class, which has nothing of a client that it hands calls on to (``__getattr__``)."""


class SandboxWorld:
    """An account of a sandbox.

    Args:
        sandbox: a running sandbox.
        account: the account.
        protocol: the protocol whose settings the clients get.
        make: makes a client from settings.
        plain: whether the clients speak plain HTTP on loopback instead of TLS.
        tap: what listens on the sandbox's wire; ``None`` if nothing does.
    """

    offers = EVERYTHING
    disposable = True
    stopped = None

    def __init__(
        self,
        sandbox: Sandbox,
        account: Account,
        *,
        protocol: AnyProtocol,
        make: Callable[[Settings], ChatOperations],
        plain: bool = False,
        tap: Tap | None = None,
    ) -> None:
        self.sandbox = sandbox
        self.account = account
        self._protocol, self._make, self._plain, self._tap = protocol, make, plain, tap

    @property
    def channels(self) -> Sequence[Channel]:
        """The account's channels, in the service's order."""
        return self.account.channels

    @property
    def secrets(self) -> Sequence[str]:
        """Every secret of the account."""
        return self.account.password, self.account.client_secret

    def conversations(self, channel: Channel) -> int:
        """Return how many conversations a channel has: none, since every sequence begins in an empty account."""
        return 0

    def has_conversation(self, channel: Channel, person: str) -> bool:
        """Return whether somebody has a conversation: nobody, as above."""
        return False

    def receive(self, *, platform: str, platform_id: str, destination: str, message: str) -> object:
        """Let the other party write."""
        person: Addressee = {
            "platform": platform_of(platform),
            "platform_id": platform_id,
            "destination": destination,
        }
        return self.sandbox.receive(**person, message=message, account=self.account)

    def reset(self) -> None:
        """Empty the account, and forget what was recorded of the wire."""
        self.sandbox.reset(self.account)
        if self._tap is not None:
            self._tap.clear()

    def set_clock(self, now: datetime) -> None:
        """Set the sandbox's clock, which all its accounts share."""
        self.sandbox.clock.set(now)

    def journal(self) -> Sequence[Arrival]:
        """Return the calls that arrived since the last reset, oldest first."""
        return self.sandbox.journal(self.account)

    def fault(self, code: str, *, operation: str | None = None) -> object:
        """Make the next call (of one operation, if it is named) answer an error code and do nothing."""
        return self.sandbox.answer(code, operation=operation, account=self.account)

    def lose_answer(self, *, times: int = 1) -> None:
        """Make the service carry out the next calls and answer something that no client can read.

        Raises:
            RuntimeError: nothing listens on the wire of this sandbox.
        """
        self._tapped().lose_answer(times=times)

    def lose_call(self) -> None:
        """Lose the next call on its way to the service.

        Raises:
            RuntimeError: nothing listens on the wire of this sandbox.
        """
        self._tapped().lose_call()

    def redirect_call(self, address: str) -> None:
        """Answer the next call that it is to be made at another address.

        Raises:
            RuntimeError: nothing listens on the wire of this sandbox.
        """
        self._tapped().redirect_call(address)

    def break_call(self, fault: str, *, every: float | None = None) -> Callable[[], object]:
        """Let a fault happen to the next call."""
        armed = self.sandbox.fault(fault) if every is None else self.sandbox.fault(fault, every=every)
        return armed.disarm

    def hold_call(self, *, seconds: float, begun: Callable[[], object] = lambda: None) -> Callable[[], bool]:
        """Hold the next call back before the service gets it.

        Raises:
            RuntimeError: nothing listens on the wire of this sandbox.
        """
        return self._tapped().hold_call(seconds=seconds, begun=begun)

    def _tapped(self) -> Tap:
        if self._tap is None:
            raise RuntimeError("this sandbox was started without a tap on its wire")
        return self._tap

    def expire_tokens(self) -> None:
        """Make every access token of the account invalid."""
        self.sandbox.revoke_tokens(self.account)

    def tokens_issued(self) -> int:
        """Return how many access tokens the account was given since the last reset."""
        return self.sandbox.tokens_issued(self.account)

    def settings(self, *, plain: bool | None = None, **overrides: Unpack[SettingsOverrides]) -> Settings:
        """Return the settings of a client of this account."""
        return self.sandbox.settings(
            self._protocol, account=self.account, plain=self._plain if plain is None else plain, **overrides
        )

    def client(self, *, plain: bool | None = None, **overrides: Unpack[SettingsOverrides]) -> ChatOperations:
        """Make another client of the same account with changed settings.

        Raises:
            ConfigurationError: what was made is no client.
        """
        made = self._make(self.settings(plain=plain, **overrides))
        kind = type(made).__name__
        if inspect.iscoroutinefunction(getattr(made, "get_chat_channels", None)):
            raise ConfigurationError(f"what was made is no client: the calls of {kind} are coroutines")
        lacking = [name for name in _OF_A_CLIENT if not callable(getattr(made, name, None))]
        lacking += [name for name in _OF_ITS_CLASS if not callable(getattr(type(made), name, None))]
        if lacking:
            raise ConfigurationError(f"what was made is no client: {kind} has no {lacking[0]}()")
        return made

    def another(self, **account: Unpack[AccountOf]) -> SandboxWorld:
        """Make another account of the sandbox, whose clients are made in the same way."""
        options = self.account.options
        made = self.sandbox.account(
            account.get("user"),
            password=account.get("password"),
            client_id=account.get("client_id"),
            client_secret=account.get("client_secret"),
            channels=account.get("channels", self.channels),
            options=replace(options, message_ids=account.get("message_ids", options.message_ids)),
        )
        return SandboxWorld(
            self.sandbox, made, protocol=self._protocol, make=self._make, plain=self._plain, tap=self._tap
        )

    def exchanges(self) -> list[Exchange]:
        """Return what went over the wire since the last reset, with secrets masked; nothing without a tap."""
        if self._tap is None:
            return []
        account = self.account
        pairs = (f"{account.user}:{account.password}", f"{account.client_id}:{account.client_secret}")
        return self._tap.exchanges([*self.secrets, *pairs])
