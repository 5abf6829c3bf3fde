"""How large the base is beside what it was at an earlier commit, piece by piece, wherever a piece stands now.

Run as ``python -m tests.base_size COMMIT``; the repository's history has to be there. A line counts if it holds code:
blank lines, comments and docstrings do not. A *piece* is a function, a method, or what else stands in a class or a
module. The heir of a piece is the one that is most like it anywhere, tests included, if half of their lines are the
same; of the piece of its name in its file, which git follows when it is renamed, a tenth will do. A piece without an
heir is gone: deleted, or written anew so that nothing shows where it came from. Whatever is nobody's heir came since.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "afilnet_protocols"
NOT_BASE = ("sandbox", "conformance")
ALIKE = 0.5
"""The share of the lines of the larger of two pieces that have to be the same."""

AT_ITS_PLACE = 0.4
"""What the same name in the same file counts for: with a tenth of its lines such a piece is the heir."""
_NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(eq=False)
class Piece:
    """A function, a method, or the rest of a class or a module; its lines as they are, without their indentation."""

    file: str
    name: str
    lines: Counter[str]

    @property
    def place(self) -> tuple[str, str]:
        return self.file, self.name

    @property
    def size(self) -> int:
        return self.lines.total()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("commit", help="what the working tree is compared with")
    commit = parser.parse_args().commit
    now = {path: Path(path).read_text("utf-8") for path in _git("ls-files", "*.py").split() if Path(path).is_file()}
    then = {path: _git("show", f"{commit}:{path}") for path in _git("ls-tree", "-r", "--name-only", commit).split()
            if path.endswith(".py") and _is_base(path)}  # fmt: skip
    pieces = pieces_of(now)
    _tell(inherited(pieces_of(then), pieces, _renamed(commit)), pieces)


def _tell(heirs: dict[Piece, Piece | None], now: list[Piece]) -> None:
    rows: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    for piece, heir in heirs.items():
        row = rows[_part(piece.file)]
        row[0] += piece.size
        if heir is None:
            row[3] += piece.size
        elif _is_base(heir.file):
            row[1] += piece.size
            row[2] += heir.size
        else:
            row[4] += piece.size
    since: Counter[str] = Counter()
    for piece in set(now) - set(heirs.values()):
        if _is_base(piece.file):
            since[_part(piece.file)] += piece.size
    print("| part | then | of it still here | these lines now | gone | moved out of the base | came since |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for part in sorted({*rows, *since}, key=lambda part: (-rows[part][0], -since[part])):
        print("|", " | ".join(map(str, (part, *rows[part], since[part]))), "|")
    total = [sum(row[column] for row in rows.values()) for column in range(5)]
    print("|", " | ".join(map(str, ("all", *total, since.total()))), "|")
    print(f"the base now: {total[2] + since.total()} lines")


def inherited(then: list[Piece], now: list[Piece], renamed: dict[str, str]) -> dict[Piece, Piece | None]:
    by_place = {piece.place: piece for piece in now}
    holding: dict[str, set[Piece]] = defaultdict(set)
    for piece in now:
        for line in piece.lines:
            holding[line].add(piece)
    found: list[tuple[float, Piece, Piece]] = []
    for piece in then:
        at_its_place = by_place.get((renamed.get(piece.file, piece.file), piece.name))
        found += [(_likeness(piece, other), piece, other) for other in _near(piece, holding)]
        if at_its_place is not None:
            found.append((_likeness(piece, at_its_place) + AT_ITS_PLACE, piece, at_its_place))
    heirs: dict[Piece, Piece | None] = dict.fromkeys(then)
    taken: set[Piece] = set()
    found.sort(key=lambda each: (-each[0], each[1].place, each[2].place))
    for likeness, piece, other in found:
        if likeness >= ALIKE and heirs[piece] is None and other not in taken:
            heirs[piece] = other
            taken.add(other)
    return heirs


def _near(piece: Piece, holding: dict[str, set[Piece]]) -> set[Piece]:
    return {other for line in piece.lines if len(holding[line]) < 50 for other in holding[line]}


def _likeness(one: Piece, other: Piece) -> float:
    return (one.lines & other.lines).total() / max(one.size, other.size)


def pieces_of(files: dict[str, str]) -> list[Piece]:
    return [Piece(file, name, lines) for file, text in files.items() for name, lines in _parts(text) if lines]


def _parts(text: str) -> Iterator[tuple[str, Counter[str]]]:
    """Yield the pieces of a module, each with its lines."""
    tree, written = ast.parse(text), text.splitlines()
    left = set(_code(tree, text))
    for name, first, last in sorted(_functions(tree, ""), key=lambda each: each[2] - each[1]):  # methods before classes
        own = {number for number in left if first <= number <= last}
        left -= own
        yield name, Counter(written[number - 1].strip() for number in own)
    yield "", Counter(written[number - 1].strip() for number in left)


def _functions(node: ast.AST, around: str) -> Iterator[tuple[str, int, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{around}{child.name}"
            first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            yield name, first, child.end_lineno or first
            if isinstance(child, ast.ClassDef):
                yield from _functions(child, f"{name}.")


def _code(tree: ast.Module, text: str) -> set[int]:
    """Return the numbers of the lines that hold code."""
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            found.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for each in body if isinstance(body, list) else ():
            if (
                isinstance(each, ast.Expr)
                and isinstance(each.value, ast.Constant)
                and isinstance(each.value.value, str)
            ):
                found -= set(range(each.lineno, (each.end_lineno or each.lineno) + 1))
    return found


def _renamed(commit: str) -> dict[str, str]:
    told = _git("diff", "--name-status", "-M30%", "--diff-filter=R", commit, "--", "*.py")
    return {before: after for _, before, after in (line.split("\t") for line in told.splitlines())}


def _is_base(path: str) -> bool:
    return path.startswith(f"{PACKAGE}/") and path.split("/")[1] not in NOT_BASE


def _part(path: str) -> str:
    below = path.split("/")[1:]
    return below[0] if len(below) > 1 else "modules of the package"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
