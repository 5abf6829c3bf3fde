"""`Sandbox`: the whole service on loopback, for tests, demonstrations and trying things out."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from afilnet_protocols import catalogue
from afilnet_protocols.errors import ConfigurationError, InvalidRequestError
from afilnet_protocols.records import Channel
from afilnet_protocols.render import wsdl
from afilnet_protocols.sandbox import tokens
from afilnet_protocols.sandbox.accounts import CHANNELS, Account, Options
from afilnet_protocols.sandbox.certificates import write_certificates
from afilnet_protocols.sandbox.clock import Clock
from afilnet_protocols.sandbox.fault_kind import Stage
from afilnet_protocols.sandbox.fault_kinds import find as find_fault
from afilnet_protocols.sandbox.faults import TOKEN, AnswerCode, Armed, FaultBook, NamedFault, Where
from afilnet_protocols.sandbox.journal import NOBODY, Arrival, Journal
from afilnet_protocols.sandbox.listener import HOST, listen
from afilnet_protocols.sandbox.parts import Parts, build
from afilnet_protocols.sandbox.server import Server
from afilnet_protocols.sandbox.service import Refusal
from afilnet_protocols.sandbox.store import Store
from afilnet_protocols.settings import Settings, SettingsOverrides
from afilnet_protocols.vocabulary import Platform, Protocol

USER = "user"
PASSWORD = "password"  # noqa: S105 - the one of the vendor's samples, for the seeded account
CLIENT_ID = "client"
CLIENT_SECRET = "client-secret"  # noqa: S105 - of the seeded account, which guards nothing


class Sandbox:
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
        token_lifetime: how long an access token lives, in seconds of the sandbox's clock, at least 1.
        journal_size: how many arrivals are remembered for each account, at least 1.
        options: how accounts behave where the vendor does not say, unless they are told otherwise.
        parts: what the server is put together from; another service or front makes a server with a known defect.
    """

    base_url: str
    """Its address over HTTPS."""
    plain_url: str
    """Its address over plain HTTP."""
    ca_file: str
    """A PEM file of the authority to trust."""
    clock: Clock
    """What messages are stamped with and tokens expire by."""

    def __init__(
        self,
        *,
        db: str | Path | None = None,
        port: int = 0,
        plain_port: int = 0,
        token_lifetime: float = 3600,
        journal_size: int = 10_000,
        options: Options | None = None,
        parts: Parts | None = None,
    ) -> None:
        if token_lifetime < 1 or journal_size < 1:
            raise ConfigurationError("token_lifetime and journal_size are at least 1")
        self._db, self._ports = db, (port, plain_port)
        self._options = options or Options()
        self._parts = parts or Parts()
        self._token_lifetime, self._journal_size = token_lifetime, journal_size
        self.clock = Clock()
        self._server: Server | None = None
        self._closed = False

    if not TYPE_CHECKING:  # for type checkers every attribute is there, and no other

        def __getattr__(self, name: str) -> object:
            if not name.startswith("_") and name in type(self).__annotations__:
                raise AttributeError(f"a sandbox has no {name} before it starts: use it in a with block")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

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
        tls, plain = listen(self._ports[0]), None
        try:
            plain = listen(self._ports[1])
            self._open(tls.getsockname()[1], plain.getsockname()[1])
            running = Server(self._app, tls=tls, plain=plain, certificate=self._certificate, faults=self._faults)
            running.start()
        except BaseException:
            for listener in (tls, plain):
                if listener is not None:
                    listener.close()
            self.close()
            raise
        self._server = running
        return self

    def _open(self, port: int, plain_port: int) -> None:
        self.base_url = f"https://{HOST}:{port}"
        self.plain_url = f"http://{HOST}:{plain_port}"
        self._directory = Path(tempfile.mkdtemp(prefix="afilnet-sandbox-"))
        ca_file, self._certificate = write_certificates(self._directory)
        self.ca_file = str(ca_file)
        self._store = Store(self._db)
        self._journal = Journal(self._journal_size)
        self._faults = FaultBook()
        self._tokens = tokens.Tokens(self._store, self.clock, lifetime=self._token_lifetime)
        self._service = self._parts.service(self._store, self.clock, self._journal, self._faults)
        self._app = build(self._parts, self, self._service, self._tokens)
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

    # Where it is, and how to get in

    @property
    def user(self) -> str:
        """The seeded account's user."""
        return self._seeded.user

    @property
    def password(self) -> str:
        """The seeded account's password."""
        return self._seeded.password

    @property
    def client_id(self) -> str:
        """The seeded account's OAuth 2.0 client identifier."""
        return self._seeded.client_id

    @property
    def client_secret(self) -> str:
        """The seeded account's OAuth 2.0 client secret."""
        return self._seeded.client_secret

    @property
    def channels(self) -> list[Channel]:
        """The seeded account's channels, in the order in which they are listed."""
        return list(self._seeded.channels)

    @property
    def token_url(self) -> str:
        """The OAuth 2.0 token endpoint."""
        return self.base_url + tokens.TOKEN_PATH

    @property
    def json_url(self) -> str:
        """Where ``json`` requests go."""
        return self.base_url + "/api/json/"

    @property
    def soap_url(self) -> str:
        """Where SOAP requests (document/literal) go."""
        return self.base_url + "/api/soap/"

    @property
    def wsdl_url(self) -> str:
        """The description of :attr:`soap_url`."""
        return self.soap_url + "?wsdl"

    @property
    def control_url(self) -> str:
        """The control endpoint, on plain HTTP so that any tool on this machine reaches it without the CA."""
        return self.plain_url + "/_sandbox/"

    def describe(self) -> dict[str, str]:
        """Return where the sandbox is and how to get in: what ``afilnet sandbox --json`` prints."""
        names = (
            "base_url",
            "plain_url",
            "ca_file",
            "user",
            "password",
            "client_id",
            "client_secret",
            "token_url",
            "json_url",
            "soap_url",
            "wsdl_url",
            "control_url",
        )
        return {name: str(getattr(self, name)) for name in names}

    def settings(
        self,
        protocol: Protocol | str = Protocol.HTTP_POST,
        /,
        *,
        account: Account | str | None = None,
        plain: bool = False,
        meeting: Armed | None = None,
        **overrides: Unpack[SettingsOverrides],
    ) -> Settings:
        """Return settings for a client of this sandbox, complete enough to change only ``protocol`` afterwards.

        Args:
            protocol: the protocol's name.
            account: an account or its user; the seeded one by default.
            plain: over plain HTTP, which needs and gets ``minimum_security = "none"``.
            meeting: a fault that the client is to meet. If it has an address of its own, the client is sent there; for
                a fault of the operation ``token``, to ask for a token only.
            **overrides: any setting, instead of the sandbox's.
        """
        who = self._find(account)
        protocol = overrides.get("protocol", protocol)
        base = self.plain_url if plain else self.base_url
        place, token_place = _places(base, meeting)
        chosen = SettingsOverrides(
            protocol=protocol,
            base_url=place,
            user=who.user,
            password=who.password,
            soap_wsdl=self._wsdl_file(base),
            soap_endpoint=place + "/api/soap/",
            json_url=place + "/api/json/",
            token_url=token_place + tokens.TOKEN_PATH,
            client_id=who.client_id,
            client_secret=who.client_secret,
            minimum_security="none" if plain else "low" if protocol == Protocol.HTTP_GET else "medium",
            require=(),
        )
        if not plain:
            chosen["ca_file"] = self.ca_file
        chosen.update(overrides)
        return Settings(**{**chosen, "require": tuple(chosen["require"])})  # type: ignore[arg-type]  # names are checked

    def _wsdl_file(self, base: str) -> str:
        file = self._directory / ("plain.wsdl" if base == self.plain_url else "tls.wsdl")
        if not file.exists():
            file.write_text(wsdl.render(base + "/api/soap/"), encoding="utf-8")
        return str(file)

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
        return self._store.add_account(
            user=name if name is not None else f"user-{mark}",
            password=password if password is not None else f"sandbox-{secrets.token_hex(12)}",
            client_id=f"client-{mark}",
            client_secret=f"sandbox-{secrets.token_hex(12)}",
            channels=tuple(channels),
            options=options or self._options,
        )

    def accounts(self) -> list[Account]:
        """Return all accounts, oldest first."""
        return self._store.accounts()

    def drop(self, account: Account | str) -> None:
        """Remove an account with all that it holds; the seeded one stays."""
        who = self._find(account)
        if who == self._seeded:
            raise ConfigurationError("the seeded account stays: use reset()")
        self._forget(who)
        self._store.remove_account(who)

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
        platform: Platform | str,
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
        try:
            return self._service.receive(who, str(platform), platform_id, destination, message)
        except Refusal:
            pass
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
        self._faults.clear()
        self.clock.reset()

    def _forget(self, account: Account) -> None:
        self._store.clear(account)
        self._journal.clear(account.number)
        self._faults.clear(account.number)
        self._tokens.issued.pop(account.number, None)

    # Faults

    def answer(
        self,
        code: str,
        *,
        operation: str | None = None,
        protocol: Protocol | str | None = None,
        account: Account | str | None = None,
        after: int = 0,
        times: int | None = 1,
    ) -> Armed:
        """Make coming calls answer an error code, each in its protocol's dialect, and do nothing.

        The calls must have valid credentials and name an operation; others end before they meet the fault.

        Args:
            code: the code, documented or not.
            operation: the Python name of the operation; any by default.
            protocol: the protocol; any by default.
            account: an account or its user; any by default.
            after: how many matching calls pass before.
            times: in how many calls; ``None`` for every one.

        Returns:
            The fault, to count its hits; as a context manager it fails on leaving if it never fired.
        """
        if operation is not None and catalogue.by_name(operation) is None:
            raise ConfigurationError(f"there is no operation {operation!r}")
        fault = AnswerCode(
            code=code,
            operation=operation,
            protocol=None if protocol is None else Protocol(protocol),
            account=None if account is None else self._find(account).number,
            after=after,
            times=times,
        )
        return self._faults.arm(fault)

    def fault(
        self,
        kind: str,
        /,
        *,
        operation: str | None = None,
        protocol: Protocol | str | None = None,
        account: Account | str | None = None,
        after: int = 0,
        times: int | None = 1,
        **details: object,
    ) -> Armed:
        """Make something go wrong in coming calls: on the wire, or in what the service means.

        The kinds are listed in the documentation (Reference, Faults). Those of the stages ``connect`` and ``request``
        meet connections, whoever's they are; arming one ends the connections that are idle, so that the next call has
        to make one. Three of them fail before there is a connection, and so have an address of their own, which
        ``settings(meeting=…)`` gives to a client. All others meet calls with valid credentials.

        Args:
            kind: the name of the fault.
            operation: the Python name of the operation, or ``token`` for requests to the token endpoint; any
                operation by default.
            protocol: the protocol; any by default.
            account: an account or its user; any by default.
            after: how many matching calls (or connections) pass before.
            times: in how many it fires, or in how many pairs of calls, if it takes two; ``None`` for every one.
            **details: what is particular about it, such as ``seconds`` or ``processed``.

        Returns:
            The fault, to count its hits; as a context manager it fails on leaving if it never fired.

        Raises:
            ConfigurationError: there is no such kind, detail, operation or account, or the kind acts before it is
                known whose call it is.
        """
        chosen, told = find_fault(kind, details)
        if chosen.where is Where.ADDRESS:
            _check_of_address(kind, operation, protocol, account, after=after, times=times)
        elif chosen.where is not Where.CALL and any(given is not None for given in (operation, protocol, account)):
            raise ConfigurationError(f"the fault {kind} acts before it is known whose call of which operation it meets")
        if chosen.stage is Stage.TOKEN and operation not in (None, TOKEN):
            raise ConfigurationError(f"the fault {kind} is for requests to the token endpoint only")
        operation = TOKEN if chosen.stage is Stage.TOKEN else operation
        if operation == TOKEN and (account is not None or protocol not in (None, Protocol.JSON)):
            raise ConfigurationError("a fault of the token endpoint can name no account, and no protocol but json")
        fault = NamedFault(
            kind=kind,
            details=told,
            operation=self._known(operation),
            protocol=None if protocol is None else Protocol(protocol),
            account=None if account is None else self._find(account).number,
            after=after,
            times=None if chosen.where is Where.ADDRESS else times,
            where=chosen.where,
            calls=chosen.calls,
        )
        armed = self._faults.arm(fault, chosen.door and chosen.door())
        if fault.where not in (Where.ADDRESS, Where.CALL) and self._server is not None:
            self._server.drop_idle()
        return armed

    @staticmethod
    def _known(operation: str | None) -> str | None:
        if operation not in (None, TOKEN) and catalogue.by_name(str(operation)) is None:
            raise ConfigurationError(f"there is no operation {operation!r}")
        return operation

    def faults(self) -> list[Armed]:
        """Return the faults that are in the book, spent ones too."""
        return self._faults.armed()


def _places(base: str, meeting: Armed | None) -> tuple[str, str]:
    """Return where a client's calls go, and where it asks for tokens: not to the sandbox, if a fault says so."""
    door = None if meeting is None else meeting.door
    if meeting is None or door is None:
        return base, base
    instead = door.address(base.partition(":")[0])
    return (base, instead) if meeting.fault.operation == TOKEN else (instead, base)


def _check_of_address(kind: str, operation: str | None, *named: object, after: int, times: int | None) -> None:
    """Refuse what cannot be of a fault that has an address of its own.

    Raises:
        ConfigurationError: it names anything but the token endpoint, or would begin or end by itself.
    """
    if operation not in (None, TOKEN) or named != (None, None) or after or times not in (None, 1):
        raise ConfigurationError(
            f"the fault {kind} is an address, and meets whoever tries it for as long as it is armed: it can name no "
            "protocol, account, or operation but token, and it knows neither after nor times"
        )
