"""What the kernel says of a process's memory."""

from __future__ import annotations

from pathlib import Path


def kilobytes(field: str, process: int | str = "self") -> int:
    """Return a figure of a process, such as ``VmRSS`` or ``VmHWM``, in units of 1,024 bytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{field}:")))
