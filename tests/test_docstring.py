"""Help and reports say the same where Python leaves docstrings out."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from inspect import cleandoc

import pytest

from afilnet_protocols import docstring as module
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.docstring import docstring
from afilnet_protocols.settings import Settings
from tests.cli.test_wrong_values import commands

WORDS = (["outbox", "--help"], ["channels", "--help"], ["conformance", "explain", "SEND-03"])


def without_docstrings(*, before: str = "") -> str:
    """Return what these commands print under `-OO`."""
    program = f"{before}\nfrom afilnet_protocols.cli.app import run\nfor words in {WORDS}: run(words)"
    # What is compiled for `-OO` is kept for the next one, whatever is usual here.
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-OO", "-c", program],
        capture_output=True, text=True, check=True, env=surroundings | {"COLUMNS": "80"},
    ).stdout  # fmt: skip


def with_docstrings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    from afilnet_protocols.cli.app import run

    monkeypatch.setenv("COLUMNS", "80")
    for words in WORDS:
        run(words)
    return capsys.readouterr().out


def test_help_is_the_same_without_docstrings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert without_docstrings() == with_docstrings(capsys, monkeypatch)


def test_what_is_read_from_the_source_is_the_docstring() -> None:
    functions = [command.function for name in ("outbox", "inbox", "conformance") for _, command in commands(name)]
    found = [each for each in (*functions, *(case.check for case in CASES), Settings) if each is not None]
    assert len(found) > 100
    # From Python 3.13 on a docstring has lost its indentation.
    assert [each for each in found if cleandoc(module._written(each)) != cleandoc(each.__doc__ or "")] == []


def test_what_has_no_source_says_nothing() -> None:
    made = types.FunctionType(compile("def f(): pass", "<nowhere>", "exec").co_consts[0], {})
    assert module._written(made) == docstring(made) == ""


def test_sabotage_a_build_that_does_not_look_into_the_source_is_noticed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = "import afilnet_protocols.docstring as module; module._written = lambda of: ''"
    assert without_docstrings(before=blind) != with_docstrings(capsys, monkeypatch)
