"""What is public is what the reference names: the rule of docs/reference/api.md, held from both sides."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import afilnet_protocols
from tests.docs.blocks import Block, read_blocks
from tests.tables import table

ROOT = Path(__file__).parents[2]
PACKAGE = "afilnet_protocols"
FOR_USERS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# How the project is worked on is not for its users.
FOR_CONTRIBUTORS = {"contributing.md", "changelog.md"}
_DOCUMENTED = re.compile(r"^\.\. auto(?:class|function|exception|data):: (\S+)", re.MULTILINE)


def documented() -> frozenset[str]:
    """Return the dotted names that the pages of the reference document."""
    pages = (ROOT / "docs/reference").glob("*.md")
    return frozenset(name for page in pages for name in _DOCUMENTED.findall(page.read_text("utf-8")))


def imported(source: str) -> Iterator[str]:
    """Yield the dotted names of ours that a piece of Python imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.partition(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == PACKAGE:
            yield from (f"{node.module}.{each.name}" for each in node.names)


def thing(name: str) -> object:
    """Return what a dotted name names."""
    module, _, last = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), last)
    except AttributeError:
        return importlib.import_module(name)


def unknown(source: str, public: frozenset[str]) -> list[str]:
    """Return what a piece of Python imports and the reference does not name.

    A module may be imported as such if the reference names something in it; and what has two names counts by either.
    """
    things = {id(thing(name)) for name in public}
    return [
        name
        for name in imported(source)
        if name not in public
        and not any(other.startswith(f"{name}.") for other in public)
        and id(thing(name)) not in things
    ]


def python_blocks() -> list[Block]:
    pages = [page for page in FOR_USERS if page.name not in FOR_CONTRIBUTORS]
    return [block for page in pages for block in read_blocks(page, ROOT) if block.language == "python"]


@table("block", python_blocks(), ids=str)
def test_examples_use_public_names_only(block: Block) -> None:
    assert unknown(block.text, documented()) == []


def test_an_example_that_uses_an_internal_name_would_be_found() -> None:
    source = "from afilnet_protocols import connect\nfrom afilnet_protocols.calls.flow import call\n"
    assert unknown(source, documented()) == [f"{PACKAGE}.calls.flow.call"]


def test_the_reference_names_everything_that_the_package_exports() -> None:
    things = {id(thing(name)) for name in documented()}
    lacking = [
        name
        for name in afilnet_protocols.__all__
        if not name.startswith("__") and id(getattr(afilnet_protocols, name)) not in things
    ]
    assert lacking == []


def test_the_reference_names_only_what_exists() -> None:
    for name in sorted(documented()):
        thing(name)
