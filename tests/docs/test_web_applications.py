"""The applications of the page on the support desk, each run by its framework, in a process of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from afilnet_protocols import Inbox
from afilnet_protocols.inbox.bridges.webhook import Webhook, signature
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.environment import given_by
from tests.docs.blocks import read_blocks
from tests.time_limit import HANGS

ROOT = Path(__file__).parents[2]
PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
SECRET = "the secret of the page"

FILES = {
    block.marks["file"]: block.text
    for block in read_blocks(ROOT / "docs/support-desk.md")
    if "file" in block.marks
}  # fmt: skip

SERVED = """
import socket, uvicorn
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen()
print(listening.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])
"""

DJANGO = """
import django
from django.conf import settings
settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x", USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "app.db"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()
from django.db import connection, models

class Ticket(models.Model):
    key = models.TextField(unique=True)
    text = models.TextField()
    class Meta:
        app_label = "desk"

with connection.schema_editor() as editor:
    editor.create_model(Ticket)
"""

DJANGO_SERVED = """
from django.core.wsgi import get_wsgi_application
from django.urls import path
from wsgiref.simple_server import WSGIRequestHandler, make_server
urlpatterns = [path("messages", message)]
WSGIRequestHandler.log_message = lambda *_: None
server = make_server("127.0.0.1", 0, get_wsgi_application())
print(server.server_port, flush=True)
server.serve_forever()
"""

FAILS_ONCE = """
from afilnet_protocols import Inbox
from afilnet_protocols.inbox import settling
settling.FIRST_PAUSE = 0.0
PLACE, failed = "app.db", []

class FailsOnce(Ticket):
    class Meta:
        proxy = True
        app_label = "desk"
    def save(self, *given, **named):
        super().save(*given, **named)
        if not failed:
            failed.append(self)
            raise OSError("the disk of the application")

Ticket = FailsOnce
"""

SQLALCHEMY = """
import asyncio, contextlib, logging, signal
import sqlalchemy
from fastapi import FastAPI
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from afilnet_protocols import AsyncInbox

PLACE = "app.db"
engine = sqlalchemy.create_engine("sqlite:///app.db")

class Base(DeclarativeBase):
    pass

class Ticket(Base):
    __tablename__ = "desk_ticket"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]

Base.metadata.create_all(engine)
"""

CELERY = """
from celery import Celery
from celery.contrib.testing.worker import start_worker
from afilnet_protocols import Inbox, Outbox

PLACE = "app.db"
app = Celery("desk", broker="memory://", backend="cache+memory://")
"""

CELERY_RUN = """
with start_worker(app, perform_ping_check=False, pool="solo"), Inbox(PLACE, start="all") as inbox:
    def twice(incoming):
        answer(incoming)
        doubled.append(think.apply_async((incoming.key, incoming.text, incoming.conversation)))
    doubled = []
    inbox.handler()(twice)
    inbox.run(wait=False)
    doubled[0].get(timeout=60)
    inbox.run(wait=False)
