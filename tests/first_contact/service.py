"""Something on loopback that answers whatever a table says: what stands where the service should."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

_TLS = b"\x16"
_HEAD_ENDS = b"\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer.

    Attributes:
        body: its content.
        status: its status.
        kind: its content type; empty for none.
        headers: more headers.
    """

    body: str | bytes = ""
    status: int = 200
    kind: str = "text/html; charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> bytes:
        """Return it as it goes over the wire."""
        content = self.body if isinstance(self.body, bytes) else self.body.encode()
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Other"
        lines = [f"HTTP/1.1 {self.status} {phrase}", f"Content-Length: {len(content)}", "Connection: close"]
        lines += [f"Content-Type: {self.kind}"] if self.kind else []
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + content


@contextmanager
def answering(routes: Mapping[str, Answer]) -> Iterator[str]:
    """Answer by the beginning of the path, the longest that fits; give the address, such as ``127.0.0.1:8080``."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(5)
            asked = b""
            while _HEAD_ENDS not in asked and not asked.startswith(_TLS):
                more = self.request.recv(65536)
                if not more:
                    return
                asked += more
            if asked.startswith(_TLS):
                self.request.sendall(Answer("plain HTTP is spoken here", 400, "text/plain").written())
                return
            head, _, body = asked.partition(_HEAD_ENDS)
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                ),
                0,
            )
            while len(body) < length:
                body += self.request.recv(65536)
            path = head.split(b" ")[1].decode()
            fitting = [begin for begin in routes if path.startswith(begin)]
            place = f"{self.server.server_address[0]}:{self.server.server_address[1]}"
            answer = routes[max(fitting, key=len)] if fitting else Answer("nothing here", 404, "text/plain")
            self.request.sendall(answer.written().replace(b"@here@", place.encode()))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
