"""Content codings: gzip and deflate, undone piece by piece under limits. Reads ask for gzip; some come unasked."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

from afilnet_protocols.deadline import Deadline, more_time
from afilnet_protocols.transport.limits import Limits

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

_MOST_LAYERS = 2
_HELD = 16
"""In how many bytes it shows whether a body is text: nothing that is compressed begins with so many of ASCII."""

_TEXT = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_MARK = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_OTHERWISE = "it is compressed in a way that was not asked for"


def _real(field: str) -> list[str]:
    """Return what a Content-Encoding says that was really done to a body, in order (RFC 9110 §8.4)."""
    names = (name.partition(";")[0].strip().lower() for name in field.split(","))
    return [name for name in names if name in _SUPPORTED or name in _OTHERS]


def too_slow() -> str:
    """Say that what arrived in time could not be read in time."""
    return f"reading it took too long ({more_time()})"


class _Layer:
    """One coding of a body, undone piece by piece.

    Its bytes count, and its name only where they leave it open: proxies unpack bodies and leave the header, scripts
    set it over what they do not pack. Text is text, whatever it is called, and is read as strictly as every answer.
    """

    __slots__ = ("_deadline", "_decoder", "_held", "_name", "_plain", "_window", "fault")

    def __init__(self, name: str, deadline: Deadline) -> None:
        self._name = name
        self._deadline = deadline
        self._held = b""
        self._plain: bool | None = None
        self._window = 0
        self._decoder: zlib._Decompress | None = None
        self.fault: str | None = None

    def undo(self, data: bytes) -> Iterator[bytes]:
        """Yield what the next piece holds, in pieces of limited size."""
        plain = self._plain
        if plain is None:
            data = self._held + data
            if len(data) < _HELD:
                self._held = data
                return
            plain = self._begin(data)
        yield from (data,) if plain else self._unpack(data)

    def end(self) -> Iterator[bytes]:
        """Yield what is left. What was compressed must have come to its own end, checksum included."""
        if self._plain is None and self._held:
            yield from (self._held,) if self._begin(self._held) else self._unpack(self._held)
        if self.fault is None and self._decoder is not None and not self._decoder.eof:
            self.fault = "its compressed body is cut short"

    def _begin(self, data: bytes) -> bool:
        """Say whether it is text; else note how it is compressed."""
        self._plain = not data[:_HELD].removeprefix(_MARK).strip(_TEXT)
        coding = _SUPPORTED.get(self._name)
        if self._plain:
            pass
        elif coding is None:
            self.fault = _OTHERWISE
        elif data.startswith(_GZIP):
            self._window = _GZIP_ONLY
        elif coding == "gzip":
            is_zlib = _may_be_zlib(data) and int.from_bytes(data[:2], "big") % 31 == 0
            self._window = zlib.MAX_WBITS if is_zlib else _GZIP_ONLY
        else:
            # "deflate" means zlib (RFC 9110 §8.4.1.2), yet some servers send the bare stream.
            self._window = zlib.MAX_WBITS if _may_be_zlib(data) else -zlib.MAX_WBITS
        return self._plain

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        pending = data
        while pending and self.fault is None:
            decoder = self._decoder
            if decoder is None or (decoder.eof and self._window == _GZIP_ONLY):
                # gzip is a series of members, each with a checksum of its own (RFC 1952 §2.2); hardly ever several.
                decoder = self._decoder = zlib.decompressobj(self._window)
            if decoder.eof:
                self.fault = "bytes follow the end of its compressed body"
            elif self._deadline.passed:
                self.fault = too_slow()
            else:
                try:
                    piece = decoder.decompress(pending, _PIECE)
                except zlib.error:
                    self.fault = "its compressed body is damaged"
                    return
                pending = decoder.unconsumed_tail or decoder.unused_data
                yield piece


def _may_be_zlib(data: bytes) -> bool:
    """Whether it begins with method 8 and a window of at most 32 KiB, which in a bare stream would be stored data."""
    return data[0] & 0x0F == 8 and data[0] < 0x80


class Body:
    """Collects the body of one answer, unpacked, and notes the first reason to refuse it in ``fault``."""

    __slots__ = ("_layers", "_limits", "_most", "_packed", "_undone", "_unpacked", "fault")

    def __init__(self, coding: str, limits: Limits, most: int, deadline: Deadline) -> None:
        self._limits = limits
        self._most = most
        self._packed = 0
        # BytesIO hands its buffer over without a copy: a large list is held once, not twice.
        self._unpacked = io.BytesIO()
        self._undone = 0
        codings = _real(coding) if coding else []
        self._layers = [_Layer(name, deadline) for name in reversed(codings)]
        self.fault = _OTHERWISE if len(codings) > _MOST_LAYERS else None

    def add(self, data: bytes | bytearray) -> None:
        """Take the next piece as it came over the wire."""
        self._packed += len(data)
        if self.fault is None:
            self._take(data, 0)

    def finish(self) -> None:
        """Note the end of the body."""
        for number, layer in enumerate(self._layers, 1):
            self._hand_on(layer, layer.end(), number)

    def content(self) -> bytes:
        """Return the unpacked body."""
        return self._unpacked.getvalue()

    def _take(self, data: bytes | bytearray, number: int) -> None:
        """Take a piece from which so many layers are off."""
        if number == len(self._layers):
            self._keep(data)
            return
        layer = self._layers[number]
        self._hand_on(layer, layer.undo(bytes(data)), number + 1)

    def _hand_on(self, layer: _Layer, pieces: Iterator[bytes], number: int) -> None:
        for piece in pieces:
            self._undone += len(piece)
            if self.fault is None and self._undone > max(
                self._limits.expansion_free, self._limits.expansion * self._packed
            ):
                self.fault = f"its compressed body expands more than {self._limits.expansion} times"
            if self.fault is not None:
                return
            self._take(piece, number)
        self.fault = self.fault or layer.fault

    def _keep(self, piece: bytes | bytearray) -> None:
        self._unpacked.write(piece)
        if self._unpacked.tell() > self._most:
            self.fault = f"its body is larger than {self._most} bytes"
