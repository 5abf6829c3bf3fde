"""What can be seen of a call, and that nothing secret can."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from afilnet_protocols import ConfigurationError, NotFoundError, connect, connect_async
from afilnet_protocols.telemetry import OpenTelemetryHook
from tests.tables import table

PROTOCOLS = ["http-get", "http-post", "basic", "soap", "json"]
CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
UNKNOWN_CHANNEL = CALL | {"platform_id": "999"}


class Watch:
    def __init__(self):
        self.seen = []

    def before(self, call):
        self.seen.append(("before", call.operation, call.attempts, call.verdict))

    def after(self, call):
        self.seen.append(("after", call.operation, call.attempts, call.verdict, call.error))
        self.last = call


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_hooks_see_each_call_before_and_after(sandbox, protocol):
    watch = Watch()
    with connect(sandbox.settings(protocol), hooks=[watch]) as chat:
        chat.send_message(**CALL, message="hola")
        with pytest.raises(NotFoundError) as caught:
            chat.send_message(**UNKNOWN_CHANNEL, message="hola")
    assert watch.seen == [
        ("before", "send_message", 0, ""),
        ("after", "send_message", 1, "done", ""),
        ("before", "send_message", 0, ""),
        ("after", "send_message", 1, "rejected", "NotFoundError"),
    ]
    assert caught.value.call_id == watch.last.call_id
    assert watch.last.protocol == protocol


class OnlyAfter:
    def after(self, call):
        pass


@table("make", [connect, connect_async])
@table("wrong", [Watch(), [Watch], [OnlyAfter()], "x", b"x", 7, None, [None], {"before": 1}])
def test_what_is_no_hook_is_refused_where_it_is_given_and_not_at_every_call(make, wrong):
    with pytest.raises(ConfigurationError, match=r"^hooks is a list of objects"):
        make(user="u", password="a password", hooks=wrong)


def test_hooks_that_are_handed_over_once_watch_every_call(sandbox):
    watch = Watch()

    async def calls():
        async with connect_async(sandbox.settings("http-post"), hooks=iter([watch])) as chat:
            for _ in range(2):
                await chat.get_chat_channels()

    asyncio.run(calls())
    assert len(watch.seen) == 4


FAILING = """
import sys
from afilnet_protocols import AfilnetError, connect
chat = connect(
    protocol="http-post", user="u", password="pass word", base_url="http://127.0.0.1:9", minimum_security="none"
)
def fail():
    try:
        chat.get_chat_channels()
    except AfilnetError:
        pass
fail()
assert "logging" not in sys.modules
import logging
"""
LISTENING = "logging.basicConfig(format='%(name)s %(levelname)s')\n"
"""Said by the application."""


@pytest.mark.parametrize(
    ("listening", "written"), [("", ""), (LISTENING, "afilnet_protocols WARNING\n")], ids=["nobody", "the application"]
)
def test_lines_go_where_the_application_says_and_nowhere_else_also_if_it_loads_logging_late(listening, written):
    program = [sys.executable, "-c", FAILING + listening + "fail()"]
    assert subprocess.run(program, capture_output=True, text=True, check=True).stderr == written


def test_a_line_that_nobody_asked_for_is_noticed():
    """Sabotage: a journal that is not quiet by itself."""
    loud = "logging.Logger.addHandler = lambda *_: None\nfail()"
    program = [sys.executable, "-c", FAILING + loud]
    assert "verdict=not_sent" in subprocess.run(program, capture_output=True, text=True, check=True).stderr


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_structured_line_is_logged_per_call(sandbox, protocol, caplog):
    with caplog.at_level(logging.INFO, "afilnet_protocols"), connect(sandbox.settings(protocol)) as chat:
        chat.send_message(**CALL, message="a text that is private")
    (line,) = [record for record in caplog.records if record.name == "afilnet_protocols"]
    assert line.afilnet_operation == "send_message"
    assert line.afilnet_protocol == protocol
    assert line.afilnet_verdict == "done"
    assert line.afilnet_attempts == 1
    assert f"operation=send_message protocol={protocol} verdict=done" in line.getMessage()
    everything = repr(line.__dict__)
    for private in ("private", "34600000000", "password", "127.0.0.1"):
        assert private not in everything


def test_a_broken_hook_breaks_no_call(sandbox, caplog):
    class Broken:
        def before(self, call):
            raise RuntimeError("secret text")

        def after(self, call):
            raise RuntimeError("secret text")

    with connect(sandbox.settings("http-post"), hooks=[Broken()]) as chat:
        assert chat.get_chat_channels()
    assert caplog.text.count("a hook failed") == 2
    assert "secret text" not in caplog.text


def test_spans_and_metrics_are_recorded(sandbox):
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    hook = OpenTelemetryHook(tracers, MeterProvider([reader]))
    with connect(sandbox.settings("json"), hooks=[hook]) as chat:
        chat.get_chat_channels()
        with pytest.raises(NotFoundError):
            chat.send_message(**UNKNOWN_CHANNEL, message="hola")
    good, bad = exporter.get_finished_spans()
    assert good.name == "afilnet get_chat_channels"
    assert good.attributes["afilnet.verdict"] == "done"
    assert good.status.is_ok or good.status.is_unset
    assert bad.attributes["error.type"] == "NotFoundError"
    assert not bad.status.is_ok
    names = {
        metric.name
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert names == {"afilnet.calls", "afilnet.call.duration"}
