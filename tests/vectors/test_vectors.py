"""Client and sandbox are held to the same hand-written bytes. They share no encoder, so each checks the other."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import threading
import urllib.parse
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afilnet_protocols import connect
from afilnet_protocols.calls.retry import Backoff
from afilnet_protocols.catalogue import OPERATIONS, by_name
from afilnet_protocols.comparison.canonical import References, difference, of_error, of_result
from afilnet_protocols.conformance.reference.differential import START
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.render import wsdl
from afilnet_protocols.sandbox import Options, Sandbox
from afilnet_protocols.vocabulary import Provenance
from tests.tables import table
from tests.time_limit import HANGS

pytestmark = pytest.mark.smoke

VECTORS = Path(__file__).parent
WIRES = ("http-get", "http-post", "basic-post", "basic-get", "soap", "json")
TOKEN_REPLY = b'{"access_token":"golden-token","token_type":"Bearer","expires_in":3600}'
REFUSAL = {"status": 400, "headers": {}, "body": ""}
Vector = dict[str, Any]


def load(name: str) -> dict[str, Any]:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


FILES = {name: load(name) for name in (*WIRES, "answers-envelope", "answers-soap")}
ANSWERS = [
    (wire, vector)
    for name in ("answers-envelope", "answers-soap")
    for vector in FILES[name]["answers"]
    for wire in vector["protocols"]
]


def named(pairs: list[tuple[str, Vector]]) -> list[Any]:
    return [pytest.param(wire, vector, id=f"{wire}: {vector['id']}") for wire, vector in pairs]


def requests(kind: str) -> list[Any]:
    return named([(wire, vector) for wire in WIRES for vector in FILES[wire][kind]])


class Recorder:
    """A server that writes down the bytes of a request and answers fixed ones. It knows neither side's code."""

    def __init__(self) -> None:
        recorder = self
        self.seen: list[Vector] = []
        self.reply: Vector = {"status": 200, "headers": {}, "body": ""}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                if self.path == "/oauth/token":
                    return self.answer(200, {"content-type": "application/json"}, TOKEN_REPLY)
                headers = {name.lower(): value for name, value in self.headers.items()}
                recorder.seen.append({"method": self.command, "target": self.path, "headers": headers, "body": body})
                reply = recorder.reply
                return self.answer(reply["status"], reply["headers"], reply["body"].encode())

            def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = handle_one  # noqa: N815 - the names that http.server calls

            def log_message(self, *values: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @contextlib.contextmanager
    def running(self) -> Iterator[Recorder]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with Recorder().running() as running:
        yield running


@pytest.fixture(scope="module")
def wsdl_file(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("wsdl") / "chat.wsdl"
    file.write_text(wsdl.render(f"{recorder.url}/api/soap/"), encoding="utf-8")
    return str(file)


def called(wire: str, vector: Vector, recorder: Recorder, wsdl_file: str) -> object:
    """Make the vector's call with the real client, and return its outcome in canonical form."""
    recorder.seen.clear()
    settings = {
        "user": "user",
        "password": "password",
        "base_url": recorder.url,
        "json_url": f"{recorder.url}/api/json/",
        "token_url": f"{recorder.url}/oauth/token",
        "client_id": "client",
        "client_secret": "client-secret",
        "soap_wsdl": wsdl_file,
        "minimum_security": "none",
        **FILES[wire]["settings"],
    }
    with connect(None, **settings) as chat:
        try:
            result = getattr(chat, vector["operation"])(**vector["arguments"])
        except AfilnetError as error:
            return of_error(error)
    return of_result(result, Verbatim())


class Verbatim(References):
    """Keeps ids as they are: here the very bytes are known."""

    def name(self, identifier: str) -> str:
        return identifier


def same_body(wire: str, expected: str, actual: bytes) -> None:
    if wire != "soap":
        assert actual == expected.encode()
        return
    assert canonical_xml(actual) == canonical_xml(expected.encode())


def canonical_xml(document: bytes) -> str:
    """Canonical XML 2.0 with prefixes renamed in order: what is left is what the document says."""
    return ElementTree.canonicalize(document, rewrite_prefixes=True, qname_aware_tags=["faultcode"])


@table(("wire", "vector"), requests("requests"))
def test_the_client_writes_exactly_these_bytes(wire: str, vector: Vector, recorder: Recorder, wsdl_file: str) -> None:
    recorder.reply = REFUSAL
    called(wire, vector, recorder, wsdl_file)
    (seen,) = recorder.seen
    expected = vector["request"]
    assert (seen["method"], seen["target"]) == (expected["method"], expected["target"])
    for name, value in expected["headers"].items():
        assert seen["headers"].get(name) == value.replace("{token}", "golden-token")
    if "authorization" not in expected["headers"]:
        assert "authorization" not in seen["headers"]
    same_body(wire, expected["body"], seen["body"])


@table(("wire", "vector"), named(ANSWERS))
def test_the_client_reads_exactly_this_from_these_bytes(
    wire: str, vector: Vector, recorder: Recorder, wsdl_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Backoff, "ceiling", lambda *_: 0.0)
    recorder.reply = vector["answer"]
    assert difference(vector["outcome"], called(wire, vector, recorder, wsdl_file)) is None


def spoken(sandbox: Sandbox, request: Vector) -> tuple[int, dict[str, str], bytes]:
    """Send a vector's bytes to the sandbox and return what comes back."""
    host = urllib.parse.urlsplit(sandbox.plain_url).netloc
    headers = dict(request["headers"])
    if "{token}" in headers.get("authorization", ""):
        headers["authorization"] = f"Bearer {token(sandbox, host)}"
    with contextlib.closing(http.client.HTTPConnection(host, timeout=HANGS)) as connection:
        connection.request(request["method"], request["target"], request["body"].encode() or None, headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def token(sandbox: Sandbox, host: str) -> str:
    form = f"grant_type=client_credentials&client_id={sandbox.client_id}&client_secret={sandbox.client_secret}"
    kind = {"content-type": "application/x-www-form-urlencoded"}
    with contextlib.closing(http.client.HTTPConnection(host, timeout=HANGS)) as connection:
        connection.request("POST", "/oauth/token", form, kind)
        return str(json.loads(connection.getresponse().read())["access_token"])


@pytest.fixture(scope="module")
def golden(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox() as running:
        running.clock.freeze(START)
        yield running


def wire_arguments(vector: Vector) -> dict[str, str]:
    operation = by_name(vector["operation"])
    given = vector["arguments"]
    return {each.wire: given[each.name] for each in operation.parameters if given[each.name] is not None}


def held(sandbox: Sandbox, vector: Vector, arguments: dict[str, str]) -> None:
    sandbox.reset()
    sandbox.clock.set(START)
    status, _, body = spoken(sandbox, vector["request"])
    assert status in (200, 500), body
    (arrival,) = sandbox.journal()
    assert arrival.operation == vector["operation"]
    assert {name: text for name, text in arrival.arguments.items() if name not in ("user", "password")} == arguments


@table(("wire", "vector"), requests("requests"))
def test_the_sandbox_reads_exactly_this_call_from_these_bytes(wire: str, vector: Vector, golden: Sandbox) -> None:
    held(golden, vector, wire_arguments(vector))


@table(("wire", "vector"), requests("accepted"))
def test_the_sandbox_also_reads_what_others_write(wire: str, vector: Vector, golden: Sandbox) -> None:
    held(golden, vector, vector["arguments"])


@table(("wire", "vector"), named([(wire, vector) for wire, vector in ANSWERS if "given" in vector]))
def test_the_sandbox_answers_exactly_these_bytes(wire: str, vector: Vector, golden: Sandbox) -> None:
    golden.reset()
    prepare(golden, vector)
    if "account" in vector:
        with Sandbox(options=Options(**vector["account"])) as other:
            prepare(other, vector)
            return answers(other, wire, vector)
    return answers(golden, wire, vector)


def prepare(sandbox: Sandbox, vector: Vector) -> None:
    sandbox.clock.freeze(START)
    for step in vector["given"]:
        sandbox.clock.advance(1)
        if step["do"] == "receive":
            sandbox.receive(**step["arguments"])
        else:
            with connect(sandbox.settings("http-post", plain=True)) as chat:
                getattr(chat, step["do"])(**step["arguments"])


def answers(sandbox: Sandbox, wire: str, vector: Vector) -> None:
    status, headers, body = spoken(sandbox, request_for(wire, vector))
    expected = vector["answer"]
    assert status == expected["status"], body
    for name, value in expected["headers"].items():
        assert headers.get(name) == value
    same_body(wire, expected["body"], body)


def request_for(wire: str, vector: Vector) -> Vector:
    """Return the bytes of the vector's call: the golden request for the same operation and arguments."""
    for request in FILES[wire]["requests"]:
        if (request["operation"], request["arguments"]) == (vector["operation"], vector["arguments"]):
            return request["request"]
    raise LookupError(f"no request vector of {wire} makes the call of {vector['id']!r}")


def test_every_wire_has_every_operation_and_every_vector_its_provenance() -> None:
    for wire in WIRES:
        assert {vector["operation"] for vector in FILES[wire]["requests"]} == {each.name for each in OPERATIONS}
    for file in FILES.values():
        for kind in ("requests", "accepted", "answers"):
            for vector in file.get(kind, ()):
                assert vector["provenance"] in set(Provenance)
                assert vector["source"]


def test_a_changed_vector_is_noticed(recorder: Recorder, wsdl_file: str) -> None:
    """The comparison itself can fail: for bytes of the form, and for what an XML document says."""
    with pytest.raises(AssertionError):
        same_body("http-post", "message=a+b", b"message=a%20b")
    same_body("soap", '<a:x xmlns:a="u"><y>1</y></a:x>', b"<x xmlns='u'><y xmlns=''>1</y></x>")
    for other in (
        '<a:x xmlns:a="u"><y>2</y></a:x>',
        '<a:x xmlns:a="v"><y>1</y></a:x>',
        '<a:x xmlns:a="u"><y> 1</y></a:x>',
    ):
        with pytest.raises(AssertionError):
            same_body("soap", '<a:x xmlns:a="u"><y>1</y></a:x>', other.encode())
