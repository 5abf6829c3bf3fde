"""The lives of a bot: it is started, given messages, and killed; what it did in all of them is counted."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.bots.services import CHATS, Service

LONGEST = 0.5
"""How long after its messages were handed out, or its first handler began, a bot is killed at most, in seconds."""

QUIET = 6.0
"""After how long without a further note or reply a bot that has asked for messages is taken to have done its work, in
seconds."""

PATIENCE = 120.0
"""How long a bot may take to ask for messages, or to come to rest, in seconds."""


class Ended(Exception):
    """A bot has ended that nobody killed."""


@dataclass
class Ledger:
    """What was written to a bot and what it did.

    Attributes:
        written: the texts, each with its chat, in their order.
        diary: what its handlers noted: ``begin`` or ``end``, and the text.
        replies: what it sent.
        kills: how often it was killed.
    """

    written: list[tuple[int, str]] = field(default_factory=list)
    diary: list[tuple[str, str]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    kills: int = 0

    def counts(self) -> dict[str, int]:
        """Return what is told of it."""
        ended = Counter(text for what, text in self.diary if what == "end")
        begun = Counter(text for what, text in self.diary if what == "begin")
        sent = Counter(self.replies)
        texts = [text for _, text in self.written]
        return {
            "messages": len(texts),
            "never handled": sum(not ended[text] for text in texts),
            "handled twice": sum(ended[text] > 1 for text in texts),
            "begun again": sum(begun[text] > 1 for text in texts),
            "reply missing": sum(not sent[f"re: {text}"] for text in texts),
            "reply doubled": sum(sent[f"re: {text}"] > 1 for text in texts),
            "out of order": self._overtaken(),
        }

    def _overtaken(self) -> int:
        """Return how many messages were begun with after a later one of their chat."""
        first = {text: place for place, (what, text) in reversed(list(enumerate(self.diary))) if what == "begin"}
        found = 0
        for chat in range(CHATS):
            latest = -1
            for text in (text for whose, text in self.written if whose == chat and text in first):
                found += first[text] < latest
                latest = max(latest, first[text])
        return found


def lived(service: Service, command: list[str], folder: Path, *, seed: int, kills: int) -> Ledger:
    """Start a bot and kill it so often, then let it work in peace until it has nothing to do.

    Args:
        service: whom it works for.
        command: what starts it.
        folder: where.
        seed: says how much is written to it each time, and when it is killed.
        kills: how often: by turns after its messages were handed out, and after its first handler began.
    """
    chance, ledger = random.Random(seed), Ledger()
    diary = folder / "diary"
    environment = {**os.environ, **service.environment(), "BOT_DIARY": str(diary)}
    with (folder / "said").open("wb") as said:

        def start() -> subprocess.Popen[bytes]:
            service.life += 1
            return subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)

        for life in range(kills):
            _write(service, ledger, chance, life)
            handed, noted = service.handed_out(), _size(diary)
            bot = start()
            if life % 2:
                _await(lambda noted=noted: _size(diary) > noted, bot)
            else:
                _await(lambda handed=handed: service.handed_out() > handed, bot)
            time.sleep(chance.uniform(0, LONGEST))
            bot.send_signal(signal.SIGKILL)
            bot.wait()
            ledger.kills += 1
        asked = service.asked()
        bot = start()
        try:
            _await(lambda: service.asked() > asked, bot)
            _rest(service, diary, bot)
        finally:
            bot.send_signal(signal.SIGKILL)
            bot.wait()
    lines = diary.read_text("utf-8").splitlines() if diary.exists() else []
    ledger.diary = [(what, text) for what, _, text in (line.partition(" ") for line in lines)]
    ledger.replies = list(service.replies)
    return ledger


def _write(service: Service, ledger: Ledger, chance: random.Random, life: int) -> None:
    for number in range(chance.randint(2, 8)):
        chat, text = chance.randrange(CHATS), f"{life}-{number}"
        service.write(chat, text)
        ledger.written.append((chat, text))


def _await(happened: Callable[[], bool], bot: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        if bot.poll() is not None or time.monotonic() > until:
            raise Ended("it ended by itself, or asked for no messages")
        time.sleep(0.002)


def _size(diary: Path) -> int:
    return diary.stat().st_size if diary.exists() else 0


def _rest(service: Service, diary: Path, bot: subprocess.Popen[bytes]) -> None:
    until, before, since = time.monotonic() + PATIENCE, None, time.monotonic()
    while time.monotonic() < min(until, since + QUIET):
        now = (_size(diary), len(service.replies))
        if now != before:
            before, since = now, time.monotonic()
        if bot.poll() is not None:
            raise Ended("it ended by itself")
        time.sleep(0.1)
