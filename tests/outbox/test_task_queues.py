"""What the page on task queues shows is done by real ones: each rings for an outbox in PostgreSQL over a real Redis."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from afilnet_protocols import Outbox
from afilnet_protocols.outbox import State
from tests.docs.blocks import read_blocks
from tests.outbox import brokers
from tests.outbox.crashes import plain
from tests.outbox.service import PLACE
from tests.peers.program import Absent, python_with
from tests.time_limit import HANGS

PAGE = Path(__file__).parents[2] / "docs/task-queues.md"
SNIPPETS = {block.marks["file"]: block.text for block in read_blocks(PAGE) if "file" in block.marks}

PROJECT = {
    "shop/__init__.py": "",
    "shop/models.py": (
        "from django.db import models\n\n\nclass Order(models.Model):\n    phone = models.CharField(max_length=20)\n"
    ),
    "orders.py": """
import json, sys
import django
from django.conf import settings

name, port, phones = json.loads(sys.argv[1])
of = {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": "afilnet", "HOST": "127.0.0.1", "PORT": port}
apps = ["shop"]
settings.configure(DATABASES={"default": of}, INSTALLED_APPS=apps, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()
from django.db import connection, transaction
from django.test import RequestFactory
from shop.models import Order
from views import ship

with connection.schema_editor() as editor:
    editor.create_model(Order)
for phone in phones:
    assert ship(RequestFactory().post("/", {"phone": phone})).status_code == 201
try:
    with transaction.atomic():
        ship(RequestFactory().post("/", {"phone": "34999"}))
        raise KeyError
except KeyError:
    pass
print(Order.objects.count())
""",
}
"""A shop around the view of the page: some orders, and one whose transaction is rolled back."""

_databases = itertools.count()


@pytest.fixture(scope="module")
def redis():
    if not shutil.which("redis-server"):
        reason = "redis-server is not installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with brokers.redis() as running:
        yield running.url


class Shop:
    """A folder with the page's files, for a database and a service of its own."""

    def __init__(self, folder, redis, server, sandbox) -> None:
        import psycopg

        self.folder, self.sandbox, self.port = folder, sandbox, server.port
        self.database = f"queue_{next(_databases)}"
        with psycopg.connect(server.url, autocommit=True) as db:
            db.execute(f"CREATE DATABASE {self.database}".encode())
        self.url = server.url.replace("/postgres", f"/{self.database}")
        settings = plain(sandbox.settings("http-post", plain=True))
        config = folder / "afilnet.toml"
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        config.write_text("\n".join(["[profiles.production]", *lines, ""]))
        config.chmod(0o600)
        for name, text in {**SNIPPETS, **PROJECT}.items():
            here = text.replace("postgresql://app@db.example.com/app", self.url)
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(here.replace("redis://localhost/0", redis))
        self.redis = redis
        root = str(Path(__file__).parents[2])
        self.environ = {**os.environ, "AFILNET_CONFIG": str(config), "PYTHONPATH": f"{folder}{os.pathsep}{root}"}
        self.outbox = Outbox(self.url)

    def run(self, source, *words):
        """Let a program of somebody who uses the page's files end."""
        command = [sys.executable, "-c", source, *words]
        ended = subprocess.run(
            command, cwd=self.folder, env=self.environ, capture_output=True, text=True, timeout=300, check=False
        )
        assert not ended.returncode, ended.stderr
        return ended.stdout

    @contextlib.contextmanager
    def worker(self, *words):
        """Let a worker run, with whatever it starts."""
        with (self.folder / "output").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, *words],
                cwd=self.folder,
                env={**self.environ, "C_FORCE_ROOT": "1"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.pid, 15)
            try:
                worker.wait(HANGS)
            except subprocess.TimeoutExpired:
                os.killpg(worker.pid, 9)
                worker.wait()

    def put(self, count):
        """Put entries of two conversations in; return their numbers, shuffled, the half of them twice."""
        numbers = [
            self.outbox.enqueue(**PLACE, destination=f"34{each % 2}", message=f"{each}") for each in range(count)
        ]
        return json.dumps([*reversed(numbers), *numbers[::2]])

    def until_sent(self, count):
        until = time.monotonic() + HANGS
        while self.outbox.status()[State.SENT] < count:
            assert time.monotonic() < until, (self.folder / "output").read_text()
            time.sleep(0.02)

    def arrived(self):
        """Return the texts that arrived in each conversation."""
        found = {}
        for call in self.sandbox.journal():
            if call.operation == "send_message":
                found.setdefault(call.arguments["destination"], []).append(call.arguments["message"])
        return found


@pytest.fixture
def shop(redis, postgresql_server, sandbox, tmp_path):
    sandbox.reset()
    made = Shop(tmp_path, redis, postgresql_server, sandbox)
    with made.outbox:
        yield made
    sandbox.reset()


real = pytest.mark.proof(short="test_a_broker_that_drops_doubles_and_shuffles_changes_no_count")

ASYNC_RING = """
import asyncio, json, sys
from arq import create_pool
from arq_rings import WorkerSettings

async def main():
    pool = await create_pool(WorkerSettings.redis_settings)
    for each in json.loads(sys.argv[1]):
        await pool.enqueue_job("ring", each)

asyncio.run(main())
"""

RINGS = {
    "dramatiq": (
        "import json, sys; from dramatiq_rings import ring\n[ring.send(each) for each in json.loads(sys.argv[1])]",
        ("-m", "dramatiq", "dramatiq_rings", "--processes", "1", "--threads", "3"),
    ),
    "rq": (
        "import json, sys; from rq_rings import *\n[queue.enqueue(ring, each) for each in json.loads(sys.argv[1])]",
        ("-m", "rq.cli", "worker", "--url", "redis://localhost/0"),
    ),
    "arq": (ASYNC_RING, ("-m", "arq", "arq_rings.WorkerSettings")),
}
"""How each is rung, by whoever has the page's file, and what starts its worker."""


def ready(shop, name):
    """Let a queue be found; arq is in an environment of its own, for it wants an older client of Redis."""
    if name != "arq":
        pytest.importorskip(name)
        return
    try:
        interpreter = python_with("arq")
    except Absent as absent:
        pytest.fail(str(absent)) if os.environ.get("CI") else pytest.skip(str(absent))
    packages = next(Path(interpreter).parents[1].glob("lib/python3*/site-packages"))
    shop.environ["PYTHONPATH"] += f"{os.pathsep}{packages}"


@real
@pytest.mark.parametrize("name", RINGS)
def test_a_queue_rings_and_each_message_is_sent_once_in_order(shop, name):
    ready(shop, name)
    rings, command = RINGS[name]
    numbers = shop.put(8)
    with shop.worker(*(word.replace("redis://localhost/0", shop.redis) for word in command)):
        shop.run(rings, numbers)
        shop.until_sent(8)
    assert shop.arrived() == {"340": ["0", "2", "4", "6"], "341": ["1", "3", "5", "7"]}


@real
def test_a_task_that_sent_the_message_by_itself_would_double_it(shop):
    ready(shop, "rq")
    rings, command = RINGS["rq"]
    file = shop.folder / "rq_rings.py"
    by_itself = "outbox._client()[0].send_message(**outbox.entry(number).arguments)"
    file.write_text(file.read_text().replace("outbox.send(number)", by_itself))
    with shop.worker(*(word.replace("redis://localhost/0", shop.redis) for word in command)):
        shop.run(rings, shop.put(2))
        until = time.monotonic() + HANGS
        while sum(map(len, shop.arrived().values())) < 3 and time.monotonic() < until:
            time.sleep(0.02)
    assert Counter(shop.arrived()["340"]) == {"0": 2}


@real
def test_django_and_celery(shop):
    pytest.importorskip("django")
    pytest.importorskip("celery")
    with shop.worker("-m", "celery", "-A", "rings", "worker", "--beat", "-c", "2", "--schedule", "beat"):
        source = (shop.folder / "orders.py").read_text()
        assert shop.run(source, json.dumps([shop.database, shop.port, ["341", "342", "343"]])) == "3\n"
        shop.until_sent(3)
    assert {place: len(texts) for place, texts in shop.arrived().items()} == {"341": 1, "342": 1, "343": 1}
    assert [entry.key for entry in shop.outbox.entries()] == ["order 1", "order 2", "order 3"]
