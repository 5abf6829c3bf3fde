"""OpenTelemetry spans and metrics for every call: `connect(…, hooks=[OpenTelemetryHook()])`. Needs the extra `otel`.

A span is named ``afilnet OPERATION`` and carries the operation, the protocol, the verdict and the number of attempts.
No argument, address or secret is ever recorded.
"""

from __future__ import annotations

from afilnet_protocols.extras import absence
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.process.fork import begin_afresh

try:
    from opentelemetry import metrics, trace
    from opentelemetry.trace import Span, SpanKind, StatusCode
except ImportError as error:
    raise ImportError(absence("otel", "OpenTelemetryHook")) from error


class OpenTelemetryHook:
    """Records a span, a duration and a count for each call.

    Args:
        tracer_provider: where spans go; the global provider by default.
        meter_provider: where metrics go; the global provider by default.
    """

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer("afilnet_protocols", tracer_provider=tracer_provider)
        meter = metrics.get_meter("afilnet_protocols", meter_provider=meter_provider)
        self._calls = meter.create_counter("afilnet.calls", description="Calls by operation, protocol and verdict")
        self._duration = meter.create_histogram("afilnet.call.duration", unit="s", description="Duration of a call")
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have no span open: those that the parent's threads have begun are the parent's to end."""
        self._spans: dict[str, Span] = {}

    def before(self, call: CallInfo) -> None:
        """Open the span of a call."""
        span = self._tracer.start_span(f"afilnet {call.operation}", kind=SpanKind.CLIENT)
        span.set_attribute("afilnet.operation", call.operation)
        span.set_attribute("afilnet.protocol", call.protocol)
        span.set_attribute("afilnet.call_id", call.call_id)
        self._spans[call.call_id] = span

    def after(self, call: CallInfo) -> None:
        """Close the span of a call, and count it."""
        facts = {
            "afilnet.operation": call.operation,
            "afilnet.protocol": call.protocol,
            "afilnet.verdict": call.verdict,
        }
        self._calls.add(1, facts)
        self._duration.record(call.duration, facts)
        span = self._spans.pop(call.call_id, None)
        if span is None:
            return
        span.set_attribute("afilnet.verdict", call.verdict)
        span.set_attribute("afilnet.attempts", call.attempts)
        if call.error:
            span.set_attribute("error.type", call.error)
            span.set_status(StatusCode.ERROR)
        span.end()
