"""Print the figures that the documentation claims: `python -m tests.figures NAME… [--short|--long] [--seed N]`.

Each figure is a module of this folder with a function `measure(run: Run) -> Figure`. What continuous integration runs
is the default; `--short` is what the README's command runs, `--long` the whole proof; `--json` prints JSON lines. The
seed is always printed, and gives the same run again.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import pkgutil
import random
import re
import sys
import time
from pathlib import Path

from tests.figures.figure import Figure, Run
from tests.sizes import LONG, PROOF, SHORT

HERE = Path(__file__).parent


def names() -> dict[str, str]:
    """Return the module of every figure by the figure's name, such as R1 for r1_fault_matrix."""
    modules = (module.name for module in pkgutil.iter_modules([str(HERE)]))
    return {name.partition("_")[0].upper(): name for name in modules if re.match(r"[a-z]\d+_", name)}


DRIVERS = ("threads", "asyncio")


def measure(name: str, run: Run, *, driver: str = "threads") -> Figure:
    """Measure one figure, over the synchronous client or over that of asyncio.

    Raises:
        ValueError: the figure makes no clients, or makes both itself.
    """
    module = importlib.import_module(f"tests.figures.{names()[name]}")
    if driver == "threads":
        figure: Figure = module.measure(run)
        return figure
    if "connect" not in inspect.signature(module.measure).parameters:
        raise ValueError(f"{name} is not measured over one driver or the other")
    from tests.figures.in_loop import opened_in_loop

    figure = module.measure(run, connect=opened_in_loop)
    figure.about = f"{figure.about}, by asyncio"
    return figure


def main() -> int:
    """Measure the chosen figures, print them, and return 0 if every one reached its target."""
    known = names()
    parser = argparse.ArgumentParser(prog="python -m tests.figures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(sorted(known))}; all by default")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--short", dest="form", action="store_const", const=SHORT, help="as the README's command")
    form.add_argument("--long", dest="form", action="store_const", const=LONG, help="the whole proof")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="repeat the run with this seed")
    parser.add_argument("--keep", type=Path, help="with a seed: keep counts in this file, and go on where it ends")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    parser.add_argument("--driver", choices=DRIVERS, default="threads", help="the client that is measured")
    given = parser.parse_args()
    chosen = [name.upper() for name in given.names] or sorted(known)
    for name in chosen:
        if name not in known:
            parser.error(f"unknown figure {name}")
    reached = True
    for name in chosen:
        begun = time.monotonic()
        figure = measure(name, Run(seed=given.seed, form=given.form or PROOF, keep=given.keep), driver=given.driver)
        reached &= figure.reached
        seconds = time.monotonic() - begun
        print(json.dumps(figure.as_data(name, seconds)) if given.json else figure.as_text(name, seconds), flush=True)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
