"""M3: canary sends under faults: each message is delivered by exactly one side, and no message twice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

from afilnet_protocols import AfilnetError, CanaryChat, Delivery, NotSentError, connect
from afilnet_protocols.forwarding import Forwarding, invoke
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.server.exchange import Endpoint, HttpAnswer, HttpRequest
from tests.figures.figure import Figure, Run

HERE = {"platform": "whatsapp", "platform_id": "100"}
LOST = HttpAnswer(502, b"<html>Bad gateway</html>", "text/html")
BUSY = HttpAnswer(
    429, b'{"status":"ERROR","error":"SLOW_DOWN"}', "application/json; charset=utf-8", (("Retry-After", "0"),)
)
FAULTS = {"none": 30, "lost after": 5, "lost before": 5, "refused": 4, "busy": 4, "cut": 2}
"""How many of fifty calls that arrive meet which."""
NETWORK = {"connected": 9, "not connected": 1}
"""How many of ten calls arrive."""


def drawn(kinds: dict[str, int], chance: random.Random) -> Iterator[str]:
    """Yield kinds by chance, and none of them more seldom than it is to be."""
    while True:
        deck = [kind for kind, times in kinds.items() for _ in range(times)]
        chance.shuffle(deck)
        yield from deck


class Troubled:
    """Lets every call that JSON carries meet a fault, or none, by chance."""

    def __init__(self, run: Run) -> None:
        self.faults = drawn(FAULTS, run.chance("faults"))
        self.met: Counter[str] = Counter()
        self.calm = True

    @property
    def components(self) -> Components:
        return Components(around=self._around)

    def _around(self, path: str, endpoint: Endpoint) -> Endpoint:
        def troubled(request: HttpRequest) -> HttpAnswer:
            fault = "none" if self.calm else next(self.faults)
            self.met[fault] += not self.calm
            if fault == "lost before":
                return LOST
            if fault == "busy":
                return BUSY
            if fault == "refused":
                return HttpAnswer(200, b'{"status":"ERROR","error":"CHANNEL_NOT_FOUND"}', "application/json")
            answer = endpoint(request)
            if fault == "lost after":
                return LOST
            if fault == "cut":
                return HttpAnswer(answer.status, answer.body[:-4], answer.content_type, answer.headers)
            return answer

        return troubled if path == "/api/json/" else endpoint


class SometimesUnreachable(Forwarding):
    """The candidate, whose network is away now and then."""

    def __init__(self, chat, run: Run, met: Counter[str]) -> None:
        self.chat, self.network, self.met = chat, drawn(NETWORK, run.chance("network")), met

    def _call(self, operation, arguments):
        if next(self.network) == "not connected":
            self.met["not connected"] += 1
            raise NotSentError("not sent: no connection")
        return invoke(self.chat, operation, arguments)

    def close(self) -> None:
        self.chat.close()


def measure(run: Run) -> Figure:
    """Send messages that all differ, and ask the sandbox's ledger what became of each."""
    sends = run.of(250, 500, 10_000)
    trouble = Troubled(run)
    figure = Figure(f"{sends} canary sends while the candidate meets faults", run.seed)
    ended: dict[str, Delivery | None] = {}
    with Sandbox(components=trouble.components, journal_size=2 * sends + 100) as sandbox:
        account = sandbox.account()
        primary = connect(sandbox.settings("http-post", account=account, plain=True))
        candidate = SometimesUnreachable(
            connect(sandbox.settings("json", account=account, plain=True)), run, trouble.met
        )
        trouble.calm = False
        # It never goes back for good, or the faults would not be met.
        with CanaryChat(primary, candidate, share=0.5, window=50, threshold=0.8, rest=0.0, salt=str(run.seed)) as chat:
            for number in range(sends):
                ended[f"message {number}"] = _sent(chat, number)
            counts = chat.counts
        delivered, carried = Counter[str](), Counter[str]()
        for arrived in sandbox.journal(account):
            if arrived.operation == "send_message" and arrived.outcome == "SUCCESS":
                delivered[arrived.arguments["message"]] += 1
                carried[arrived.protocol] += 1
    twice = [text for text, times in delivered.items() if times > 1]
    lost = [text for text, verdict in ended.items() if verdict is None and not delivered[text]]
    untrue = [text for text, verdict in ended.items() if verdict not in (None, Delivery.UNKNOWN) and delivered[text]]
    figure.counts |= {
        "delivered by http-post, the primary": carried["http-post"],
        "delivered by json, the candidate": carried["json"],
        "taken over by the primary": counts.number("fallbacks"),
        "ended as unknown": sum(verdict is Delivery.UNKNOWN for verdict in ended.values()),
        "of which delivered": sum(v is Delivery.UNKNOWN and delivered[t] == 1 for t, v in ended.items()),
        "ended as refused": sum(verdict is Delivery.REJECTED for verdict in ended.values()),
        "faults met": dict(trouble.met),
    }
    figure.targets |= {
        "no message was delivered twice": not twice,
        "every message that was reported as sent was delivered exactly once": not lost and len(ended) == sends,
        "no message that was reported as not sent or refused was delivered": not untrue,
        "both sides carried messages": bool(carried["http-post"] and carried["json"]),
        "every kind of fault was met": set(trouble.met) == {*FAULTS, "not connected"},
    }
    figure.examples = [*twice, *lost, *untrue]
    return figure


def _sent(chat: CanaryChat, number: int) -> Delivery | None:
    """Send one message; return the verdict of its error, ``None`` if there is none."""
    try:
        chat.send_message(**HERE, destination=str(34_600_000_000 + number % 997), message=f"message {number}")
    except AfilnetError as error:
        return error.delivery
    return None
