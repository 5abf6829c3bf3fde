"""What the pages show is true: their code runs, their commands end as they say, their settings can work."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest

from afilnet_protocols.registry import find
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.faults.fault_book import FaultNotFiredError
from afilnet_protocols.security.policy import check_settings
from afilnet_protocols.settings.sources import resolve
from tests.docs.blocks import Block, matches, read_blocks
from tests.nested import ONLY_OURS
from tests.tables import table
from tests.work import longer

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]
CI = (ROOT / ".ci/run").read_text("utf-8")
KNOWN = {"python", "sh", "toml", "json", "text"}
SECONDS = 600
FEW = """\
import hypothesis

hypothesis.settings.register_profile("few", max_examples={})
hypothesis.settings.load_profile("few")
"""
"""What lets a law of a page draw as many examples as one of these tests does."""
SERVICE = "https://afilnet.example.com"


class Page:
    """A folder in which the blocks of one page are carried out, one after the other, as a reader would."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder = folder
        self.environ = environ
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.printed = ""

    def carry_out(self, path: Path) -> None:
        blocks = list(read_blocks(path, ROOT))
        for number, block in enumerate(blocks):
            if "seconds" in block.marks:
                self.in_time(block, *blocks[number + 1 : number + 2])
            else:
                self.one(block)

    def one(self, block: Block) -> None:
        assert block.language in KNOWN or block.language.startswith("{"), f"{block}: say what language this is"
        if "file" in block.marks:
            self.write(block)
        elif "output" in block.marks:
            if block.marks["output"]:
                self.shell(block.marks["output"])
            assert matches(block.text, self.printed), f"{block}: printed was\n{self.printed}"
        elif "ci" in block.marks:
            assert f"$(shown {block.page} {block.marks['ci']})" in CI
        elif block.language == "python":
            self.python(block)
        elif block.language == "sh":
            self.shell(block.text, int(block.marks.get("exit", "0")))
        elif block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "json":
            json.loads(block.text)

    def write(self, block: Block) -> None:
        file = self.folder / block.marks["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        # Where a page names the service's own address, which nobody knows, the sandbox stands in.
        file.write_text(block.text.replace(SERVICE, self.environ["AFILNET_BASE_URL"]), "utf-8")
        if file.name == "afilnet.toml":
            file.chmod(0o600)
            self.profiles(block.text, file.parent)
        elif file.name == "pyproject.toml":
            self.install(block)
        elif "hypothesis" in block.text:
            (self.folder / "conftest.py").write_text(FEW.format(hypothesis.settings().max_examples), "utf-8")

    def profiles(self, text: str, folder: Path) -> None:
        """Every profile of a settings file can work, once the secrets are given that no file should hold."""
        given = {name: text for name, text in self.environ.items() if name in ("AFILNET_USER", "AFILNET_PASSWORD")}
        profiles = tomllib.loads(text)["profiles"]
        for name, profile in profiles.items():
            if "protocol" in profile or "extends" in profile:
                self.keep_secrets(profile, folder)
                settings = resolve(name, {}, environ=given, cwd=self.folder, user_folder=folder).settings
                assert find(str(settings.protocol))
                check_settings(settings)

    def keep_secrets(self, profile: dict[str, object], folder: Path) -> None:
        for place in (value.get("file") for value in profile.values() if isinstance(value, dict)):
            if isinstance(place, str):
                file = folder / place
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch(0o600)
                file.write_text("a secret", "utf-8")

    def install(self, block: Block) -> None:
        """Do what pip would: note the entry points of the page's package, which stands in the page's folder."""
        project = tomllib.loads(block.text)["project"]
        noted = self.folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        noted.mkdir()
        (noted / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", "utf-8"
        )
        lines = [
            line
            for group, points in project["entry-points"].items()
            for line in (f"[{group}]", *(f"{name} = {place}" for name, place in points.items()))
        ]
        (noted / "entry_points.txt").write_text("\n".join(lines) + "\n", "utf-8")

    def python(self, block: Block) -> None:
        # The line numbers of a traceback are those of the page.
        code = compile("\n" * block.line + block.text, block.page, "exec")
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, self.names)
        self.printed = printed.getvalue()

    def in_time(self, block: Block, shown: Block) -> None:
        """Carry out what prints what is shown if a time in it is long enough, which is longer on a busy machine."""
        given = block.marks["seconds"]
        assert "output" in shown.marks, f"{block}: say what it prints"
        assert block.text.count(given) == 1, f"{block}: it says {given} more than once, or not at all"
        for seconds in longer(float(given)):
            with contextlib.suppress(FaultNotFiredError):
                self.python(replace(block, text=block.text.replace(given, str(seconds))))
                if matches(shown.text, self.printed):
                    return

    def shell(self, words: str, code: int = 0) -> None:
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", words],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        self.printed = run.stdout
        assert run.returncode == code, f"{words}ended with {run.returncode}:\n{run.stdout}"


