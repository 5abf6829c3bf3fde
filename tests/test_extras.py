"""Extras: the names in the code are those of the package, and whoever misses one is told the line that installs it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from afilnet_protocols import ConfigurationError, Outbox, connect, extras
from afilnet_protocols.settings.sources import resolve
from tests.tables import table

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
GIVEN = PROJECT["optional-dependencies"]
MODULES = {"python-multipart": "python_multipart", "opentelemetry-api": "opentelemetry"}
"""What a package is imported as, where that is not its name."""


def brought(extra: str) -> set[str]:
    """Return the modules that an extra brings, by the package's own file."""
    found: set[str] = set()
    for requirement in GIVEN[extra]:
        own = re.match(r"afilnet-protocols\[(.*)\]", requirement)
        name = re.match(r"[\w-]+", requirement)
        found |= set().union(*map(brought, own[1].split(","))) if own else {MODULES.get(name[0], name[0])}
    return found


def test_the_extras_in_the_code_are_those_of_the_package():
    assert {name: set(modules) for name, modules in extras.EXTRAS.items()} == {
        name: brought(name) for name in GIVEN if name not in ("all", "dev")
    }


def test_all_is_all():
    assert brought("all") == set().union(*map(brought, extras.EXTRAS))


def test_the_base_brings_nothing_of_an_extra_and_names_what_it_should():
    names = {re.match(r"[\w-]+", each)[0] for each in PROJECT["dependencies"]}
    assert names == {
        *("certifi", "h11", "lxml", "msgspec", "oauthlib", "requests", "requests-oauthlib", "urllib3"),
        "zeep",
    }


@pytest.fixture
def without(monkeypatch):
    """Let the modules of an extra be missing."""

    def remove(extra: str) -> None:
        for name in extras.EXTRAS[extra]:
            monkeypatch.setitem(sys.modules, name, None)

    return remove


def told(extra: str, text: str) -> bool:
    return f"pip install 'afilnet-protocols[{extra}]', or in a checkout pip install '.[{extra}]'" in text


@table(
    ("extra", "source"),
    [
        ("sandbox", "from afilnet_protocols.sandbox import Sandbox"),
        ("sandbox", "from afilnet_protocols import sandbox; sandbox.Account"),
        ("conformance", "from afilnet_protocols.conformance.suite import BackendConformance"),
        ("otel", "from afilnet_protocols.telemetry import OpenTelemetryHook"),
        ("otel", "from afilnet_protocols.outbox.telemetry import OutboxMeters"),
        ("celery", "import afilnet_protocols.celery"),
    ],
)
def test_an_import_names_its_extra(extra, source):
    gone = f"import sys; sys.modules |= dict.fromkeys({extras.EXTRAS[extra]!r}); "
    done = subprocess.run([sys.executable, "-c", gone + source], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("ImportError: ")
    assert told(extra, done.stderr)


def test_an_outbox_in_postgresql_names_its_extra(without):
    without("postgresql")
    with pytest.raises(ConfigurationError) as refusal:
        Outbox("postgresql://localhost/x", protocol="http-post", user="u", password="p")
    assert told("postgresql", str(refusal.value))


PLACES = """
import asyncio, sys
sys.modules["psycopg"] = None
from afilnet_protocols import AsyncOutbox, Inbox, Outbox
from afilnet_protocols.outbox import copy, migrate
from afilnet_protocols.outbox.places import is_there
place = "postgresql://localhost/x"
for ask in (
    lambda: Outbox(place), lambda: Inbox(place), lambda: asyncio.run(AsyncOutbox(place).status()),
    lambda: copy("app.db", place), lambda: migrate(place), lambda: is_there(place),
):
    try:
        ask()
    except Exception as error:
        print(type(error).__name__, error)
"""


def test_whatever_leads_to_postgresql_names_its_extra(tmp_path):
    """In a process that has loaded nothing of it yet."""
    words = [sys.executable, "-c", PLACES]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["ConfigurationError"] * 6
    assert all(told("postgresql", line) for line in lines)


def test_a_setting_names_its_extra_where_settings_are_judged(without):
    """`connect`, `config lint` and `doctor` ask the same checks."""
    without("crypto")
    given = {
        "protocol": "json",
        "client_id": "c",
        "token_url": "https://a.example/t",
        "json_url": "https://a.example/j",
    }
    given |= {"token_auth": "private_key_jwt", "client_key": "-----BEGIN PRIVATE KEY-----"}
    with pytest.raises(ConfigurationError) as refusal:
        connect(**given)
    assert told("crypto", str(refusal.value))
    from afilnet_protocols.settings import FIELDS
    from afilnet_protocols.settings.validation import problems

    found = [problem for problem in problems(FIELDS, resolve(None, given).values) if problem.setting == "token_auth"]
    assert [told("crypto", problem.text) for problem in found] == [True]


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("sandbox", ["demo"]),
        ("sandbox", ["sandbox"]),
        ("sandbox", ["compare", "--from", "sandbox:soap", "--to", "sandbox:json"]),
        ("conformance", ["conformance", "list"]),
    ],
)
def test_a_command_names_its_extra(extra, words):
    gone = f"import sys; sys.modules |= dict.fromkeys({extras.EXTRAS[extra]!r}); "
    run = f"from afilnet_protocols.cli.app import run; raise SystemExit(run({words!r}))"
    done = subprocess.run([sys.executable, "-c", gone + run], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert told(extra, done.stderr)
    assert "what to do: run pip install" in done.stderr


def test_a_line_that_names_another_extra_would_be_found(monkeypatch):
    monkeypatch.setattr(extras, "install_line", lambda extra: "pip install afilnet-protocols")
    with pytest.raises(AssertionError):
        assert told("crypto", extras.absence("crypto", "x"))
