"""What a page, a decision, a docstring or a comment names of this repository is there: files, folders and modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.smoke

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "afilnet_protocols"
HERE = ("afilnet_protocols", "docs", "findings", "schemas", "tests")
ROOMS = sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__")

FILE = re.compile(rf"(?<![\w./-])((?:{'|'.join([*HERE, *ROOMS])})/(?:[\w.-]+/)*[\w-]+\.(?:py|md|sh|json|wsdl|txt))\b")
"""A file with its folders, in any text."""

QUOTED = re.compile(r"`((?:[\w.-]+/)+)`|\{file\}`([^`]+)`")
"""A folder, and whatever is said to be a file, on a page."""

BARE = re.compile(r"`(\w+\.py)`")
"""A file without a folder. On a page for users it may be theirs."""

FOR_DEVELOPERS = {"contributing.md", "five-minutes.md", "where-things-are.md"}

MODULE = re.compile(r"-m (tests(?:\.[a-z_]\w*)+)")
"""A module of the tests that is run by its name. Python itself looks for those that are imported."""


def texts() -> Iterator[tuple[str, str]]:
    """Return every text that tells of this repository, by its path; not this one, which names what is not there."""
    for folder in HERE:
        for path in (ROOT / folder).rglob("*.*"):
            if path.suffix in {".py", ".md", ".sh"} and "_build" not in path.parts and path != Path(__file__):
                yield str(path.relative_to(ROOT)), path.read_text("utf-8")
    for name in ("README.md", "pyproject.toml", ".ci/run"):
        if (ROOT / name).exists():
            yield name, (ROOT / name).read_text("utf-8")


def is_module(name: str) -> bool:
    """Return whether a dotted name is that of a module, or of a folder of them."""
    place = ROOT.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").exists()


def missing(path: str, text: str) -> list[str]:
    """Return what a text names that is not there, from the top of the repository or of the package."""
    names = FILE.findall(text)
    if path.endswith(".md"):
        names += [folder or file for folder, file in QUOTED.findall(text)]
        if "decisions/" in path or Path(path).name in FOR_DEVELOPERS:
            names += BARE.findall(text)
    lost = {name for name in set(names) if not (ROOT / name).exists() and not (PACKAGE / name).exists()}
    return sorted(lost | {name for name in set(MODULE.findall(text)) if not is_module(name)})


def test_what_is_named_is_there() -> None:
    if not (ROOT / "findings").exists():
        pytest.skip("this is no checkout")
    assert {path: lost for path, text in texts() if (lost := missing(path, text))} == {}


@pytest.mark.parametrize(
    ("path", "text", "lost"),
    [
        ("docs/decisions/0005-soap-binding.md", "Limits ({file}`strict_xml.py`) hold.", "strict_xml.py"),
        ("docs/decisions/0005-soap-binding.md", "`overloads.py` chooses.", "overloads.py"),
        ("docs/where-things-are.md", "What was said is in `wire/soap/said/`.", "wire/soap/said/"),
        ("docs/peers.md", "| both are read | `tests/test_verdict.py` |", "tests/test_verdict.py"),
        ("afilnet_protocols/aio.py", "# see waiting/carrier.py for why", "waiting/carrier.py"),
        ("tests/docs/facts.py", '"""Run as ``python -m tests.facts``."""', "tests.facts"),
    ],
)
def test_sabotage_what_is_not_there_is_found(path: str, text: str, lost: str) -> None:
    assert missing(path, text) == [lost]


def test_what_is_there_is_passed_over() -> None:
    text = (
        "{file}`wire/soap/strict_xml.py`, `catalogue.py`, `docs/`, `/api/http/`, `-m tests.docs.facts`, x/tests/it.py"
    )
    assert missing("docs/contributing.md", text) == []
    assert missing("docs/add-a-backend.md", "They write `multipart.py`.") == []
