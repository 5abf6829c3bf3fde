"""What a fresh connection for each send costs: ``python -m tests.transport.price``.

Interleaved rounds over TLS 1.3 and plain TCP on loopback against a server in a process of its own; medians of client
CPU and elapsed time per exchange. The limit beside it is `http.client` with one TLS context for all its connections.
"""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import certifi
import trustme

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.wire import Request
from tests.transport.certificates import server_context
from tests.transport.scripted import Peer, ScriptedServer, answer

ROUNDS, CALLS = 15, 40
BODY = b"message=hola&platform=whatsapp&platformid=100&class=chat&method=sendmessage&user=user&password=password"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
ANSWER = answer(b'{"status":"SUCCESS","result":{"list":[]}}' * 7, headers=[b"Content-Type: application/json"])


def _answer_all(peer: Peer) -> None:
    while True:
        peer.ask()
        peer.visit.processed.clear()
        peer.visit.received.clear()
        peer.socket.sendall(ANSWER)


def _serve(folder: str, ports: Connection) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(Path(folder) / "ca.pem"))
    context = server_context(authority.issue_cert("127.0.0.1"))
    with ScriptedServer((_answer_all,), tls=context) as secured, ScriptedServer((_answer_all,)) as plain:
        ports.send((secured.port, plain.port))
        ports.recv()


@contextlib.contextmanager
def _server(folder: str) -> Iterator[tuple[int, int]]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder, there), daemon=True)
    process.start()
    yield here.recv()
    process.kill()
    process.join()


def _by_http_client(port: int, context: ssl.SSLContext | None) -> None:
    connection = (
        http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        if context is None
        else http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    )
    connection.request("POST", "/api/http/", BODY, HEADERS)
    connection.getresponse().read()
    connection.close()


def measure(calls: dict[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """Return the medians of CPU and elapsed microseconds per call, by name."""
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            call()
            cpu, elapsed = time.process_time(), time.perf_counter()
            for _ in range(CALLS):
                call()
            samples[name].append(
                ((time.process_time() - cpu) / CALLS * 1e6, (time.perf_counter() - elapsed) / CALLS * 1e6)
            )
    return {
        name: (statistics.median(each[0] for each in taken), statistics.median(each[1] for each in taken))
        for name, taken in samples.items()
    }


def context_cost() -> float:
    """Return what a TLS context with a usual bundle of authorities costs, in microseconds of CPU, as a median."""
    bundle = Path(certifi.__file__).with_name("cacert.pem")
    samples = []
    for _ in range(9):
        begin = time.process_time()
        ssl.create_default_context(cafile=str(bundle))
        samples.append((time.process_time() - begin) * 1e6)
    return statistics.median(samples)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, _server(folder) as (secured, plain):
        ca_file = str(Path(folder) / "ca.pem")
        context = ssl.create_default_context(cafile=ca_file)
        transport = Transport(TransportOptions(ca_file=ca_file))

        def over(url: str, *, reuse: bool) -> Callable[[], object]:
            request = Request("POST", url, tuple(HEADERS.items()), BODY)
            return lambda: transport.exchange(request, deadline=Deadline(10), reuse=reuse)

        result = measure(
            {
                "TLS, kept connection": over(f"https://127.0.0.1:{secured}/api/http/", reuse=True),
                "TLS, fresh connection": over(f"https://127.0.0.1:{secured}/api/http/", reuse=False),
                "TLS, fresh, http.client": lambda: _by_http_client(secured, context),
                "TCP, kept connection": over(f"http://127.0.0.1:{plain}/api/http/", reuse=True),
                "TCP, fresh connection": over(f"http://127.0.0.1:{plain}/api/http/", reuse=False),
                "TCP, fresh, http.client": lambda: _by_http_client(plain, None),
            }
        )
        transport.close()
    print(f"Python {sys.version.split()[0]}, {ssl.OPENSSL_VERSION}, {ROUNDS} rounds of {CALLS}, medians")
    print(f"{'':26}{'client CPU µs':>14}{'elapsed µs':>12}")
    for name, (cpu, elapsed) in result.items():
        print(f"{name:26}{cpu:14.0f}{elapsed:12.0f}")
    print(f"{'a TLS context, each time':26}{context_cost():14.0f}")


if __name__ == "__main__":
    main()
