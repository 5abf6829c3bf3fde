"""Every test that the page offers to copy passes when it is run, whatever end the call had that it was made from."""

from __future__ import annotations

import contextlib
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from afilnet_protocols import AfilnetError, connect
from afilnet_protocols.calls.pauses import turn
from afilnet_protocols.catalogue import ERROR_CODES, OPERATIONS
from afilnet_protocols.deadline import deadline
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.faults.fault_book import Where
from afilnet_protocols.sandbox.faults.fault_kind import Stage
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.page.pytest_snippet import as_pytest
from afilnet_protocols.vocabulary import Protocol
from tests.nested import ONLY_OURS
from tests.sandbox.page.conftest import PERSON
from tests.sandbox.speak import http_call
from tests.time_limit import HANGS
from tests.work import longer

FILE = {**PERSON, "file_type": "image", "file_url": "https://example.com/a.png"}
CHANNEL = {"platform": "whatsapp", "platform_id": "100"}
CALLS = {
    "get_chat_channels": {},
    "send_message": {**PERSON, "message": "it's \u202e 'quoted' \"so\" \\ é\r\n"},
    "send_file": FILE,
    "get_chats": CHANNEL,
    "get_messages": PERSON,
    "get_unread_messages": PERSON,
}
PATIENCE = 0.4
"""How long a call is waited for that would wait for its whole time, in seconds; longer where others need more."""

MET = [kind for kind in KINDS.values() if kind.where is Where.CALL]
SHORT = (
    "silence",
    "slow_answer",
    "service_code",
    "swapped_answers",
    "unavailable",
    "token_refused",
    "unauthorized_once",
)


@pytest.fixture(scope="module")
def alone() -> Iterator[Sandbox]:
    turn(off=True)
    with Sandbox() as sandbox:
        yield sandbox
    turn(off=False)


def made(
    sandbox: Sandbox,
    protocol: str,
    operation: str,
    arguments: dict[str, str] | None = None,
    *,
    patience: float = HANGS,
) -> list[str]:
    """Make a call, however it ends; return the tests of its exchanges."""
    number = len(sandbox._wires.all())
    with connect(sandbox.settings(protocol)) as chat, deadline(patience), contextlib.suppress(AfilnetError):
        getattr(chat, operation)(**(CALLS[operation] if arguments is None else arguments))
    return [text for wire in sandbox._wires.all()[number:] if (text := as_pytest(wire)) is not None]


def run(tmp_path: Path, texts: list[str], patience: float = HANGS) -> str:
    """Run tests, all in one file and each under a name of its own; return what is said if one fails."""
    body = "\n\n".join(re.sub(r"def test_", f"def test_{number}_", text, count=1) for number, text in enumerate(texts))
    fixture = f"\n\n@pytest.fixture\ndef afilnet_patience():\n    return {patience}\n"
    (tmp_path / "test_copied.py").write_text(body + fixture, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *ONLY_OURS, "test_copied.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    return "" if done.returncode == 0 and f"{len(texts)} passed" in done.stdout else body + done.stdout + done.stderr


def successes(sandbox: Sandbox) -> Iterator[str]:
    for protocol, operation in itertools.product(Protocol, CALLS):
        sandbox.reset()
        sandbox.receive(**PERSON, message="hello")
        (text,) = [text for text in made(sandbox, protocol, operation) if operation in text]
        yield text


def refusals(sandbox: Sandbox) -> Iterator[str]:
    """Yield tests of what the service refuses by itself, and of codes that are armed."""
    sandbox.reset()
    nowhere = {**PERSON, "platform_id": "nowhere"}
    for protocol in Protocol:
        yield from made(sandbox, protocol, "get_messages")
        yield from made(sandbox, protocol, "send_message", {**nowhere, "message": "x"})
        with connect(sandbox.settings(protocol, password="wrong", client_secret="wrong")) as chat:
            number = len(sandbox._wires.all())
            with contextlib.suppress(AfilnetError):
                chat.get_chat_channels()
        (text,) = [text for wire in sandbox._wires.all()[number:] if (text := as_pytest(wire)) is not None]
        assert "'wrong'" in text
        yield text
    body = "class=chat&method=sendfile&user=user&password=password&platform=whatsapp&platformid=100&destination=1"
    sandbox.receive(**{**PERSON, "destination": "1"}, message="x")
    for wrong in ("type=song&fileurl=https://example.com/a", "type=image&fileurl=nonsense"):
        form = {"content-type": "application/x-www-form-urlencoded"}
        http_call(sandbox.plain_url, "POST", "/api/http/", body=f"{body}&{wrong}".encode(), headers=form)
        text = as_pytest(sandbox._wires.all()[-1]) or ""
        assert "not_sent" in text  # for this client refuses it before the service can
        yield text
    codes = itertools.cycle(Protocol)
    for code, protocol in zip([*ERROR_CODES, "NOT_LISTED"], codes, strict=False):
        with sandbox.answer(code, operation="send_message"):
            yield from (text for text in made(sandbox, protocol, "send_message") if code in text)


def faults(sandbox: Sandbox, kinds: list[str], patience: float) -> Iterator[str]:
    """Yield a test of a call that met each kind of fault, over one protocol after the other.

    There is none of a call that had too little time to meet its own.
    """
    protocols, operations = itertools.cycle(Protocol), itertools.cycle(CALLS)
    for name in kinds:
        kind = KINDS[name]
        sandbox.reset(everything=True)
        sandbox.receive(**PERSON, message="hello")
        sandbox.fault(name, times=kind.times)
        of_token = kind.stage is Stage.TOKEN
        protocol = "json" if of_token else next(protocols)
        found = made(sandbox, protocol, "get_chat_channels" if of_token else next(operations), patience=patience)
        yield from found[:1]
        sandbox.reset(everything=True)


def test_copied_tests_pass_and_one_that_was_made_from_another_end_fails(alone: Sandbox, tmp_path: Path) -> None:
    alone.reset()
    (refused,), (sent,) = made(alone, "soap", "get_messages"), made(alone, "basic", "send_message")
    wrong = refused.replace("raised.value.code == 'CHAT_NOT_FOUND'", "raised.value.code == 'CHANNEL_NOT_FOUND'")
    assert wrong != refused
    for patience in longer(PATIENCE, times=3):
        texts = [*faults(alone, list(SHORT), patience), refused, sent]
        ended = run(tmp_path, [*texts, wrong], patience)
        if f"1 failed, {len(SHORT) + 2} passed" in ended:
            break
    assert len(texts) == len(SHORT) + 2
    assert f"1 failed, {len(texts)} passed" in ended, ended
    assert f"FAILED test_copied.py::test_{len(texts)}_" in ended


@pytest.mark.proof("test_copied_tests_pass_and_one_that_was_made_from_another_end_fails")
def test_copied_tests_of_every_success_and_refusal_pass(alone: Sandbox, tmp_path: Path) -> None:
    texts = [*successes(alone), *refusals(alone)]
    assert len(texts) > len(Protocol) * (len(OPERATIONS) + 3)
    assert run(tmp_path, texts) == ""


@pytest.mark.proof("test_copied_tests_pass_and_one_that_was_made_from_another_end_fails")
def test_copied_tests_of_every_fault_that_meets_a_call_pass(alone: Sandbox, tmp_path: Path) -> None:
    for patience in longer(PATIENCE, times=2):
        texts = [*faults(alone, [kind.name for kind in MET], patience)]
        ended = run(tmp_path, texts, patience)
        if len(texts) == len(MET) and not ended:
            break
    assert len(texts) == len(MET)
    assert ended == ""
