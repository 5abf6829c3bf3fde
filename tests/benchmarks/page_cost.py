"""What the sandbox's page costs: ``python -m tests.benchmarks.page_cost``, with the history of the repository at hand.

Today's build runs beside the last one without a page, in turns, so that what else the machine does meets both: how long
a sandbox takes to start, how many requests a second it answers, with and without somebody looking at its page in a
browser, and the processor's time for each. Both builds run on the loop of asyncio, so that it is the page that is
compared and not the choice of a loop. Then the page itself: its first paint, and how large all of it is.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import IO
from urllib.parse import urlencode, urlsplit

from tests.browser import FOUND, Browser

ROOT = Path(__file__).parents[2]
Service = tuple[int, dict[str, str]]
BORN = "afilnet_protocols/sandbox/page/application.py"
STARTS = 21
ROUNDS = 40
REQUESTS = 100
WARM = 1200
PERSON = {"platform": "whatsapp", "platformid": "100", "destination": "34600000000"}
VIEW = "?account=user&platform=whatsapp&platform_id=100&destination=34600000000"

_START = """
import time
began, used = time.perf_counter(), time.process_time()
from afilnet_protocols.sandbox import Sandbox
with Sandbox():
    print(time.perf_counter() - began, time.process_time() - used)
"""
_SERVE = """
import asyncio, json, sys
from afilnet_protocols.sandbox.server import server
server._new_loop = asyncio.new_event_loop
from afilnet_protocols.sandbox import Sandbox
with Sandbox() as sandbox:
    print(json.dumps(sandbox.describe()), flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Bound:
    """A figure, and what it is to be."""

    about: str
    value: float
    bound: float
    at_most: bool = True

    def __str__(self) -> str:
        met = self.value <= self.bound if self.at_most else self.value >= self.bound
        wanted = f"{'at most' if self.at_most else 'at least'} {self.bound:.3f}"
        return f"{self.about}: {self.value:.3f} ({wanted}) {'ok' if met else 'MISSED'}"


def before_the_page() -> str:
    """Return the last commit without the page."""
    log = ["git", "log", "--diff-filter=A", "--format=%H", "--", BORN]
    born = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()[-1]
    return f"{born}^"


def unpacked(commit: str, folder: Path) -> Path:
    """Put the package of a commit into a folder."""
    archive = subprocess.run(
        ["git", "archive", commit, "afilnet_protocols"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def child(script: str, tree: Path, **streams: int) -> subprocess.Popen[str]:
    """Run a script with the package of a tree."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.Popen([sys.executable, "-c", script], cwd=tree, env=environment, text=True, **streams)


def started(tree: Path) -> tuple[float, float]:
    """Return how long a sandbox took to start, and the processor's time for it, in seconds."""
    with child(_START, tree, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        wall, used = map(float, process.stdout.read().split())
    return wall, used


@contextlib.contextmanager
def serving(tree: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Run a sandbox in a process of its own."""
    with child(_SERVE, tree, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
        out: IO[str] | None = process.stdout
        assert out is not None
        yield process.pid, json.loads(out.readline())
        assert process.stdin is not None
        process.stdin.close()


def answered(pid: int, where: dict[str, str], number: int) -> tuple[float, float]:
    """Make requests one after the other; return how many a second, and the service's processor time for each."""
    connection = HTTPConnection("127.0.0.1", urlsplit(where["plain_url"]).port)
    head = {"content-type": "application/x-www-form-urlencoded"}
    who = {"user": where["user"], "password": where["password"], "class": "chat", "method": "sendmessage"}
    body = urlencode({**who, **PERSON, "message": "hello"})
    began, used = time.perf_counter(), _processor(pid)
    for _ in range(number):
        connection.request("POST", "/api/http/", body, head)
        assert connection.getresponse().read().startswith(b'{"status":"SUCCESS"')
    wall = time.perf_counter() - began
    connection.close()
    return number / wall, (_processor(pid) - used) / number


def _processor(pid: int) -> float:
    # The scheduler counts nanoseconds (sched-stats.rst of the kernel's documentation); /proc/PID/stat only ticks.
    counts = [file.read_text().split()[0] for file in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(map(int, counts)) / 1e9


def ratios(pairs: list[tuple[tuple[float, float], tuple[float, float]]]) -> tuple[float, float]:
    """Return the middle of each figure of today over the same figure of the other build, round by round."""
    first, second = zip(*(((now[0] / old[0]), now[1] / max(old[1], 1e-9)) for old, now in pairs), strict=True)
    return statistics.median(first), statistics.median(second)


def starts(old: Path, new: Path) -> list[Bound]:
    """Compare how long both builds take to start."""
    for tree in (old, new):
        started(tree)  # so that both have been compiled
    pairs = []
    for number in range(STARTS):
        both = {tree: started(tree) for tree in ((old, new) if number % 2 else (new, old))}
        pairs.append((both[old], both[new]))
    wall, used = ratios(pairs)
    return [Bound("start, time", wall, 1.05), Bound("start, processor", used, 1.05)]


def in_turns(before: Service, now: Service) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Make requests to both in turns, one or the other first."""
    pairs = []
    for number in range(ROUNDS):
        both = {pid: answered(pid, where, REQUESTS) for pid, where in ((before, now) if number % 2 else (now, before))}
        pairs.append((both[before[0]], both[now[0]]))
    return pairs


def requests(old: Path, new: Path) -> list[Bound]:
    """Compare how many requests a second both builds answer; then with a browser that looks at the page."""
    found = []
    with serving(old) as before, serving(new) as now:
        for service in (before, now):
            answered(*service, WARM)
        speed, used = ratios(in_turns(before, now))
        found += [
            Bound("requests a second, nobody looks", speed, 0.97, at_most=False),
            Bound("processor for each, nobody looks", used, 1 / 0.97),
        ]
        if FOUND is not None:
            with Browser() as browser:
                browser.open(now[1]["page_url"] + VIEW)
                time.sleep(1)
                speed, used = ratios(in_turns(before, now))
            found += [
                Bound("requests a second, a page is open", speed, 0.9, at_most=False),
                Bound("processor for each, a page is open", used, 1 / 0.9),
            ]
    return found


def paint(new: Path) -> list[Bound]:
    """Measure the first paint of a conversation, in milliseconds, and all that it loads, in kB."""
    if FOUND is None:
        return []
    paints, sizes = [], []
    with serving(new) as (pid, where), Browser() as browser:
        answered(pid, where, 100)
        for _ in range(7):
            browser.open(where["page_url"] + VIEW)
            time.sleep(0.5)
            paints.append(browser.run("performance.getEntriesByName('first-paint')[0]?.startTime ?? NaN"))
            sizes.append(
                browser.run(
                    "performance.getEntries().reduce((sum, each) => sum + (each.decodedBodySize ?? 0), 0) / 1000"
                )
            )
    return [
        Bound("first paint, ms", statistics.median(paints), 300),
        Bound("whole page, kB", max(sizes), 150),
    ]


def main() -> int:
    """Print every figure beside its bound."""
    commit = sys.argv[1] if len(sys.argv) > 1 else before_the_page()
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder, "old"), Path(folder, "new")
        unpacked(commit, old)
        unpacked("HEAD", new)
        print(f"today's build over {commit[:10]}, load average {os.getloadavg()[0]:.1f}", flush=True)
        for measure in (lambda: paint(new), lambda: starts(old, new), lambda: requests(old, new)):
            for bound in measure():
                print(bound, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
