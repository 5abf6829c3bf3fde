"""Damaged answers: none makes a call raise what is not ours, hang, or report a success that the answer does not hold.

The oracle reads answers with parsers that the library does not use: `json` of the standard library, expat, http.client.
"""

from __future__ import annotations

import functools
import http.client
import io
import json
import random
import re
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable

from afilnet_protocols import catalogue
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire import Codec, Reply, Request
from tests.figures.figure import Figure, Run
from tests.figures.stage import DONE, PERSON, PROTOCOLS, Connect, attempt, opened, operate
from tests.transport.scripted import Peer, ScriptedServer, ask, cut

ON_THE_WIRE = 0.02
"""The share that goes through a socket, its HTTP damaged too."""

SLOW = 2.0
STATUSES = (200,) * 12 + (201, 204, 301, 400, 401, 429, 500, 503)

Change = Callable[[Codec], Codec]


def measure(
    run: Run, *, change: Change = lambda codec: codec, count: int | None = None, connect: Connect = opened
) -> Figure:
    """Measure 50,000 answers (500,000 in the long form, 2,000 in the short one), over the five protocols.

    Args:
        run: how.
        change: what is done to each codec, for those who want to see it fail.
        count: another number of answers.
        connect: makes the clients that read from a socket.
    """
    count = count or run.of(2_000, 50_000, 500_000)
    tally: Counter[str] = Counter()
    figure = Figure("fuzzed answers over the five protocols", run.seed)
    wired = int(count * ON_THE_WIRE)
    for protocol in PROTOCOLS:
        codec, seeds = _material(protocol)
        _decode(run.chance(protocol), protocol, change(codec), seeds, (count - wired) // 5, tally, figure.examples)
    _exchange(run.chance("wire"), wired, tally, figure.examples, connect)
    figure.counts = {
        "answers": tally["answers"],
        "of them over a socket": tally["wired"],
        "read as a success, rightly": tally["right success"],
        **{f"ended as {verdict}": tally[verdict] for verdict in (DONE, "rejected", "unknown", "not_sent")},
        "slowest reading": f"{tally['slowest us'] / 1000:.0f} ms of CPU",
    }
    figure.targets = {
        f"{count} answers": tally["answers"] >= count * 0.999,
        "0 foreign exceptions": not tally["foreign"],
        "0 fabricated successes": not tally["fabricated"],
        f"0 that take more than {SLOW:g} s of CPU": tally["slowest us"] < SLOW * 1e6,
        "some answers were still successes": tally["right success"] > 0,
    }
    return figure


def _material(protocol: str) -> tuple[Codec, list[tuple[Operation[object], Reply]]]:
    """Return a codec, and right answers to each operation."""
    seen: list[Reply] = []
    with Sandbox() as sandbox:
        for text in ("hola", "ñ & <b> \U0001f600"):
            sandbox.receive(**PERSON, message=text)
        chat = opened(sandbox.settings(protocol))
        assert isinstance(chat, WireBackend)
        chat.goes_straight = False  # each answer passes there
        kept = chat._exchange

        def exchange(request: Request, *args: object, **kwargs: object) -> Steps[Reply]:
            seen.append((yield from kept(request, *args, **kwargs)))  # type: ignore[arg-type]  # handed on as they came
            return seen[-1]

        chat._exchange = exchange  # type: ignore[method-assign, assignment]  # to look at what passes
        found: list[tuple[Operation[object], Reply]] = []
        for operation in catalogue.OPERATIONS:
            for code in (None, "CHANNEL_NOT_FOUND", "SOMETHING_ELSE"):
                if code is not None:
                    sandbox.answer(code)
                attempt(functools.partial(operate, chat, operation.name))
                found.append((operation, seen[-1]))
        chat.close()
        return chat._codec, found


def _decode(
    chance: random.Random,
    protocol: str,
    codec: Codec,
    seeds: list[tuple[Operation[object], Reply]],
    count: int,
    tally: Counter[str],
    examples: list[str],
) -> None:
    bodies = [reply.body for _, reply in seeds]
    for _ in range(count):
        operation, right = chance.choice(seeds)
        body = damaged(chance, right.body, bodies)
        status = right.status if chance.random() < 0.7 else chance.choice(STATUSES)
        reply = Reply(status, {"content-type": right.headers.get("content-type", "")}, body)
        begun = time.thread_time()
        outcome = attempt(functools.partial(codec.decode, operation, reply))
        taken = int((time.thread_time() - begun) * 1e6)
        tally["slowest us"] = max(tally["slowest us"], taken)
        tally["answers"] += 1
        tally[outcome.verdict] += 1
        if outcome.foreign:
            tally["foreign"] += 1
            examples.append(f"{protocol}, {operation.name}: {outcome.error!r} from {body[:200]!r}")
        if outcome.verdict == DONE:
            holds = 200 <= status < 300 and (soap_success(body) if protocol == "soap" else json_success(body))
            tally["right success" if holds else "fabricated"] += 1
            if not holds:
                examples.append(f"fabricated: {protocol}, {operation.name}, HTTP {status}: {body[:300]!r}")


def damaged(chance: random.Random, body: bytes, others: list[bytes]) -> bytes:
    """Return bytes with one to three things done to them."""
    data = bytearray(body)
    for _ in range(chance.randint(1, 3)):
        at, to = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
        match chance.randrange(9):
            case 0:
                del data[at:]
            case 1:
                del data[at:to]
            case 2:
                data[at:at] = data[at:to]
            case 3 if data:
                data[min(at, len(data) - 1)] ^= 1 << chance.randrange(8)
            case 4:
                data[at:at] = chance.randbytes(chance.randint(1, 8))
            case 5:
                other = chance.choice(others)
                data[at:] = other[chance.randint(0, len(other)) :]
            case 6:
                data[at:at] = chance.choice(
                    (b"\0", b"\xff", b'"', b"{", b"]", b"<", b"&#0;", b"<!--", b"]]>", b"1e999")
                )
            case 7:
                data = bytearray(data.replace(b"SUCCESS", chance.choice((b"SUCCES", b"true", b"ERROR", b"", b"0"))))
            case 8:
                data = bytearray(chance.randbytes(chance.randint(0, 64))) if chance.random() < 0.1 else data
    return bytes(data)


def json_success(body: bytes) -> bool:
    """Whether a lenient reader finds a success in JSON: status, no error, a list of whole records or none."""
    try:
        document = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict) or document.get("error"):
        return False
    return str(document.get("status")).strip().casefold() == "success"


