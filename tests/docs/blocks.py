"""The code blocks of a Markdown page, with the marks that say what is to be done with each.

A mark is an HTML comment right above a block, so that no reader sees it:

* ``<!-- file: NAME -->``: the block is a file; it is written to the page's folder under this name.
* ``<!-- ci: NAME -->``: the command runs in ``.ci/run``, on a fresh clone, and not in a test.
* ``<!-- output -->``: the block is what the block before it printed; ``…`` stands for anything.
* ``<!-- output: COMMAND -->``: the block is what this command prints.
* ``<!-- exit: N -->``: the command ends with this code.
* ``<!-- seconds: N -->``: the code says this time once; it is given a longer one until it prints what is shown.

``python -m tests.docs.blocks FILE NAME`` prints the command that is marked ``ci: NAME``; it needs nothing but Python.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"(?P<fence>`{3,})(?P<language>\S*)[^`]*")
_MARK = re.compile(r"<!--\s*(?P<name>[a-z]+)(?::\s*(?P<value>.*?))?\s*-->")


@dataclass(frozen=True)
class Block:
    """One fenced block: where it stands, its language, its text, and its marks by name."""

    page: str
    line: int
    language: str
    text: str
    marks: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read_blocks(page: Path, root: Path | None = None) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order; the page is named by its path from the root."""
    name = str(page.relative_to(root) if root and page.is_relative_to(root) else page)
    marks: dict[str, str] = {}
    lines = enumerate(page.read_text("utf-8").splitlines(), start=1)
    for number, line in lines:
        if mark := _MARK.fullmatch(line.strip()):
            marks[mark["name"]] = mark["value"] or ""
        elif fence := _FENCE.fullmatch(line):
            text: list[str] = []
            for _, inner in lines:
                if inner.strip() == fence["fence"]:
                    break
                text.append(inner)
            else:
                raise ValueError(f"{page}:{number}: the block is not closed")
            yield Block(name, number, fence["language"], "".join(f"{part}\n" for part in text), marks)
            marks = {}
        elif line.strip():
            marks = {}


def command(page: Path, name: str) -> str:
    """Return the one command that a page marks ``ci: NAME``; ``ValueError`` if there is not exactly one."""
    found = [block.text for block in read_blocks(page) if block.marks.get("ci") == name]
    if len(found) != 1:
        raise ValueError(f"{page} has {len(found)} blocks marked 'ci: {name}', not one")
    return found[0]


def matches(expected: str, actual: str) -> bool:
    """Say whether a text is the expected one, in which ``…`` stands for anything; blanks at line ends do not count."""
    pattern = ".*".join(re.escape(part) for part in _trimmed(expected).split("…"))
    return re.fullmatch(pattern, _trimmed(actual), flags=re.DOTALL) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


if __name__ == "__main__":
    print(command(Path(sys.argv[1]), sys.argv[2]), end="")
