"""Starts: imports, commands, and the first and the second client of a process."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from afilnet_protocols.settings.fields import PREFIX
from tests.benchmarks.interleaved import Plan
from tests.benchmarks.service import Service
from tests.benchmarks.table import Row, Target

_CONNECT = "import afilnet_protocols; chat = afilnet_protocols.connect(protocol='soap')"
_AS_POST = _CONNECT.replace("soap", "http-post")
_READ = "; chat.get_chat_channels()"
_ARGPARSE = """
import argparse
app = argparse.ArgumentParser()
commands = app.add_subparsers()
commands.add_parser('one').add_argument('--word')
commands.add_parser('two').add_argument('--word')
app.parse_args()
"""
_SECOND = f"""{_CONNECT}
import statistics, time
def second():
    begun = time.process_time()
    afilnet_protocols.connect(protocol='soap')
    return time.process_time() - begun
print(statistics.median(second() for _ in range(9)) * 1000)
"""


_COMMANDS = "`afilnet --help`, and `afilnet channels` over `http-post`, the interpreter included"


def imports(service: Service, plan: Plan) -> Iterator[Row]:
    """`import afilnet_protocols`, and the line that most programs begin with."""
    ours = "import afilnet_protocols"
    line = "from afilnet_protocols import connect, Platform, Message"
    cost = _above_bare({name: ["-c", name] for name in (ours, line, "import requests")}, plan)
    yield Row(
        "`import afilnet_protocols`, above a bare interpreter",
        "CPU, ms",
        {ours: cost[ours], line: cost[line]},
        {"import requests": cost["import requests"]},
        # The line of those who make a client: what is only loaded later is not saved.
        targets=[Target("ours / requests", cost[line] / cost["import requests"], 0.45, 0.25)],
    )


def commands(service: Service, plan: Plan) -> Iterator[Row]:
    """`afilnet --help` and `afilnet channels`, with the interpreter that they start, here and in a base install."""
    remark = "`channels` makes its call over TLS; the interpreter and the imports are most of either"
    yield _commands(service, plan, _COMMANDS, remark, sys.executable)
    with _base_install() as python:
        work = f"{_COMMANDS}, in a fresh environment without extras"
        if python is None:
            yield Row(work, "CPU, ms", {}, remark="not measured: pip could not install the package and what it needs")
        else:
            remark = "without httpx, which zeep loads where it is, and without typing_extensions, which msgspec does"
            yield _commands(service, plan, work, remark, python)


def _commands(service: Service, plan: Plan, work: str, remark: str, python: str) -> Row:
    run = "from afilnet_protocols.cli import main; main()"
    script, least = "import requests, zeep", "an argparse app of two commands, --help"
    words = {
        "afilnet --help": ["-c", run, "--help"],
        "afilnet channels": ["-c", run, "channels"],
        script: ["-c", script],
        least: ["-c", _ARGPARSE, "--help"],
    }
    cost = _cpu(words, plan, _environment(service, "http-post"), python)
    ours = ("afilnet --help", "afilnet channels")
    return Row(
        work,
        "CPU, ms",
        {name: cost[name] for name in ours},
        {script: cost[script]},
        {least: cost[least]},
        [
            Target(f"{ours[0]} / a script", cost[ours[0]] / cost[script], 0.5),
            Target(f"{ours[1]} / a script", cost[ours[1]] / cost[script], 0.3, 0.2),
        ],
        remark,
    )


@contextlib.contextmanager
def _base_install() -> Iterator[str | None]:
    """Yield the interpreter of a fresh environment as users of the command have it; ``None`` if it cannot be made."""
    with tempfile.TemporaryDirectory() as folder:
        python = f"{folder}/bin/python"
        source = str(Path(__file__).parents[2])
        steps = ([sys.executable, "-m", "venv", folder], [python, "-m", "pip", "install", "-q", source])
        made = all(subprocess.run(step, capture_output=True, check=False).returncode == 0 for step in steps)
        yield python if made else None


def clients(service: Service, plan: Plan) -> Iterator[Row]:
    """`connect(protocol="soap")` in a new process, without and with a first read, and a second client in the same."""
    environment = _environment(service, "soap")
    programs = {
        "first": _CONNECT,
        "first and a read": _CONNECT + _READ,
        "http-post": _AS_POST,
        "http-post and a read": _AS_POST + _READ,
        "import zeep": "import zeep",
    }
    cost = _above_bare({name: ["-c", program] for name, program in programs.items()}, plan, environment)
    second = statistics.median(float(_run(["-c", _SECOND], environment)) for _ in range(plan.rounds(7)))
    yield Row(
        '`connect(protocol="soap")`: the first client, import included, and the second',
        "CPU, ms",
        {"first": cost["first"], "first and a read": cost["first and a read"], "second": second},
        {"import zeep": cost["import zeep"]},
        {name: cost[name] for name in ("http-post", "http-post and a read")},
        targets=[
            Target("first / http-post", cost["first"] / cost["http-post"], 1.3, 1.1),
            Target("with a read", cost["first and a read"] / cost["http-post and a read"], 1.3, 1.1),
            Target("second", second, 1, unit=" ms"),
        ],
        remark="zeep is not loaded; beyond what `http-post` needs there is lxml, and the description to read",
    )


def _environment(service: Service, protocol: str) -> dict[str, str]:
    base = service.base["https"]
    given = {
        "PROTOCOL": protocol,
        "BASE_URL": base,
        "USER": service.user,
        "PASSWORD": service.password,
        "CA_FILE": service.ca_file,
        "SOAP_WSDL": service.wsdl["https"],
        "SOAP_ENDPOINT": f"{base}/api/soap/",
    }
    return {f"{PREFIX}{name}": value for name, value in given.items()}


def _above_bare(
    words: Mapping[str, Sequence[str]], plan: Plan, environment: Mapping[str, str] | None = None
) -> dict[str, float]:
    cost = _cpu({**words, "": ["-c", "pass"]}, plan, environment or {})
    return {name: cost[name] - cost[""] for name in words}


def _cpu(
    words: Mapping[str, Sequence[str]], plan: Plan, environment: Mapping[str, str], python: str = sys.executable
) -> dict[str, float]:
    """Return the medians of CPU milliseconds of a whole interpreter with these words."""
    samples: dict[str, list[float]] = {name: [] for name in words}
    orders = random.Random(len(words))  # the same in each run
    runs = {name: functools.partial(_run, each, environment, python) for name, each in words.items()}
    for run in runs.values():
        run()
    for _ in range(plan.rounds(21)):
        for name in orders.sample(list(runs), len(runs)):
            before = _children()
            runs[name]()
            samples[name].append((_children() - before) * 1000)
    return {name: statistics.median(taken) for name, taken in samples.items()}


def _run(words: Sequence[str], environment: Mapping[str, str], python: str = sys.executable) -> str:
    # Who installs a package has its bytecode; a checkout that may not keep it would compile ours at every start.
    all_of_it = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment}
    # Another environment's interpreter shall not find the package of this folder.
    place = None if python == sys.executable else Path(python).parent
    done = subprocess.run([python, *words], env=all_of_it, cwd=place, capture_output=True, text=True, check=True)
    return done.stdout


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
