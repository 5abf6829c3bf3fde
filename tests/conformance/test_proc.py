"""A program in any language is a backend; one that breaks, hangs or babbles is told apart from a wrong answer."""

from __future__ import annotations

import shutil
import signal
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from afilnet_protocols import ConfigurationError, NotFoundError, Platform, Settings
from afilnet_protocols.conformance import replay, runner
from afilnet_protocols.conformance.cases import CASES, Case
from afilnet_protocols.conformance.results.outcome import Outcome
from afilnet_protocols.conformance.targets import parse as targets
from afilnet_protocols.conformance.targets import pipe
from afilnet_protocols.conformance.targets.pipe import AdapterError
from afilnet_protocols.conformance.targets.process import ProcessBackend
from tests.time_limit import HANGS

NODE = Path(__file__).parents[1] / "adapters/node/adapter.mjs"
SETTINGS = Settings(user="someone", password="a-secret-word")
Program = Callable[[str], list[str]]

HELLO = '{"id": 1, "hello": {"protocol": 1, "name": "it", "capabilities": []}}'


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A program that reads a request and then does what its text says."""

    def write(text: str) -> list[str]:
        file = tmp_path / "adapter.py"
        head = f"import sys, json, time\nline = sys.stdin.readline()\nHELLO = {HELLO!r}\n"
        head += "say = lambda text: print(text, flush=True)\n"
        file.write_text(head + textwrap.dedent(text), "utf-8")
        return [sys.executable, "-S", str(file)]

    return write


def opened(command: list[str], **limits: float) -> ProcessBackend:
    return ProcessBackend(command, SETTINGS, **limits)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("sys.exit(7)", "ended with code 7"),
        ("__import__('os').kill(__import__('os').getpid(), 9)", "ended by SIGKILL"),
        ("""say('{"id": 1, "error": {"class": "ConfigurationError"}}')""", "its answer is .*ConfigurationError"),
        ("say('hello?')", "no JSON object"),
        ("say('[1]')", "no JSON object"),
        ("say('told ' + json.loads(line)['hello']['settings']['password'])", "no JSON object: 'told ••••'"),
        ("say(HELLO.replace('1,', '9,', 1))", "id 9"),
        ("say(HELLO.replace('l\": 1', 'l\": 2'))", "its hello is .*protocol': 2"),
        ("time.sleep(60)", "did not answer within"),
        ("sys.stderr.write('I cannot: ' + json.loads(line)['hello']['settings']['password']); sys.exit(1)", "I cannot"),
    ],
)
def test_one_that_says_no_hello_is_no_backend(program: Program, text: str, what: str) -> None:
    with pytest.raises(AdapterError, match=what) as caught:
        opened(program(text), start_seconds=3 if "within" in what else HANGS)
    assert "a-secret-word" not in str(caught.value)


def test_one_that_does_not_exist_is_no_backend() -> None:
    with pytest.raises(AdapterError, match="cannot be started"):
        opened(["/no/such/program"])


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ('{"id": 2, "results": []}', "neither result nor error: .*results"),
        ('{"id": 2, "error": "no such chat"}', "not 'no such chat'"),
        ('{"id": 2, "result": {}}', "list of records"),
        ('{"id": 2, "result": [], "error": {}}', "both a result and an error"),
        ('{"id": 2, "result": [{"platform_id": "1"}]}', "has the fields"),
        ('{"id": 2, "error": {"class": "KeyError", "code": null, "delivery": "rejected"}}', "no class of errors"),
        ('{"id": 2, "error": {"class": "NotFoundError", "code": "X", "delivery": "perhaps"}}', "delivery is one of"),
        ('{"id": 2, "error": {"class": "NotFoundError", "code": null, "delivery": "rejected"}}', "has a code"),
        ('{"id": 3, "result": []}', "id 3"),
        ("[" * 100_000, "no JSON object"),
        ('{"id": ' * 100_000, "no JSON object"),
    ],
)
def test_an_answer_that_breaks_the_protocol_is_the_adapters_fault(program: Program, answer: str, what: str) -> None:
    command = program(f"say(HELLO)\nsys.stdin.readline()\nsay({answer!r})\n")
    with opened(command) as chat, pytest.raises(AdapterError, match=what):
        chat.get_chat_channels()


@pytest.mark.parametrize("answer", ['{"id": 2}', '{"id": 3, "result": []}', '{"id": 2, "result": {}}', "hello?"])
def test_what_it_wrote_to_standard_error_is_said_with_whatever_it_did_wrong(program: Program, answer: str) -> None:
    command = program(f"say(HELLO)\nsys.stdin.readline()\nprint('I am odd', file=sys.stderr)\nsay({answer!r})")
    with opened(command) as chat, pytest.raises(AdapterError, match="it said: I am odd"):
        chat.get_chat_channels()


def test_of_much_that_it_wrote_the_beginning_and_the_end_are_said(program: Program) -> None:
    told = "'KeyError: first\\n' + '    at a line of the stack\\n' * 90 + 'last'"
    with pytest.raises(AdapterError, match=r"(?s)KeyError: first.* … .*last$") as caught:
        opened(program(f"sys.exit({told})"))
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("secret", ["a-secret-word", 'sé"cret"word'])
@pytest.mark.parametrize(
    "answer",
    [
        '{"id": 1, "hello": {"name": told}}',
        '{"id": 1, "hello": told}',
        '{"results": told}',
        '{"id": told, "result": []}',
        '{"error": told}',
        '{"error": {"class": told}}',
        '{"error": {"class": "NotSentError", "delivery": told}}',
        '{"result": told}',
        '{"result": [told]}',
        "[told]",
    ],
)
def test_what_was_answered_wrongly_is_shown_without_the_secrets_that_were_told(
    program: Program, secret: str, answer: str
) -> None:
    text = "told = json.loads(line)['hello']['settings']['password']\nanswer = " + answer
    if "hello" not in answer:
        text = (
            f"say(HELLO)\nsys.stdin.readline()\n{text}\nanswer = {{'id': 2, **answer}} if answer != [told] else answer"
        )
    settings = Settings(user="someone", password=secret)
    with (
        pytest.raises(AdapterError) as caught,
        ProcessBackend(program(f"{text}\nsay(json.dumps(answer))"), settings) as chat,
    ):
        chat.get_chat_channels()
    assert "cret" not in str(caught.value)
    assert "••••" in str(caught.value)


def test_an_error_is_the_same_error_as_from_any_other_backend(program: Program) -> None:
    told = '{"id": 2, "error": {"class": "NotFoundError", "code": "CHAT_NOT_FOUND", "delivery": "rejected"}}'
    command = program(f"say(HELLO)\nsys.stdin.readline()\nsay({told!r})\n")
    with opened(command) as chat, pytest.raises(NotFoundError) as caught:
        chat.get_messages(platform="whatsapp", platform_id="1", destination="7")
    assert (caught.value.code, caught.value.delivery, caught.value.operation) == (
        *("CHAT_NOT_FOUND", "rejected"),
        "get_messages",
    )


def test_one_that_only_closes_its_output_is_waited_for_once(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipe, "ENDING", 0.1)
    command = program("say(HELLO)\nsys.stdin.readline()\n__import__('os').close(1)\ntime.sleep(60)")
    with opened(command) as chat:
        for _ in range(3):
            with pytest.raises(AdapterError, match="ended"):
                chat.get_chat_channels()


def test_one_that_hangs_is_ended_and_one_that_has_ended_says_how(program: Program) -> None:
    hanging = Settings(user="u", password="p", timeout=0.2)
    sleeping = program("say(HELLO)\ntime.sleep(60)")
    late = pytest.raises(AdapterError, match=r"within 0\.3")
    with ProcessBackend(sleeping, hanging, grace_seconds=0.1) as chat, late:
        chat.get_chat_channels()
    ending = program("say(HELLO)\nsys.stdin.readline()\nsys.exit(9)")
    with opened(ending) as chat, pytest.raises(AdapterError, match="code 9"):
        chat.get_chat_channels()


class Interruption(BaseException):
    """What a signal handler raises."""


def test_an_answer_to_a_call_that_was_interrupted_is_not_that_of_the_next(program: Program) -> None:
    slow = """
        say(HELLO)
        for line in sys.stdin:
            asked = json.loads(line)
            if asked["id"] == 2:
                import os, signal
                os.kill(os.getppid(), signal.SIGUSR1)
                time.sleep(0.05)
            say(json.dumps({"id": asked["id"], "result": [] if asked["id"] != 2 else None}))
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interruption

    usual = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with opened(program(slow)) as chat:
            with pytest.raises(Interruption):
                chat.send_message(platform="whatsapp", platform_id="100", destination="7", message="a")
            assert chat.get_chat_channels() == []
            assert chat.get_chat_channels() == []
    finally:
        signal.signal(signal.SIGUSR1, usual)


