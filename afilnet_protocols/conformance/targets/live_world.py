"""`LiveWorld`: what a profile of a live service can be given of another side: a relay in front of it, and a party."""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Unpack, cast
from urllib.parse import urlsplit

from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.conformance.results.outcome import Exchange
from afilnet_protocols.conformance.targets.live import Budget
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.onlooker import Conversation, Seen, messages_of, wrote
from afilnet_protocols.conformance.targets.recorder import written
from afilnet_protocols.conformance.targets.relay import Relay, addresses_of, paths_of
from afilnet_protocols.conformance.targets.relayed_call import RelayedCall
from afilnet_protocols.conformance.targets.target import NotShownError, WithoutSandbox
from afilnet_protocols.conformance.targets.terms import Terms
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import NotFoundError
from afilnet_protocols.oauth.discovery import discover
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel
from afilnet_protocols.registry import connect
from afilnet_protocols.sandbox import temporary
from afilnet_protocols.sandbox.server.certificates import write_certificates
from afilnet_protocols.sandbox.server.exchange import HttpRequest
from afilnet_protocols.security.gate import PolicyGate
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.settings.overrides import SettingsOverrides
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.vocabulary import Protocol, platform_of
from afilnet_protocols.waiting import run as waited

_SHORTEST_SECRET = 8
_PAUSE = 0.25
"""How long to wait between two looks for a message that is due, in seconds."""


