"""Standard output is kept for the result: whatever code of others writes there goes to standard error."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

_STDOUT, _STDERR = 1, 2


@contextlib.contextmanager
def standard_output_kept() -> Iterator[None]:
    """Lead what is written to standard output elsewhere: by Python, by libraries in C, by other programs."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            usual = os.dup(_STDOUT)
            stack.callback(os.close, usual)
            stack.callback(os.dup2, usual, _STDOUT)
            os.dup2(_STDERR, _STDOUT)
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        yield
