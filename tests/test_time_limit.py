"""A test that hangs ends with its time limit, told as that: nothing on the way takes it for something else."""

from __future__ import annotations

import ast
import contextlib
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.conformance.cases import by_id
from afilnet_protocols.conformance.mutants import Mutant
from afilnet_protocols.conformance.mutants.kill_matrix import run_matrix
from afilnet_protocols.conformance.runner import run
from afilnet_protocols.conformance.targets.stage import Candidate, Stage
from afilnet_protocols.settings import Settings
from tests.figures.s8_hostile_answers import measured
from tests.figures.stage import attempt
from tests.tables import table
from tests.time_limit import TimeIsUp, limited

ROOT = Path(__file__).parents[1]

Hang = Callable[..., object]


def sleep_on(*_: object, **__: object) -> object:
    """Hang, with a limit that is over at once: how busy the machine is does not matter."""
    with limited(0.01):
        time.sleep(60)
    raise AssertionError("the time limit was swallowed while it slept")


class Hanging:
    """A backend of which every operation hangs."""

    def __init__(self, hang: Hang) -> None:
        self._hang = hang

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return (lambda: None) if name == "close" else self._hang

    def __enter__(self) -> object:
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing."""


def mutant(hang: Hang, case: str) -> Mutant:
    def make(settings: Settings) -> object:
        del settings
        return Hanging(hang)

    return Mutant(id="M00", about="hangs", protocol="http-post", make=make, expected=(case,))  # type: ignore[arg-type]


def in_the_matrix(hang: Hang) -> object:
    return run_matrix(seed=1, mutants=[mutant(hang, "CHAN-01")], servers=[], examples=2)


def in_a_generated_case_of_the_matrix(hang: Hang) -> object:
    return run_matrix(seed=1, mutants=[mutant(hang, "TEXT-09")], servers=[], examples=2)


def in_a_suite(hang: Hang) -> object:
    with Stage() as stage:
        target = stage.target(Candidate("hangs", "http-post", make=lambda _: Hanging(hang), plain=True))  # type: ignore[arg-type, return-value]
        return run([target], cases=[by_id("CHAN-01"), by_id("MSGS-09")], seed=1)


def in_a_generated_law(hang: Hang) -> object:
    @given(st.integers())
    def law(_: int) -> None:
        hang()

    return law()


def in_a_figure(hang: Hang) -> object:
    return attempt(hang), measured("hangs", hang)


def where_every_exception_is_kept(hang: Hang) -> object:
    with contextlib.suppress(Exception):
        hang()
    return None


PLACES = [
    in_the_matrix,
    in_a_generated_case_of_the_matrix,
    in_a_suite,
    in_a_generated_law,
    in_a_figure,
    where_every_exception_is_kept,
]


@table("place", PLACES)
def test_the_limit_of_what_hangs_comes_through_as_itself(place: Callable[[Hang], object]) -> None:
    with pytest.raises(TimeIsUp, match=r"longer than 0\.01 s"):
        place(sleep_on)


@pytest.mark.parametrize("place", [in_a_generated_case_of_the_matrix, in_a_generated_law])
def test_what_pytest_raises_for_a_limit_is_taken_for_something_else(place: Callable[[Hang], object]) -> None:
    """Why it is no exception of pytest: there it ends the wait once, and what is tried again finds nothing."""
    tried: list[object] = []

    def once(*_: object, **__: object) -> object:
        tried.append(None)
        if len(tried) == 1:
            pytest.fail("Timeout (>300.0s) from pytest-timeout.")
        return []

    with contextlib.suppress(Exception):
        place(once)
    assert len(tried) > 1


def test_a_limit_that_was_not_reached_leaves_nothing() -> None:
    with limited(600):
        pass
    with pytest.raises(TimeIsUp), limited(600):
        sleep_on()


# Whoever catches everything has to raise it again

ELSEWHERE = {
    "afilnet_protocols/waiting/carriers.py": "in a thread of the asyncio twin, for the task that waits",
    "afilnet_protocols/late_client.py": "in a thread that makes a client, for the call or task that waits",
    "afilnet_protocols/coroutines/threaded.py": "in a thread of the asyncio twin, where nobody waits",
    "afilnet_protocols/waiting/waits.py": "kept with what was asked for, and raised to whoever asks how it ended",
    "afilnet_protocols/oauth/outliving.py": "in a thread that ends a request of a call that has gone",
    "afilnet_protocols/migration/repeating.py": "in a thread of the shadow",
    "afilnet_protocols/migration/candidate.py": "in a thread of the candidate",
    "afilnet_protocols/cli/outbox/workers.py": "in a thread of one worker, and raised again where all have ended",
    "afilnet_protocols/conformance/mutants/wires.py": "the mistake that is planted, in a call that is ended soon",
    "tests/process/test_fork.py": "in a child, which ends with it",
    "tests/forker.py": "in a child, which ends with it",
    "tests/docs/desk_runs.py": "in a child, which ends with it",
    "tests/outbox/interleaved.py": "in a thread of a worker, for the test that moves it",
}
"""Where it is kept, and why the limit of a test is not lost there: it is raised in the main thread of the process."""


def swallowers(code: str) -> list[int]:
    """Return the lines at which all exceptions are caught and do not go on."""
    found = []
    for node in ast.walk(ast.parse(code)) if CATCHES.search(code) else ():
        if isinstance(node, ast.ExceptHandler):
            everything = node.type is None or "BaseException" in ast.unparse(node.type)
            goes_on = any(_goes_on(each) for part in node.body for each in ast.walk(part))
            if everything and not goes_on:
                found.append(node.lineno)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            found += [node.lineno for given in node.args if "BaseException" in ast.unparse(given)]
    return found


def _goes_on(node: ast.AST) -> bool:
    """Whether an exception is raised, or thrown to whoever asked for what it ended."""
    return isinstance(node, ast.Raise) or (
        isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("throw", "set_exception")
    )


# A file that names none of these has none of the nodes either, and need not be parsed.
CATCHES = re.compile(r"BaseException|except\s*:")
WAITS = re.compile(r"wait_for|(wait|result)\([1-9]|timeout=[1-9]|monotonic\(\) \+ [1-9]")
CLOCKS = re.compile(r"(monotonic|perf_counter|time|process_time)\(\)")

FILES = [path for part in ("afilnet_protocols", "tests") for path in sorted((ROOT / part).rglob("*.py"))]


def test_nobody_catches_everything_and_keeps_it() -> None:
    found = {str(path.relative_to(ROOT)) for path in FILES if swallowers(path.read_text("utf-8"))}
    assert found <= set(ELSEWHERE), "raise it again, or say why the limit of a test cannot come there"


# How long something took is for figures and benchmarks


def stopwatches(code: str) -> list[int]:
    """Return the lines that assert that something took no longer than so many seconds."""
    return [
        node.lineno
        for asserted in (ast.walk(ast.parse(code)) if CLOCKS.search(code) else ())
        if isinstance(asserted, ast.Assert)
        for node in ast.walk(asserted.test)
        if isinstance(node, ast.Compare)
        and any(isinstance(each, ast.Lt | ast.LtE) for each in node.ops)
        and isinstance(taken := [node.left, *node.comparators][-2], ast.BinOp)
        and isinstance(taken.op, ast.Sub)
        and re.match(r"(time\.)?(monotonic|perf_counter|time|process_time)\(\)", ast.unparse(taken.left))
    ]


TESTS = [path for path in FILES if path.is_relative_to(ROOT / "tests") and "benchmarks" not in path.parts]


def test_no_test_asserts_how_long_something_took() -> None:
    assert [str(path.relative_to(ROOT)) for path in TESTS if stopwatches(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "code",
    [
        "assert time.monotonic() - begun < 5",
        "assert 0.1 < time.perf_counter() - begun <= 0.25",
        "assert process_time() - begun < 0.05 and done",
    ],
)
def test_one_that_does_is_found_too(code: str) -> None:
    assert stopwatches(code)


def test_a_wait_that_is_not_too_short_may_be_asserted() -> None:
    assert not stopwatches("assert time.monotonic() - begun >= 0.1\nassert time.monotonic() < until")


# Whoever waits for what has to come waits as long as for what hangs

LEAST = 120
"""So long waits at least who fails when nothing comes, in seconds. A pause is a second at most."""


def hasty(code: str) -> list[int]:
    """Return the lines of waits that end in a failure where a machine is slow: assertions of them, and loops."""
    nodes = ast.walk(ast.parse(code)) if WAITS.search(code) else ()
    return [node.lineno for node in nodes if any(1 < seconds < LEAST for seconds in _waited(node))]


def _waited(node: ast.AST) -> list[float]:
    """Return for how many seconds a node waits, if that is a number."""
    given: list[ast.expr] = []
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in ("wait", "result") and "." in ast.unparse(node.func):
            given += node.args[:1]
        elif name == "wait_for":
            given += node.args[1:2]
        if name in ("wait", "result", "wait_for", "acquire", "communicate", "run", "get"):
            given += [word.value for word in node.keywords if word.arg == "timeout"]
    elif isinstance(node, ast.Assign) and isinstance(ends := node.value, ast.BinOp) and isinstance(ends.op, ast.Add):
        given += [ends.right] if re.fullmatch(r"(time\.)?monotonic\(\)", ast.unparse(ends.left)) else []
    return [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, int | float)]


ON_PURPOSE = {
    "tests/leaks/raw_libraries.py": "what other libraries are given, as their users do",
}


def test_no_test_fails_because_a_machine_is_slow() -> None:
    tests = [
        str(path.relative_to(ROOT)) for path in TESTS if "peers" not in path.parts and hasty(path.read_text("utf-8"))
    ]
    assert set(tests) <= set(ON_PURPOSE), "wait for HANGS of tests/time_limit.py"


@table(
    "code",
    [
        "assert process.wait(10) == 0",
        "until = time.monotonic() + 30\nwhile not f():\n    assert time.monotonic() < until",
        "assert future.result(timeout=20) == 1",
        "await asyncio.wait_for(event.wait(), 60)",
        "subprocess.run(command, timeout=20)",
    ],
)
def test_one_that_does_is_found_as_well(code: str) -> None:
    assert hasty(code)


def test_a_pause_and_a_limit_for_what_hangs_are_not_hasty() -> None:
    assert not hasty("assert not event.wait(0.3)\nprocess.wait(HANGS)\nsubprocess.run(command, timeout=300)")


# A pause is no way to wait for something: what has to be so is looked for, again and again


PAUSE = re.compile(r"\b(time|asyncio)\.sleep\((?!0\))")


def hopes(code: str) -> list[int]:
    """Return the lines of pauses outside of loops: after them something is taken for done that may not be."""
    found, nodes = [], [ast.parse(code)] if PAUSE.search(code) else []
    for node in nodes:
        if isinstance(node, ast.While | ast.For | ast.AsyncFor):
            continue
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "sleep" and PAUSE.match(ast.unparse(node)):
            found.append(node.lineno)
        nodes += ast.iter_child_nodes(node)
    return found


PAUSES = {
    "tests/figures/r15_crowds.py": "a service that takes its time",
    "tests/figures/r7_crossed_answers.py": "longer than what comes late, on the same loop",
    "tests/inbox/crashes.py": "a handler that takes its time",
    "tests/inbox/test_async_inbox.py": "a handler that hangs",
    "tests/outbox/test_outbox_failover.py": "a service that takes its time",
    "tests/sandbox/page/test_browser.py": "a page that must not move: later it may have less time to",
    "tests/test_aio.py": "what must not happen meanwhile, or the least that must have gone by",
    "tests/test_breaker.py": "the least that must have gone by",
    "tests/waiting/test_cancellation.py": "cancelled where it is by then: the verdict is the same everywhere",
    "tests/test_time_limit.py": "what hangs",
    "tests/transport/race.py": "no test",
    "tests/transport/test_pool.py": "the least that must have gone by",
}
"""Files with pauses that may be as much longer, or what was to happen as much later, as a machine likes."""


def test_no_test_hopes_that_something_has_happened_meanwhile() -> None:
    tests = [
        str(path.relative_to(ROOT)) for path in TESTS if "peers" not in path.parts and hopes(path.read_text("utf-8"))
    ]
    assert set(tests) <= set(PAUSES), "look for it until it is so, or until HANGS of tests/time_limit.py is over"


def test_one_that_does_is_found_and_one_that_looks_again_is_not() -> None:
    assert hopes("start()\ntime.sleep(0.5)\nassert done")
    assert hopes("async def f():\n    await asyncio.sleep(0.1)\n    assert done")
    assert not hopes("while not done():\n    time.sleep(0.01)\nasync def f():\n    await asyncio.sleep(0)")


@pytest.mark.parametrize(
    "code",
    [
        "try: f()\nexcept BaseException: pass",
        "try: f()\nexcept: g()",
        "try: f()\nexcept (OSError, BaseException) as error: told = error",
        "with contextlib.suppress(BaseException): f()",
    ],
)
def test_one_that_does_is_found(code: str) -> None:
    assert swallowers(code)


def test_one_that_raises_it_again_is_not() -> None:
    assert not swallowers("try: f()\nexcept BaseException:\n    g()\n    raise\nexcept Exception: pass")
