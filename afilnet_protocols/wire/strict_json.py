"""JSON read strictly: whatever two readers could understand differently is refused."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from afilnet_protocols.patterns import late

if TYPE_CHECKING:
    import json

MAX_DEPTH = 64
MAX_DIGITS = 64

_STRING = late(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NOT_BRACKET = bytes(set(range(256)) - set(b"[]{}"))


TWICE = "a name stands twice in one object"


class NotStrictJson(ValueError):
    """The bytes are not one strict JSON object in UTF-8. The text says why, without quoting the bytes."""


class Doubtful(dict[str, object]):
    """An object in which a name stands twice: what it holds is what stands there last.

    Attributes:
        differing: the names that have two values.
    """

    differing: frozenset[str] = frozenset()


def loads(body: bytes, *, twice: bool = False) -> dict[str, object]:
    """Read one JSON object (RFC 8259) from UTF-8 bytes; a leading byte order mark is allowed.

    A lone surrogate, half of a character, is what a service makes of a text that it cuts. Whoever hands a text out
    looks for it (:func:`has_half`), and nobody else has to.

    Args:
        body: the bytes.
        twice: whether values may be :class:`Doubtful`: for whoever looks at each object.

    Raises:
        NotStrictJson: invalid UTF-8 or JSON, another root than an object, a name twice in one object, NaN or infinite
            or huge numbers, or nesting deeper than 64 levels.
    """
    document = _parsed(body.removeprefix(b"\xef\xbb\xbf"), twice=twice)
    if not isinstance(document, dict):
        raise NotStrictJson("JSON, but not a JSON object")
    if isinstance(document, Doubtful):
        raise NotStrictJson(TWICE)
    return document


def value_of(text: str) -> object:
    """Read one JSON value of any kind from a text that stood inside an answer, as strictly as :func:`loads`.

    Raises:
        NotStrictJson: see :func:`loads`.
    """
    return _parsed(text.encode("utf-8", "surrogatepass"), errors="surrogatepass")


def has_half(text: str) -> bool:
    """Whether a text holds a lone surrogate: half of a character, which no encoding can write."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def is_doubtful(value: object) -> bool:
    """Whether a value is :class:`Doubtful`, or holds one that is."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, Doubtful) or any(map(is_doubtful, inside))


def _parsed(body: bytes, *, errors: str = "strict", twice: bool = False) -> object:
    if _depth(body) > MAX_DEPTH:
        raise NotStrictJson(f"nested deeper than {MAX_DEPTH} levels")
    reason = "not JSON"
    try:
        return _decoder(twice).decode(body.decode("utf-8", errors))
    except UnicodeDecodeError:
        reason = "not UTF-8"
    except (ImportError, OSError):
        reason = "not looked into, for what reads it could not be loaded"
    except NotStrictJson as error:
        reason = str(error)
    except (ValueError, RecursionError):
        pass
    raise NotStrictJson(reason)


def _depth(body: bytes) -> int:
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for bracket in _STRING.sub(b"", body).translate(None, _NOT_BRACKET):
        if bracket in b"[{":
            depth += 1
            if depth > deepest:
                deepest = depth
                if deepest > MAX_DEPTH:
                    break
        else:
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrictJson(TWICE)
    return found


def _marked(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubtful = Doubtful(found)
    # JSON knows 1 from true, which Python takes for equal.
    doubtful.differing = frozenset(
        name for name, value in pairs if (type(value), value) != (type(found[name]), found[name])
    )
    return doubtful


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise NotStrictJson(f"a number of more than {MAX_DIGITS} digits")
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits) if len(digits) <= MAX_DIGITS else math.inf
    if not math.isfinite(value):
        raise NotStrictJson("a number that is too large")
    return value


def _constant(name: str) -> NoReturn:
    raise NotStrictJson(f"{name} is not JSON")


@lru_cache(maxsize=2)
def _decoder(twice: bool) -> json.JSONDecoder:
    # Documented answers are read without it. One that cannot be read for want of it is one that cannot be read.
    import json

    pairs = _marked if twice else _unique
    return json.JSONDecoder(object_pairs_hook=pairs, parse_int=_integer, parse_float=_real, parse_constant=_constant)
