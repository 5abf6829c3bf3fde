"""What a running sandbox holds: accounts, conversations, what arrived, tokens; and how tests change it."""

from __future__ import annotations

import abc
import secrets
from collections.abc import Iterable
from dataclasses import replace

from afilnet_protocols.callers import check_flags, check_kind
from afilnet_protocols.errors import ConfigurationError, InvalidRequestError
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox.argument_checks import check_channels, check_text, check_texts
from afilnet_protocols.sandbox.connection_info import USER, ConnectionInfo
from afilnet_protocols.sandbox.faults.fault_book import FaultBook
from afilnet_protocols.sandbox.protocols import tokens
from afilnet_protocols.sandbox.server.wire_log import WireLog
from afilnet_protocols.sandbox.state.accounts import CHANNELS, Account, Options
from afilnet_protocols.sandbox.state.call import Refusal
from afilnet_protocols.sandbox.state.clock import Clock
from afilnet_protocols.sandbox.state.journal import NOBODY, Arrival, Journal
from afilnet_protocols.sandbox.state.service import Service
from afilnet_protocols.sandbox.state.store import Store
from afilnet_protocols.seconds import LONGEST, is_within
from afilnet_protocols.suggestion import quoted
from afilnet_protocols.vocabulary import AnyPlatform


