"""A report with everything in it: each outcome, hostile text, a wire, mutants, coverage; for the tests of reports."""

from __future__ import annotations

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.results.outcome import CaseResult, Exchange, KillResult, Outcome, RunReport

BACKENDS = ("http-get", "http-post", "basic", "soap", "json")
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \"'`| ]]> & \x00 \ud800 😀"
CHAT = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
STEPS = (
    Step("send_message", {**CHAT, "message": f"a\r\n {HOSTILE}"}),
    Step("receive", {**CHAT, "message": "¿qué tal?"}),
    Step("get_messages", CHAT),
)


def example() -> RunReport:
    areas = {"CHAN": 2, "SEND": 5, "MSGS": 4, "UNREAD": 3, "ERR": 6, "SEC": 3, "TEXT": 4}
    report = RunReport(
        seed=20261122,
        targets=BACKENDS,
        started="2026-11-22T17:16:18+00:00",
        seconds=83.21,
        command="afilnet conformance run sandbox --seed 20261122 --profile ci",
    )
    for area, count in areas.items():
        for number in range(1, count + 1):
            for backend in BACKENDS:
                report.results.append(CaseResult(f"{area}-{number:02}", backend, Outcome.PASS, seconds=0.0123))
    by_place = {(result.case, result.backend): result for result in report.results}
    failing = by_place["MSGS-02", "soap"]
    failing.outcome = Outcome.FAIL
    failing.operation, failing.field = "get_messages", "returned[0].message"
    failing.expected, failing.actual = f"a\r\n {HOSTILE}", f"a\n {HOSTILE}"
    failing.reason = f"soap disagrees with model\n  operation get_messages, step 3\n  {HOSTILE}"
    failing.steps = STEPS
    failing.wire = {
        backend: [
            Exchange(
                f"POST /api/{backend}/ HTTP/1.1\ncontent-type: text/xml\n\npassword=••••&message={HOSTILE}", "200"
            ),
            Exchange("POST /api/ HTTP/1.1", 'HTTP/1.1 200 OK\n\n{"status":"SUCCESS","result":{"list":[]}}'),
        ]
        for backend in BACKENDS
    }
    for backend in BACKENDS:
        holding = by_place["SEND-01", backend]
        holding.steps = STEPS[:1]
        holding.wire = {backend: [Exchange(f"POST /api/{backend}/\n\npassword=••••&message=hola", "200\n\nSUCCESS")]}
        holding.left_out = 2
    others = [outcome for outcome in Outcome if outcome not in (Outcome.PASS, Outcome.FAIL)]
    for number, outcome in enumerate(others):
        result = by_place[f"ERR-{number % 6 + 1:02}", BACKENDS[number % 5]]
        result.outcome, result.reason = outcome, f"because of {outcome}: {HOSTILE}"
    report.coverage = {"a conversation with three messages": 412, "an unread message": 37, "an expired token": 3}
    report.floors = {"a conversation with three messages": 50, "an unread message": 20, "an expired token": 5}
    report.kills = [
        KillResult("M01", "a list of one arrives as its item", ("MSGS-01",), ("MSGS-01", "MSGS-02")),
        KillResult("M21", "a send whose answer was lost is sent again", ("SEND-04",), ("TEXT-01",)),
        KillResult("S07", HOSTILE, ("ERR-01",), (), invalid="it cannot be imported"),
    ]
    report.ledger = ["conformance.toml, entry 2 (MSG-* on soap) matches no case: did you mean 'MSGS-01'?"]
    return report