class LiveWorld(WithoutSandbox):
    """The other side of a live service, as far as it can have one. A context manager.

    Args:
        name: what reports call the target.
        settings: those of the profile, with one of the five built-in protocols.
        budget: what may be asked.
        terms: on which terms.
    """

    disposable = False

    def __init__(self, name: str, settings: Settings, budget: Budget, terms: Terms) -> None:
        self._name, self._settings, self._budget, self._terms = name, settings, budget, terms
        self._stack = contextlib.ExitStack()
        self._direct: ChatOperations | None = None
        self._seen = Seen(budget.recipients)
        self.rules = terms.rules or Rules()

    def __enter__(self) -> LiveWorld:
        with self._stack as stack:
            _, certificate = write_certificates(stack.enter_context(temporary.folder("relay")))
            transport = Transport(TransportOptions.of(self._settings), gate=PolicyGate(self._settings))
            stack.callback(transport.close)
            self._urls = self._addresses(transport)
            relay = Relay(
                dict(addresses_of(self._urls)),
                transport,
                permit=self._permit,
                authentic=self._authentic,
                certificate=certificate,
                shows_dead=self._terms.wrong_password,
            )
            self.relay = stack.enter_context(relay)
            if self._terms.party is not None:
                stack.callback(self._terms.party.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._budget.asked[self._name] = self.relay.forwarded + self._seen.looks
        if self._direct is not None:
            self._direct.close()
        self._stack.close()

    @property
    def offers(self) -> frozenset[Need]:
        """What there is of it."""
        found = {Need.JOURNAL, Need.WIRE, Need.CLIENTS, Need.FRESH}
        # Where there are no tokens, nobody notices that they die.
        found |= {Need.TOKENS} if self._settings.protocol != Protocol.JSON or "token" in self._urls else set()
        found |= {Need.PARTY} if self._terms.party is not None else set()
        found |= {Need.WRONG_LOGIN} if self._terms.wrong_password else set()
        found |= {Need.LAB} if self._terms.lab else set()
        found |= {Need.SECRETS} if all(map(_is_unmistakable, self.secrets)) else set()
        return frozenset(found)

    @property
    def stopped(self) -> NotShownError | None:
        """Why what is played now cannot be shown."""
        return self.relay.stopped

    @property
    def channels(self) -> Sequence[Channel]:
        """The account's channels, in the service's order, and those after them that only its owner names."""
        listed = self.looking().get_chat_channels()
        known = {(str(each.platform), each.platform_id) for each in listed}
        unlisted = [where for where in self._terms.channels if where not in known]
        return [*listed, *(Channel(identifier, platform_of(platform), "") for platform, identifier in unlisted)]

    @property
    def secrets(self) -> Sequence[str]:
        """Every secret of the account that calls go out with."""
        names = ("client_secret", "password") if self._settings.protocol == Protocol.JSON else ("password",)
        values = (getattr(self._settings, name) for name in names)
        return tuple(value.reveal() for value in values if isinstance(value, Secret) and value)

    def looking(self) -> ChatOperations:
        """Return the client that looks around beside the cases, past the relay."""
        if self._direct is None:
            self._direct = connect(self._settings)
        return self._direct

    def seen(self) -> Seen:
        """Return what is known of the service."""
        return self._seen

    def conversations(self, channel: Channel) -> int:
        """Return how many conversations a channel has."""
        self._seen.looks += 1
        try:
            return len(self.looking().get_chats(platform=channel.platform, platform_id=channel.platform_id))
        except NotFoundError:
            return 0

    def has_conversation(self, channel: Channel, person: str) -> bool:
        """Return whether somebody who has agreed to be looked at has a conversation on a channel."""
        self._seen.looks += 1
        where = Conversation(str(channel.platform), channel.platform_id, person)
        return self._seen.may_look(person) and bool(messages_of(self.looking(), where))

    def receive(self, *, platform: str, platform_id: str, destination: str, message: str) -> None:
        """Have the other party write, and wait until it has arrived.

        Raises:
            NotShownError: it cannot write this, or nothing arrived in time.
        """
        if self._terms.party is None:
            raise NotShownError("nobody writes to this account")
        if not self._seen.may_look(destination):
            raise NotShownError("it would have somebody write who has not agreed")
        where = Conversation(platform, platform_id, destination)
        told = {**where._asdict(), "message": message}
        before = self._count(where)
        wrote(self._seen, told)
        self._terms.party.write(**told)
        until = time.monotonic() + self._terms.patience
        while self._count(where) <= before:
            if time.monotonic() >= until:
                raise NotShownError(f"what the other party wrote did not arrive within {self._terms.patience:g} s")
            time.sleep(_PAUSE)

    def _count(self, where: Conversation) -> int:
        self._seen.looks += 1
        return len(messages_of(self.looking(), where))

    def reset(self) -> None:
        """Begin anew with what is noted here; the service stays as it is."""
        self.relay.clear()

    def set_clock(self, now: datetime) -> None:
        """A real clock goes by itself."""

    def journal(self) -> Sequence[RelayedCall]:
        """Return the calls that came to the relay since the last reset, oldest first."""
        return self.relay.journal()

    def fault(self, code: str, *, operation: str | None = None) -> None:
        """Answer the next call with a code; it does not reach the service."""
        self.relay.arm(code)

    def lose_answer(self, *, times: int = 1) -> None:
        """Lose the service's next answers on their way back."""
        self.relay.tap.lose_answer(times=times)

    def lose_call(self) -> None:
        """Lose the next call on its way to the service."""
        self.relay.tap.lose_call()

    def expire_tokens(self) -> None:
        """Let every token that was given out be dead, here."""
        self.relay.kill_tokens()

    def tokens_issued(self) -> int:
        """Return with how many tokens calls were made since the last reset."""
        return self.relay.tokens_used()

    def client(self, *, plain: bool | None = None, **overrides: Unpack[SettingsOverrides]) -> ChatOperations:
        """Make a client of the account that goes through the relay."""
        return connect(self._relayed(tls=plain is False).but(**overrides))

    def exchanges(self) -> list[Exchange]:
        """Return what went over the wire since the last reset: of the service's answers the first line only."""
        user, password = self._settings.user, self._settings.password
        pairs = [f"{user}:{password.reveal()}"] if isinstance(password, Secret) else []
        seen = self.relay.tap.exchanges([*self.secrets, *pairs])
        return [
            Exchange(each.request, f"{each.reply.partition(chr(10))[0]}\n(what it holds is not kept)") for each in seen
        ]

    def _addresses(self, transport: Transport) -> Mapping[str, str]:
        """Return where the calls of the profile go, by what is spoken there.

        Args:
            transport: asks an issuer where tokens are had, so that they are asked for through the relay too.
        """
        settings = self._settings
        base = settings.base_url.rstrip("/")
        match Protocol(settings.protocol):
            case Protocol.HTTP_GET | Protocol.HTTP_POST:
                return {"http-post": f"{base}/api/http/"}
            case Protocol.BASIC:
                return {"basic": f"{base}/api/basic/"}
            case Protocol.JSON:
                token_url = settings.token_url
                if settings.issuer and not token_url:
                    limit = Deadline(settings.timeout)
                    token_url = waited(discover(settings, transport, limit), limit)
                return {"json": str(settings.json_url), **({"token": token_url} if token_url else {})}
            case Protocol.SOAP:
                named = settings.soap_endpoint or self._described()
                return {"soap": named}

    def _described(self) -> str:
        # Its security report tells the origin alone.
        return str(self.looking()._settings.soap_endpoint)  # type: ignore[attr-defined]  # soap is built in

    def _relayed(self, *, tls: bool) -> Settings:
        """Return the settings of a client that goes through the relay, over plain HTTP unless TLS is wanted."""
        here = self.relay.tls_url if tls else self.relay.plain_url
        to = {kind: f"{here}{path}" for kind, path in paths_of(self._urls).items()}
        changed: dict[str, object] = {"minimum_security": "none", "require": (), "proxy": None, "pin_sha256": None}
        if "json" in to:
            changed["json_url"] = to["json"]
            if "token" in to:
                # An assertion is for the service, wherever it is handed in.
                audience = self._settings.assertion_audience or self._urls["token"]
                changed |= {"token_url": to["token"], "issuer": None, "assertion_audience": audience}
        elif "soap" in to:
            changed["soap_endpoint"] = to["soap"]
        else:
            changed["base_url"] = f"{here}{urlsplit(self._settings.base_url).path.rstrip('/')}"
        return self._settings.but(**cast("SettingsOverrides", changed))

    def _permit(self, call: RelayedCall) -> None:
        known = {(str(each.platform), each.platform_id) for each in self._listed()}
        if (call.arguments.get("platform", ""), call.arguments.get("platformid", "")) in known:
            self._budget.spend(self._name, call.arguments.get("destination", ""))

    def _listed(self) -> Sequence[Channel]:
        if not hasattr(self, "_known"):
            self._known = self.channels
        return self._known

    def _authentic(self, request: HttpRequest) -> bool:
        text = request.target + request.body.decode("utf-8", "replace")
        header = request.headers.get("authorization", "").removeprefix("Basic ")
        with contextlib.suppress(ValueError):
            text += base64.b64decode(header).decode("utf-8", "replace")
        return any(form in text for secret in self.secrets for form in written(secret))


def _is_unmistakable(secret: str) -> bool:
    """Whether a secret that stands somewhere stands there because it was shown: short ones and words are everywhere."""
    return len(secret) >= _SHORTEST_SECRET and not secret.isalpha()
