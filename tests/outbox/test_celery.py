"""A bell that is dropped, doubled and shuffled changes no count; nor do real brokers that are killed."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

celery = pytest.importorskip("celery")

from afilnet_protocols import AuthenticationError, InvalidRequestError, Outbox  # noqa: E402
from afilnet_protocols.celery import Bell  # noqa: E402
from afilnet_protocols.outbox import State  # noqa: E402
from afilnet_protocols.settings import Settings  # noqa: E402
from tests.outbox.service import PLACE, Service  # noqa: E402

SETTINGS = Settings(user="u", password="p", settle=5.0)
_schemas = itertools.count()


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def rung(new_place, service):
    """Return an outbox and its bell."""
    place, how = new_place()
    app = celery.Celery("tests", broker="memory://")
    bell = Bell(app, place, SETTINGS, make_client=lambda _: service, **how)
    with Outbox(place, SETTINGS, **how) as outbox:
        yield outbox, bell
    if hasattr(bell._opened, "outbox"):
        bell._opened.outbox.close()


def put(outbox, text, place="341", **more):
    return outbox.enqueue(**PLACE, destination=place, message=text, **more)


def test_a_task_returns_its_entry_s_verdict_as_data(rung, service):
    outbox, bell = rung
    service.fates = [("done", 0.0), ("refused", 0.0), ("dropped", 0.0)]
    verdicts = [bell.send(put(outbox, text)) for text in "abc"]
    assert [verdict["state"] for verdict in verdicts] == ["sent", "rejected", "unknown"]
    assert [verdict["error"] for verdict in verdicts] == [None, "NotFoundError", "OutcomeUnknownError"]
    assert bell.send(put(outbox, "later", not_before=datetime.now(UTC) + timedelta(hours=1)))["state"] == "pending"
    assert bell.send(99)["state"] is None


def test_refused_credentials_are_told_as_data_and_nothing_is_lost(rung, service):
    outbox, bell = rung
    right = service.send_message

    def refuse(**_):
        raise AuthenticationError("INCORRECT_USER_PASSWORD")

    service.send_message = refuse
    verdict = bell.send(put(outbox, "a"))
    assert (verdict["state"], verdict["error"]) == ("pending", "AuthenticationError")
    assert bell.sweep()["error"] == "AuthenticationError"
    service.send_message = right
    assert bell.sweep()["sent"] == 1


def test_a_soft_time_limit_leaves_the_entry_in_doubt(rung, service):
    outbox, bell = rung

    def interrupted(**_):
        raise celery.exceptions.SoftTimeLimitExceeded

    service.send_message = interrupted
    assert bell.send(put(outbox, "a"))["state"] == "unknown"


@pytest.mark.parametrize("seed", range(3))
def test_a_broker_that_drops_doubles_and_shuffles_changes_no_count(rung, service, seed):
    outbox, bell = rung
    chance = random.Random(seed)
    numbers = [put(outbox, f"{count}", place=f"34{count % 4}") for count in range(30)]
    chance.shuffle(numbers)
    for number in numbers[10:20] * 2 + numbers[20:]:
        bell.send(number)
    bell.sweep()
    assert outbox.status()[State.SENT] == 30
    assert set(service.copies().values()) == {1}
    for texts in service.messages.values():
        assert [int(text) for text, _ in texts] == sorted(int(text) for text, _ in texts)


def test_a_bell_that_sent_by_itself_would_double(rung, service):
    outbox, _ = rung
    number = put(outbox, "a")
    for _ in range(2):
        service.send_message(**outbox.entry(number).arguments)  # what a task that carries the message does
    assert service.copies()[("341", "a")] == 2


def test_it_rings_when_the_transaction_is_committed_and_not_before(rung, monkeypatch):
    _, bell = rung
    told, waiting = [], []
    monkeypatch.setattr(bell._send, "delay", told.append)
    bell.ring(1, after=waiting.append)
    assert told == []
    waiting[0]()
    bell.ring(2)
    assert told == [1, 2]


def test_a_broker_that_is_gone_is_left_to_the_sweep(rung, service):
    outbox, _ = rung
    app = celery.Celery("gone", broker="redis://127.0.0.1:1/0")
    app.conf.task_publish_retry = False
    app.conf.broker_transport_options = {"max_retries": 0}  # it does not look for the broker again and again
    Bell(app, "outbox.db", SETTINGS).ring(put(outbox, "a"))


def test_a_sweep_leaves_what_is_for_later_and_ends(rung, service):
    """A task that waited for it would keep its worker from all others, and the next sweep another one."""
    outbox, bell = rung
    numbers = [put(outbox, "soon", not_before=datetime.now(UTC) + timedelta(seconds=3)), put(outbox, "now", "342")]
    assert (bell.sweep()["sent"], bell.sweep()["sent"]) == (1, 0)
    assert [outbox.entry(number).state for number in numbers] == [State.PENDING, State.SENT]


@pytest.mark.parametrize("sweeping", [0, -1, "60", True, float("nan")])
def test_how_often_is_a_length_of_time(sweeping):
    with pytest.raises(InvalidRequestError, match="sweeping"):
        Bell(celery.Celery("tests"), "outbox.db", SETTINGS, sweeping=sweeping)


def test_beat_sweeps(rung):
    app = celery.Celery("other")
    app.conf.beat_schedule = {"mine": {"task": "mine", "schedule": 1.0}}
    Bell(app, "outbox.db", SETTINGS, sweeping=30.0)
    assert set(app.conf.beat_schedule) == {"mine", "afilnet_protocols"}
    assert app.conf.beat_schedule["afilnet_protocols"]["task"] == "afilnet_protocols.sweep"
    assert {"afilnet_protocols.send", "afilnet_protocols.sweep"} <= set(app.tasks)
    Bell(app, "another.db", SETTINGS, name="another")
    assert "another.send" in app.tasks


def test_without_celery_it_says_how_to_install_it():
    source = "import sys; sys.modules['celery'] = None; import afilnet_protocols.celery"
    ended = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert "pip install 'afilnet-protocols[celery]'" in ended.stderr
