"""Where a sandbox is, and how to get in: its addresses, its seeded account, and the settings of clients."""

from __future__ import annotations

import abc
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from afilnet_protocols.callers import check_flags, check_kind
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.process.shortage import MADE_OR_TOLD
from afilnet_protocols.records import Channel
from afilnet_protocols.retold import Retold, in_words
from afilnet_protocols.sandbox.faults.fault_book import TOKEN, Armed
from afilnet_protocols.sandbox.protocols import tokens
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.settings import Settings, refuse_unknown
from afilnet_protocols.settings.overrides import SettingsOverrides
from afilnet_protocols.vocabulary import AnyProtocol, Protocol

USER = "user"
PASSWORD = "password"  # noqa: S105 - the one of the vendor's samples, for the seeded account
CLIENT_ID = "client"
CLIENT_SECRET = "client-secret"  # noqa: S105 - of the seeded account, which guards nothing


class NotStartedError(ConfigurationError, AttributeError):
    """What a sandbox has only while it runs was asked of one that has not started."""


class ConnectionInfo(abc.ABC):
    """What a :class:`~afilnet_protocols.sandbox.Sandbox` says of itself once it runs."""

    base_url: str
    """Its address over HTTPS."""
    plain_url: str
    """Its address over plain HTTP."""
    page_url: str
    """The address of its page for people, which shows conversations, how each message travelled, faults, traffic."""
    ca_file: str
    """A PEM file of the authority to trust."""

    _directory: Path
    _seeded: Account

    if not TYPE_CHECKING:  # for type checkers every attribute is there, and no other

        def __getattr__(self, name: str) -> object:
            if name in ConnectionInfo.__annotations__:
                raise NotStartedError(f"a sandbox has no {name} before it starts: use it in a with block")
            if name.startswith("_") and not name.startswith("__"):  # made by starting, as all that is not made before
                raise NotStartedError("this sandbox has not started: use it in a with block")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

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
            "page_url",
        )
        return {name: str(getattr(self, name)) for name in names}

    def settings(
        self,
        protocol: AnyProtocol = Protocol.HTTP_POST,
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

        Raises:
            ConfigurationError: a setting cannot work, or is none.
        """
        check_kind("meeting", meeting, Armed)
        check_flags(plain=plain)
        refuse_unknown(overrides, "settings()", beside=ConnectionInfo.settings.__kwdefaults__)
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
        return Settings(**chosen)

    def _wsdl_file(self, base: str) -> str:
        file = self._directory / ("plain.wsdl" if base == self.plain_url else "tls.wsdl")
        if not self._directory.exists():
            raise ConfigurationError("this sandbox was closed: make another")
        if not file.exists():
            description = self._soap_description(base + "/api/soap/")
            with Retold(OSError, lambda error: _not_written(file, error)), MADE_OR_TOLD:
                file.write_text(description, encoding="utf-8")
        return str(file)

    def _forget_descriptions(self) -> None:
        for file in self._directory.glob("*.wsdl"):
            file.unlink()

    @abc.abstractmethod
    def _soap_description(self, address: str) -> str:
        """Return the description of what speaks SOAP at an address."""

    @abc.abstractmethod
    def _find(self, account: Account | str | None) -> Account:
        """Return an account by itself or its user; the seeded one by default."""


def _places(base: str, meeting: Armed | None) -> tuple[str, str]:
    """Return where a client's calls go, and where it asks for tokens: not to the sandbox, if a fault says so."""
    endpoint = None if meeting is None else meeting.endpoint
    if meeting is None or endpoint is None:
        return base, base
    instead = endpoint.address(base.partition(":")[0])
    return (base, instead) if meeting.fault.operation == TOKEN else (instead, base)


def _not_written(file: Path, error: OSError) -> ConfigurationError:
    """Return how a description is refused that there is no room for; half of one is not left for the next call."""
    file.unlink(missing_ok=True)
    return ConfigurationError(
        f"the sandbox cannot write its description: {in_words(error)}; set TMPDIR to a folder with room that can be"
        " written"
    )
