"""`afilnet doctor`: step by step from the settings to an answer, and where it stops."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from afilnet_protocols.cli.advice import advise
from afilnet_protocols.cli.connection import Connection, connected
from afilnet_protocols.cli.exits import EPILOG, ExitCode, exit_code_of
from afilnet_protocols.cli.operations import JSON
from afilnet_protocols.cli.output import print_json, print_line, print_table
from afilnet_protocols.errors import AfilnetError, NotSentError
from afilnet_protocols.vocabulary import Protocol

if TYPE_CHECKING:
    from afilnet_protocols.operations import ChatOperations
    from afilnet_protocols.settings import Settings


class State(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One step: its name, how it ended, what was seen, and what to do if it failed."""

    step: str
    state: State
    detail: str
    hint: str = ""
    exit_code: ExitCode = ExitCode.DONE


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", epilog=EPILOG, rich_help_panel="Setting up")(connected(doctor))


def doctor(*, connection: Connection, json: JSON = False) -> None:
    """Check settings, security level, network, TLS, description, token and one read call; send nothing."""
    findings = list(examine(connection))
    failed = next((finding for finding in findings if finding.state is State.FAILED), None)
    if json:
        shown = [{k: v for k, v in asdict(finding).items() if k != "exit_code"} for finding in findings]
        print_json({"ok": failed is None, "steps": shown})
    else:
        rows = [(finding.step, finding.state, finding.detail) for finding in findings]
        print_table(["step", "state", "what was seen"], rows, styles={"ok": "green", "failed": "bold red"})
        print_line(f"what to do: {failed.hint}" if failed else "all is well")
    if failed:
        raise typer.Exit(failed.exit_code)


STEPS = ("settings", "security", "network", "tls", "wsdl", "token", "read")
"""The steps, in order."""


def examine(connection: Connection) -> Iterator[Finding]:
    """Yield a finding for each step. After one that fails, the others are skipped."""
    visit = _Visit(connection)
    steps: dict[str, Callable[[], str | None]] = {name: getattr(visit, name) for name in STEPS}
    broken = ""
    with contextlib.closing(visit):
        for name, step in steps.items():
            finding = Finding(name, State.SKIPPED, f"because {broken} failed") if broken else _tried(name, step)
            if finding.state is State.FAILED:
                broken = name
            yield finding


def _tried(name: str, step: Callable[[], str | None]) -> Finding:
    try:
        seen = step()
    except AfilnetError as error:
        return Finding(name, State.FAILED, str(error), _hint(error), exit_code_of(error))
    return Finding(name, State.OK, seen) if seen is not None else Finding(name, State.SKIPPED, "not needed here")


def _hint(error: AfilnetError) -> str:
    """Return what to do; what errors advise elsewhere is to come here."""
    if isinstance(error, NotSentError):
        return "check the named address, the network between here and there, and the settings ca_file and proxy"
    return advise(error)


class _Visit:
    """The steps; each returns what it saw, or ``None`` if this protocol does not need it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._chat: ChatOperations | None = None

    def close(self) -> None:
        if self._chat is not None:
            self._chat.close()

    def settings(self) -> str:
        from afilnet_protocols.registry import find

        resolved = self._connection.resolved()
        self._settings: Settings = resolved.settings
        find(str(self._settings.protocol))
        given = sum(origin.source != "default" for origin in resolved.origins.values())
        return f"{self._settings.protocol}, profile {resolved.profile or 'none'}, {given} settings given"

    def security(self) -> str:
        from afilnet_protocols.security.policy import assess, check_settings

        check_settings(self._settings)
        found = assess(self._settings)
        return f"level {found.level.word}, required {self._settings.minimum_security}"

    def network(self) -> str:
        through = [("proxy", self._settings.proxy)] if self._settings.proxy else self._endpoints()
        return (
            "; ".join(dict.fromkeys(self._reached(setting, url) for setting, url in through))
            or "no address in the settings"
        )

    def _endpoints(self) -> list[tuple[str, str]]:
        from afilnet_protocols.security.endpoints import endpoints

        return [(endpoint.setting, endpoint.url) for endpoint in endpoints(self._settings)]

    def _reached(self, setting: str, url: str) -> str:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
        reason = ""
        try:
            with socket.create_connection((host, port), timeout=self._settings.connect_timeout) as reached:
                return f"{host}:{port} ({reached.getpeername()[0]})"
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
        raise NotSentError(f"{setting}: {host}:{port} cannot be reached: {reason}")

    def tls(self) -> str | None:
        from afilnet_protocols.deadline import Deadline
        from afilnet_protocols.transport import Transport, TransportOptions

        seen = []
        with contextlib.closing(Transport(TransportOptions.of(self._settings))) as transport:
            for _, url in self._endpoints():
                proof = transport.probe(url, deadline=Deadline(self._settings.timeout))
                if proof.scheme == "https":
                    seen.append(f"{proof.host}:{proof.port} {proof.tls_version}, verified, key {proof.spki_sha256()}")
        return "; ".join(dict.fromkeys(seen)) or None

    def wsdl(self) -> str | None:
        from afilnet_protocols.registry import connect

        self._chat = connect(self._settings)
        return f"{self._settings.soap_wsdl} binds" if self._settings.protocol == Protocol.SOAP else None

    def token(self) -> str | None:
        if self._settings.protocol != Protocol.JSON:
            return None
        from afilnet_protocols.deadline import Deadline
        from afilnet_protocols.oauth.provider import TokenProvider
        from afilnet_protocols.transport import Transport, TransportOptions

        with contextlib.closing(Transport(TransportOptions.of(self._settings))) as transport:
            TokenProvider(self._settings, transport).get(Deadline(self._settings.timeout))
        return "a token was obtained"

    def read(self) -> str:
        if self._chat is None:
            raise NotSentError("there is no client to read with")
        count = len(self._chat.get_chat_channels())
        return f"{count} channel{'' if count == 1 else 's'}"
