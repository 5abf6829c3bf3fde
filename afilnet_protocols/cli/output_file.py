"""The file that a command's option `--output` names."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from afilnet_protocols.errors import ConfigurationError


def write_output(path: Path, content: bytes, *, mode: Literal["wb", "ab"] = "wb") -> None:
    """Write to the file.

    Raises:
        ConfigurationError: it cannot be written.
    """
    reason = ""
    try:
        with path.open(mode) as file:
            file.write(content)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    if reason:
        raise ConfigurationError(f"--output: cannot write {path}: {reason}")
