"""The six signatures are written once, and everything else derives them and forwards."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import pytest

import afilnet_protocols
from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.coroutines.forwarding import AsyncForwarding
from afilnet_protocols.forwarding import Forwarding

PACKAGE = Path(afilnet_protocols.__file__).parent
PARAMETERS = {operation.name: {each.name for each in operation.parameters} for operation in OPERATIONS}

WRITTEN = {
    "operations.py": "what a client can do",
}
"""Where they stand, and as what."""


def signatures(source: str) -> set[str]:
    """Return the operations whose signature a source writes out: a method of that name that takes their parameters."""
    return {
        node.name
        for node in (ast.walk(ast.parse(source)) if any(f"def {name}(" in source for name in PARAMETERS) else ())
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in PARAMETERS
        if {each.arg for each in node.args.kwonlyargs} == PARAMETERS[node.name] and len(node.args.args) == 1
    }


def test_the_signatures_are_written_where_they_are_said_to_be_and_nowhere_else():
    found = {
        str(path.relative_to(PACKAGE)): names
        for path in PACKAGE.rglob("*.py")
        if (names := signatures(path.read_text("utf-8")))
    }
    assert found == {name: set(PARAMETERS) for name in WRITTEN}


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("def get_chats(self, *, platform, platform_id): ...", {"get_chats"}),
        ("class Chat:\n async def get_chats(self, *, platform: str, platform_id: str) -> None: ...", {"get_chats"}),
        ("def get_chats(self, account, fields): ...", set()),  # the service's own side
        ("def send_file(self, file_url): ...", set()),
    ],
)
def test_a_client_that_writes_one_out_again_is_found(written, found):
    assert signatures(written) == found


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize(
    ("given", "named"), [(("hola",), {}), ((), {"text": "hunter2"}), ((), {"platform": "hunter2"})]
)
def test_who_gives_other_arguments_is_told_which_there_are_and_nothing_is_called(name, given, named):
    nobody = object()  # has no _call
    with pytest.raises(TypeError) as caught:
        getattr(Forwarding, name)(nobody, *given, **named)
    with pytest.raises(TypeError) as awaited:
        asyncio.run(getattr(AsyncForwarding, name)(nobody, *given, **named))
    assert str(caught.value) == str(awaited.value)
    told = str(caught.value).partition("; what it takes, by name: ")[2]
    assert set(told.split(", ")) == (PARAMETERS[name] or {"nothing"})
    assert "hunter2" not in str(caught.value)
