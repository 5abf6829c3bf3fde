"""`docstring`: what is said of a function or class, also where Python was told to leave such texts out (``-OO``)."""

from __future__ import annotations

from collections.abc import Callable


def docstring(of: type | Callable[..., object]) -> str:
    """Return the docstring of a function or class, as it is written; empty if there is none.

    What is read from the source is what help and reports are made of, and without it they would be empty.
    """
    if of.__doc__ is not None or __debug__:
        return of.__doc__ or ""
    return _written(of)


def _written(of: type | Callable[..., object]) -> str:
    import ast
    import inspect
    import textwrap

    try:
        (definition, *_) = ast.parse(textwrap.dedent(inspect.getsource(of))).body
    except (OSError, TypeError, ValueError, SyntaxError):  # there is no source, or it is no definition
        return ""
    if not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return ""
    return ast.get_docstring(definition, clean=False) or ""