def soap_success(body: bytes) -> bool:
    """Whether expat finds one envelope with one status that says so, without Fault or error.

    Bytes that are UTF-8 are UTF-8, whatever the declaration says: damage to its label alone takes nothing away.
    """
    try:
        tree = ElementTree.fromstring(body, ElementTree.XMLParser(encoding="utf-8"))
    except (ElementTree.ParseError, ValueError, LookupError):
        return False
    names = [element.tag.rpartition("}")[2] for element in tree.iter()]
    statuses = [element.text or "" for element in tree.iter() if element.tag.rpartition("}")[2] == "status"]
    errors = [element for element in tree if element.tag.rpartition("}")[2] == "error" and element.text]
    words = [status for status in statuses if status.strip().casefold() in ("success", "error")]
    return "Fault" not in names and not errors and [word.strip().casefold() for word in words] == ["success"]


def _exchange(chance: random.Random, count: int, tally: Counter[str], examples: list[str], connect: Connect) -> None:
    """Have damaged HTTP come over a socket, to sends over ``http-post``."""
    right = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{"status":"SUCCESS"}'
    chunked = b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n{"status":\r\na\r\n"SUCCESS"}\r\n0\r\n\r\n'
    said: list[bytes] = []

    def answer(peer: Peer) -> None:
        peer.socket.sendall(said[-1])

    with Sandbox() as sandbox, ScriptedServer((ask, answer, cut)) as server:
        settings = sandbox.settings("http-post", plain=True, base_url=server.url(""), timeout=10)
        for _ in range(count):
            said.append(damaged(chance, chance.choice((right, chunked)), [right, chunked]))
            with connect(settings) as chat:
                begun = time.thread_time()
                outcome = attempt(functools.partial(operate, chat, "send_message"))
                tally["slowest us"] = max(tally["slowest us"], int((time.thread_time() - begun) * 1e6))
            tally["answers"] += 1
            tally["wired"] += 1
            tally[outcome.verdict] += 1
            if outcome.foreign or outcome.verdict == "not_sent":
                tally["foreign"] += 1
                examples.append(f"over a socket: {outcome.error!r} from {said[-1]!r}")
            if outcome.verdict == DONE:
                holds = _http_success(said[-1])
                tally["right success" if holds else "fabricated"] += 1
                if not holds:
                    examples.append(f"fabricated over a socket: {said[-1]!r}")


class _Received:
    """What http.client takes for a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


_SPACE_AFTER_VALUE = re.compile(rb"(?<=[^ \t\r\n])[ \t]+(?=\r?\n)")
_END_OF_HEAD = re.compile(rb"\n\r?\n")


def _http_success(data: bytes) -> bool:
    # White space after a value is no part of it (RFC 9112 §5.1); http.client does not know "chunked\t" for that.
    end = _END_OF_HEAD.search(data)
    start = end.start() + 1 if end else 0
    data = _SPACE_AFTER_VALUE.sub(b"", data[:start]) + data[start:]
    response = http.client.HTTPResponse(_Received(data))  # type: ignore[arg-type]  # all that it uses of a socket
    try:
        response.begin()
        body = response.read()
    except (http.client.HTTPException, ValueError, OSError):
        return False
    return 200 <= response.status < 300 and json_success(body)
