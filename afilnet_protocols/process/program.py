"""`Program`: another program that is run, and whose end is never made up."""

from __future__ import annotations

import os
import subprocess

LOST = "ended, and how is not known: this process ignores SIGCHLD, or something else in it waits for its programs"
"""What to say of one whose exit code nobody can know."""


class Program(subprocess.Popen[bytes]):
    """A program. Where its exit code is lost, the standard library says that it is 0.

    Attributes:
        lost: whether it is, so that ``returncode`` means nothing.
    """

    lost = False

    def _try_wait(self, flags: int) -> tuple[int, int]:
        try:
            return os.waitpid(self.pid, flags)
        except ChildProcessError:
            self.lost = True
            return self.pid, 0
