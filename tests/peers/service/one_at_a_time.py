"""The service by the standard library's server, which serves a kept connection until it ends, and no other: PORT."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import app
import meaning


class Handler(BaseHTTPRequestHandler):
    """Answers like the application."""

    protocol_version = "HTTP/1.1"
    timeout = 20  # seconds after which an idle connection makes room for the next

    def answer(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path.endswith("/token"):
            status, kind, document = 200, "application/json", meaning.token()
        else:
            (status, kind, document), _ = app.decide(meaning.read(self.command, self.path, headers, body))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(document)))
        self.end_headers()
        self.wfile.write(document)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
