"""`Sandbox`: the whole service on loopback, for tests, demonstrations and trying things out."""

from __future__ import annotations

import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from afilnet_protocols.dialects import Dialect, find
from afilnet_protocols.errors import ConfigurationError, InvalidRequestError
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox.components import Components, build, soap_front
from afilnet_protocols.sandbox.connection_info import CLIENT_ID, CLIENT_SECRET, PASSWORD, USER, ConnectionInfo
from afilnet_protocols.sandbox.faults.arming import Arming
from afilnet_protocols.sandbox.faults.fault_book import FaultBook
from afilnet_protocols.sandbox.page.guard import PageGuard
from afilnet_protocols.sandbox.protocols import tokens
from afilnet_protocols.sandbox.protocols.token_server import TokenServer
from afilnet_protocols.sandbox.server.certificates import write_certificates
from afilnet_protocols.sandbox.server.listener import HOST, listen
from afilnet_protocols.sandbox.server.server import Server
from afilnet_protocols.sandbox.server.wire_log import WireLog
from afilnet_protocols.sandbox.state.accounts import CHANNELS, Account, Options
from afilnet_protocols.sandbox.state.clock import Clock
from afilnet_protocols.sandbox.state.journal import NOBODY, Arrival, Journal
from afilnet_protocols.sandbox.state.service import Refusal
from afilnet_protocols.sandbox.state.store import Store
from afilnet_protocols.vocabulary import AnyPlatform


