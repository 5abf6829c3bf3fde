"""`Controlled`: a sandbox as its control endpoint and its page see it, so that neither needs to know how it is made."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import Protocol

from afilnet_protocols.dialects import Dialect
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox.faults.fault_book import Armed
from afilnet_protocols.sandbox.state.accounts import Account, Options
from afilnet_protocols.sandbox.state.clock import Clock
from afilnet_protocols.sandbox.state.journal import Arrival
from afilnet_protocols.vocabulary import AnyPlatform, AnyProtocol


class Controlled(Protocol):
    """What can be asked of a running sandbox, and done to it. :class:`~afilnet_protocols.sandbox.Sandbox` says how."""

    clock: Clock
    dialect: Dialect
    base_url: str
    plain_url: str
    ca_file: str

    @property
    def user(self) -> str:
        """The seeded account's user."""

    def accounts(self) -> list[Account]:
        """Return all accounts."""

    def account(
        self, name: str | None, *, password: str | None, channels: Iterable[Channel], options: Options | None
    ) -> Account:
        """Create an account."""

    def receive(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        message: str,
        account: Account | str | None = None,
        appears_after: float = 0.0,
    ) -> str:
        """Let a message arrive."""

    def receive_many(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        messages: Iterable[str],
        account: Account | str | None = None,
    ) -> list[str]:
        """Let messages arrive in one second."""

    def read_elsewhere(
        self, *, platform: AnyPlatform, platform_id: str, destination: str, account: Account | str | None = None
    ) -> int:
        """Let somebody else read a conversation."""

    def journal(self, account: Account | str | None, *, everything: bool) -> list[Arrival]:
        """Return what arrived."""

    def faults(self) -> list[Armed]:
        """Return the faults in the book."""

    def fault(
        self,
        kind: str,
        /,
        *,
        operation: str | None = None,
        protocol: AnyProtocol | None = None,
        account: Account | str | None = None,
        after: int = 0,
        times: int | None = 1,
        **details: object,
    ) -> Armed:
        """Make something go wrong."""

    def answer(
        self,
        code: str,
        *,
        operation: str | None = None,
        protocol: AnyProtocol | None = None,
        account: Account | str | None = None,
        after: int = 0,
        times: int | None = 1,
    ) -> Armed:
        """Make coming calls answer an error code."""

    def revoke_tokens(self, account: Account | str | None) -> None:
        """Make the tokens of an account invalid."""

    def reset(self, account: Account | str | None = None, *, everything: bool = False) -> None:
        """Forget what an account holds, or all."""

    def speak_like(self, like: str | PathLike[str] | Dialect) -> None:
        """Speak another dialect from now on."""

    def export_state(self) -> bytes:
        """Return the state as a file."""

    def import_state(self, exported: bytes) -> None:
        """Put such a state in place of this one."""
