"""The ways in which a secret may be spelled in logs and messages: what redaction and the gate look for."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator


def encodings(text: str) -> frozenset[bytes]:
    """Return the spellings of a text, as bytes: at least a dozen kinds, without empty ones.

    Raw (UTF-8, Latin-1), percent, form, twice percent, base64 in its three alignments (also URL-safe), hexadecimal,
    JSON with and without escapes, XML with named and numeric references, UTF-16 in both orders, and Python's repr.
    """
    return frozenset(spelling for spelling in _spellings(text) if spelling)


def _spellings(text: str) -> Iterator[bytes]:
    raw = text.encode("utf-8", "surrogatepass")
    yield raw
    if not text.isascii():
        yield text.encode("latin-1", "ignore") if all(ord(character) < 256 for character in text) else b""
    yield from _percent(raw)
    for encoded in (_base64_core(raw, shift) for shift in range(3)):
        yield encoded
        yield encoded.translate(bytes.maketrans(b"+/", b"-_"))
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for spelling in _escaped(text):
        yield spelling.encode("utf-8", "surrogatepass")
    # Written in this machine's order, behind the mark of it: the codecs of either order would have to be loaded.
    units = bytearray(text.encode("utf-16", "surrogatepass")[2:])
    yield bytes(units)
    units[::2], units[1::2] = units[1::2], units[::2]
    yield bytes(units)


_LEFT_ALONE = ("", "/", "*", "~", "!'()*~", "!*'(),~", "!#$%&'()*+,/:;=?@[]~")
"""The characters that different libraries do not escape in a URL: none, or those of paths, forms, JavaScript, URLs."""


def _percent(raw: bytes) -> Iterator[bytes]:
    spellings = {_quoted(raw, escapes) for escapes in _ESCAPES} | {"".join(f"%{byte:02X}" for byte in raw)}
    for spelling in spellings | {spelling.replace("%20", "+") for spelling in spellings}:
        for variant in (spelling, _quoted(spelling.encode("ascii"))):
            yield variant.encode("ascii")
            yield in_lower_case(variant).encode("ascii")


_DIGITS = "0123456789ABCDEF"
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""What nobody escapes in a URL (RFC 3986 §2.3)."""


class _Escapes(dict[int, str]):
    """What stands in a URL for each byte, made when it is first asked for: few bytes ever are."""

    def __init__(self, safe: str) -> None:
        super().__init__()
        self._kept = _UNRESERVED | frozenset(safe.encode("ascii"))

    def __missing__(self, byte: int) -> str:
        self[byte] = written = chr(byte) if byte in self._kept else f"%{byte:02X}"
        return written


_ESCAPES = tuple(map(_Escapes, _LEFT_ALONE))


def _quoted(raw: bytes, escapes: _Escapes = _ESCAPES[0]) -> str:
    # A table is asked in C, for each byte; every secret is written in thirty such ways.
    return raw.decode("latin-1").translate(escapes)


def in_lower_case(spelling: str) -> str:
    """Return a spelling with the digits behind its percent signs in lower case, also where these were escaped."""
    first, *rest = spelling.split("%")
    return "%".join((first, *map(_lowered, rest)))


def _lowered(text: str) -> str:
    # An expression, which every start would compile, takes longer.
    start = 2 if text.startswith("25") else 0
    digits = text[start : start + 2]
    return text if len(digits) < 2 or digits.strip(_DIGITS) else text[:start] + digits.lower() + text[start + 2 :]


def _base64_core(raw: bytes, shift: int) -> bytes:
    """Return the part of the base64 of ``raw`` that does not depend on what stands around it.

    Args:
        raw: the bytes that are looked for inside something longer, such as ``user:password``.
        shift: how many bytes precede them, modulo three.
    """
    encoded = b2a_base64(b"\0" * shift + raw, newline=False)
    start = (0, 2, 3)[shift]
    whole = (shift + len(raw)) * 8 // 6
    core = encoded[start:whole]
    # A core of a few letters would be found anywhere.
    return core if len(core) >= 6 else b""


_OF_JSON = str.maketrans(
    {chr(code): f"\\u{code:04x}" for code in range(0x20)}
    | {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
)
"""How a text stands between the quotes of JSON (RFC 8259 §7)."""


def _units(character: str) -> str:
    """Return a character as JSON in ASCII writes it: by its units of UTF-16."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def _escaped(text: str) -> Iterator[str]:
    escaped = text.translate(_OF_JSON)
    in_ascii = "".join(character if " " <= character <= "~" else _units(character) for character in escaped)
    yield in_ascii
    yield escaped
    yield in_ascii.replace("/", "\\/")
    yield "".join(f"\\u{ord(character):04x}" for character in text if ord(character) < 0x10000)
    element = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield element
    yield element.replace('"', "&quot;")
    yield element.replace('"', "&quot;").replace("'", "&apos;")
    yield element.replace('"', "&#34;").replace("'", "&#39;")
    yield element.replace('"', "&quot;").replace("'", "&#x27;")
    yield "".join(f"&#{ord(character)};" for character in text)
    yield "".join(f"&#x{ord(character):x};" for character in text)
    yield "".join(f"&#x{ord(character):X};" for character in text)
    yield repr(text)[1:-1]
    yield ascii(text)[1:-1]
    yield repr(text.encode("utf-8", "surrogatepass"))[2:-1]
