"""The page on the command line knows every command and every exit code."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from afilnet_protocols.cli.app import app
from afilnet_protocols.cli.exits import ExitCode

PAGE = (Path(__file__).parents[2] / "docs/reference/cli.md").read_text("utf-8")


def test_the_page_lists_every_command() -> None:
    commands = set(typer.main.get_command(app).commands)

    assert set(re.findall(r"^\| `afilnet (\S+)`", PAGE, re.MULTILINE)) == commands


def test_the_page_lists_every_exit_code() -> None:
    assert re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE) == [
        (str(code.value), code.about) for code in ExitCode
    ]
