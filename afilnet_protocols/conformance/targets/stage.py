"""A stage for a comparison: one sandbox, the reference model, and each backend in an account of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType

from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.reference.differential import START, Differential, Participant
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.conformance.targets.capabilities import of_protocol
from afilnet_protocols.conformance.targets.recorder import Tap
from afilnet_protocols.conformance.targets.sandbox_world import SandboxWorld
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel
from afilnet_protocols.registry import connect, find
from afilnet_protocols.sandbox import Options, Sandbox
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.protocols.token_server import TokenServer
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import InstalledProtocol, Platform, Protocol

MODEL = "model"
"""What reports call the reference."""

CHANNELS = (
    Channel("100", Platform.WHATSAPP, "WhatsApp"),
    Channel("1", Platform.WEBCHAT, "  Web <chat> &amp; more  "),
    Channel("007", Platform.TELEGRAM, "Señal 😀"),
    Channel("a+b", Platform.OPERATOR, "]]>"),
)
"""What channels every account on stage has: ids that are no numbers, and names that formats damage."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A backend that is to be held to the model.

    Attributes:
        name: what reports call it.
        protocol: the protocol whose sandbox settings it gets.
        make: makes the client from the sandbox's settings; it may change them first.
        plain: whether it speaks plain HTTP on loopback instead of TLS, to save time.
        capabilities: what it declares; ``None`` for what the built-in backend of its protocol declares.
    """

    name: str
    protocol: str
    make: Callable[[Settings], ChatOperations] = connect
    plain: bool = False
    capabilities: frozenset[str] | None = None


def built_in(*, plain: bool = False) -> list[Candidate]:
    """Return the five built-in backends.

    Args:
        plain: whether they speak plain HTTP on loopback instead of TLS.
    """
    return [Candidate(str(protocol), str(protocol), plain=plain) for protocol in Protocol]


class Stage:
    """A running sandbox with a tap on its wire, for targets in accounts of their own. A context manager.

    Args:
        components: what the sandbox is put together from, such as those of a broken server.
        token_server: how the sandbox's authorization server behaves where real ones differ.
    """

    def __init__(self, *, components: Components | None = None, token_server: TokenServer | None = None) -> None:
        self.tap = Tap()
        self.sandbox = Sandbox(components=self.tap.on(components or Components()), token_server=token_server)
        self.rules = Rules.of(self.sandbox.dialect)

    def __enter__(self) -> Stage:
        self.sandbox.start()
        self.sandbox.clock.freeze()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sandbox.close()

    def target(self, candidate: Candidate) -> Target:
        """Give a candidate an account of its own, and return it as a target."""
        return target_of(self.sandbox, candidate, self.rules, tap=self.tap)


def target_of(sandbox: Sandbox, candidate: Candidate, rules: Rules, *, tap: Tap | None = None) -> Target:
    """Return a candidate as a target, in a new account of a running sandbox."""
    account = sandbox.account(
        channels=CHANNELS,
        options=replace(
            Options.of(sandbox.dialect),
            reading_marks_read=rules.reading_marks_read,
            empty_chats="error" if rules.empty_chats_is_error else "list",
        ),
    )
    protocol = InstalledProtocol(candidate.protocol)
    world = SandboxWorld(sandbox, account, protocol=protocol, make=candidate.make, plain=candidate.plain, tap=tap)
    declared = of_protocol(candidate.protocol) if candidate.capabilities is None else candidate.capabilities
    return Target(candidate.name, world.client, declared, world)


def compared(
    targets: Sequence[Target],
    *,
    rules: Rules | None = None,
    watch: Callable[[Step, Plain], None] = lambda step, outcome: None,
) -> Differential:
    """Return a comparison of targets that have a world with the model.

    Args:
        targets: who is held to the model; all have the same channels.
        rules: what the vendor leaves open.
        watch: told of every step and the model's outcome.
    """
    worlds = [target.world for target in targets if target.world is not None]
    if len(worlds) != len(targets) or not worlds:
        raise ValueError("only targets with a world can be compared with the model")
    clock = [START]
    model = ReferenceModel(worlds[0].channels, now=lambda: clock[0], rules=rules)

    def set_clock(now: datetime) -> None:
        clock[0] = now
        for world in worlds:
            world.set_clock(now)

    reference = Participant(MODEL, model.reopened, model.receive, model.reset, model.fault)
    backends = [
        Participant(target.name, target.make, world.receive, world.reset, world.fault, world.expire_tokens)
        for target, world in zip(targets, worlds, strict=True)
    ]
    return Differential(reference, backends, set_clock=set_clock, watch=watch)


@contextlib.contextmanager
def staged(sandbox: Sandbox, candidates: Iterable[Candidate], *, rules: Rules | None = None) -> Iterator[Differential]:
    """Give a comparison of the candidates with the model, on accounts made for it, and close it afterwards.

    Args:
        sandbox: a running sandbox. Its one clock is set by the comparison, so nothing else should go by it meanwhile.
        candidates: the backends.
        rules: what the vendor leaves open, for the model and the accounts alike; as the sandbox's dialect says by
            default.

    Raises:
        ConfigurationError: a candidate's protocol is none, or its backend is not installed or cannot be imported.
    """
    rules = Rules.of(sandbox.dialect) if rules is None else rules
    candidates = list(candidates)
    for candidate in candidates:
        if candidate.make is connect:
            find(candidate.protocol)  # what is not installed disagrees with nothing
    targets = [target_of(sandbox, candidate, rules) for candidate in candidates]
    differential = compared(targets, rules=rules)
    sandbox.clock.freeze()
    try:
        yield differential
    finally:
        differential.close()
        sandbox.clock.reset()
        for target in targets:
            if isinstance(target.world, SandboxWorld):
                sandbox.drop(target.world.account)
