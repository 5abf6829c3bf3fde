"""The command line: `afilnet`. It says the same as the library, as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Carry out a command and leave with its exit code (:class:`afilnet_protocols.cli.exits.ExitCode`).

    Args:
        arguments: the words after ``afilnet``, by default those of the process.
    """
    from afilnet_protocols.cli.app import run

    raise SystemExit(run(arguments))