@pytest.fixture
def page(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page's folder, in which the service is the sandbox for whoever says nothing else."""
    for name in [name for name in os.environ if name.startswith("AFILNET_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    given = {
        "AFILNET_BASE_URL": sandbox.base_url,
        "AFILNET_CA_FILE": sandbox.ca_file,
        "AFILNET_USER": sandbox.user,
        "AFILNET_PASSWORD": sandbox.password,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / ".config"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(tmp_path),
        "COLUMNS": "120",
        "PYTEST_ADDOPTS": " ".join(ONLY_OURS),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    imported = set(sys.modules)
    yield Page(tmp_path, dict(os.environ))
    sandbox.reset()
    for name in set(sys.modules) - imported:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_shows_is_what_happens(path: Path, page: Page) -> None:
    page.carry_out(path)


@table("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        assert target.startswith("https://") or (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize(
    "text",
    [
        '```python\nraise ValueError("no")\n```\n',
        "```sh\nexit 3\n```\n",
        '```python\nprint("a")\n```\n<!-- output -->\n```text\nb\n```\n',
        '<!-- file: afilnet.toml -->\n```toml\n[profiles.x]\nprotocol = "sopa"\n```\n',
        '<!-- file: afilnet.toml -->\n```toml\n[profiles.x]\nprotocol = "http-post"\nbase_ulr = "https://x.example"\n```\n',
        "<!-- ci: no-such-command -->\n```sh\ntrue\n```\n",
        "```\nwhat is this?\n```\n",
        '```json\n{"a": }\n```\n',
        "<!-- seconds: 0.1 -->\n```python\nprint(0.1 < 0)\n```\n<!-- output -->\n```text\nTrue\n```\n",
        "<!-- seconds: 0.1 -->\n```python\nprint(0.1 > 0)\n```\n",
    ],
)
def test_a_page_that_is_wrong_is_found_out(text: str, page: Page, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.md"
    wrong.write_text(text, "utf-8")

    with pytest.raises(Exception):  # noqa: B017 -- whatever it is, it fails the page
        page.carry_out(wrong)


def test_a_time_that_is_too_short_on_a_busy_machine_is_made_longer_until_the_page_is_right(
    page: Page, tmp_path: Path
) -> None:
    busy = tmp_path / "busy.md"
    block = "print('in time' if 0.1 > 1 else 'late')"
    busy.write_text(
        f"<!-- seconds: 0.1 -->\n```python\n{block}\n```\n<!-- output -->\n```text\nin time\n```\n", "utf-8"
    )
    page.carry_out(busy)

    busy.write_text(busy.read_text("utf-8").replace("<!-- seconds: 0.1 -->\n", ""), "utf-8")
    with pytest.raises(AssertionError, match="late"):
        page.carry_out(busy)


def test_a_block_without_an_end_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "wrong.md").write_text("```python\nprint(1)\n", "utf-8")

    with pytest.raises(ValueError, match="not closed"):
        list(read_blocks(tmp_path / "wrong.md"))