def test_what_is_no_text_goes_as_it_is_to_be_refused_over_there(program: Program) -> None:
    echo = """
        say(HELLO)
        asked = json.loads(sys.stdin.readline())
        kinds = ",".join(type(value).__name__ for value in asked["call"]["arguments"].values())
        say(json.dumps({"id": 2, "error": {"class": "NotFoundError", "code": kinds, "delivery": "rejected"}}))
        sys.stdin.readline()
        say('{"id": 3, "result": null}')
    """
    with opened(program(echo)) as chat, pytest.raises(NotFoundError) as told:
        chat.send_message(platform=Platform.WHATSAPP, platform_id=100, destination=None, message="a")  # type: ignore[arg-type]
    assert told.value.code == "str,int,NoneType,str"


def test_a_closed_one_says_what_was_asked_of_it(program: Program) -> None:
    chat = opened(program('say(HELLO)\nsys.stdin.readline()\nsay(\'{"id": 2, "result": null}\')'))
    chat.close()
    with pytest.raises(ConfigurationError) as told:
        chat.get_chat_channels()
    assert (told.value.operation, told.value.protocol) == ("get_chat_channels", "it")


def test_a_crash_during_a_case_is_a_failed_setup_and_no_disagreement(program: Program) -> None:
    command = program(
        "say(HELLO)\nsys.stdin.readline()\n"
        # The first call ends it; before, it only says hello and goodbye.
        "line = json.loads(line)\n"
        "sys.exit(5)\n"
    )
    cases = [case for case in CASES if case.id == "CHAN-01"]
    with targets.opened([f"proc:{' '.join(command)}"], plain=True) as opened_targets:
        report = runner.run(opened_targets, cases=cases, seed=1, on_progress=targets.settle)
    assert [result.outcome for result in report.results] == [Outcome.SETUP_FAILED]
    assert "adapter" in report.results[0].reason


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed: apt-get install nodejs")
def test_a_backend_in_another_language_does_what_the_contract_says() -> None:
    # What crosses the pipe: texts, records, errors, time. What the service does about it is the same for everybody.
    does_what_it_says([case for case in CASES if case.area in ("SEND", "MSGS", "ERR", "TIME") and not case.generated])


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed: apt-get install nodejs")
@pytest.mark.proof(short="test_a_backend_in_another_language_does_what_the_contract_says")
def test_a_backend_in_another_language_does_all_that_the_contract_says() -> None:
    # Every case but the generated ones, and of those two: what they draw is played by the others as well.
    does_what_it_says([case for case in CASES if not case.generated or case.area in ("TEXT", "ERR")])


