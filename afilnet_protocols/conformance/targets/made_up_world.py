"""A live service that is made up, to find out what a run would ask of a real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Unpack

from afilnet_protocols.comparison.steps import CALLS, Step, Value
from afilnet_protocols.conformance.reference.differential import START
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.conformance.results.outcome import Exchange
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.onlooker import Seen
from afilnet_protocols.conformance.targets.stage import CHANNELS
from afilnet_protocols.conformance.targets.target import NotShownError, WithoutSandbox
from afilnet_protocols.errors import (
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
    SecurityPolicyError,
)
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel
from afilnet_protocols.settings.overrides import SettingsOverrides
from afilnet_protocols.vocabulary import platform_of

SENDS = ("send_message", "send_file")


@dataclass(frozen=True, slots=True)
class _Call:
    protocol: str
    operation: str | None
    arguments: Mapping[str, str]
    outcome: str


@dataclass
class MadeUpWorld(WithoutSandbox):
    """A service in memory whose calls are written down.

    Attributes:
        spend: told of the destination of each send that would leave.
        recipients: who may be written to.
        given: what the command line would give a profile.
        calls: what was asked, in order.
    """

    spend: Callable[[str], None]
    recipients: tuple[str, ...]
    given: frozenset[Need]
    calls: list[Step] = field(default_factory=list)
    disposable: bool = False
    rules: Rules = field(default_factory=Rules)
    stopped: NotShownError | None = None

    def __post_init__(self) -> None:
        self._model = ReferenceModel(CHANNELS, now=lambda: START)
        self._lost, self._lost_call, self._codes = 0, False, 0
        self._journal: list[_Call] = []
        self._seen = Seen(self.recipients)

    @property
    def offers(self) -> frozenset[Need]:
        """What a profile would have."""
        return self.given

    @property
    def channels(self) -> Sequence[Channel]:
        """Made-up channels."""
        return CHANNELS

    @property
    def secrets(self) -> Sequence[str]:
        """Nothing secret is known here."""
        return ("no secret is known here",)

    def seen(self) -> Seen:
        """Return what is known of the service."""
        return self._seen

    def looking(self) -> ChatOperations:
        """Return the client that looks around."""
        return self._model.reopened()

    def conversations(self, channel: Channel) -> int:
        """Return how many conversations a channel has."""
        return 0

    def has_conversation(self, channel: Channel, person: str) -> bool:
        """Return whether somebody has a conversation."""
        return False

    def receive(self, *, platform: str, platform_id: str, destination: str, message: str) -> None:
        """Let the other party write."""
        self._seen.texts.add(message)
        self._model.receive(
            platform=platform_of(platform), platform_id=platform_id, destination=destination, message=message
        )

    def reset(self) -> None:
        """Begin anew."""
        self._journal.clear()
        self._lost, self._lost_call, self._codes = 0, False, 0

    def set_clock(self, now: datetime) -> None:
        """A real clock goes by itself."""

    def journal(self) -> Sequence[_Call]:
        """Return the calls since the last reset."""
        return list(self._journal)

    def fault(self, code: str, *, operation: str | None = None) -> None:
        """Answer the next call with a code."""
        self._codes += 1
        self._model.fault(code=code)

    def lose_answer(self, *, times: int = 1) -> None:
        """Lose the next answers."""
        self._lost = times

    def lose_call(self) -> None:
        """Lose the next call."""
        self._lost_call = True

    def expire_tokens(self) -> None:
        """There are none."""

    def tokens_issued(self) -> int:
        """Return that there are none."""
        return 0

    def exchanges(self) -> list[Exchange]:
        """Nothing goes over a wire."""
        return []

    def client(self, *, plain: bool | None = None, **overrides: Unpack[SettingsOverrides]) -> ChatOperations:
        """Return a client whose calls are written down; with other settings, one that is refused as it should be."""
        refused: Exception | None = None
        if "password" in overrides:
            refused = AuthenticationError("INCORRECT_USER_PASSWORD")
        elif "minimum_security" in overrides:
            refused = SecurityPolicyError("", required="medium", effective="none", fix="")
        elif "ca_file" in overrides:
            refused = NotSentError("")
        return _listened(self._model.reopened(), self, refused)

    def asked(self, model: ReferenceModel, name: str, arguments: Mapping[str, Value]) -> object:
        """Do a call, and write it down if it would reach the service."""
        step = Step(name, {each: value and str(value) for each, value in arguments.items()})
        if self._lost_call:
            self._lost_call = False
            raise OutcomeUnknownError("it would be lost on its way")
        outcome, armed = "refused", bool(self._codes)
        try:
            result = getattr(model, name)(**arguments)
            outcome = "SUCCESS"
        except (InvalidRequestError, ConfigurationError):
            outcome = ""
            raise
        finally:
            if outcome:
                self._journal.append(_Call("", name, {}, outcome))
            if outcome and armed:
                self._codes -= 1
            elif outcome and (name not in SENDS or outcome != "SUCCESS"):
                self.calls.append(step)
        if name in SENDS:
            self.spend(str(step.arguments["destination"]))
            self.calls.append(step)
        if self._lost:
            self._lost -= 1
            raise OutcomeUnknownError("its answer would be lost")
        return result


def _listened(model: ReferenceModel, world: MadeUpWorld, refused: Exception | None) -> ChatOperations:
    """Return a client of the model whose calls are written down."""

    class Listened(ReferenceModel):
        def __init__(self) -> None:
            """Share everything with the model."""
            self.__dict__ = model.__dict__

        def __getattribute__(self, name: str) -> object:
            if name not in CALLS:
                return object.__getattribute__(self, name)

            def call(**arguments: Value) -> object:
                if refused is not None and not isinstance(refused, AuthenticationError):
                    raise refused
                if refused is not None:
                    world.calls.append(Step(name, {each: value and str(value) for each, value in arguments.items()}))
                    raise refused
                return world.asked(model, name, arguments)

            return call

    return Listened()
