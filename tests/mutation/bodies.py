"""The bodies of the functions of a loaded module: changed in place, or told to say where a test comes."""

from __future__ import annotations

import ast
import gc
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from tests.mutation.changes import compiled

Key = tuple[str, int]
"""The qualified name of a function and its first line."""

Bodies = list[tuple[FunctionType, CodeType]]
"""Functions, and what they do from now on."""


Constants = list[tuple[dict[str, object], str, object]]
"""The names of modules, one of them, and what stands for it from now on."""


def functions(module: ModuleType) -> dict[Key, list[FunctionType]]:
    """Return the functions of a module, whoever holds them: classes, decorators, caches, closures."""
    gc.unfreeze()
    found: dict[Key, list[FunctionType]] = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename == module.__file__:
            found.setdefault(_key(each.__code__), []).append(each)
    return found


def replaced(there: dict[Key, list[FunctionType]], before: CodeType, after: CodeType) -> Bodies | None:
    """Return what makes one module another; ``None`` if that is not done by the bodies of its functions alone."""
    old, new = _by_key(before), _by_key(after)
    if any(len(codes) != len(old.get(key, ())) for key, codes in new.items()):
        return None
    twice = {key for key, codes in old.items() if len(codes) > 1}
    bodies: Bodies = []
    for one, other in (pair for key, codes in new.items() for pair in zip(old[key], codes, strict=True)):
        if one == other:
            continue
        if not other.co_flags & inspect.CO_OPTIMIZED:  # the body of the module or of a class
            if _itself(one) != _itself(other):
                return None
            continue
        at = there.get(_key(other), [])
        if _key(other) in twice or any(len(each.__code__.co_freevars) != len(other.co_freevars) for each in at):
            return None
        bodies += [(each, other) for each in at]
    return bodies or None


def put(bodies: Bodies) -> None:
    """Change functions in place."""
    for function, code in bodies:
        function.__code__ = code


def constants(module: ModuleType, after: CodeType) -> Constants:
    """Return the texts and numbers that another module has otherwise, also where they were imported from it."""
    changed = {name: vars(module)[name] for name in ("__name__", "__package__", "__file__", "__spec__")}
    exec(after, changed)
    package = module.__name__.partition(".")[0]
    holders = [vars(each) for name, each in list(sys.modules.items()) if name.partition(".")[0] == package and each]
    return [
        (holder, name, changed[name])
        for name, value in vars(module).items()
        if isinstance(value, str | bytes | int | float) and not name.startswith("__") and changed.get(name) != value
        for holder in holders
        if holder.get(name) == value
    ]


def put_script(path: Path, text: str) -> None:
    """Let a file be read from now on as if another text stood in it."""
    right = Path.read_text

    def read(self: Path, encoding: str | None = None, errors: str | None = None) -> str:
        return text if self == path else right(self, encoding, errors)

    Path.read_text = read  # type: ignore[method-assign]


def put_constants(constants: Constants) -> None:
    """Change texts and numbers in place."""
    for holder, name, value in constants:
        holder[name] = value


def telling(source: str) -> CodeType:
    """Return the module such that each statement of a function first calls ``__reached__`` with its line."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for block in _blocks(node):
                block[:] = [part for statement in block for part in (_told(statement), statement)]
    return compiled(tree)


def statement_at(source: str) -> Callable[[int], int]:
    """Return what gives the line in which the innermost statement begins that a line is in."""
    spans = [(node.lineno, node.end_lineno or 0) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    return lambda line: max(first for first, last in spans if first <= line <= last)


def _told(statement: ast.stmt) -> ast.Expr:
    call = ast.Call(ast.Name("__reached__", ast.Load()), [ast.Constant(statement.lineno)], [])
    told = ast.Expr(call)
    for node in ast.walk(told):
        ast.copy_location(node, statement)
    return told


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a function, without those of the functions in it."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block
    for child in list(ast.iter_child_nodes(node)):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _blocks(child)


def _key(code: CodeType) -> Key:
    return code.co_qualname, code.co_firstlineno


def _by_key(code: CodeType) -> dict[Key, list[CodeType]]:
    found: dict[Key, list[CodeType]] = {}
    for each in _codes(code):
        found.setdefault(_key(each), []).append(each)
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


def _itself(code: CodeType) -> tuple[object, ...]:
    """Return what a body does, without what the functions in it do."""
    constants = [(type(each), each) for each in code.co_consts if not isinstance(each, CodeType)]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
