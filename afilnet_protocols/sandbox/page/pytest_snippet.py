"""A call as a test to copy: with the fixtures of the sandbox, in a new account, with the end that the call had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import ERROR_CODES, GET_CHAT_CHANNELS, Operation
from afilnet_protocols.sandbox.faults.fault_kind import DONE, Kind, Processed, Stage
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.page.rehearsal import rehearsed
from afilnet_protocols.sandbox.page.snippets import as_call, keywords
from afilnet_protocols.sandbox.page.traffic import protocol_of
from afilnet_protocols.sandbox.server.wire_log import Wire
from afilnet_protocols.vocabulary import Protocol

_SUCCESS = "SUCCESS"
_WRONG_CREDENTIALS = "INCORRECT_USER_PASSWORD"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """A test, in its parts."""

    protocol: str
    name: str
    lines: Sequence[str]
    fixtures: Sequence[str] = ("afilnet_account", "afilnet_chat")
    imports: Sequence[str] = ()

    def __str__(self) -> str:
        imported = f"from afilnet_protocols import {', '.join(sorted(self.imports))}\n" if self.imports else ""
        body = "\n".join(f"    {line}" if line else "" for line in self.lines)
        return (
            f"import pytest\n{imported}\n\n"
            f'@pytest.mark.parametrize("afilnet_protocol", [{str(self.protocol)!r}])\n'
            f"def test_{self.name}({', '.join(self.fixtures)}):\n{body}\n"
        )


def as_pytest(wire: Wire) -> str | None:
    """Return a test that makes the call of an exchange and expects its end.

    A request for a token becomes a call of a client that needs one. ``None`` if no client of this library makes such a
    call, or if an account as it is by default cannot end it like that.
    """
    protocol, arrival = protocol_of(wire), wire.arrival
    if protocol == "token":
        return _of_token(wire)
    if protocol not in tuple(Protocol) or arrival is None:
        return None
    operation = None if arrival.operation is None else catalogue.by_name(arrival.operation)
    if operation is None:
        return str(_wrong_credentials(protocol, "password")) if arrival.outcome == _WRONG_CREDENTIALS else None
    given = {
        each.wire: arrival.arguments[each.wire] for each in operation.parameters if arrival.arguments.get(each.wire)
    }
    if any(each.compulsory and each.wire not in given for each in operation.parameters):
        return None
    test = _of_call(operation, given, protocol, wire, arrival.outcome)
    return None if test is None else str(test)


def _of_token(wire: Wire) -> str | None:
    kind = KINDS.get(wire.fault or "")
    if kind is not None and kind.stage is Stage.TOKEN:
        return str(_of_fault(kind, GET_CHAT_CHANNELS, {}, (), Protocol.JSON, wire.details))
    if wire.fault is None and wire.answer is not None and wire.answer.status == 401:
        return str(_wrong_credentials(Protocol.JSON, "client_secret"))
    return None


def _of_call(
    operation: Operation[object], given: Mapping[str, str], protocol: str, wire: Wire, outcome: str
) -> _Test | None:
    """Return the test of a call that a client can make: of its fault, its success, or its refusal."""
    arguments = {each.name: given[each.wire] for each in operation.parameters if each.wire in given}
    before = _before(operation, arguments)
    natural = rehearsed(operation, given, before)
    if natural != outcome == rehearsed(operation, given, ()):
        natural, before = outcome, ()  # it was refused for what is not there
    kind = KINDS.get(wire.fault or "")
    if kind is not None:
        if natural != _SUCCESS and kind.processed is not Processed.NEVER:
            return None  # what the service would have said is another thing than the fault shows
        return _of_fault(kind, operation, arguments, before, protocol, wire.details)
    call = f"afilnet_chat.{as_call(operation, arguments)}"
    received = _received(before)
    if outcome == _SUCCESS:
        if natural != _SUCCESS:
            return None
        written = f"assert (arrival.operation, arrival.outcome) == ({operation.name!r}, {_SUCCESS!r})"
        lines = [*received, call, "", "arrival = afilnet_account.journal()[-1]", written]
        return _Test(protocol=protocol, name=operation.name, lines=lines)
    if natural == outcome:
        # What the service refuses for what it is asked, the client may refuse before it asks.
        end = "raised.value.delivery in ('not_sent', 'rejected')"
        if outcome.endswith("NOT_FOUND"):
            end = f"raised.value.code == {outcome!r}"
        return _refused(protocol, operation.name, received, call, end)
    if natural.startswith(("INCORRECT", "MISSING")):
        return None
    armed = f"afilnet_sandbox.answer({outcome!r}, operation={operation.name!r}, account=afilnet_account, times=None)"
    end = f"raised.value.code == {outcome!r}" if outcome in ERROR_CODES else "raised.value.delivery != 'not_sent'"
    return _refused(protocol, operation.name, [armed], call, end, "afilnet_sandbox", "afilnet_no_waits")


def _before(operation: Operation[object], arguments: Mapping[str, str]) -> tuple[Mapping[str, str], ...]:
    """Return what has to be there for a call to succeed: a message of the other party, where it names one."""
    place = {name: arguments[name] for name in ("platform", "platform_id", "destination") if name in arguments}
    return ({**place, "message": "before"},) if len(place) == 3 and operation.name != "send_message" else ()


def _received(before: Sequence[Mapping[str, str]]) -> list[str]:
    return [f"afilnet_account.receive({keywords(each)})" for each in before]


def _refused(protocol: str, name: str, armed: Sequence[str], call: str, end: str, *fixtures: str) -> _Test:
    return _Test(
        protocol=protocol,
        name=name,
        lines=[*armed, "with pytest.raises(AfilnetError) as raised:", f"    {call}", "", f"assert {end}"],
        fixtures=("afilnet_account", "afilnet_chat", *fixtures),
        imports=("AfilnetError",),
    )


def _wrong_credentials(protocol: str, secret: str) -> _Test:
    wrong = f"afilnet_account.settings({str(protocol)!r}, {secret}='wrong')"
    return _Test(
        protocol=str(protocol),
        name=f"a_wrong_{secret}",
        lines=[f"with connect({wrong}) as chat, pytest.raises(AuthenticationError):", "    chat.get_chat_channels()"],
        fixtures=("afilnet_account", "afilnet_protocol"),
        imports=("AuthenticationError", "connect"),
    )


def _of_fault(
    kind: Kind,
    operation: Operation[object],
    arguments: Mapping[str, str],
    before: Sequence[Mapping[str, str]],
    protocol: str,
    details: Mapping[str, object],
) -> _Test:
    named = {"operation": operation.name} if kind.stage is not Stage.TOKEN else {}
    own = {name: value for name, value in details.items() if value != kind.details.get(name)}
    armed = f"afilnet_fault({kind.name!r}, {keywords({**named, 'times': kind.times, **own})})"
    call = f"afilnet_chat.{as_call(operation, arguments)}"
    words = sorted(kind.truth(protocol, tls=True))
    first = [*_received(before), armed, ""]
    if kind.calls > 1:
        lines = [*first, *_two_at_once(call, words)]
    elif words == [DONE]:
        lines = [*first, call]
    elif DONE in words:
        lines = [
            *first,
            "try:",
            f"    {call}",
            "except AfilnetError as error:",
            f"    assert error.delivery in {words!r}",
        ]
    else:
        raised = ["with pytest.raises(AfilnetError) as raised:", f"    {call}"]
        lines = [*first, *raised, "", f"assert raised.value.delivery in {words!r}"]
    return _Test(
        protocol=str(protocol),
        name=f"{operation.name}_meets_{kind.name}",
        lines=lines,
        fixtures=("afilnet_account", "afilnet_chat", "afilnet_fault", "afilnet_no_waits"),
        imports=() if words == [DONE] else ("AfilnetError",),
    )


def _two_at_once(call: str, words: Sequence[str]) -> list[str]:
    return [
        "def attempt(number):",
        "    try:",
        f"        {call}",
        "    except AfilnetError as error:",
        "        return str(error.delivery)",
        f"    return {DONE!r}",
        "",
        "from concurrent.futures import ThreadPoolExecutor",
        "",
        "with ThreadPoolExecutor(2) as two:",
        f"    assert set(two.map(attempt, range(2))) <= set({list(words)!r})",
    ]
