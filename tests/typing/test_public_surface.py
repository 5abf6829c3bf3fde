"""Type checkers accept what users may write, and refuse what they may not, line by line: mypy and pyright."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Literal, get_args

import pytest

from afilnet_protocols import vocabulary
from afilnet_protocols.vocabulary import FileType, FileTypeName, Platform, PlatformName, Protocol, ProtocolName

HERE = Path(__file__).parent
RIGHT = HERE / "right.py"
WRONG = HERE / "wrong.py"
ROOT = HERE.parent.parent


Refused = dict[str, set[int]]
"""The lines that a checker refuses, by the name of the file."""


BENEATH = ("anyio", "click", "cryptography", "h11", "httptools", "idna", "jinja2", "oauthlib", "starlette", "uvicorn")
"""What stands in nothing public: reading it took mypy longer than all of ours. Pyright reads it, as the checks do."""


def _mypy(files: Sequence[Path], folder: Path) -> Refused:
    config = folder / "mypy.ini"
    unread = ",".join(f"{name}.*" for name in BENEATH)
    config.write_text(f"[mypy]\n[mypy-{unread}]\nfollow_imports = skip\n", "utf-8")
    options = ["--strict", "--config-file", config, "--no-error-summary", "--cache-dir", "/dev/null"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "--ignore-missing-imports", "--follow-imports=silent", *files],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return {
        file.name: {int(line) for line in re.findall(rf"{re.escape(file.name)}:(\d+): error", done.stdout)}
        for file in files
    }


def _pyright(files: Sequence[Path], folder: Path) -> Refused:
    config = folder / "pyrightconfig.json"
    config.write_text(
        json.dumps({"include": [*map(str, files)], "extraPaths": [str(ROOT)], "typeCheckingMode": "standard"}), "utf-8"
    )
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--project", str(config)]
    done = subprocess.run(
        [*command, "--pythonpath", sys.executable], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["summary"]["filesAnalyzed"] >= len(files)
    found = [each for each in told["generalDiagnostics"] if each["severity"] == "error"]
    return {
        file.name: {each["range"]["start"]["line"] + 1 for each in found if each["file"] == str(file)} for file in files
    }


CHECKERS: dict[str, Callable[[Sequence[Path], Path], Refused]] = {"mypy": _mypy, "pyright": _pyright}


def _marked(file: Path) -> set[int]:
    lines = file.read_text("utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}


def agrees(checker: str, folder: Path) -> None:
    """A checker that sees nothing, or refuses all, does not agree: a right line that is marked is told apart."""
    spoilt = folder / "spoilt.py"
    spoilt.write_text(
        "from afilnet_protocols import connect\nconnect(protocol='soap')  # wrong\nconnect(protocol='saop')  # wrong\n",
        "utf-8",
    )
    refused = CHECKERS[checker]([RIGHT, WRONG, spoilt], folder)
    for file in (RIGHT, WRONG):
        assert refused[file.name] == _marked(file)
    assert refused["spoilt.py"] == {3}


def test_exactly_the_marked_lines_are_refused_and_a_mark_too_many_is_found(tmp_path: Path) -> None:
    agrees("mypy", tmp_path)


@pytest.mark.proof(short="test_exactly_the_marked_lines_are_refused_and_a_mark_too_many_is_found")
def test_pyright_refuses_exactly_them_too(tmp_path: Path) -> None:
    agrees("pyright", tmp_path)


@pytest.mark.parametrize(
    ("words", "kind"), [(PlatformName, Platform), (FileTypeName, FileType), (ProtocolName, Protocol)]
)
def test_literals_and_members_are_the_same_words(words: object, kind: type[StrEnum]) -> None:
    assert list(get_args(words)) == [member.value for member in kind]


def test_no_set_of_words_is_without_its_law() -> None:
    literals = {name for name, value in vars(vocabulary).items() if getattr(value, "__origin__", None) is Literal}
    assert literals == {"PlatformName", "FileTypeName", "ProtocolName"}
