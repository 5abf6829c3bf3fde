"""The sandbox as a server, and a step of the conformance suite on five backends."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import hypothesis

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.generated import strategies
from afilnet_protocols.conformance.targets import stage
from afilnet_protocols.sandbox import Sandbox
from tests.benchmarks import peers
from tests.benchmarks.interleaved import Plan, seconds_per_call
from tests.benchmarks.process_memory import kilobytes
from tests.benchmarks.service import Service
from tests.benchmarks.table import Row, Target

_FIRST_ANSWER = """
from afilnet_protocols.sandbox import Sandbox
with Sandbox() as sandbox:
    import urllib.request
    urllib.request.urlopen(sandbox.plain_url + '/openapi.json').read()
    print('answered', flush=True)
"""
_WARM, _MANY = 20_000, 100_000


def start(service: Service, plan: Plan) -> Iterator[Row]:
    """From nothing to the first answer, the interpreter and its imports included."""

    def first_answer() -> None:
        process = subprocess.Popen([sys.executable, "-c", _FIRST_ANSWER], stdout=subprocess.PIPE)
        if process.stdout is not None:
            process.stdout.readline()
        ends.append(time.perf_counter())
        process.communicate()

    samples = []
    for _ in range(plan.rounds(5)):
        ends: list[float] = []
        begun = time.perf_counter()
        first_answer()
        samples.append(ends[0] - begun)
    seconds = statistics.median(samples)
    bare = seconds_per_call(
        {"bare": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)}, rounds=plan.rounds(5)
    )
    yield Row(
        "the sandbox, from starting Python to its first answer",
        "elapsed, s",
        {"sandbox": seconds},
        limits={"a bare interpreter": bare["bare"] / 1e6},
        targets=[Target("start", seconds, 1, unit=" s")],
    )


def load(service: Service, plan: Plan) -> Iterator[Row]:
    """Requests a second on POST with 32 connections, and memory over 100,000 of them."""
    tool = shutil.which("wrk")
    work = "the sandbox under load: POST `/api/http/`, 32 connections"
    if tool is None:
        yield Row(
            work, "requests/s", {}, remark="not measured: this machine has no wrk (on Debian: apt-get install wrk)"
        )
        return
    seconds = 1 if plan.quick else 4
    rates = [_wrk(tool, service, seconds)[0] for _ in range(plan.rounds(3))]
    served = 0
    while served < (0 if plan.quick else _WARM):
        served += _wrk(tool, service, seconds)[1]
    before, served = kilobytes("VmRSS", service.pid), 0
    while served < (1 if plan.quick else _MANY):
        served += _wrk(tool, service, seconds)[1]
    grown = (kilobytes("VmRSS", service.pid) - before) / 1024
    rate = statistics.median(rates)
    yield Row(
        f"{work}; memory over {served:,} requests more",
        "requests/s; MB",
        {"requests/s": rate, "growth, MB": grown},
        targets=[
            Target("requests/s", rate, 4_000, least=True),
            Target("growth", grown, 2, unit=" MB"),
        ],
    )


def _wrk(tool: str, service: Service, seconds: int) -> tuple[float, int]:
    """Return requests a second, and how many there were."""
    pairs = {**peers.READ, "user": service.user, "password": service.password}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(
            'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n'
            f'wrk.body = "{urllib.parse.urlencode(pairs)}"\n'
        )
        words = [
            tool,
            "-t",
            "1",
            "-c",
            "32",
            "-d",
            str(seconds),
            "-s",
            str(script),
            f"{service.base['http']}/api/http/",
        ]
        text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise RuntimeError(text)
    rate, count = re.search(r"Requests/sec:\s*([0-9.]+)", text), re.search(r"([0-9]+) requests in", text)
    if rate is None or count is None:
        raise RuntimeError(text)
    return float(rate.group(1)), int(count.group(1))


def steps(service: Service, plan: Plan) -> Iterator[Row]:
    """One generated step, carried out on the five backends and the model, and compared."""
    samples: list[float] = []
    with Sandbox() as sandbox, stage.staged(sandbox, stage.built_in(plain=True)) as five:

        @hypothesis.seed(6)
        @hypothesis.settings(max_examples=plan.calls(40), database=None, deadline=None)
        @hypothesis.given(sequence=strategies.sequences(stage.CHANNELS))
        def play(sequence: list[Step]) -> None:
            begun = time.perf_counter()
            five.run(sequence)
            if sequence:
                samples.append((time.perf_counter() - begun) / len(sequence) * 1000)

        # What clients import and read when they are made is none of a step's.
        five.run([Step("get_chat_channels")])
        play()
    cost = statistics.median(samples) if samples else 0.0
    yield Row(
        "the conformance suite: one generated step on five backends and the model",
        "elapsed, ms",
        {"a step": cost},
        targets=[Target("a step", cost, 15, unit=" ms")],
    )
