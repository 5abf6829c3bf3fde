"""Runs of a program that handles an inbox, each killed at one of its steps: `python -m tests.docs.desk_runs FILE`.

For each number on standard input a child is forked that runs the program for one round, and is killed at that step; 0
is for one that ends by itself. Its exit code is printed.
"""

from __future__ import annotations

import os
import runpy
import sys
import traceback

import afilnet_protocols.inbox.sqlite.store
import afilnet_protocols.sandbox  # noqa: F401 - the children are to begin at once
from afilnet_protocols.registry import find
from tests.inbox.crashes import Steps


def main(program: str) -> None:
    find("http-post")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            code = 1
            try:
                sys.argv = [program, "--once"]
                sys.stdout = sys.stderr
                Steps(int(line) or None).install()
                runpy.run_path(program, run_name="__main__")
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
