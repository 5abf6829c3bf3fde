"""The package works from an archive, as zipapp makes one: what it reads of its own it asks Python's importers for."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import afilnet_protocols
from tests.time_limit import HANGS

PACKAGE = Path(afilnet_protocols.__file__).parent

MAIN = """
import contextlib, sys, urllib.request
import afilnet_protocols
from afilnet_protocols.cli.app import run
from afilnet_protocols.sandbox import Sandbox

assert afilnet_protocols.__file__.startswith(sys.argv[0]), afilnet_protocols.__file__
with Sandbox() as sandbox:
    sandbox.receive(platform="whatsapp", platform_id="100", destination="341", message="hola")
    for path in ("", "faults", "traffic", "static/page.css", "static/page.js", "static/chat.js", "static/icon.svg"):
        with contextlib.closing(urllib.request.urlopen(sandbox.page_url + path)) as answer:
            print(path, answer.status, answer.headers["content-type"], len(answer.read()) > 100)
run("conformance run sandbox:http-post --case CHAN-01 --plain --report html=r.html,json=r.json".split())
run("compare --from sandbox:basic --to sandbox:http-post --calls 5 --report html=c.html".split())
"""


def paths_of_modules(source: str) -> Iterator[int]:
    """Yield the lines on which a module asks where its own file is, which in an archive is nowhere."""
    for number, line in enumerate(source.splitlines(), 1):
        if re.search(r"(?<![\w.])__(?:file|path)__", line):
            yield number


def test_nothing_is_read_from_where_a_module_has_its_file() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line in paths_of_modules(path.read_text("utf-8"))
    ]
    assert found == []


def test_sabotage_a_module_that_reads_beside_its_file_is_noticed() -> None:
    assert list(paths_of_modules("import os\nHERE = os.path.dirname(__file__)")) == [2]


@pytest.mark.proof(short="test_nothing_is_read_from_where_a_module_has_its_file")
def test_the_page_and_the_reports_are_there_from_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "afilnet.pyz"
    with zipfile.ZipFile(archive, "w") as made:
        for path in sorted(PACKAGE.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                made.write(path, path.relative_to(PACKAGE.parent))
        made.writestr("__main__.py", MAIN)
    run = subprocess.run(
        [sys.executable, str(archive)], cwd=tmp_path, capture_output=True, text=True, timeout=HANGS, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert [line.split()[-1] for line in run.stdout.splitlines()[:7]] == ["True"] * 7
    assert "<style" in (tmp_path / "r.html").read_text("utf-8")
    assert "<style" in (tmp_path / "c.html").read_text("utf-8")