class Contents(ConnectionInfo, abc.ABC):
    """What a :class:`~afilnet_protocols.sandbox.Sandbox` holds."""

    clock: Clock
    """What messages are stamped with and tokens expire by."""

    _store: Store
    _journal: Journal
    _faults: FaultBook
    _service: Service
    _tokens: tokens.Tokens
    _wires: WireLog
    _options: Options

    # Accounts

    def account(
        self,
        name: str | None = None,
        *,
        password: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        channels: Iterable[Channel] = CHANNELS,
        options: Options | None = None,
    ) -> Account:
        """Create an account: a namespace that no other account sees into.

        Args:
            name: its user; a new one by default.
            password: its password; a new one by default.
            client_id: its OAuth 2.0 client identifier; a new one by default.
            client_secret: its OAuth 2.0 client secret; a new one by default.
            channels: its channels; one of each platform by default.
            options: how it behaves where the vendor does not say; the sandbox's by default.

        Raises:
            ConfigurationError: there is such an account already, its name or identifier is empty, or the options are
                none.
            InvalidRequestError: a name or a secret is no text, or the channels are none.
        """
        if "" in (name, client_id):
            raise ConfigurationError("an account needs a name" if name == "" else "an account needs a client_id")
        told = {"name": name, "password": password, "client_id": client_id, "client_secret": client_secret}
        for what, given in told.items():
            if given is not None:
                check_text(what, given)
        check_kind("options", options, Options)
        mark = secrets.token_hex(6)
        made = self._service.store.add_account(
            user=name if name is not None else f"user-{mark}",
            password=password if password is not None else f"sandbox-{secrets.token_hex(12)}",
            client_id=client_id if client_id is not None else f"client-{mark}",
            client_secret=client_secret if client_secret is not None else f"sandbox-{secrets.token_hex(12)}",
            channels=check_channels(channels),
            options=options or self._options,
        )
        return replace(made, home=self)

    def accounts(self) -> list[Account]:
        """Return all accounts, oldest first."""
        return [replace(account, home=self) for account in self._store.accounts()]

    def drop(self, account: Account | str) -> None:
        """Remove an account with all that it holds; the seeded one stays."""
        who = self._find(account)
        if who == self._seeded:
            raise ConfigurationError("the seeded account stays: use reset()")
        self._forget(who)
        self._service.store.remove_account(who)

    def _find(self, account: Account | str | None) -> Account:
        check_kind("account", account, Account | str)
        user = USER if account is None else account if isinstance(account, str) else account.user
        found = self._store.account_of_user(user)
        if found is None:
            raise ConfigurationError(f"the sandbox has no account {quoted(user)}")
        return found

    # The other party, and what happened

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
        """Let a message arrive from the other party; return its identifier.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.
            destination: the other party, who writes.
            message: the text, of characters that XML 1.0 can carry.
            account: whose conversation it is; the seeded one's by default.
            appears_after: for how long no list shows it, in seconds of the sandbox's clock. It has its time and its
                place all the same, so that what arrives meanwhile stands behind it.

        Raises:
            InvalidRequestError: the account has no such channel, or the text cannot be carried.
        """
        (identifier,) = self._arrive(platform, platform_id, destination, [message], account, appears_after)
        return identifier

    def receive_many(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        messages: Iterable[str],
        account: Account | str | None = None,
    ) -> list[str]:
        """Let any number of messages arrive from the other party in one second; return their identifiers.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.
            destination: the other party, who writes.
            messages: the texts, in their order, of characters that XML 1.0 can carry.
            account: whose conversation it is; the seeded one's by default.

        Raises:
            InvalidRequestError: the account has no such channel, or a text cannot be carried; none has arrived then.
        """
        return self._arrive(platform, platform_id, destination, check_texts("messages", messages), account)

    def _arrive(
        self,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        texts: list[str],
        account: Account | str | None,
        appears_after: float = 0.0,
    ) -> list[str]:
        who = self._find(account)
        check_text("destination", destination)
        check_texts("message", texts)
        if not is_within(appears_after, 0, LONGEST):
            raise InvalidRequestError("appears_after is a number of seconds, of at least 0")
        place = {"platform": str(platform), "platform_id": platform_id, "destination": destination}
        try:
            identifiers = self._service.receive(
                who, place["platform"], platform_id, destination, *texts, appears_after=appears_after
            )
        except Refusal:
            pass
        else:
            for text in texts:
                self._wires.hear(who.number, {**place, "message": text})
            return identifiers
        raise _no_channel(who, platform, platform_id)

    def read_elsewhere(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        account: Account | str | None = None,
    ) -> int:
        """Let somebody else read a conversation, as a person in the vendor's page would: nothing is unread then.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.
            destination: the other party.
            account: whose conversation it is; the seeded one's by default.

        Returns:
            How many messages were unread.

        Raises:
            InvalidRequestError: the account has no such channel.
        """
        who = self._find(account)
        if not who.has_channel(str(platform), platform_id):
            raise _no_channel(who, platform, platform_id)
        check_text("destination", destination)
        conversation = self._store.conversation(who, str(platform), platform_id, destination)
        return 0 if conversation is None else len(self._service.store.unread(conversation, mark_read=True))

    def journal(self, account: Account | str | None = None, *, everything: bool = False) -> list[Arrival]:
        """Return what arrived for an account (the seeded one by default), oldest first, secrets masked.

        Args:
            account: an account or its user.
            everything: all accounts, and the calls that belong to none.
        """
        check_flags(everything=everything)
        return self._journal.everything() if everything else self._journal.of(self._find(account).number)

    def tokens_issued(self, account: Account | str | None = None) -> int:
        """Return how many access tokens an account (the seeded one by default) was given."""
        return self._tokens.issued.get(self._find(account).number, 0)

    def revoke_tokens(self, account: Account | str | None = None) -> None:
        """Make every token of an account (the seeded one by default) invalid."""
        self._service.store.remove_tokens(self._find(account))

    def reset(self, account: Account | str | None = None, *, everything: bool = False) -> None:
        """Forget conversations, tokens, journal and faults of an account (the seeded one by default).

        Args:
            account: an account or its user.
            everything: all accounts, which stay themselves, all faults, and the clock's setting.
        """
        check_flags(everything=everything)
        if not everything:
            self._forget(self._find(account))
            return
        for who in self._store.accounts():
            self._forget(who)
        self._journal.clear(NOBODY)
        self._wires.clear()
        self._faults.clear()
        self.clock.reset()

    def export_state(self) -> bytes:
        """Return accounts, conversations and messages as the bytes of a file that ``db`` takes; no tokens."""
        return self._store.export()

    def import_state(self, exported: bytes) -> None:
        """Put the state that :meth:`export_state` returned in place of this one; the journal is emptied.

        Args:
            exported: the bytes.

        Raises:
            ConfigurationError: it is no such state, or it lacks the seeded account; nothing has changed then.
        """
        given: object = exported
        if not isinstance(given, bytes):
            raise ConfigurationError("exported are the bytes that export_state() returned")
        before = self._store.accounts()
        self._service.store.take_over(given, keeping=USER)
        for number in (NOBODY, *(who.number for who in before)):
            self._journal.clear(number)
        self._tokens.issued.clear()
        self._wires.clear()
        self._faults.clear()
        self._seeded = self._find(None)

    def _forget(self, account: Account) -> None:
        self._service.store.clear(account)
        self._journal.clear(account.number)
        self._faults.clear(account.number)
        self._tokens.issued.pop(account.number, None)
        self._wires.forget(account.number)


def _no_channel(account: Account, platform: AnyPlatform, platform_id: str) -> InvalidRequestError:
    has = ", ".join(f"{channel.platform}/{channel.platform_id}" for channel in account.channels[:8]) or "none"
    return InvalidRequestError(
        f"account {account.user!r} has no channel {quoted(platform)} / {quoted(platform_id)}; its channels are {has}"
    )
