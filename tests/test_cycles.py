"""A failed call leaves nothing behind: its error, and all that its frames hold, goes with the last reference to it."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import gc
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import afilnet_protocols
from afilnet_protocols import AfilnetError, NotSentError, OutcomeUnknownError, connect, connect_async
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.migration.canary import CanaryChat
from afilnet_protocols.migration.shadow import ShadowChat
from tests.tables import table

PACKAGE = Path(afilnet_protocols.__file__).parent
OTHER_SIDE = {"sandbox", "conformance", "cli", "render"}
"""Not part of a caller's process, or gone with the command."""

PROTOCOLS = ["http-get", "http-post", "basic", "soap", "json"]
CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
LETS_GO_WITHIN = 10.0
"""How long a thread may have the last error still in hand, in seconds, on a busy machine."""

CALLS = 5


# The rule: who raises an exception that a variable of his own refers to deletes the variable.


def part_of(module: Path) -> str:
    """Return the first folder of a module's path inside the package, or its name."""
    return module.relative_to(PACKAGE).parts[0]


def kept(source: str) -> list[str]:
    """Return the variables that a module raises and does not delete."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            raised = {name for each in ast.walk(function) if isinstance(each, ast.Raise) for name in _raised(each.exc)}
            if not raised:
                continue
            deleted = {
                target.id
                for each in ast.walk(function)
                if isinstance(each, ast.Try)
                for line in each.finalbody
                if isinstance(line, ast.Delete)
                for target in line.targets
                if isinstance(target, ast.Name)
            }
            found += [f"{function.name}: {name}" for name in sorted((raised & _variables(function)) - deleted)]
    return found


def _raised(what: ast.expr | None) -> list[str]:
    """Return the variables that an exception is raised from."""
    if isinstance(what, ast.IfExp):
        return [*_raised(what.body), *_raised(what.orelse)]
    if isinstance(what, ast.Attribute):
        return _raised(what.value)
    return [what.id] if isinstance(what, ast.Name) else []


def _variables(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return what is assigned in a function, or handed to it; what `except … as` names is deleted by the language."""
    handed = {each.arg for each in [*function.args.args, *function.args.kwonlyargs]} - {"self"}
    assigned = {
        each.id for each in ast.walk(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    return handed | assigned


@table("module", [path for path in sorted(PACKAGE.rglob("*.py")) if part_of(path) not in OTHER_SIDE], ids=str)
def test_what_is_raised_from_a_variable_is_deleted(module: Path) -> None:
    assert kept(module.read_text(encoding="utf-8")) == []


def test_sabotage_a_variable_that_is_kept_is_found() -> None:
    plain = "def f():\n    try:\n        g()\n    except E as error:\n        fault = error\n"
    assert kept(f"{plain}    raise fault\n") == ["f: fault"]
    assert kept(f"{plain}    raise fault if fault else other\n") == ["f: fault"]
    assert kept("def f(counter):\n    raise counter.fault\n") == ["f: counter"]
    assert kept(f"{plain}    try:\n        raise fault\n    finally:\n        del fault\n") == []
    assert kept("def f():\n    try:\n        g()\n    except E as error:\n        raise error\n") == []


# The same, seen: errors alive with the collector switched off.


def refused(*_: object, **__: object) -> object:
    raise NotSentError("nobody is there")


def lost(*_: object, **__: object) -> object:
    raise OutcomeUnknownError("the answer was lost")


def alive(call: Callable[[], object], times: int = CALLS) -> int:
    """Return how many more errors of ours there are after so many failed calls, before anybody collects cycles."""
    gc.collect(0)  # what is left of others is in an older generation, then
    gc.disable()
    try:
        before = _errors()
        for _ in range(times):
            try:
                call()
            except AfilnetError:
                pass
            else:
                raise AssertionError("it did not fail")
        return _errors() - before
    finally:
        gc.enable()


def _errors() -> int:
    # What was made while nobody collects is in the youngest generation: no need to look at all that a run has loaded.
    # By their type, not by isinstance: lazy objects of other packages begin to work when they are asked what they are.
    return sum(issubclass(type(each), AfilnetError) for each in gc.get_objects(generation=0))


WAYS: dict[str, Callable[[WireBackend, pytest.MonkeyPatch], Callable[[], object]]] = {
    "an invalid argument": lambda chat, _: lambda: chat.send_message(**CALL, message="\x00"),
    "an unknown channel": lambda chat, _: lambda: chat.send_message(**{**CALL, "platform_id": "9"}, message="x"),
    "a lost read": lambda chat, patch: (patch.setattr(chat._transport, "exchanging", lost), chat.get_chat_channels)[1],
    "a lost send": lambda chat, patch: (
        patch.setattr(chat._transport, "exchanging", lost),
        lambda: chat.send_message(**CALL, message="x"),
    )[1],
    "no connection": lambda chat, patch: (
        patch.setattr(chat._transport, "exchanging", refused),
        lambda: chat.send_message(**CALL, message="x"),
    )[1],
    "a closed client": lambda chat, _: (chat.close(), chat.get_chat_channels)[1],
}


@table("delivery", ["at_most_once", "reconcile"])
@table("way", WAYS)
@table("protocol", PROTOCOLS)
def test_errors_of_calls_are_freed_at_once(sandbox, monkeypatch, protocol, way, delivery) -> None:
    settings = sandbox.settings(protocol, delivery=delivery, settle=0.001)
    with connect(settings, breaker=False) as chat:
        chat.wait = lambda *_: ()
        assert alive(WAYS[way](chat, monkeypatch)) == 0


@pytest.mark.parametrize("message", ["\x00", "x"])
@pytest.mark.parametrize("front", [CanaryChat, ShadowChat])
def test_errors_over_clients_in_front_of_others_are_freed_at_once(sandbox, front, message) -> None:
    one, two = (connect(sandbox.settings("http-post")) for _ in range(2))
    share = {"share": 1.0} if front is CanaryChat else {"sample": 0.0}
    with front(one, two, **share) as chat:
        assert alive(lambda: chat.send_message(**{**CALL, "platform_id": "9"}, message=message)) == 0


@table(
    "wrong",
    [
        {"protocol": "http-pots"},
        {"timeout": -1},
        {"protocl": "json"},
        {"proxy": "ftp://example.com"},
        {"minimum_security": "maximum"},
        {"protocol": "soap", "soap_wsdl": "/nowhere.wsdl"},
        {"protocol": "json", "json_url": "https://localhost/api"},
    ],
    ids=str,
)
def test_errors_of_settings_are_freed_at_once(wrong) -> None:
    assert alive(lambda: connect(**{"user": "u", "password": "a-long-password", **wrong})) == 0


def test_ten_thousand_failed_calls_leave_no_cycle(sandbox, request) -> None:
    calls = 10_000 if request.config.getoption("--long") else 500
    with connect(sandbox.settings("http-post")) as chat:
        assert alive(lambda: chat.send_message(**CALL, message="\x00"), calls) == 0


@pytest.mark.parametrize("message", ["\x00", "x"])
@pytest.mark.parametrize("closed", [False, True])
def test_errors_of_tasks_are_freed_at_once(sandbox, closed, message) -> None:
    async def calls() -> int:
        async with connect_async(sandbox.settings("http-post")) as chat:
            if closed:
                await chat.close()
            gc.collect(0)
            gc.disable()
            try:
                before = _errors()
                for _ in range(CALLS):
                    with contextlib.suppress(AfilnetError):
                        await chat.send_message(**{**CALL, "platform_id": "9"}, message=message)
                until = time.monotonic() + LETS_GO_WITHIN
                while _errors() > before and time.monotonic() < until:
                    await asyncio.sleep(0.01)
                return _errors() - before
            finally:
                gc.enable()

    assert asyncio.run(calls()) == 0


def test_sabotage_a_cycle_is_counted() -> None:
    def call() -> None:
        fault = NotSentError("nothing was sent")
        raise fault

    assert alive(call) == CALLS
