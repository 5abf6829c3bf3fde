"""M1: planted differences are all found, by comparison and by shadowing, and none is reported where there is none."""

from __future__ import annotations

import contextlib

from afilnet_protocols import AfilnetError, ShadowChat, connect
from afilnet_protocols.catalogue import by_name
from afilnet_protocols.comparison.steps import RECEIVE
from afilnet_protocols.conformance.compare.calls import CHANNELS, drawn
from afilnet_protocols.conformance.compare.comparison import Comparison
from afilnet_protocols.conformance.compare.endpoints import Sides, in_sandbox
from afilnet_protocols.migration.outcome import outcome_of
from afilnet_protocols.sandbox import Sandbox
from tests.figures.figure import Figure, Run
from tests.migration.planted import KINDS, READS, STEPS, Planted
from tests.time_limit import HANGS

TARGETS = ("json", "soap", "basic", "http-get")


def measure(run: Run) -> Figure:
    """Plant each difference and look for it; then look for differences where nothing was planted."""
    figure = Figure("differences between two protocols, by comparison and by shadowing", run.seed)
    planted = Planted()
    with (
        Sandbox(components=planted.components) as sandbox,
        in_sandbox(sandbox, "http-post", "json", plain=True) as sides,
    ):
        Comparison(sides).play(STEPS)
        found = {kind: _found(sides, planted, kind) for kind in KINDS}
    for number, way in enumerate(("comparison", "shadowing")):
        missed = [kind for kind in KINDS if not found[kind][number]]
        figure.counts[f"planted kinds found by {way}"] = f"{len(KINDS) - len(missed)} of {len(KINDS)}"
        figure.targets[f"every planted kind is found by {way}"] = not missed
        figure.examples += [f"not found by {way}: {kind}" for kind in missed]
    figure.targets["at least 12 kinds are planted"] = len(KINDS) >= 12
    compared, reported, noise = _in_peace(run, run.of(100, 500, 5_000), figure)
    figure.counts |= {"calls compared with nothing planted": compared, "differences reported": reported, "noise": noise}
    figure.targets["no difference is reported where there is none"] = compared > 0 and not reported
    shadowed, different = _shadowed_in_peace(run, run.of(100, 500, 5_000))
    figure.counts |= {"reads shadowed with nothing planted": shadowed, "of which different": different}
    figure.targets["no difference is seen by shadowing where there is none"] = shadowed > 0 and not different
    return figure


def _found(sides: Sides, planted: Planted, kind: str) -> tuple[bool, bool]:
    """Return whether a planted difference is found by comparison, and by shadowing."""
    comparison = Comparison(sides)
    planted.kind = kind
    comparison.play(READS)
    compared = bool(comparison.findings.differences)
    planted.kind = None
    # The target's account is what both clients of the shadow look at: one account, two protocols.
    with connect(sides.target.settings.but(protocol="http-post")) as primary, connect(sides.target.settings) as other:
        shadow = ShadowChat(primary, other)
        planted.kind = kind
        for step in READS:
            outcome_of(shadow, by_name(step.do), step.arguments)
        shadow.settle(HANGS)
        planted.kind = None
    return compared, bool(shadow.counts.differences)


def _in_peace(run: Run, calls: int, figure: Figure) -> tuple[int, int, int]:
    compared = reported = noise = 0
    with Sandbox() as sandbox:
        for number, target in enumerate(TARGETS):
            with in_sandbox(sandbox, "http-post", target, plain=True) as sides:
                comparison = Comparison(sides)
                for chapter in drawn(calls // len(TARGETS), run.seed + number):
                    comparison.begin()
                    comparison.play(chapter)
            findings = comparison.findings
            compared, noise = compared + findings.compared, noise + findings.unsettled.total()
            reported += len(findings.differences)
            figure.examples += [f"{target}: {found}" for found in findings.differences.values()]
    return compared, reported, noise


def _shadowed_in_peace(run: Run, calls: int) -> tuple[int, int]:
    """Play drawn calls through a shadowing client; sends and arrivals change what the shadow compares all the time."""
    with Sandbox() as sandbox:
        account = sandbox.account(channels=CHANNELS)
        clients = [connect(sandbox.settings(each, account=account, plain=True)) for each in ("http-get", "json")]
        with ShadowChat(*clients, queued=calls) as shadow:
            for chapter in drawn(calls, run.seed):
                for step in chapter:
                    if step.do == RECEIVE:
                        sandbox.receive(**step.arguments, account=account)
                    else:
                        _call(shadow, step.do, step.arguments)
                shadow.settle(HANGS)
                sandbox.reset(account)
                # A token is what a reset takes away too; the next call fetches another.
            counts = shadow.counts
    return counts.number("compared"), counts.number("different")


def _call(chat: ShadowChat, operation: str, arguments: object) -> None:
    with contextlib.suppress(AfilnetError):
        getattr(chat, operation)(**arguments)
