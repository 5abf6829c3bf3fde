"""Content codings: gzip and deflate, one layer, unpacked piece by piece under limits."""

from __future__ import annotations

import io
import zlib

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport.limits import Limits

TOO_SLOW = "reading it took too long (raise timeout)"

_PIECE = 256 * 1024
_GZIP_ONLY = 16 + zlib.MAX_WBITS
_SUPPORTED = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_OTHERS = frozenset(
    {"aes128gcm", "br", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress", "zstd"}
    | {"brotli", "bzip2", "lz4", "lzma", "sdch", "snappy", "xpress", "xz", "x-bzip2", "x-deflate", "x-xz"}
)
"""Names that stand for a change of the bytes: those that IANA registers (HTTP Content Coding Registry), and some that
servers use without. Any other name, such as ``utf-8``, ``none`` or ``text/plain``, is a mistake for another field and
changes nothing; what comes under it is still read as strictly as every answer."""


def _real(field: str) -> list[str]:
    """Return what a Content-Encoding says that was really done to a body, in order (RFC 9110 §8.4)."""
    names = (name.partition(";")[0].strip().lower() for name in field.split(","))
    return [name for name in names if name in _SUPPORTED or name in _OTHERS]


class Body:
    """Collects the body of one answer, unpacked, and notes the first reason to refuse it in ``fault``."""

    __slots__ = ("_coding", "_deadline", "_decoder", "_limits", "_most", "_packed", "_unpacked", "fault")

    def __init__(self, coding: str, limits: Limits, most: int, deadline: Deadline) -> None:
        self._limits = limits
        self._most = most
        self._deadline = deadline
        self._packed = 0
        # BytesIO hands its buffer over without a copy: a large list is held once, not twice.
        self._unpacked = io.BytesIO()
        self._decoder: zlib._Decompress | None = None
        self.fault: str | None = None
        codings = _real(coding)
        self._coding = _SUPPORTED.get(codings[0], "") if codings else ""
        if codings and (len(codings) > 1 or not self._coding):
            self.fault = "it is compressed in a way that was not asked for"

    def add(self, data: bytes | bytearray) -> None:
        """Take the next piece as it came over the wire."""
        self._packed += len(data)
        if self.fault is not None:
            return
        if not self._coding:
            self._keep(data)
            return
        self._unpack(data)

    def finish(self) -> None:
        """Note the end of the body; what was compressed must have come to its own end, checksum included."""
        if self.fault is None and self._decoder is not None and not self._decoder.eof:
            self.fault = "its compressed body is cut short"

    def content(self) -> bytes:
        """Return the unpacked body."""
        return self._unpacked.getvalue()

    def _window(self, first: int) -> int:
        if self._coding == "gzip":
            return _GZIP_ONLY
        # "deflate" means zlib (RFC 9110 §8.4.1.2), yet some servers send the bare stream. Method 8 with a window of
        # at most 32 KiB is a zlib header; at the start of a bare stream it would be stored data.
        return zlib.MAX_WBITS if first & 0x0F == 8 and first < 0x80 else -zlib.MAX_WBITS

    def _unpack(self, data: bytes | bytearray) -> None:
        pending: bytes | bytearray = data
        while pending and self.fault is None:
            decoder = self._decoder
            if decoder is None or (decoder.eof and self._coding == "gzip"):
                # gzip is a series of members, each with a checksum of its own (RFC 1952 §2.2); hardly ever several.
                decoder = self._decoder = zlib.decompressobj(self._window(pending[0]))
            if decoder.eof:
                self.fault = "bytes follow the end of its compressed body"
            elif self._deadline.passed:
                self.fault = TOO_SLOW
            else:
                pending = self._unpack_piece(decoder, pending)

    def _unpack_piece(self, decoder: zlib._Decompress, packed: bytes | bytearray) -> bytes:
        """Unpack up to the size of a piece, and return what is still packed."""
        try:
            piece = decoder.decompress(packed, _PIECE)
        except zlib.error:
            self.fault = "its compressed body is damaged"
            return b""
        self._keep(piece)
        return decoder.unconsumed_tail or decoder.unused_data

    def _keep(self, piece: bytes | bytearray) -> None:
        self._unpacked.write(piece)
        size = self._unpacked.tell()
        if size > self._most:
            self.fault = f"its body is larger than {self._most} bytes"
        elif self._coding and size > max(self._limits.expansion_free, self._limits.expansion * self._packed):
            self.fault = f"its compressed body expands more than {self._limits.expansion} times"
