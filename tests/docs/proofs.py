"""Which law is shown where, as the tests say it: `python -m tests.docs.proofs` writes `docs/proofs.md`.

A test says so itself: with `@pytest.mark.proof(short="…")`, which names the tests that show the same law in what
the README's command runs, and with the numbers of `examples(…)` and, in figures, of `run.of(…)`.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sizes import LONG, PROOF, SHORT, USUAL

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
PAGE = ROOT / "docs/proofs.md"


@dataclass(frozen=True)
class Test:
    """One test function: where it stands, its name, its marks, and the sizes at which it is generated.

    Attributes:
        file: its path from the root.
        name: its name, after that of its class.
        proof: the tests that it names as its short form; ``None`` if it is no proof.
        long: whether it runs on demand only.
        sizes: the examples in the short form and as a proof, as they are written; none if it does not say.
        about: what is said of it.
    """

    file: str
    name: str
    proof: tuple[str, ...] | None = None
    long: bool = False
    sizes: tuple[str, str] | None = None
    about: str = ""

    @property
    def law(self) -> str:
        """Return its name in words; what is said of it, if it only prepares what others test."""
        if self.about:
            return self.about
        return self.name.rpartition("::")[2].removeprefix("test_").removeprefix("Test").replace("_", " ")


def read(file: Path, root: Path = ROOT) -> list[Test]:
    """Return the tests of a file."""
    text = file.read_text("utf-8")
    tree = ast.parse(text)
    path = str(file.relative_to(root))
    everywhere = [mark for node in tree.body if _assigns(node, "pytestmark") for mark in ast.walk(node)]
    found = []
    for node, owner in _definitions(tree):
        marks = [*everywhere, *(part for each in (*owner, *node.decorator_list) for part in ast.walk(each))]
        name = "::".join([*(part.name for part in owner if isinstance(part, ast.ClassDef)), node.name])
        found.append(
            Test(
                path,
                name,
                _proof(marks),
                long=any(_is_mark(mark, "long") for mark in marks),
                sizes=_sizes([node, *marks], text),
                about="" if node.name.startswith("test") else (ast.get_docstring(node) or "").partition(";")[0],
            )
        )
    # A machine: what is assigned to `settings` of a test case.
    found += [
        Test(path, ast.unparse(node.targets[0].value), sizes=sizes)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Attribute)
        and (sizes := _sizes([node], text)) is not None
    ]
    return found


def _definitions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, list[ast.AST]]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_test(node):
            yield node, []
        elif isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and _is_test(each):
                    yield each, [*node.decorator_list, _named(node)]


def _named(node: ast.ClassDef) -> ast.ClassDef:
    """Return a class without what is in it."""
    return ast.ClassDef(name=node.name, bases=[], keywords=[], body=[], decorator_list=[])


def _is_test(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    fixture = any("fixture" in ast.unparse(each) for each in node.decorator_list)
    return node.name.startswith("test") or (fixture and _sizes([node]) is not None)


def _assigns(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(each, ast.Name) and each.id == name for each in node.targets)


def _is_mark(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name and ast.unparse(node) == f"pytest.mark.{name}"


def _proof(nodes: list[ast.AST]) -> tuple[str, ...] | None:
    called = [node for node in nodes if isinstance(node, ast.Call) and _is_mark(node.func, "proof")]
    if not called and not any(_is_mark(node, "proof") for node in nodes):
        return None
    given = [*(each.args + [word.value for word in each.keywords] for each in called)]
    return tuple(ast.literal_eval(text) for texts in given for text in texts)


def _sizes(nodes: list[ast.AST], text: str = "examples(") -> tuple[str, str] | None:
    """Return the sizes that are named below nodes; what cannot name any, by its text, is not walked through."""
    if "examples(" not in text:
        return None
    for node in (part for each in nodes for part in ast.walk(each)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "examples" and node.args:
            proof = next((word.value for word in node.keywords if word.arg == "proof"), None)
            if proof is not None:
                return ast.unparse(node.args[0]), ast.unparse(proof)
    return None


@functools.cache
def all_tests() -> list[Test]:
    """Return every test of this repository."""
    return [test for file in sorted(TESTS.rglob("test_*.py")) for test in read(file)]


def faults(tests: list[Test]) -> list[str]:
    """Return what is wrong with proofs: a law that the README's command does not show, or a short form that is none."""
    in_short = [test for test in tests if test.proof is None and not test.long]
    short = {(test.file, test.name.rpartition("::")[2]) for test in in_short}
    names = {name for _, name in short}
    found = []
    for test in tests:
        if test.proof is None:
            continue
        if not test.proof:
            found.append(f"{test.file}::{test.name} does not name its short form")
        for name in test.proof:
            file, _, function = name.rpartition("::")
            if (file, function) not in short and (file or function not in names):
                found.append(f"{test.file}::{test.name} names {name}, which the README's command does not run")
        if "sabotage" in test.name:
            found.append(f"{test.file}::{test.name} is a sabotage, which the short form has to find")
    return found


