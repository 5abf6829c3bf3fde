"""What is not installed with the package itself: the extras, what each of them brings, and how its absence is told."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from afilnet_protocols.errors import ConfigurationError

_SANDBOX = ("httptools", "jinja2", "python_multipart", "starlette", "trustme", "uvicorn")

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "sandbox": _SANDBOX,
    "conformance": (*_SANDBOX, "hypothesis", "pytest"),
    "crypto": ("cryptography",),
    "postgresql": ("psycopg",),
    "celery": ("celery",),
    "keyring": ("keyring",),
    "otel": ("opentelemetry",),
}
"""The modules that an extra brings, by its name in pyproject.toml, which a test compares."""


def missing(extra: str) -> list[str]:
    """Return the modules of an extra that are not installed."""
    return [name for name in EXTRAS[extra] if not _is_there(name)]


def install_line(extra: str) -> str:
    """Return what installs an extra, from an index and from a checkout."""
    return f"pip install 'afilnet-protocols[{extra}]', or in a checkout pip install '.[{extra}]'"


def absence(extra: str, what: str) -> str:
    """Return what is said when an extra is missing.

    Args:
        extra: its name.
        what: what was asked for, as the beginning of a sentence.
    """
    return f"{what} needs the extra {extra} (not installed: {', '.join(missing(extra))}): {install_line(extra)}"


def demand(extra: str, what: str) -> None:
    """Make sure that an extra is installed, without loading it.

    Args:
        extra: its name.
        what: what was asked for, as the beginning of a sentence.

    Raises:
        ConfigurationError: a module of it is missing.
    """
    if missing(extra):
        raise ConfigurationError(absence(extra, what))


def _is_there(module: str) -> bool:
    if module in sys.modules:
        return sys.modules[module] is not None
    from importlib.util import find_spec  # hardly any settings ask

    return find_spec(module) is not None
