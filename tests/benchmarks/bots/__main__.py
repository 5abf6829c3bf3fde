"""Kill bots of several libraries alike, and count what they lose and double: `python -m tests.benchmarks.bots`.

Each library is installed into a folder of its own kind, and run against a stand-in of its service on loopback, with the
handler that its documentation shows. The table is printed, and with `--page` put into docs/measured.md.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from afilnet_protocols import __version__
from tests.benchmarks.bots.lives import Ended, Ledger, lived
from tests.benchmarks.bots.services import Afilnet, Service, Slack, Telegram

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs/measured.md"
BEGIN, END = "<!-- bots: begin -->", "<!-- bots: end -->"
COUNTS = ("never handled", "handled twice", "begun again", "reply missing", "reply doubled", "out of order")


class Bot(NamedTuple):
    """A bot of a library.

    Attributes:
        name: what it is called in the table.
        package: the package and the version; empty for this library.
        file: its program.
        service: whom it works for.
    """

    name: str
    package: str
    file: str
    service: Callable[[], Service]


BOTS = (
    Bot("**Inbox**", "", "with_inbox.py", Afilnet),
    Bot("**Inbox**, reconciling when it starts", "", "with_inbox.py", partial(Afilnet, "reconcile")),
    Bot("plain loop, identifiers in a file", "", "with_loop.py", Afilnet),
    Bot("python-telegram-bot", "python-telegram-bot==22.8", "with_ptb.py", Telegram),
    Bot("aiogram", "aiogram==3.31.0", "with_aiogram.py", Telegram),
    Bot("Telegraf", "telegraf@4.16.3", "with_telegraf.js", Telegram),
    Bot("grammY", "grammy@1.46.0", "with_grammy.js", Telegram),
    Bot("Bolt, Socket Mode", "slack_bolt==1.30.0", "with_bolt.py", Slack),
)


class Missing(Exception):
    """A bot cannot be run here."""


class Packages:
    """Where the packages of the bots are, installed when they are first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def command(self, bot: Bot) -> list[str]:
        """Return what starts a bot.

        Raises:
            Missing: its package cannot be had here.
        """
        program = str(HERE / bot.file)
        if not bot.package:
            return [sys.executable, program]
        return [str(self._python()), program] if bot.file.endswith(".py") else [*self._node(bot), program]

    def _python(self) -> Path:
        python = self._folder / "venv/bin/python"
        if not python.exists():
            _done([sys.executable, "-m", "venv", str(self._folder / "venv")])
            _done([str(python), "-m", "pip", "install", "-q", "-r", str(HERE / "requirements.txt")])
        return python

    def _node(self, bot: Bot) -> list[str]:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise Missing("not run: there is no Node.js")
        modules = self._folder / "node_modules"
        if not modules.exists():
            shutil.copy(HERE / "package.json", self._folder)
            _done([npm, "install", "--prefix", str(self._folder), "--no-audit", "--no-fund", "--loglevel=error"])
        return ["env", f"NODE_PATH={modules}", node]


def _done(command: list[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Missing(f"not run: {Path(command[0]).name} could not install: {ended.stderr.strip()[-200:]}")


def one(bot: Bot, packages: Packages, *, seed: int, kills: int) -> Ledger:
    """Run a bot through its lives."""
    command = packages.command(bot)
    service = bot.service()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return lived(service, command, Path(folder), seed=seed, kills=kills)
    finally:
        service.close()


def row(bot: Bot, ledger: Ledger) -> str:
    """Return a line of the table."""
    counts = ledger.counts()
    version = bot.package.replace("==", "@").rpartition("@")[2] or __version__
    cells = [bot.name, version, str(counts["messages"]), *(str(counts[name]) for name in COUNTS)]
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    """Run the bots and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bots", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--only", metavar="WORD", default="", help="only the bots with this word in their name")
    parser.add_argument("--packages", metavar="FOLDER", type=Path, help="where packages are, or are put, and kept")
    parser.add_argument("--page", action="store_true", help="put the table into docs/measured.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        packages = Packages(given.packages or Path(passing))
        lines = [
            "| bot | version | messages | " + " | ".join(COUNTS) + " |",
            "|---|---|" + "---|" * (len(COUNTS) + 1),
        ]
        for bot in BOTS:
            if given.only.casefold() in bot.name.casefold():
                try:
                    lines.append(row(bot, one(bot, packages, seed=given.seed, kills=given.kills)))
                except (Missing, Ended) as missing:
                    lines.append(f"| {bot.name} | {missing} |" + " |" * (len(COUNTS) + 1))
                print(lines[-1], flush=True)
    told = f"`python -m tests.benchmarks.bots --seed {given.seed} --kills {given.kills}`"
    today = datetime.datetime.now(datetime.UTC).date()
    text = f"{told}, {today}, Python {platform.python_version()}:\n\n" + "\n".join(lines) + "\n"
    print(f"\n{text}")
    if given.page:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{text}{END}{rest.partition(END)[2]}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