@dataclass(frozen=True)
class Sizes:
    """What a figure counts, and the sizes of its three forms."""

    figure: str
    about: str
    sizes: tuple[tuple[str, str, str], ...]


def figures() -> Iterator[Sizes]:
    """Yield the figures with the sizes that they name."""
    for file in sorted((TESTS / "figures").glob("[a-z][0-9]*_*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        calls = [
            node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "run.of"
        ]  # fmt: skip
        sizes = tuple(
            (ast.unparse(call.args[0]), ast.unparse(call.args[1]), ast.unparse(call.args[2]))
            for call in calls
            if all(isinstance(each, ast.Constant) and isinstance(each.value, int) for each in call.args)
        )
        about = (ast.get_docstring(tree) or "").partition("\n")[0]
        name = file.name.partition("_")[0].upper()
        yield Sizes(name, about.removeprefix(f"{name}: "), sizes)


HEAD = f"""# Laws and the tests that show them

Written by `python -m tests.docs.proofs` from the tests themselves; a test keeps it up to date.

A law is tested in up to three sizes: short, in the README's command; as a proof, in `.ci/run`; and long, on demand.
The short form is large enough to find every build that is broken on purpose for this law.
It includes all mutants, reintroduced weaknesses and sabotages.
{{doc}}`contributing` has the commands.

A property-based test that is not listed here draws {USUAL[SHORT]} examples,
as a proof {USUAL[PROOF]}, and in the long form {USUAL[LONG]:,}.
"""
CHANGES = """\
`python -m tests.mutation` changes single lines of what decides whether a send is repeated and what is said of it.
It lists the changes that no test detected. These make no difference:
"""
FIGURES = """`tests/figures/test_figures.py` reaches each in its short form and as a proof.
`tests/figures/test_figures_controls.py` breaks what they measure and shows that the short form misses its target.
`python -m tests.figures NAME --long` prints the long one.
The numbers are those in its source, in their order; R1 plays one cell of so many.
Where there is none, the forms differ in what is drawn, or not at all.
"""


def page() -> str:
    """Return the page."""
    tests = all_tests()
    parts = (
        HEAD,
        "## Deliberate faults found in the short form\n",
        _table(("what", "how many", "by"), _broken(tests)),
        CHANGES,
        _table(("module", "change", "why"), _argued()),
        "## Proofs\n",
        _table(("law", "short", "proof"), [_shown(test) for test in tests if test.proof is not None]),
        "## Property-based tests\n",
        _table(
            ("law", "in", "short", "proof"),
            [(test.law, f"`{test.file}`", *test.sizes) for test in tests if test.sizes is not None],
        ),
        "## Figures\n",
        FIGURES,
        _table(
            ("figure", "what it counts", "short", "proof", "long"),
            [(each.figure, each.about, *_forms(each)) for each in figures()],
        ),
        "## On demand only\n",
        _table(("law", "in"), [(test.law, f"`{test.file}`") for test in tests if test.long]),
    )
    return "\n".join(parts)


def _shown(test: Test) -> tuple[str, str, str]:
    return test.law, ", ".join(_place(test, name) for name in test.proof or ()), f"`{test.file}`"


def _forms(figure: Sizes) -> list[str]:
    return [", ".join(f"{int(row[form]):,}" for row in figure.sizes) for form in range(3)]


def _place(test: Test, name: str) -> str:
    file, _, function = name.rpartition("::")
    return f"`{function}`" + (f" in `{file}`" if file and file != test.file else "")


def _broken(tests: list[Test]) -> list[tuple[str, str, str]]:
    from afilnet_protocols.conformance.mutants import MUTANTS
    from afilnet_protocols.sandbox.mutants import SERVER_MUTANTS
    from tests.security.regressions import regressions

    words = ("sabotage", "is_found", "are_found", "is_caught", "is_noticed", "found_out")
    planted = [test for test in tests if test.proof is None and any(word in test.name for word in words)]
    return [
        ("backends", str(len(MUTANTS)), "`tests/conformance/test_mutants.py`"),
        ("servers", str(len(SERVER_MUTANTS)), "`tests/conformance/test_mutants.py`"),
        ("known weaknesses, reintroduced", str(len(regressions())), "`tests/security/test_regressions.py`"),
        ("tests that introduce their own faults", str(len(planted)), f"{len({test.file for test in planted})} files"),
    ]


def _argued() -> list[tuple[str, ...]]:
    from tests.mutation.survivors import ARGUED

    return [(f"`{module}`", f"`{change.replace('|', '/')}`", why) for (module, change), why in ARGUED.items()]


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
