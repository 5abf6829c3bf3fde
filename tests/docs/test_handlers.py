"""What the pages do with an error can be done with every error that their handlers catch."""

from __future__ import annotations

import ast
import builtins
import contextlib
from collections.abc import Iterator
from unittest import mock

import pytest

import afilnet_protocols
from afilnet_protocols import AfilnetError, errors
from tests.docs.blocks import read_blocks
from tests.docs.test_pages import PAGES, ROOT
from tests.tables import table

GIVEN = {
    "SecurityPolicyError": {"required": "high", "effective": "low", "fix": "do this"},
    "MessageTooLongError": {"limit": 1, "actual": 2},
}
ERRORS = [
    getattr(errors, name)("CODE", **GIVEN.get(name, {})) for name in errors.__all__ if hasattr(afilnet_protocols, name)
]


def handlers() -> Iterator[tuple[str, ast.ExceptHandler]]:
    for page in PAGES:
        for block in read_blocks(page, ROOT):
            if block.language == "python":
                for node in ast.walk(ast.parse(block.text)):
                    if isinstance(node, ast.ExceptHandler) and node.name:
                        yield str(block), node


HANDLERS = list(handlers())


def caught(handler: ast.ExceptHandler) -> tuple[type[BaseException], ...]:
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return tuple(getattr(afilnet_protocols, each.id) for each in names if hasattr(afilnet_protocols, each.id))


def carry_out(handler: ast.ExceptHandler, error: AfilnetError) -> None:
    """Run the body of a handler: names of this library are themselves, all others stand for anything."""
    body = [each for each in handler.body if not isinstance(each, ast.Assert)]
    module = ast.Module([ast.Try(ast.parse("raise __error").body, [ast.ExceptHandler(
        ast.Name("BaseException", ast.Load()), handler.name, body)], [], [])], [])  # fmt: skip
    known = {name: getattr(afilnet_protocols, name) for name in afilnet_protocols.__all__}
    names = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)} - known.keys() - set(dir(builtins))
    free = {name: mock.MagicMock() for name in names} | {"__error": error}
    with contextlib.suppress(AfilnetError, SystemExit):
        exec(compile(ast.fix_missing_locations(module), "a page", "exec"), {**free, **known})


@table(("place", "handler"), HANDLERS)
def test_a_documented_handler_works_on_every_error_that_it_catches(place, handler):
    for error in ERRORS:
        if isinstance(error, caught(handler)):
            carry_out(handler, error)


def test_there_are_such_handlers_and_all_errors_are_tried():
    assert len(HANDLERS) >= 4
    assert {type(error) for error in ERRORS} == {getattr(errors, name) for name in errors.__all__}


def test_a_handler_that_asks_for_what_an_error_does_not_have_is_caught():
    (handler,) = ast.parse("try:\n    x\nexcept AfilnetError as error:\n    print(error.status_code)").body[0].handlers
    with pytest.raises(AttributeError):
        carry_out(handler, ERRORS[0])


@table("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_every_error_has(error):
    assert (error.code is None) != isinstance(error, errors.ServiceError)
    assert error.retry_after is None
    assert error.delivery in tuple(afilnet_protocols.Delivery)
    assert error.operation is error.protocol is error.call_id is None
