"""Starts: imports, commands, and the first and the second client of a process."""

from __future__ import annotations

import functools
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence

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
    """`afilnet --help` and `afilnet channels`, with the interpreter that they start."""
    run = "from afilnet_protocols.cli import main; main()"
    script, least = "import requests, zeep", "an argparse app of two commands, --help"
    words = {
        "afilnet --help": ["-c", run, "--help"],
        "afilnet channels": ["-c", run, "channels"],
        script: ["-c", script],
        least: ["-c", _ARGPARSE, "--help"],
    }
    cost = _cpu(words, plan, _environment(service, "http-post"))
    ours = ("afilnet --help", "afilnet channels")
    yield Row(
        "`afilnet --help`, and `afilnet channels` over `http-post`, the interpreter included",
        "CPU, ms",
        {name: cost[name] for name in ours},
        {script: cost[script]},
        {least: cost[least]},
        [
            Target(f"{ours[0]} / a script", cost[ours[0]] / cost[script], 0.5),
            Target(f"{ours[1]} / a script", cost[ours[1]] / cost[script], 0.3, 0.2),
        ],
        "`channels` makes its call over TLS; the interpreter and the imports are most of either",
    )


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


def _cpu(words: Mapping[str, Sequence[str]], plan: Plan, environment: Mapping[str, str]) -> dict[str, float]:
    """Return the medians of CPU milliseconds of a whole interpreter with these words."""
    samples: dict[str, list[float]] = {name: [] for name in words}
    for call in (functools.partial(_run, each, environment) for each in words.values()):
        call()
    for _ in range(plan.rounds(21)):
        for name, each in words.items():
            before = _children()
            _run(each, environment)
            samples[name].append((_children() - before) * 1000)
    return {name: statistics.median(taken) for name, taken in samples.items()}


def _run(words: Sequence[str], environment: Mapping[str, str]) -> str:
    # Who installs a package has its bytecode; a checkout that may not keep it would compile ours at every start.
    all_of_it = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment}
    done = subprocess.run([sys.executable, *words], env=all_of_it, capture_output=True, text=True, check=True)
    return done.stdout


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
