"""Where what is changed stands: a module, or a script in SQL, whose name ends as its file does."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]

SCRIPT = ".sql"


def is_script(module: str) -> bool:
    """Whether it is no module, but a script."""
    return module.endswith(SCRIPT)


def path_of(module: str) -> Path:
    """Return the file of a module, a package or a script, without importing anything."""
    without = ROOT / module.removesuffix(SCRIPT).replace(".", "/")
    if without.is_dir():
        return without / "__init__.py"
    return without.with_name(without.name + (SCRIPT if is_script(module) else ".py"))
