"""`Visit`: the steps of `afilnet doctor`, each of which looks at one thing and says what it saw."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from afilnet_protocols.cli.options.connection import Connection
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.plural import several
from afilnet_protocols.retold import Retold
from afilnet_protocols.vocabulary import Protocol

if TYPE_CHECKING:
    from afilnet_protocols.operations import ChatOperations
    from afilnet_protocols.security.report import SecurityReport
    from afilnet_protocols.settings import Settings


class Visit:
    """The steps, in the order of their methods; each returns what it saw, or ``None`` if it is not needed here.

    Attributes:
        report: what the client's security amounts to, as far as it was seen; ``None`` without usable settings.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._chat: ChatOperations | None = None
        self.report: SecurityReport | None = None

    @property
    def named(self) -> str:
        """The settings that name addresses, for a sentence."""
        known = hasattr(self, "_settings")
        found = list(dict.fromkeys(setting for setting, _ in self._endpoints())) if known else []
        return " and ".join(found) or "the named address"

    def close(self) -> None:
        """Take down what the client says of its security, and close it."""
        if self._chat is not None:
            report = getattr(self._chat, "security_report", None)
            if report is not None:
                self.report = report()
            self._chat.close()

    def settings(self) -> str:
        """Read the settings, and find the backend."""
        from afilnet_protocols.registry import find

        resolved = self._connection.resolved()
        self._settings: Settings = resolved.settings
        find(str(self._settings.protocol), resolved.came_from("protocol"))
        given = sum(origin.source != "default" for origin in resolved.origins.values())
        return f"{self._settings.protocol}, profile {resolved.profile or 'none'}, {several(given, 'setting')} given"

    def security(self) -> str:
        """Judge the settings, without a connection."""
        from afilnet_protocols.registry import find
        from afilnet_protocols.security.policy import check_settings
        from afilnet_protocols.security.report import SecurityReport, State

        declared = find(str(self._settings.protocol)).declared
        self.report = SecurityReport.of(self._settings, declared=declared)
        check_settings(self._settings, declared=declared)
        promised = [each for each in self.report.guarantees if each.state is State.REQUIRED]
        return (
            f"level {self.report.level}, required {self.report.required}; "
            f"{len(promised)} of {len(self.report.guarantees)} guarantees, to be seen yet"
        )

    def note_failure(self, step: str, why: str) -> None:
        """Have the report say that a handshake failed, if that is the step which did."""
        from afilnet_protocols.registry import find
        from afilnet_protocols.security.report import SecurityReport

        if step == "tls":
            declared = find(str(self._settings.protocol)).declared
            self.report = SecurityReport.of(self._settings, declared=declared, failure=why)

    def network(self) -> str:
        """Connect to every address that the settings name."""
        through = [("proxy", self._settings.proxy)] if self._settings.proxy else self._endpoints()
        return (
            "; ".join(dict.fromkeys(self._reached(setting, url) for setting, url in through))
            or "no address in the settings"
        )

    def tls(self) -> str | None:
        """Make a handshake with every address that the settings name."""
        return self._proven(self._endpoints())

    def wsdl(self) -> str | None:
        """Make the client; for soap that reads the description, and the address in it is tried like the others."""
        from afilnet_protocols.registry import connect

        self._chat = connect(self._settings)
        if self._settings.protocol != Protocol.SOAP:
            return None
        seen = [f"{self._settings.soap_wsdl} binds"]
        if self._settings.soap_endpoint is None:
            report: SecurityReport = self._chat.security_report()  # type: ignore[attr-defined]  # soap is built in
            named = [(setting, url) for setting, url in report.addresses if setting == "soap_endpoint"]
            if not self._settings.proxy:
                seen += [f"its address {self._reached(setting, url)}" for setting, url in named]
            seen.append(self._proven(named) or "plain http")
        return "; ".join(seen)

    def token(self) -> str | None:
        """Fetch a token, the one that the client then reads with: a server may take what it is given for it once."""
        if self._settings.protocol != Protocol.JSON:
            return None
        from afilnet_protocols.backends.json import JsonBackend

        if isinstance(self._chat, JsonBackend):
            self._chat.obtain_token(self._settings.timeout)
        return "a token was obtained"

    def read(self) -> str:
        """Make one read."""
        if self._chat is None:
            raise NotSentError("there is no client to read with")
        count = len(self._chat.get_chat_channels())
        return several(count, "channel")

    def _endpoints(self) -> list[tuple[str, str]]:
        from afilnet_protocols.security.endpoints import endpoints

        return [(endpoint.setting, endpoint.url) for endpoint in endpoints(self._settings)]

    def _reached(self, setting: str, url: str) -> str:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
        told = f"{setting}: {host}:{port} cannot be reached: "
        with (
            Retold(OSError, lambda error: NotSentError(told + (error.strerror or str(error) or type(error).__name__))),
            socket.create_connection((host, port), timeout=self._settings.connect_timeout) as reached,
        ):
            return f"{host}:{port} ({reached.getpeername()[0]})"

    def _proven(self, addresses: list[tuple[str, str]]) -> str | None:
        from afilnet_protocols.deadline import Deadline
        from afilnet_protocols.registry import find
        from afilnet_protocols.security.gate import PolicyGate
        from afilnet_protocols.transport import Transport, TransportOptions

        seen = []
        gate = PolicyGate(self._settings, declared=find(str(self._settings.protocol)).declared)
        with contextlib.closing(Transport(TransportOptions.of(self._settings), gate=gate)) as transport:
            for _, url in addresses:
                proof = transport.probe(url, deadline=Deadline(self._settings.timeout))
                if proof.scheme == "https":
                    seen.append(f"{proof.host}:{proof.port} {proof.tls_version}, verified, key {proof.spki_sha256()}")
        return "; ".join(dict.fromkeys(seen)) or None
