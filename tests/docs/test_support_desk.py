"""The support desk of the documentation is killed again and again, and keeps and answers everything once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from afilnet_protocols import Outbox
from afilnet_protocols.sandbox import Options, Sandbox
from afilnet_protocols.sandbox.faults.fault_book import Armed
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


def more_patient(program: str) -> str:
    """Return a desk that gives no message up because of kills: of many, five may meet the same one."""
    return program.replace("start=", "interruptions=1000, start=")


def around(home: Path) -> dict[str, str]:
    """Return this process's environment without what is said to clients in it, or in a file of its user's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AFILNET_")}
    return {**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}


class Killed:
    """A desk in a folder, the customers who write to it, and whoever kills it.

    Attributes:
        story: what was done to it, in order: at which step it was killed (0: at none), and how it ended.
    """

    def __init__(self, sandbox: Sandbox, folder: Path, program: str, seed: int) -> None:
        self.seed, self.chance = seed, random.Random(seed)
        self.sandbox, self.folder = sandbox, folder
        self.account = sandbox.account(options=Options(reading_marks_read=self.chance.random() < 0.5))
        self.written: dict[str, list[str]] = {each: [] for each in CUSTOMERS}
        self.armed: list[Armed] = []
        self.story: list[tuple[int, int]] = []
        (folder / "desk.py").write_text(program, "utf-8")

    def run(self, kills: int) -> int:
        """Let customers write and kill the desk so often; then let it end its work. Return how often it was killed."""
        killed = 0
        with self.running() as one:
            while killed < kills:
                self.write()
                ended = one(self.chance.randint(1, LATEST_STEP))
                assert ended in (0, -signal.SIGKILL), self.told()
                killed += ended != 0
            self.end(one)
        return killed

    @contextmanager
    def running(self) -> Iterator[Callable[[int], int]]:
        """Return what runs the desk for one round and kills it at a step, and says how it ended."""
        settings = self.sandbox.settings("http-post", account=self.account, plain=True)
        environment = {**around(self.folder), **given_by(settings, FIELDS), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.docs.desk_runs", "desk.py"]
        with (
            (self.folder / "said.txt").open("a", encoding="utf-8") as said,
            subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
            ) as runs,
        ):
            assert runs.stdin is not None
            assert runs.stdout is not None
            to, back = runs.stdin, runs.stdout

            def one(step: int) -> int:
                to.write(f"{step}\n")
                to.flush()
                self.story.append((step, int(back.readline() or "99")))
                return self.story[-1][1]

            yield one
            to.close()

    def end(self, one: Callable[[int], int]) -> None:
        """Let it end its work: each fault that is still armed may cost a round."""
        for _ in range(3 + sum(not each.spent for each in self.armed)):
            assert one(0) == 0, self.told()

    def write(self) -> None:
        for number in range(self.chance.randint(1, 3)):
            customer = self.chance.choice(CUSTOMERS)
            text = f"{len(self.written[customer])} {number}"
            self.receive(customer, text)
        if self.chance.random() < 0.3:
            self.cut()

    def receive(self, customer: str, text: str) -> None:
        self.account.receive(platform="whatsapp", platform_id="100", destination=customer, message=text)
        self.written[customer].append(text)

    def cut(self) -> None:
        """Have the service end a connection before it answers, once."""
        self.armed.append(self.sandbox.fault("cut_before_answer", account=self.account, times=1))

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
        assert self.notes() == self.written, self.told()
        expected = Counter((customer, text) for customer in CUSTOMERS for text in self.written[customer])
        assert self.answers() == expected, self.told()

    def told(self) -> str:
        """Return what is needed to find out what went wrong: no other run is alike."""
        said = (self.folder / "said.txt").read_text("utf-8").splitlines()
        return "\n".join(
            [
                f"seed {self.seed}; steps and how they ended: {self.story}",
                f"faults that have not fired: {sum(not each.spent for each in self.armed)} of {len(self.armed)}",
                *self.unsettled(),
                "what the desk said last:",
                *said[-40:],
            ]
        )

    def unsettled(self) -> list[str]:
        """Return how many messages were written and noticed, and those that were noticed and are not done."""
        with closing(sqlite3.connect(self.folder / "desk.db")) as database:
            rows = database.execute(
                "SELECT state, reason, interrupted, raised, due, message FROM afilnet_inbox_messages"
                " WHERE key IS NOT NULL ORDER BY id"
            ).fetchall()
        counts = f"{sum(map(len, self.written.values()))} written, {len(rows)} noticed; those that are not done:"
        return [counts, *(str(row) for row in rows if row[0] != "done")]


@pytest.mark.parametrize("seed", [20261129])
def test_the_desk_of_the_page_keeps_and_answers_everything_once(sandbox, tmp_path, seed):
    killed = Killed(sandbox, tmp_path, desk(), seed)
    assert killed.run(8) == 8
    killed.check()


@pytest.mark.proof(short="test_the_desk_of_the_page_keeps_and_answers_everything_once")
def test_it_does_so_under_many_kills(sandbox, tmp_path):
    killed = Killed(sandbox, tmp_path, more_patient(desk()), random.SystemRandom().randrange(2**32))
    assert killed.run(100) >= 100
    killed.check()


DYING = "    __import__('os').kill(__import__('os').getpid(), 9)\n"


@pytest.mark.proof(short="test_the_desk_of_the_page_keeps_and_answers_everything_once")
@pytest.mark.parametrize("patient", [False, True])
def test_what_kills_meet_five_times_is_given_up_unless_the_inbox_has_more_patience(sandbox, tmp_path, patient):
    """Why the proof of many kills changes the page's program, and that it is told what was done where a desk fails."""
    program = more_patient(desk()) if patient else desk()
    killed = Killed(sandbox, tmp_path, program.replace("    word = ", f"{DYING}    word = "), 1)
    killed.receive(CUSTOMERS[0], "in hand")
    with killed.running() as one:
        assert [one(0) for _ in range(5)] == 5 * [-signal.SIGKILL]
        (tmp_path / "desk.py").write_text(program, "utf-8")
        killed.receive(CUSTOMERS[1], "of another customer")
        killed.end(one)
    if patient:
        killed.check()
        return
    with pytest.raises(AssertionError) as failed:
        killed.check()
    for told in ("seed 1;", "2 written, 2 noticed", "'dead', 'its handler was interrupted 5 times'", "1 given up"):
        assert told in str(failed.value)


@pytest.mark.proof(short="test_the_desk_of_the_page_keeps_and_answers_everything_once")
def test_what_the_surroundings_say_to_clients_is_not_said_to_the_desk(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("AFILNET_PROFILE", "of somebody else")
    killed = Killed(sandbox, tmp_path, desk(), 1)
    killed.receive(CUSTOMERS[0], "hello")
    killed.run(0)
    killed.check()


@pytest.mark.proof(short="test_the_desk_of_the_page_keeps_and_answers_everything_once")
def test_faults_that_are_left_do_not_end_the_work_of_a_desk_too_early(sandbox, tmp_path):
    killed = Killed(sandbox, tmp_path, desk(), 1)
    killed.write()
    for _ in range(9):
        killed.cut()
    killed.run(0)
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
    for seed in range(3, 30):  # a run of a few kills finds it in one of three or so, and the first of these both
        folder = tmp_path / str(seed)
        folder.mkdir()
        killed = Killed(sandbox, folder, spoilt, seed)
        killed.run(6)
        try:
            killed.check()
        except AssertionError:
            return
    pytest.fail("nobody noticed")
