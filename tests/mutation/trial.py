"""One trial of a change: tests are run on it, in a child that has loaded everything but this library."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import sys
from collections.abc import Sequence
from types import CodeType, ModuleType

from tests.mutation.sources import path_of

PATIENCE = 60
"""How many seconds of the processor a trial may take: a change that makes a loop endless is noticed too."""

ON_SERVER = "postgresql"
"""What is in the name of a module that is asked about on a server, and of the tests that use one."""

LOADED = ("pytest", "hypothesis.stateful", "lxml.etree", "requests", "zeep", "h11", "starlette.applications", "trustme")
LOADED += ("uvicorn", "psycopg", "rich.console", "click", "cryptography.x509", "jinja2", "msgspec", "celery")


class Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module other code."""

    def __init__(self, module: str, code: CodeType) -> None:
        self._module, self._code = module, code

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if name != self._module:
            return None
        file = path_of(name)
        spec = importlib.util.spec_from_loader(name, self, is_package=file.stem == "__init__")
        if spec is not None and spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(str(file.parent))
        return spec

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, vars(module))


def load() -> None:
    """Load what the tests need of others."""
    for name in LOADED:
        importlib.import_module(name)


def start(module: str, code: CodeType, tests: Sequence[str]) -> int:
    """Start a trial and return the number of its process, which ends with 0 only if no test noticed the change."""
    child = os.fork()
    if child:
        return child
    ended = 1
    try:
        limit_processor()
        silence()
        sys.meta_path.insert(0, Planted(module, code))
        importlib.import_module(module)  # before pytest finds it, which would rewrite it
        ended = _run(module, tests)
    finally:
        os._exit(ended)


def limit_processor(*, whole: bool = False) -> None:
    """Let a trial be ended that takes too much; nothing ends the one that runs all tests as they are."""
    if not whole:
        resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE + 5))


def silence() -> None:
    """Let what the tests print go nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)


def options(module: str) -> list[str]:
    """Return how the tests are chosen and run.

    The laws are asked, each on one store: what finds a mistake planted elsewhere says nothing about this one.
    """
    asked = f"not sabotage and {'' if ON_SERVER in module else 'not '}{ON_SERVER}"
    given = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=1", "-m", "not proof", "--timeout=90"]
    return [*given, "-W", "ignore::pytest.PytestAssertRewriteWarning", "-k", asked]


def _run(module: str, tests: Sequence[str]) -> int:
    import pytest

    return int(pytest.main([*options(module), *tests]))
