"""The file that a command's option `--output` names."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.retold import Retold, in_words


def write_output(path: Path, content: bytes, *, mode: Literal["wb", "ab"] = "wb") -> None:
    """Write to the file.

    Raises:
        ConfigurationError: it cannot be written.
    """
    told = f"--output: cannot write {path}: "
    with Retold(OSError, lambda error: ConfigurationError(told + in_words(error))), path.open(mode) as file:
        file.write(content)
