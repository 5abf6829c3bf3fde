"""The account of bytes against random cuts: "not sent" is never wrong, and nothing is left behind."""

from __future__ import annotations

import gc
import random
import threading
from collections import Counter
from pathlib import Path

import pytest

from afilnet_protocols.errors import NotSentError, OutcomeUnknownError
from tests.transport.scripted import Script, Step, answer, ask, ask_for_part, cut, pause, reset, say
from tests.transport.wire import Wire, post

ROUNDS = 30
MOST = 8
LONG_ROUNDS = 10_000
SEEN = ("NotSentError, not processed", "OutcomeUnknownError, processed", "answered, processed")
OK = answer(b'{"status":"SUCCESS"}')


def random_script(chance: random.Random, size: int) -> Script:
    ending: Step = chance.choice([reset, cut])
    wait = pause(chance.choice([0, 0, 0.001, 0.005]))
    answering = say(OK[: chance.choice([len(OK), chance.randrange(len(OK))])])
    return chance.choice(
        [
            (wait, ending),
            (ask_for_part(chance.randrange(1, size + 100)), wait, ending),
            (ask, wait, ending),
            (ask, answering, wait, ending),
        ]
    )


def run_rounds(wire: Wire, rounds: int, seed: int) -> Counter[str]:
    chance = random.Random(seed)
    counts: Counter[str] = Counter()
    for _ in range(rounds):
        size = chance.choice([10, 1000, 100_000, 1_000_000, 5_000_000])
        with wire.serve(random_script(chance, size), receive_buffer=65_536) as server:
            try:
                wire.call(server, request=post(server, body=b"x" * size), seconds=chance.choice([0.05, 5.0]))
                verdict = "answered"
            except (NotSentError, OutcomeUnknownError) as error:
                verdict = type(error).__name__
        # The server is stopped: what it processed is final.
        processed = bool(server.processed)
        counts[f"{verdict}, {'' if processed else 'not '}processed"] += 1
    return counts


def test_not_sent_is_never_wrong(wire: Wire) -> None:
    seed = random.SystemRandom().randrange(2**32)
    counts: Counter[str] = Counter()
    for more in range(MOST):
        counts += run_rounds(wire, ROUNDS, seed + more)
        assert counts["NotSentError, processed"] == 0, f"seed {seed}: {counts}"
        if all(counts[each] for each in SEEN):
            return
    raise AssertionError(f"not all verdicts were seen, so it has nothing to say: seed {seed}: {counts}")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_not_sent_is_never_wrong_in_the_long_run(wire: Wire) -> None:
    seed = random.SystemRandom().randrange(2**32)
    counts = run_rounds(wire, LONG_ROUNDS, seed)
    print(f"seed {seed}: {dict(counts)}")
    assert counts["NotSentError, processed"] == 0


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_failed_calls_leave_no_descriptor_and_no_thread(wire: Wire) -> None:
    run_rounds(wire, 10, seed=1)
    gc.collect()
    descriptors, threads = open_descriptors(), threading.active_count()  # some of which may end meanwhile
    run_rounds(wire, 15, seed=2)
    gc.collect()
    assert open_descriptors() <= descriptors
    assert threading.active_count() <= threads
