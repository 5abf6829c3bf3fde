"""S8: hostile XML, descriptions, JSON and token answers, each refused at once, without memory, files or connections."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from afilnet_protocols import AfilnetError, catalogue
from afilnet_protocols.oauth.refusal import Asked
from afilnet_protocols.oauth.token import Terms, read_token
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.json_envelope import read_document
from tests.figures.figure import Figure, Run
from tests.matrix import PROTOCOLS, TOKEN_ANSWER, Patient, settings_at
from tests.oauth.test_token import HOSTILE, MALFORMED
from tests.sizes import SHORT
from tests.transport.scripted import Peer, ScriptedServer, answer
from tests.wire.soap import hostile_xml
from tests.work import slowness

SECONDS, MEGABYTES = 1.0, 32.0
BOMB = 500_000_000

Row = dict[str, object]

_STRICT = Terms(scope="chat", longest=3600, strict=True)


def xml_rows() -> list[Row]:
    """Give the corpus of XML and descriptions to a process that is watched, beside a port and a FIFO that count."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as trap:
        fifo = Path(folder) / "fifo"
        os.mkfifo(fifo)
        where = ["--port", str(trap.getsockname()[1]), "--fifo", str(fifo)]
        command = [sys.executable, "-W", "ignore", hostile_xml.__file__, *where]
        finished = subprocess.run(command, capture_output=True, check=True, timeout=300, text=True)
        trap.setblocking(False)
        try:
            trap.accept()[0].close()
        except BlockingIOError:
            return [json.loads(line) for line in finished.stdout.splitlines()]
    raise AssertionError("somebody connected to what a document names")