def does_what_it_says(cases: list[Case]) -> None:
    with targets.opened([f"proc:node {NODE}"], plain=True) as found:
        assert [target.name for target in found] == ["node"]
        report = runner.run(found, cases=cases, seed=1, on_progress=targets.settle)
    wrong = [result for result in report.results if result.outcome not in (Outcome.PASS, Outcome.NOT_DECLARED)]
    assert [f"{each.case} {each.reason}" for each in wrong] == []
    assert report.void == ""


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed: apt-get install nodejs")
def test_what_was_recorded_in_python_runs_in_another_language() -> None:
    from afilnet_protocols.comparison.steps import ADVANCE_CLOCK, Step

    where = {"platform": "whatsapp", "platform_id": "100", "destination": "7"}
    steps = [
        Step("get_chats", {"platform": "whatsapp", "platform_id": "100"}),
        Step("send_message", {**where, "message": " hola\r\n+😀 "}),
        Step(ADVANCE_CLOCK, {"seconds": 86_400}),
        Step("receive", {**where, "message": "¿sí?"}),
        Step("get_unread_messages", where),
        Step("get_messages", {**where, "destination": "8"}),
    ]
    with targets.opened(["sandbox:soap", f"proc:node {NODE}"], plain=True) as (soap, node):
        recorded = replay.loads(replay.record(soap, steps).dumps())
        assert recorded.steps == tuple(steps)
        assert replay.record(node, steps).expected == recorded.expected
        assert replay.play(recorded, node).outcome is Outcome.PASS
