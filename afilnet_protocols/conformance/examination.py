"""Whether the harness itself works, shown step by step before a case is run: what fails here is no backend's fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from afilnet_protocols.comparison.canonical import References, of_result, words_of
from afilnet_protocols.comparison.steps import Step, dumps, loads
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.reference.differential import START
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.results.finding import ends_the_run
from afilnet_protocols.conformance.targets.stage import CHANNELS, Candidate, Stage
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.plural import several
from afilnet_protocols.vocabulary import Addressee, Protocol


class HarnessError(Exception):
    """A step showed something else than it must."""


@dataclass(frozen=True, slots=True)
class Check:
    """One step: its name, what was seen, and whether it holds."""

    step: str
    seen: str
    holds: bool


def examine(targets: Sequence[Target]) -> Iterator[Check]:
    """Yield a check for each step; the steps after one that does not hold are not taken."""
    steps: list[tuple[str, Callable[[], str]]] = [
        ("cases", _cases),
        ("model", _model),
        ("sequences", _sequences),
        ("sandbox", _sandbox),
        *((f"target {target.name}", lambda target=target: _target(target)) for target in targets),
    ]
    for name, step in steps:
        try:
            check = Check(name, step(), holds=True)
        except BaseException as error:
            if ends_the_run(error):
                raise
            check = Check(name, f"{type(error).__name__}: {words_of(error)}", holds=False)
        yield check
        if not check.holds:
            return


def _cases() -> str:
    names = [case.id for case in CASES]
    if not names or len(set(names)) != len(names):
        raise HarnessError("there are no cases, or two with one id")
    return f"{len(names)} cases, each with an id of its own"


def _model() -> str:
    model = ReferenceModel(CHANNELS, now=lambda: START)
    where: Addressee = {
        "platform": CHANNELS[0].platform,
        "platform_id": CHANNELS[0].platform_id,
        "destination": "7",
    }
    model.send_message(**where, message="hola")
    if [message.message for message in model.get_messages(**where)] != ["hola"]:
        raise HarnessError("the model forgets what it is sent")
    return "remembers what it is sent"


def _sequences() -> str:
    steps = [Step("send_message", {"message": "\ud800 \x00 😀", "platform": None}), Step("get_chat_channels")]
    if loads(dumps(steps)) != steps:
        raise HarnessError("a sequence changes when it is written and read")
    return "are the same after they were written and read"


def _sandbox() -> str:
    with Stage() as stage:
        target = stage.target(Candidate("probe", Protocol.HTTP_POST, plain=True))
        world = target.world
        if world is None:
            raise HarnessError("a stage gave a target without a world")
        world.set_clock(START)
        with target.make() as chat:
            listed = of_result(chat.get_chat_channels(), References())
        if listed != of_result(list(CHANNELS), References()):
            raise HarnessError("the sandbox lists other channels than the account has")
        if [arrived.operation for arrived in world.journal()] != ["get_chat_channels"] or not world.exchanges():
            raise HarnessError("a call was made, and journal and wire do not show it")
    return "answers, and its journal and wire show the call"


def _target(target: Target) -> str:
    with target.make() as chat:
        if target.disposable:
            return "its client can be made"
        try:
            channels = chat.get_chat_channels()
        except AfilnetError:
            # Behind a relay, that knows more: its client only saw what the relay answered in the service's place.
            stopped = None if target.world is None else target.world.stopped
            if stopped is None:
                raise
            reason = str(stopped)
        else:
            return f"is reached: it lists {several(len(channels), 'channel')}"
    raise HarnessError(reason)
