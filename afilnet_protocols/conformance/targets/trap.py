"""`Trap`: somebody on loopback to whom nothing should be sent, and who notes whatever is."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

_ANSWER = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

_PATIENCE = 5.0
"""How long somebody who came may say nothing, in seconds."""


class Trap:
    """Listens on loopback, and answers to whatever comes that there is nothing behind it. A context manager.

    Args:
        certificate: a file with its certificate and key, if it speaks TLS.

    Attributes:
        came: how many connections brought something, over TLS after the handshake.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self.came = 0
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'http' if self._context is None else 'https'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(_PATIENCE)

    def _wait(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                came, _ = self._listener.accept()
                with came, contextlib.suppress(OSError):
                    came.settimeout(_PATIENCE)
                    self._meet(came)

    def _meet(self, came: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            if self._context is not None:
                came = stack.enter_context(self._context.wrap_socket(came, server_side=True))
            if came.recv(65_536):
                self.came += 1
                came.sendall(_ANSWER)
