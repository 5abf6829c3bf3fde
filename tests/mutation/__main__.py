"""Change single lines and see whether a test notices: `python -m tests.mutation [NAME…] [--jobs N] [--only TEXT]`.

A NAME is that of a module, or of a script in SQL; statements are changed word by word, wherever they stand. What is on
a server is tried on one that the tests start. Prints the changes that no test noticed, whether a reason stands in
`tests/mutation/survivors.py`, and the reasons that nothing needs any more. It is for whoever works on this library,
takes minutes, and is not part of any run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.mutation.changes import Change, changes
from tests.mutation.session import noticed
from tests.mutation.sources import is_script, path_of
from tests.mutation.survivors import ARGUED, WATCHED
from tests.mutation.trial import load, start


def source_of(module: str) -> str:
    """Return the source of a module or a script."""
    return path_of(module).read_text("utf-8")


def survivors(module: str, tests: list[str], waiting: list[Change], jobs: int) -> list[Change]:
    """Try changes, and return those that no test noticed."""
    source, done = source_of(module), set[str]()
    for name, test in noticed(module, source, tests, waiting, jobs):
        if not name:
            raise SystemExit(f"{module}: the tests fail {test}")
        done.add(name)
    waiting = [each for each in waiting if each.name not in done]
    print(f"  {len(done)} noticed in place", flush=True)
    running, found = dict[int, Change](), list[Change]()
    if is_script(module):  # each change of one was put in place
        waiting, found = [], waiting
    while waiting or running:
        while waiting and len(running) < jobs:
            each = waiting.pop(0)
            running[start(module, each.after, tests)] = each
        child, status = os.wait()
        each = running.pop(child)
        if status == 0:
            found.append(each)
    for each in found:
        print(f"  survives: line {each.line}, {each.name}", flush=True)
    return found


def argued_in_vain(module: str, found: list[Change]) -> list[str]:
    """Return the changes of a module that a reason stands for and that did not survive."""
    names = {each.name for each in found}
    return [name for of, name in ARGUED if of == module and name not in names]


def main() -> int:
    """Try what was asked for, and return 0 if every survivor has its reason, and every reason its survivor."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(WATCHED)}; all by default")
    parser.add_argument("--jobs", type=int, default=2, help="how many trials at once")
    parser.add_argument("--only", action="append", help="changes whose names hold this text, or another one")
    given = parser.parse_args()
    load()
    wrong = 0
    for name in given.names or WATCHED:
        module, tests = f"afilnet_protocols.{name}", WATCHED[name]
        begun = time.monotonic()
        tried = [
            each
            for each in changes(source_of(module), script=is_script(module))
            if not given.only or any(text in each.name for text in given.only)
        ]
        count, found = len(tried), survivors(module, tests, tried, given.jobs)
        new = [change for change in found if (name, change.name) not in ARGUED]
        idle = [] if given.only else argued_in_vain(name, found)
        for each in idle:
            print(f"  argued, and noticed or not there: {each}")
        wrong += len(new) + len(idle)
        print(
            f"{name}: {count} changes, {count - len(found)} noticed, {len(found) - len(new)} argued, {len(new)} left"
            f" ({time.monotonic() - begun:.0f} s)",
            flush=True,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
