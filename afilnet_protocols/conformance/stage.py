"""A stage for a comparison: one sandbox, the reference model, and each backend in an account of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from afilnet_protocols.conformance.differential import START, Differential, Participant
from afilnet_protocols.conformance.model import ReferenceModel, Rules
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel
from afilnet_protocols.registry import connect
from afilnet_protocols.sandbox import Options, Sandbox
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Platform, Protocol

MODEL = "model"
"""What reports call the reference."""

CHANNELS = (
    Channel("100", Platform.WHATSAPP, "WhatsApp"),
    Channel("1", Platform.WEBCHAT, "  Web <chat> &amp; more  "),
    Channel("007", Platform.TELEGRAM, "Señal 😀"),
    Channel("a+b", Platform.OPERATOR, "]]>"),
)
"""The channels of every account on stage: ids that are no numbers, and names that formats damage."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A backend that is to be held to the model.

    Attributes:
        name: what reports call it.
        protocol: the protocol whose sandbox settings it gets.
        make: makes the client from the sandbox's settings; it may change them first.
        plain: whether it speaks plain HTTP on loopback instead of TLS, to save time.
    """

    name: str
    protocol: str
    make: Callable[[Settings], ChatOperations] = connect
    plain: bool = False


def built_in(*, plain: bool = False) -> list[Candidate]:
    """Return the five built-in backends.

    Args:
        plain: whether they speak plain HTTP on loopback instead of TLS.
    """
    return [Candidate(str(protocol), str(protocol), plain=plain) for protocol in Protocol]


@contextlib.contextmanager
def staged(sandbox: Sandbox, candidates: Iterable[Candidate], *, rules: Rules | None = None) -> Iterator[Differential]:
    """Give a comparison of the candidates with the model, on accounts made for it, and close it afterwards.

    Args:
        sandbox: a running sandbox. Its one clock is set by the comparison, so nothing else should go by it meanwhile.
        candidates: the backends.
        rules: what the vendor leaves open, for the model and the accounts alike.
    """
    rules = rules or Rules()
    clock = [START]
    model = ReferenceModel(CHANNELS, now=lambda: clock[0], rules=rules)
    reference = Participant(MODEL, model.reopened, model.receive, model.reset)

    def set_clock(now: datetime) -> None:
        clock[0] = now
        sandbox.clock.set(now)

    with contextlib.ExitStack() as stack:
        backends = [stack.enter_context(_on_stage(sandbox, candidate, rules)) for candidate in candidates]
        sandbox.clock.freeze()
        stack.callback(sandbox.clock.reset)
        yield Differential(reference, backends, set_clock=set_clock)


@contextlib.contextmanager
def _on_stage(sandbox: Sandbox, candidate: Candidate, rules: Rules) -> Iterator[Participant]:
    account = sandbox.account(
        channels=CHANNELS,
        options=Options(
            reading_marks_read=rules.reading_marks_read, empty_chats="error" if rules.empty_chats_is_error else "list"
        ),
    )
    participant = Participant(
        candidate.name,
        make=lambda: candidate.make(sandbox.settings(candidate.protocol, account=account, plain=candidate.plain)),
        receive=lambda **message: sandbox.receive(account=account, **message),
        reset=lambda: sandbox.reset(account),
    )
    try:
        yield participant
    finally:
        participant.retire()
        sandbox.drop(account)
