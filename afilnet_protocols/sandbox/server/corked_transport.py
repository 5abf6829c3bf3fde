"""`CorkedTransport`: holds back what is written until all of an answer is there, as ``TCP_CORK`` does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

__all__ = ["CorkedTransport"]


class CorkedTransport:
    """A transport as a server's HTTP/1.1 uses it; between :meth:`cork` and :meth:`uncork` it only collects.

    The server hands over an answer's head and its body one after the other. Each would be a system call, a segment, and
    over TLS a record of its own, and the call costs more than all else that a small answer needs.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] | None = None
        # What is asked most is asked of the transport itself.
        self.is_closing: Callable[[], bool] = transport.is_closing
        self.get_extra_info: Callable[..., Any] = transport.get_extra_info  # asyncio's own annotation
        self.pause_reading: Callable[[], None] = transport.pause_reading
        self.resume_reading: Callable[[], None] = transport.resume_reading
        self.set_protocol: Callable[[asyncio.BaseProtocol], None] = transport.set_protocol
        self.abort: Callable[[], None] = transport.abort

    def cork(self) -> None:
        """Collect from now on; doing it again changes nothing."""
        if self._held is None:
            self._held = []

    def uncork(self) -> None:
        """Send what was collected, and everything from now on at once."""
        held, self._held = self._held, None
        if held:
            self._transport.write(b"".join(held))

    def write(self, data: bytes) -> None:
        """Send bytes, or keep them for :meth:`uncork`."""
        if self._held is None:
            self._transport.write(data)
        else:
            self._held.append(data)

    def close(self) -> None:
        """Send what was collected, then close."""
        self.uncork()
        self._transport.close()
