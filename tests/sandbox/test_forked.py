"""A forked child has but a copy of a sandbox: its clients work, and nothing is told to the copy without a word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from afilnet_protocols import AfilnetError, connect
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox import Sandbox

PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


def in_child(action) -> str:
    """Return what an action says in a forked child."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "something else was raised"
        try:
            said = str(action())
        except AfilnetError as error:
            said = f"{type(error).__name__}: {error}"
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        told = said.read()
    os.waitpid(child, 0)
    return told


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_calls_the_service_and_is_told_that_the_rest_is_elsewhere():
    with Sandbox() as sandbox:

        def call() -> str:
            with connect(sandbox.settings("http-post")) as chat:
                chat.send_message(**PERSON, message="from a child")
            return "sent"

        def close_and_receive() -> None:
            sandbox.close()
            sandbox.receive(**PERSON, message="to nobody")

        asked = [
            lambda: sandbox.receive(**PERSON, message="to nobody"),
            sandbox.journal,
            sandbox.tokens_issued,
            sandbox.reset,
            sandbox.account,
            lambda: sandbox.read_elsewhere(**PERSON),
            sandbox.revoke_tokens,
            lambda: sandbox.clock.advance(60),
            lambda: sandbox.fault("silence").__enter__(),
            lambda: sandbox.answer("INCORRECT_METHOD").__enter__(),
            close_and_receive,
        ]
        assert in_child(call) == "sent"
        for each in asked:
            assert in_child(each).startswith(f"{ConfigurationError.__name__}: this sandbox serves in the process")
        assert [arrival.arguments["message"] for arrival in sandbox.journal()] == ["from a child"]
        assert Path(sandbox.ca_file).exists()
