"""What an outbox tells OpenTelemetry is what is in it; and how fast entries come into their states."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from afilnet_protocols import InvalidRequestError, Outbox
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.metrics import exposition
from afilnet_protocols.outbox.telemetry import OPEN, OutboxMeters
from afilnet_protocols.settings import Settings
from tests.outbox.service import PLACE, Service


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def outbox(new_place, service):
    place, how = new_place()
    settings = Settings(user="u", password="p", settle=5.0)
    with Outbox(place, settings, make_client=lambda _: service, conduct=service.conduct(), **how) as opened:
        yield opened


@pytest.fixture
def reader():
    return InMemoryMetricReader()


def put(outbox, *texts):
    for text in texts:
        outbox.enqueue(**PLACE, destination=f"34{text}", message=text)


def told(reader):
    """Return each metric's values, by the state they are of and the error."""
    data = reader.get_metrics_data()
    return {
        metric.name: {tuple(point.attributes.values()): point.value for point in metric.data.data_points}
        for resource in (data.resource_metrics if data else [])
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def test_depth_age_and_outcomes_are_told(outbox, service, reader):
    meters = OutboxMeters(outbox, MeterProvider([reader]))
    put(outbox, *"abc")
    service.fates = [("done", 0.0), ("refused", 0.0), ("dropped", 0.0)]
    outbox.run(on_progress=meters.count)
    put(outbox, "d")
    found = told(reader)
    assert found["afilnet.outbox.entries"] == {(str(state),): count for state, count in outbox.status().items()}
    assert found["afilnet.outbox.outcomes"] == {
        ("sent",): 1,
        ("rejected", "NotFoundError"): 1,
        ("unknown", "OutcomeUnknownError"): 1,
    }
    oldest = found["afilnet.outbox.oldest"]
    assert set(oldest) == {(str(state),) for state in OPEN}
    assert oldest[("sending",)] == 0
    assert 0 <= oldest[("unknown",)] < 60
    for state, count in outbox.status().items():  # Prometheus is told the same
        assert f'afilnet_outbox_entries{{state="{state}"}} {count}' in exposition(outbox)


def test_an_outbox_that_is_closed_or_gone_shows_nothing(new_place, reader):
    place, how = new_place()
    outbox = Outbox(place, Settings(user="u", password="p"), **how)
    meters = OutboxMeters(outbox, MeterProvider([reader]))
    put(outbox, "a")
    assert told(reader)["afilnet.outbox.entries"][("pending",)] == 1
    outbox.close()
    assert not told(reader)
    del outbox
    gc.collect()
    assert not told(reader)
    assert meters


def test_what_came_of_late_is_told_by_the_second(outbox, service):
    put(outbox, *"abcd")
    assert outbox.rates() == {**dict.fromkeys(State, 0.0), State.PENDING: 4 / 60}
    service.fates = [("dropped", 0.0)]
    outbox.run(limit=3)
    expected = {State.PENDING: 0.1, State.SENT: 0.2, State.UNKNOWN: 0.1}
    assert outbox.rates(over=10) == pytest.approx({**dict.fromkeys(State, 0.0), **expected})
    with pytest.raises(InvalidRequestError):
        outbox.rates(over=0)


def test_what_came_long_ago_is_not(outbox):
    put(outbox, "a")
    long_ago = datetime.now(UTC) - timedelta(minutes=2)
    store = outbox._store
    if hasattr(store, "_transaction"):
        moment = long_ago.isoformat(timespec="milliseconds")
        store._transaction(lambda db: db.execute("UPDATE afilnet_outbox SET changed_at = ?", (moment,)))
    else:
        store._count("UPDATE {outbox} SET changed_at = %s", (long_ago,))
    assert outbox.rates()[State.PENDING] == 0
    assert outbox.rates(over=180)[State.PENDING] == pytest.approx(1 / 180)
