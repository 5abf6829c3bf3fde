"""`Sandbox`: the whole service on loopback, for tests, demonstrations and trying things out."""

from __future__ import annotations

import socket
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from afilnet_protocols.callers import check_kind
from afilnet_protocols.dialects import Dialect, find
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.process.fork import renew_in_child
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.process.shortage import MADE_OR_TOLD
from afilnet_protocols.retold import Retold, in_words
from afilnet_protocols.sandbox import temporary
from afilnet_protocols.sandbox.argument_checks import LAST_PORT
from afilnet_protocols.sandbox.components import Components, build, endpoints, soap_endpoint
from afilnet_protocols.sandbox.connection_info import CLIENT_ID, CLIENT_SECRET, PASSWORD, USER
from afilnet_protocols.sandbox.controlled import Controlled
from afilnet_protocols.sandbox.faults.fault_book import FaultBook
from afilnet_protocols.sandbox.forked import ELSEWHERE
from afilnet_protocols.sandbox.page.guard import PageGuard
from afilnet_protocols.sandbox.protocols import tokens
from afilnet_protocols.sandbox.protocols.token_server import TokenServer
from afilnet_protocols.sandbox.server.certificates import write_certificates
from afilnet_protocols.sandbox.server.listener import HOST, listen
from afilnet_protocols.sandbox.server.server import Server
from afilnet_protocols.sandbox.server.wire_log import WireLog
from afilnet_protocols.sandbox.state.accounts import CHANNELS, Options
from afilnet_protocols.sandbox.state.clock import Clock
from afilnet_protocols.sandbox.state.journal import Journal
from afilnet_protocols.sandbox.state.store import Store
from afilnet_protocols.seconds import LONGEST, is_count, is_within


class Sandbox(OfThisProcess, Controlled):
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
        like: how it speaks: a ``Dialect`` of ``afilnet_protocols.dialects``, the name of a built-in one such as
            ``"bare-php"``, or the path of a ``dialect.toml``; as the vendor's samples do by default.
        components: what the server is made of; another service or endpoint makes a server with a known defect.

    Raises:
        ConfigurationError: an argument cannot be meant, or there is no such dialect.
    """

    _other_process = "give the other one what `describe()` returns"

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
        if not (is_within(token_lifetime, 1, LONGEST) and is_count(journal_size, 1)):
            raise ConfigurationError("token_lifetime and journal_size are numbers of at least 1")
        if not all(is_count(each, 0) and each <= LAST_PORT for each in (port, plain_port, page_port)):
            raise ConfigurationError(f"a port is a number from 0 to {LAST_PORT}")
        wanted = [each for each in (port, plain_port, page_port) if each]
        if len(set(wanted)) < len(wanted):
            raise ConfigurationError(
                "port, plain_port and page_port (--port, --plain-port, --page-port) are the same: give each its own,"
                " or 0 for any that is free"
            )
        check_kind("options", options, Options)
        check_kind("components", components, Components)
        check_kind("token_server", token_server, TokenServer)
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
            ConfigurationError: a port is taken, a file cannot be used, this process lacks something, or it was closed
                before.
        """
        if self._closed:
            raise ConfigurationError("this sandbox was closed: make another")
        if self._server is not None:
            return self
        with Retold(OSError, _not_started), MADE_OR_TOLD:
            self._server = self._started()
        renew_in_child(self)
        return self

    def _started(self) -> Server:
        bound: list[socket.socket] = []
        try:
            # First, for where it may be is looked for so that a want of open files does not show.
            self._directory = temporary.make("sandbox")
            bound.extend(map(listen, self._ports, ("port", "plain_port", "page_port")))
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
                wires=self._wires,
            )
            running.start()
        except BaseException:
            for listener in bound:
                listener.close()
            self.close()
            raise
        return running

    def _open(self, port: int, plain_port: int, page_port: int) -> None:
        self.base_url = f"https://{HOST}:{port}"
        self.plain_url = f"http://{HOST}:{plain_port}"
        self.page_url = f"http://{HOST}:{page_port}/"
        ca_file, self._certificate = write_certificates(self._directory)
        self.ca_file = str(ca_file)
        self._store = Store(self._db)
        self._journal = Journal(self._journal_size)
        self._faults = FaultBook()
        self._tokens = tokens.Tokens(self._store, self.clock, lifetime=self._token_lifetime, server=self._token_server)
        self._service = self._components.service(self._store, self.clock, self._journal, self._faults, self.dialect)
        self._soap_endpoint = partial(soap_endpoint, self._components, self._service)
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
        if self.clock is ELSEWHERE:
            return
        if self._server is not None:
            self._server.stop()
            self._server = None
        if hasattr(self, "_faults"):
            self._faults.close()
        if hasattr(self, "_store"):
            self._store.close()
        if hasattr(self, "_directory"):
            temporary.remove(self._directory)

    def after_fork(self) -> None:
        """Leave what serves to the process that was forked, down to the files: a child has but a copy of it."""
        self._server, self._closed = None, True
        self.clock = self._service = self._journal = self._faults = self._tokens = self._wires = ELSEWHERE

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "not started" if self._server is None else f"at {self.base_url}"
        return f"<Sandbox {state}>"

    def speak_like(self, like: str | PathLike[str] | Dialect) -> None:
        """Speak another dialect from now on; what it holds stays.

        Accounts whose options are those of the dialect before get those of the new one. A client over SOAP that was
        made before has the description of the dialect before.

        Args:
            like: as the argument of the same name of this class.

        Raises:
            ConfigurationError: there is no such dialect; nothing has changed then.
        """
        dialect = find(like)
        before, after = Options.of(self.dialect), Options.of(dialect)
        self.dialect = self._service.dialect = dialect
        self._app.serve(endpoints(self._components, self._service, self._tokens))
        if self._options == before:
            self._options = after
        for account in self._store.accounts():
            if account.options == before:
                self._store.set_options(account, after)
        self._seeded = self._find(None)
        self._forget_descriptions()

    def _soap_description(self, address: str) -> str:
        return self._soap_endpoint().whole_description(address)


def _not_started(error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"the sandbox cannot write its certificates: {in_words(error)}; set TMPDIR to a folder with room that can be"
        " written"
    )