def json_documents() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield hostile token answers and hostile envelopes, each as what reads it."""
    for number, (body, status) in enumerate(HOSTILE):
        reply = Reply(status, {}, body)
        yield f"token {number}", lambda it=reply: read_token(it, asked_at=0.0, asked=Asked(), terms=_STRICT)
    deep = [b'{"status":"SUCCESS","result":' + b"[" * count + b"]" * count + b"}" for count in (65, 1_000, 100_000)]
    lists = [{"list": "x"}, {"list": 5}, {"list": [1]}, {"list": [None]}, {"list": [[]]}, {"list": [{}]}, "x"]
    wrong = [json.dumps({"status": "SUCCESS", "result": each}).encode() for each in lists]
    wrong += [json.dumps({"status": each}).encode() for each in (None, 1, True, [], {}, "", "OK", "SUC CESS", "\x00")]
    wrong += [b'{"status":"SUCCESS","status":"ERROR"}', b'{"status":"SUCCESS","result":{"list":[],"list":[]}}']
    for operation in (catalogue.GET_MESSAGES, catalogue.GET_CHAT_CHANNELS, catalogue.SEND_MESSAGE):
        for number, body in enumerate([*MALFORMED, *deep, *wrong]):
            if operation is catalogue.SEND_MESSAGE and body in wrong[: len(lists)]:
                continue  # what a confirmed send brings along means nothing
            reply = Reply(200, {}, body)
            yield (
                f"envelope {number} of {operation.name}",
                lambda it=reply, asked=operation: read_document(asked, it),
            )


def measured(name: str, use: Callable[[], object]) -> Row:
    """Give a document to its reader, and tell what came of it, how long it took, and how far memory grew."""
    Path("/proc/self/clear_refs").write_text("5")
    before, start, outcome = hostile_xml.memory("VmRSS"), time.process_time(), "accepted"
    try:
        use()
    except AfilnetError as error:
        outcome = f"{type(error).__module__}.{type(error).__name__}"
    except Exception as error:
        outcome = f"foreign {type(error).__name__}"
    grown = (hostile_xml.memory("VmHWM") - before) / 1024
    return {"name": name, "outcome": outcome, "seconds": time.process_time() - start, "megabytes": grown}


def _explode(peer: Peer) -> None:
    """Answer with half a gigabyte of zeros, compressed to half a megabyte, as a stream; a token is asked for first."""
    peer.ask()
    if b"/oauth/token " in peer.visit.processed[-1].partition(b"\r\n")[0]:
        peer.socket.sendall(answer(TOKEN_ANSWER))
        peer.visit.received.clear()
        peer.ask()
    peer.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
    packer, zeros = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1_000_000)
    for _ in range(BOMB // len(zeros)):
        if piece := packer.compress(zeros):
            peer.socket.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))


def bomb_rows() -> Iterator[Row]:
    """Let every protocol be answered by the gzip bomb, for a read and for a send."""
    with ScriptedServer((_explode,)) as server:
        for protocol in PROTOCOLS:
            with Patient(settings_at(protocol, f"http://127.0.0.1:{server.port}", timeout=5)) as patient:
                for operation in ("get_messages", "send_message"):
                    once = _Once(patient, operation)
                    once.warm()
                    yield measured(f"500 MB of gzip, {protocol} {operation}", once)


class _Once:
    """One call that is made once, however its answer ends."""

    def __init__(self, patient: Patient, operation: str) -> None:
        self._patient, self._operation = patient, operation

    def warm(self) -> None:
        """Repeat nothing: what is measured is one answer."""
        from afilnet_protocols.calls.retry import RetryRule

        self._patient.chat._rule = RetryRule(at_least_once=False)

    def __call__(self) -> object:
        return self._patient.call(self._operation)


def measure(run: Run) -> Figure:
    """Give every hostile document to its reader; in the short form the watched process is left to its own test.

    `tests/wire/soap/test_strict_xml.py` gives the whole corpus to the same process, and holds it to the same limits.
    """
    figure = Figure("hostile answers: refused at once, nothing fetched, nothing opened", run.seed)
    xml = [] if run.form == SHORT else xml_rows()
    texts = [measured(name, use) for name, use in json_documents()]
    bombs = list(bomb_rows())
    rows = [*xml, *texts, *bombs]
    # Documents that refer to what nobody needs are as good as any, as long as nobody follows the reference.
    hostile = [row for row in rows if row.get("kind") != "harmless description"]
    accepted = [row for row in hostile if not str(row["outcome"]).startswith("afilnet_protocols.errors.")]
    touched = [row for row in xml if row["touched"]]
    slowest, largest = _most(rows, "seconds"), _most(rows, "megabytes")
    figure.counts = {
        "XML answers": sum(row["kind"] == "answer" for row in xml),
        "descriptions (WSDL)": sum(row["kind"] == "description" for row in xml),
        "token answers and JSON envelopes": len(texts),
        "answers of 500 MB in gzip": len(bombs),
        "accepted, or refused by a foreign error": len(accepted),
        "documents for which a file or connection was asked for": len(touched),
        "slowest": f"{slowest['seconds']:.2f} s of CPU: {slowest['name']}",
        "largest growth": f"{largest['megabytes']:.1f} MB: {largest['name']}",
    }
    figure.targets = {
        "at least 200 of JSON and tokens": len(texts) >= 200,
        "each is refused as our own error": not accepted,
        f"within {SECONDS:.0f} s of CPU each (more on a slower machine)": float(str(slowest["seconds"]))
        < SECONDS * slowness(),
        f"with less than {MEGABYTES:.0f} MB of growth": float(str(largest["megabytes"])) < MEGABYTES,
        "nothing was fetched or opened": not touched,
    }
    if run.form != SHORT:
        named = " ".join(str(row["name"]) for row in xml)
        figure.targets["at least 200 of XML and WSDL"] = len(xml) >= 200
        figure.targets["the 100,000 attributes are among them"] = "100000 attributes" in named
    figure.examples = [str(row) for row in [*accepted, *touched]]
    return figure


def _most(rows: list[Row], what: str) -> Row:
    return max(rows, key=lambda row: float(str(row[what])))
