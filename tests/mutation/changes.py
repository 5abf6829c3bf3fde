"""Small changes of a module, one at a time: each is a mistake somebody could make, and a test should notice."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType

from tests.mutation.statements import is_statement, statement_changes

Undo = Callable[[], None]

OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
"""What stands in the place of an operator."""

FOR_PEOPLE = ("__repr__", "__str__")
"""Functions whose results are read by people only."""


@dataclass(frozen=True)
class Change:
    """One change: what it is told by, whatever moves the lines; the line; and the whole after it, a text of SQL."""

    name: str
    line: int
    after: CodeType | str


def changes(source: str, *, script: bool = False) -> Iterator[Change]:
    """Yield every change of a source, in its order. One that reads like others before it has a number."""
    alike: Counter[str] = Counter()
    found = ((name, 0, text) for name, text in statement_changes(source)) if script else _changes(ast.parse(source))
    for name, line, changed in found:
        alike[name] += 1
        yield Change(name if alike[name] == 1 else f"{name} ({alike[name]})", line, changed)


def code_of(source: str) -> CodeType:
    """Compile a source as its changes are."""
    return compiled(ast.parse(source))


def compiled(tree: ast.Module) -> CodeType:
    """Compile what was read or changed; what is new stands in the lines of what is around it."""
    return compile(ast.fix_missing_locations(tree), "<changed>", "exec", dont_inherit=True)


def _changes(tree: ast.Module) -> Iterator[tuple[str, int, CodeType]]:
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # texts that nothing is done with
    for node, owner in _walked(tree, "module"):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield from ((f"{owner}: {name}", node.lineno, compiled(tree)) for name in _statements(node))
        for apply in _of(node):
            before = _shown(node)
            undo = apply()
            after = _shown(node)
            yield f"{owner}: {before} -> {after}", getattr(node, "lineno", 0), compiled(tree)
            undo()
        for block, at in _blocks(node):
            left_out, block[at] = block[at], ast.Pass()
            yield f"{owner}: {_shown(left_out)} -> pass", left_out.lineno, compiled(tree)
            block[at] = left_out


def _statements(node: ast.Constant) -> Iterator[str]:
    """Change a text that is a statement in place, and say how, until there are no more changes of it."""
    whole = str(node.value)
    if is_statement(whole):
        for name, changed in statement_changes(whole):
            node.value = changed
            yield name
        node.value = whole


def _shown(node: ast.AST) -> str:
    """Return the first line of a statement, shortened."""
    line = ast.unparse(node).partition("\n")[0]
    return line if len(line) <= 90 else f"{line[:87]}..."


def _walked(node: ast.AST, owner: str) -> Iterator[tuple[ast.AST, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if child.name not in FOR_PEOPLE:
                name = child.name if owner == "module" else f"{owner}.{child.name}"
                for part in child.body:
                    yield from _with(part, name)
                if not isinstance(child, ast.ClassDef):
                    for default in (*child.args.defaults, *child.args.kw_defaults):
                        if default is not None:
                            yield from _with(default, name)
        elif not isinstance(child, ast.Raise):
            yield from _with(child, owner)
        else:
            yield child, owner  # what an error says is for people


def _with(node: ast.AST, owner: str) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield from _walked(ast.Module(body=[node], type_ignores=[]), owner)
    elif isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield from _with(node.value, owner)
    elif not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
        yield node, owner
        if not isinstance(node, ast.Raise):
            yield from _walked(node, owner)


def _of(node: ast.AST) -> Iterator[Callable[[], Undo]]:
    """Yield what can be done to a node: each does it in place and returns what undoes it."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            if type(operator) in OTHER:
                yield lambda at=index, old=operator: _put(node.ops, at, OTHER[type(old)]())  # type: ignore[misc]
    elif isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign) and type(node.op) in OTHER:
        yield lambda: _set(node, "op", OTHER[type(node.op)]())
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Constant):
        yield lambda: _set(node, "test", _negated(node.test))
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        value = node.value
        yield lambda: _set(node, "value", not value if isinstance(value, bool) else value + 1)
    if isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield lambda: _set(node, "value", ast.Constant(None))


def _blocks(node: ast.AST) -> Iterator[tuple[list[ast.stmt], int]]:
    """Yield the statements that may be left out, each as its block and its place there."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if not isinstance(block, list):
            continue
        for index, part in enumerate(block):
            attribute = isinstance(part, ast.Assign | ast.AugAssign) and not isinstance(_target(part), ast.Name)
            called = isinstance(part, ast.Expr) and isinstance(part.value, ast.Call | ast.Yield | ast.YieldFrom)
            if attribute or called or isinstance(part, ast.Raise | ast.Continue | ast.Break):
                yield block, index


def _target(node: ast.stmt) -> ast.expr:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target  # type: ignore[attr-defined, no-any-return]


def _negated(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _put(block: list[object], at: int, new: object) -> Undo:
    old = block[at]
    block[at] = new
    return lambda: block.__setitem__(at, old)


def _set(node: ast.AST, field: str, new: object) -> Undo:
    old = getattr(node, field)
    setattr(node, field, new)
    return lambda: setattr(node, field, old)