class Sandbox(ConnectionInfo, Arming):
    """A server on loopback that speaks all five protocols over one state, with HTTPS and plain HTTP.

    It has one seeded account (``user`` / ``password``, the ones of the vendor's samples); :meth:`account` makes
    others, each a namespace of its own. Every method may be called from any thread while it runs::

        with Sandbox() as sandbox, connect(sandbox.settings("soap")) as chat:
            sandbox.receive(platform="whatsapp", platform_id="100", destination="34600000000", message="hola")
            print(chat.get_unread_messages(platform="whatsapp", platform_id="100", destination="34600000000"))

    Args:
        db: an SQLite file that keeps the state over restarts; without it the state is in memory.
        port: the port of HTTPS; 0 takes any that is free.
        plain_port: the port of plain HTTP; 0 takes any that is free.
        page_port: the port of the page; 0 takes any that is free.
        token_lifetime: how long an access token lives, in seconds of the sandbox's clock, at least 1.
        token_server: how the authorization server behaves where real ones differ.
        journal_size: how many arrivals are remembered for each account, at least 1.
        options: how accounts behave where the vendor does not say, unless they are told otherwise; as the dialect
            says by default.
        like: how it speaks: a :class:`~afilnet_protocols.dialects.Dialect`, the name of a built-in one such as
            ``"bare-php"``, or the path of a ``dialect.toml``; as the vendor's samples do by default.
        components: what the server is put together from; another service or front makes a server with a known defect.
    """

    clock: Clock
    """What messages are stamped with and tokens expire by."""
    dialect: Dialect
    """How it speaks."""

    def __init__(
        self,
        *,
        db: str | Path | None = None,
        port: int = 0,
        plain_port: int = 0,
        page_port: int = 0,
        token_lifetime: float = 3600,
        token_server: TokenServer | None = None,
        journal_size: int = 10_000,
        options: Options | None = None,
        components: Components | None = None,
        like: str | PathLike[str] | Dialect | None = None,
    ) -> None:
        if token_lifetime < 1 or journal_size < 1:
            raise ConfigurationError("token_lifetime and journal_size are at least 1")
        self._db, self._ports = db, (port, plain_port, page_port)
        self.dialect = Dialect() if like is None else find(like)
        self._options = options or Options.of(self.dialect)
        self._components = components or Components()
        self._token_lifetime, self._journal_size = token_lifetime, journal_size
        self._token_server = token_server
        self.clock = Clock()
        self._server: Server | None = None
        self._closed = False

    # Life

    def start(self) -> Self:
        """Start the server; it answers when this returns. Entering the ``with`` block does it.

        Raises:
            ConfigurationError: a port is taken, the file cannot be used, or it was closed before.
        """
        if self._closed:
            raise ConfigurationError("this sandbox was closed: make another")
        if self._server is not None:
            return self
        bound: list[socket.socket] = []
        try:
            bound.extend(map(listen, self._ports))
            self._open(*(listener.getsockname()[1] for listener in bound))
            tls, plain, page = bound
            running = Server(
                self._app,
                self._page,
                tls=tls,
                plain=plain,
                page_socket=page,
                certificate=self._certificate,
                faults=self._faults,
            )
            running.start()
        except BaseException:
            for listener in bound:
                listener.close()
            self.close()
            raise
        self._server = running
        return self

    def _open(self, port: int, plain_port: int, page_port: int) -> None:
        self.base_url = f"https://{HOST}:{port}"
        self.plain_url = f"http://{HOST}:{plain_port}"
        self.page_url = f"http://{HOST}:{page_port}/"
        self._directory = Path(tempfile.mkdtemp(prefix="afilnet-sandbox-"))
        ca_file, self._certificate = write_certificates(self._directory)
        self.ca_file = str(ca_file)
        self._store = Store(self._db)
        self._journal = Journal(self._journal_size)
        self._faults = FaultBook()
        self._tokens = tokens.Tokens(self._store, self.clock, lifetime=self._token_lifetime, server=self._token_server)
        self._service = self._components.service(self._store, self.clock, self._journal, self._faults, self.dialect)
        self._wires = WireLog(self._service)
        self._app = build(self._components, self, self._service, self._tokens, self._wires)
        self._page = PageGuard(self, self._service, self._wires)
        seeded = self._store.account_of_user(USER)
        self._seeded = seeded or self._store.add_account(
            user=USER,
            password=PASSWORD,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            channels=CHANNELS,
            options=self._options,
        )

    def close(self) -> None:
        """Stop the server and remove its certificates; calling it again does nothing."""
        self._closed = True
        if self._server is not None:
            self._server.stop()
            self._server = None
        if hasattr(self, "_faults"):
            self._faults.clear()
        if hasattr(self, "_store"):
            self._store.close()
        if hasattr(self, "_directory"):
            shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Accounts

    def account(
        self,
        name: str | None = None,
        *,
        password: str | None = None,
        channels: Iterable[Channel] = CHANNELS,
        options: Options | None = None,
    ) -> Account:
        """Create an account: a namespace that no other account sees into.

        Args:
            name: its user; a new one by default.
            password: its password; a new one by default.
            channels: its channels; one of each platform by default.
            options: how it behaves where the vendor does not say; the sandbox's by default.

        Raises:
            ConfigurationError: there is such an account already, or the name is empty.
        """
        if name == "":
            raise ConfigurationError("an account needs a name")
        mark = secrets.token_hex(6)
        made = self._store.add_account(
            user=name if name is not None else f"user-{mark}",
            password=password if password is not None else f"sandbox-{secrets.token_hex(12)}",
            client_id=f"client-{mark}",
            client_secret=f"sandbox-{secrets.token_hex(12)}",
            channels=tuple(channels),
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
        self._store.remove_account(who)

    def _soap_description(self, address: str) -> str:
        return soap_front(self._components, self._service).whole_description(address)

    def _find(self, account: Account | str | None) -> Account:
        user = USER if account is None else account if isinstance(account, str) else account.user
        found = self._store.account_of_user(user)
        if found is None:
            raise ConfigurationError(f"the sandbox has no account {user!r}")
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
    ) -> str:
        """Let a message arrive from the other party; return its identifier.

        Args:
            platform: the platform of the channel.
            platform_id: the identifier of the channel on its platform.
            destination: the other party, who writes.
            message: the text, of characters that XML 1.0 can carry.
            account: whose conversation it is; the seeded one's by default.

        Raises:
            InvalidRequestError: the account has no such channel, or the text cannot be carried.
        """
        who = self._find(account)
        said = {
            "platform": str(platform),
            "platform_id": platform_id,
            "destination": destination,
            "message": message,
        }
        try:
            identifier = self._service.receive(who, said["platform"], platform_id, destination, message)
        except Refusal:
            pass
        else:
            self._wires.hear(who.number, said)
            return identifier
        raise InvalidRequestError(f"account {who.user!r} has no channel {platform} / {platform_id!r}")

    def journal(self, account: Account | str | None = None, *, everything: bool = False) -> list[Arrival]:
        """Return what arrived for an account (the seeded one by default), oldest first, secrets masked.

        Args:
            account: an account or its user.
            everything: all accounts, and the calls that belong to none.
        """
        return self._journal.everything() if everything else self._journal.of(self._find(account).number)

    def tokens_issued(self, account: Account | str | None = None) -> int:
        """Return how many access tokens an account (the seeded one by default) was given."""
        return self._tokens.issued.get(self._find(account).number, 0)

    def revoke_tokens(self, account: Account | str | None = None) -> None:
        """Make every token of an account (the seeded one by default) invalid."""
        self._store.remove_tokens(self._find(account))

    def reset(self, account: Account | str | None = None, *, everything: bool = False) -> None:
        """Forget conversations, tokens, journal and faults of an account (the seeded one by default).

        Args:
            account: an account or its user.
            everything: all accounts, which stay themselves, all faults, and the clock's setting.
        """
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
        for who in self._store.accounts():
            self._journal.clear(who.number)
        self._store.take_over(exported, keeping=USER)
        self._wires.clear()
        self._faults.clear()
        self._seeded = self._find(None)

    def _forget(self, account: Account) -> None:
        self._store.clear(account)
        self._journal.clear(account.number)
        self._faults.clear(account.number)
        self._tokens.issued.pop(account.number, None)
        self._wires.forget(account.number)
