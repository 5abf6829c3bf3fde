"""Whether an answer was made for the call that it came for, or kept by a cache on the way from an earlier one."""

from __future__ import annotations

import re

from afilnet_protocols.patterns import late
from afilnet_protocols.wire import ORDINARY_HEADERS, Reply

# Not statements of whether an answer was kept: what a cache may do with it, and by which name it would look it up.
_NO_STATEMENT = ("control", "key", "tag", "lookup", "group", "buster")
_CONTROL = "cache-control"
_KEPT = late(
    r"(?:^|[^a-z])(?:\w*hit|\w*stale|updating|revalidated|\w*unmodified|(?<!no[nt][^a-z])cached|fresh)(?![a-z]|=\?0)"
)
_HIT = late(r"hit(?:$|[ ,;])", re.IGNORECASE)
_OLD = late(r"[0-9]*[1-9][0-9]*")
_TWO_CALLS = late(r"[0-9]+ [0-9]+")
_TELLING = frozenset({"age", "x-varnish", "warning", "server-timing"})
_STALE_WARNING = late(r"(?:^|,\s*)11[0-3] ")


def kept_by_a_cache(reply: Reply) -> bool:
    """Say whether an answer's headers show that a cache had it before the call was made.

    Sources: ``Age`` (RFC 9111 §5.1), ``Warning`` 110 to 113 (RFC 7234 §5.5), ``Cache-Status`` (RFC 9211 §2.1), and what
    caches write by custom: ``X-Cache: HIT`` and its kin (any header with ``cache`` in its name), ``X-Varnish`` with two
    numbers, ``X-From-Cache: 1``, ``Server-Timing: cdn-cache; desc=HIT``, and any other header that begins with the
    word, such as ``X-Proxy: HIT``. A cache that adds nothing cannot be told by its answer.
    """
    if ORDINARY_HEADERS.issuperset(reply.headers):
        return False
    names = "\n".join(reply.headers)
    # What a cache is told to do has "control" in its name, and so states nothing.
    if _TELLING.isdisjoint(reply.headers) and names.count("cache") == names.count(_CONTROL):
        return any(map(_HIT.match, reply.headers.values()))
    for name, value in reply.headers.items():
        if name == "age":
            kept = _OLD.fullmatch(value.strip()) is not None
        elif "cache" in name:
            kept = not any(word in name for word in _NO_STATEMENT) and _says_kept(name, value.lower())
        elif name == "x-varnish":
            kept = _TWO_CALLS.fullmatch(value.strip()) is not None
        elif name == "warning":
            kept = _STALE_WARNING.search(value) is not None
        elif name == "server-timing":
            kept = any("cache" in part and _KEPT.search(part) for part in value.lower().split(","))
        else:
            kept = _HIT.match(value) is not None
        if kept:
            return True
    return False


def _says_kept(name: str, value: str) -> bool:
    if name.endswith(("cached", "from-cache", "server-cache")):
        return value.strip() in ("1", "yes", "true", "on") or _KEPT.search(value) is not None
    if name.endswith("hits"):
        return any(_OLD.fullmatch(part.strip()) for part in value.split(","))
    return _KEPT.search(value) is not None
