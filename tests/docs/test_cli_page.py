"""The page on the command line knows every command and every exit code."""

from __future__ import annotations

import re
from pathlib import Path

from afilnet_protocols.cli.commands import COMMANDS
from afilnet_protocols.cli.ending.exits import ExitCode

PAGE = (Path(__file__).parents[2] / "docs/reference/cli.md").read_text("utf-8")


def test_the_page_lists_every_command() -> None:
    assert set(re.findall(r"^\| `afilnet (\S+)`", PAGE, re.MULTILINE)) == set(COMMANDS)


def test_the_page_lists_every_exit_code() -> None:
    assert re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE) == [
        (str(code.value), code.about) for code in ExitCode
    ]