"""


def needs(*packages: str) -> None:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        reason = f"{', '.join(missing)} is not installed: it is in the extra dev"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


class Application:
    """A folder in which applications are run, and the account of the service that they are for."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.folder = folder
        self.account: Account = sandbox.account()
        settings = sandbox.settings("http-post", account=self.account, plain=True)
        self.settings = settings
        self.environment = {
            **os.environ,
            **given_by(settings, FIELDS),
            "AFILNET_WEBHOOK_SECRET": SECRET,
            "PYTHONPATH": str(ROOT),
        }

    def written(self, *parts: str) -> list[str]:
        alone = "import os\nos.umask(0o077)"  # a file that others may read is no place for messages
        (self.folder / "application.py").write_text("\n".join([alone, *parts]), "utf-8")
        return [sys.executable, "application.py"]

    def run(self, *parts: str) -> None:
        done = subprocess.run(
            self.written(*parts), cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    @contextlib.contextmanager
    def served(self, *parts: str) -> Iterator[str]:
        """Run an application that prints its port; yield where its messages go."""
        with subprocess.Popen(
            self.written(*parts), cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True
        ) as running:
            assert running.stdout is not None
            try:
                yield f"http://127.0.0.1:{int(running.stdout.readline())}/messages"
            finally:
                running.send_signal(signal.SIGTERM)
                running.wait(HANGS)

    def answers(self) -> list[str]:
        return [
            call.arguments["message"] for call in self.account.journal() if call.operation == "send_message"
        ]  # fmt: skip

    def tickets(self) -> list[str]:
        with contextlib.closing(sqlite3.connect(self.folder / "app.db")) as database:
            return [text for (text,) in database.execute("SELECT text FROM desk_ticket ORDER BY id")]


@pytest.fixture
def application(sandbox, tmp_path):
    made = Application(sandbox, tmp_path)
    made.account.receive(**PERSON, message="It broke.")
    yield made
    sandbox.drop(made.account)


def post(url, secret=SECRET, moment=None, key="k"):
    body = json.dumps({"message": "by hand"}).encode()
    headers = {"Afilnet-Signature": signature(secret, int(moment or time.time()), body), "Idempotency-Key": key}
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


RECEIVERS = {
    "fastapi": (("receiver_fastapi.py",), "", SERVED, "We are on it: It broke."),
    "django": (("receiver_django.py",), DJANGO, DJANGO_SERVED, "This is ticket 1"),
}


@pytest.mark.parametrize("framework", RECEIVERS)
def test_a_receiver_answers_and_believes_no_other_signature(application, framework):
    needs(framework)
    (file,), before, after, answer = RECEIVERS[framework]
    with (
        application.served(before, FILES[file], after) as url,
        Inbox(application.folder / "inbox.db", application.settings, start="all") as inbox,
    ):
        inbox.handler()(Webhook(url, secret=SECRET))
        inbox.run(wait=False)
        assert application.answers() == [answer]
        assert post(url, secret="another") == 403
        assert post(url, moment=time.time() - 3600) == 403
        assert [post(url), post(url)] == [200, 200]
    if framework == "django":
        assert application.tickets() == ["It broke.", "by hand"]


def test_django_s_rows_replies_and_mark_are_one_transaction(application):
    needs("django")
    application.run(DJANGO, FAILS_ONCE, FILES["answer_django.py"])
    assert application.tickets() == ["It broke."]
    assert application.answers() == ["This is ticket 1"]


@pytest.mark.proof(short="test_django_s_rows_replies_and_mark_are_one_transaction")
def test_fastapi_answers_for_as_long_as_it_lives(application):
    needs("fastapi", "sqlalchemy")
    with application.served(SQLALCHEMY, FILES["lifespan_fastapi.py"], "app = FastAPI(lifespan=lifespan)", SERVED):
        until = time.monotonic() + HANGS
        while not application.answers() and time.monotonic() < until:
            time.sleep(0.05)
    assert application.tickets() == ["It broke."]
    assert application.answers() == ["This is a ticket"]


@pytest.mark.proof(short="test_django_s_rows_replies_and_mark_are_one_transaction")
@pytest.mark.parametrize("watches", [True, False])
def test_fastapi_ends_when_its_inbox_cannot_go_on_and_would_not_by_itself(application, watches):
    needs("fastapi", "sqlalchemy")
    application.environment["AFILNET_PASSWORD"] = "another"
    lifespan = FILES["lifespan_fastapi.py"]
    if not watches:
        lifespan = lifespan.replace(
            "running.add_done_callback(watch)", 'running.add_done_callback(lambda _: print("over", flush=True))'
        )
    written = application.written(SQLALCHEMY, lifespan, "app = FastAPI(lifespan=lifespan)", SERVED)
    with subprocess.Popen(
        written,
        cwd=application.folder,
        env=application.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        if watches:
            _, said = running.communicate(timeout=HANGS)
            assert running.returncode == -signal.SIGTERM
        else:
            assert [running.stdout.readline(), running.stdout.readline()][1] == "over\n"
            assert running.poll() is None
            running.terminate()
            _, said = running.communicate(timeout=HANGS)
    assert "AuthenticationError" in said


@pytest.mark.proof(short="test_the_same_entry_under_the_same_key_is_there_once")
def test_a_task_of_celery_that_comes_twice_answers_once(application):
    needs("celery")
    application.run(CELERY, FILES["tasks_celery.py"], CELERY_RUN)
    assert sorted(application.answers()) == ["We think about it.", "We thought about: It broke."]


def test_sabotage_a_ticket_outside_of_the_transaction_is_doubled(application):
    needs("django")
    spoilt = (
        FILES["answer_django.py"]
        .replace("transaction.atomic(), incoming", "incoming")
        .replace("incoming.transaction(connection)", "contextlib.nullcontext()")
    )
    application.run("import contextlib", DJANGO.replace("unique=True", "unique=False"), FAILS_ONCE, spoilt)
    assert application.tickets() == ["It broke."] * 2
