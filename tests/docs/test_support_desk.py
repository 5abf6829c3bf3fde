"""The support desk of the documentation is killed again and again, and keeps and answers everything once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from afilnet_protocols import Outbox
from afilnet_protocols.sandbox import Options, Sandbox
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.environment import given_by
from tests.docs.blocks import read_blocks

ROOT = Path(__file__).parents[2]
CUSTOMERS = [f"3460000000{number}" for number in range(4)]
LATEST_STEP = 90


def desk() -> str:
    (text,) = [
        block.text for block in read_blocks(ROOT / "docs/support-desk.md") if block.marks.get("file") == "desk.py"
    ]
    return text


class Killed:
    """A desk in a folder, the customers who write to it, and whoever kills it."""

    def __init__(self, sandbox: Sandbox, folder: Path, program: str, seed: int) -> None:
        print(f"seed {seed}")
        self.chance = random.Random(seed)
        self.sandbox, self.folder = sandbox, folder
        self.account = sandbox.account(options=Options(reading_marks_read=self.chance.random() < 0.5))
        self.written: dict[str, list[str]] = {each: [] for each in CUSTOMERS}
        (folder / "desk.py").write_text(program, "utf-8")

    def run(self, kills: int) -> int:
        """Let customers write and kill the desk so often; then let it end its work. Return how often it was killed."""
        settings = self.sandbox.settings("http-post", account=self.account, plain=True)
        environment = {**os.environ, **given_by(settings, FIELDS), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.docs.desk_runs", "desk.py"]
        killed = 0
        with subprocess.Popen(
            command, cwd=self.folder, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as runs:

            def one(step: int) -> int:
                assert runs.stdin is not None
                assert runs.stdout is not None
                runs.stdin.write(f"{step}\n")
                runs.stdin.flush()
                return int(runs.stdout.readline() or "99")

            while killed < kills:
                self.write()
                ended = one(self.chance.randint(1, LATEST_STEP))
                assert ended in (0, -signal.SIGKILL)
                killed += ended != 0
            assert [one(0) for _ in range(3)] == [0, 0, 0]
            runs.stdin.close()  # type: ignore[union-attr]  # it is a pipe
        return killed

    def write(self) -> None:
        for number in range(self.chance.randint(1, 3)):
            customer = self.chance.choice(CUSTOMERS)
            text = f"{len(self.written[customer])} {number}"
            self.account.receive(platform="whatsapp", platform_id="100", destination=customer, message=text)
            self.written[customer].append(text)
        if self.chance.random() < 0.3:
            self.sandbox.fault("cut_before_answer", account=self.account, times=1)

    def notes(self) -> dict[str, list[str]]:
        """Return what the desk has noted of each customer, in its order."""
        with closing(sqlite3.connect(self.folder / "desk.db")) as database:
            rows = database.execute(
                "SELECT customer, text FROM notes JOIN tickets ON ticket = number ORDER BY notes.rowid"
            ).fetchall()
        return {
            customer: [text for whose, text in rows if whose.rpartition("/")[2] == customer] for customer in CUSTOMERS
        }

    def answers(self) -> Counter[tuple[str, str]]:
        """Return what it answered, by customer and by the text that is answered."""
        with Outbox(self.folder / "desk.db") as outbox:
            return Counter(
                (entry.arguments["destination"], entry.arguments["message"].partition(": ")[2])
                for entry in outbox.entries()
            )

    def check(self) -> None:
        assert self.notes() == self.written
        assert self.answers() == Counter((customer, text) for customer in CUSTOMERS for text in self.written[customer])


@pytest.mark.parametrize("seed", [20261129])
def test_the_desk_of_the_page_keeps_and_answers_everything_once(sandbox, tmp_path, seed):
    killed = Killed(sandbox, tmp_path, desk(), seed)
    assert killed.run(8) == 8
    killed.check()


@pytest.mark.proof(short="test_the_desk_of_the_page_keeps_and_answers_everything_once")
def test_it_does_so_under_many_kills(sandbox, tmp_path):
    killed = Killed(sandbox, tmp_path, desk(), random.SystemRandom().randrange(2**32))
    assert killed.run(100) >= 100
    killed.check()


def test_the_desk_has_sixty_lines():
    assert 50 <= len(desk().splitlines()) <= 60


def says_an_outage(program: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, object] = {"__name__": "desk"}
    exec(compile(program, "desk.py", "exec"), names)
    with Sandbox() as sandbox:
        settings = sandbox.settings("http-post", plain=True, base_url="http://127.0.0.1:1")
        names["main"](once=True, settings=settings)  # type: ignore[operator]
    told = capsys.readouterr().out
    assert "polling: no connection" in told
    assert "in the end: no connection" in told


def test_the_desk_says_an_outage(tmp_path, capsys, monkeypatch):
    says_an_outage(desk(), tmp_path, capsys, monkeypatch)


def test_sabotage_a_desk_that_hides_an_outage_is_found_out(tmp_path, capsys, monkeypatch):
    with pytest.raises(AssertionError):
        says_an_outage(desk().replace(", on_trouble=print", ""), tmp_path, capsys, monkeypatch)


SPOILT = {
    "rows of their own transaction": lambda text: text.replace(
        "with incoming.transaction() as database:",
        "with __import__('sqlite3').connect('desk.db', timeout=20) as database:",
    ),
    "the mark before the work": lambda text: text.replace("start=", "processing='at_most_once', start="),
}


@pytest.mark.parametrize("how", SPOILT)
def test_sabotage_a_desk_that_is_built_wrongly_is_found_out(sandbox, tmp_path, how):
    spoilt = SPOILT[how](desk())
    assert spoilt != desk()
    for seed in range(2, 30):  # a run of a few kills finds it in one of three or so
        folder = tmp_path / str(seed)
        folder.mkdir()
        killed = Killed(sandbox, folder, spoilt, seed)
        killed.run(6)
        try:
            killed.check()
        except AssertionError:
            return
    pytest.fail("nobody noticed")
