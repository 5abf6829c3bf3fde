"""What the package offers, in lines that can be compared: every exported name, with its members and signatures.

``python -m tests.public_api`` writes ``public_api.txt`` again; its difference says in a review what changes for users.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import afilnet_protocols

KEPT = Path(__file__).with_name("public_api.txt")


def lines() -> list[str]:
    """Return what is offered now."""
    return [line for name in sorted(afilnet_protocols.__all__) for line in _of(name, getattr(afilnet_protocols, name))]


def changes(kept: list[str], now: list[str]) -> list[str]:
    """Return what is gone and what is new."""
    return [f"gone: {line}" for line in kept if line not in now] + [f"new: {line}" for line in now if line not in kept]


def _of(name: str, value: object) -> Iterator[str]:
    if not isinstance(value, type):
        yield f"{name}{_signature(value)}"
        return
    yield f"class {name}"
    own = {each: found for base in reversed(_ours(value)) for each, found in vars(base).items()}
    if "__init__" in own:
        yield f"{name}{_plain(inspect.signature(value))}"
    for each, found in sorted(own.items()):
        if not each.startswith("_"):
            yield f"{name}.{each}{_signature(found)}"


def _ours(value: type) -> list[type]:
    return [base for base in value.__mro__ if base.__module__.startswith(afilnet_protocols.__name__)]


def _signature(found: object) -> str:
    inner = getattr(found, "__func__", found)
    return _plain(inspect.signature(inner)) if inspect.isfunction(inner) else ""


def _plain(signature: inspect.Signature) -> str:
    # A function that is a default is shown with where it lies in memory.
    return re.sub(r" at 0x[0-9a-f]+", "", str(signature))


if __name__ == "__main__":
    KEPT.write_text("".join(f"{line}\n" for line in lines()), "utf-8")
