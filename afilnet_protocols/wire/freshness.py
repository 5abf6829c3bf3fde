"""Whether an answer was made for the call that it came for, or kept by a cache on the way from an earlier one."""

from __future__ import annotations

import re

from afilnet_protocols.patterns import late
from afilnet_protocols.wire import ORDINARY_HEADERS, Reply

# Not statements of whether an answer was kept: what a cache may do with it, and by which name it would look it up.
_NO_STATEMENT = ("control", "key", "tag", "lookup", "group", "buster")
_CONTROL = "cache-control"
_KEPT = late(
    r"(?:(?<!no)(?<!no[ _-])(?<!not)(?<!not[ _-])hit(?![ _-]?for[ _-]?(?:pass|miss))"
    r"|stale(?!,\s*invalid|-while|-if)|unmodified"
    r"|(?:^|[^a-z])(?:updating|(?<!must-)revalidated?|(?<!no[nt][^a-z])cached|fresh|prerender|collapsed)"
    r"|(?:^|[^a-z])served \w*cache)(?![a-z]|=\?0| ?[=:] ?(?:0|no|false)\b)"
)
"""Nothing in it runs on from each character of a long header, which whoever answers may write."""
_HIT = late(r"hit(?:$|[ ,;])(?!for (?:pass|miss))", re.IGNORECASE)
_OLD = late(r"[0-9]*[1-9][0-9]*")
_TWO_CALLS = late(r"[0-9]+ [0-9]+")
_TELLING = frozenset({"age", "x-varnish", "warning", "server-timing"})
_STALE_WARNING = late(r"(?:^|,\s*)11[0-3] ")
_STATUS = "cache-status"
_NAME_OF_A_CACHE = late(r"""(?:^|,)\s*(?:"[^"]*"|[^\s;,"]+)\s*(?=;)""")
"""What begins a member of ``Cache-Status`` (RFC 9211 §2): a name, which says nothing. ``HIT`` alone, as nginx can be
told to write, is none."""
_ASKED_ANEW = late(r";\s*fwd-status\s*=\s*2")
_TRAFFIC_SERVER = late(r"\[[^\[\]]*(?:c[HR]|sN)")
"""What Traffic Server writes behind its name in ``Via``: ``cH`` and ``cR`` of what was in its cache, or its memory, and
``sN`` where the service said that what was there is still good."""
_PLACES = ("node", "host", "server", "name", "pop", "zone", "region", "location", "by", "id")
"""How names of headers end that say where a cache stands: a name there may have any word in it."""
_ALONE = late(r"(?:^|[\s,;(=])(?:hit|stale)(?:$|[\s,;)])")
_LOOKED_UP = late(r"\bcache hit\b|\bhit from (?:mem|disk|inner)")
"""What caches of Tencent write into ``X-Cache-Lookup``. Squid says there only what it found, and whether that was good
enough stands in ``X-Cache``."""
_YES = ("1", "yes", "true", "on")


def kept_by_a_cache(reply: Reply) -> bool:
    """Say whether an answer's headers show that a cache had it before the call was made.

    Sources: ``Age`` (RFC 9111 §5.1), ``Warning`` 110 to 113 (RFC 7234 §5.5), ``Cache-Status`` (RFC 9211 §2), and what
    caches write by custom: ``X-Cache: HIT`` and its kin (any header with ``cache`` in its name), ``X-Varnish`` with two
    numbers, ``X-From-Cache: 1``, ``Server-Timing: cdn-cache; desc=HIT``, Traffic Server's codes in ``Via``, and any
    other header that begins with the word, such as ``X-Proxy: HIT``. A cache that answered several calls at once by one
    of them ("collapsed") has kept it, too. A cache that adds nothing cannot be told by its answer.
    """
    if reply.ordinary or ORDINARY_HEADERS.issuperset(reply.headers):
        return False
    headers = reply.headers
    names = "\n".join(headers)
    # What a cache is told to do has "control" in its name, and so states nothing.
    if _TELLING.isdisjoint(headers) and names.count("cache") == names.count(_CONTROL):
        return any(map(_HIT.match, headers.values())) or _TRAFFIC_SERVER.search(headers.get("via", "")) is not None
    return any(_tells(name, value) for name, value in headers.items())


def _tells(name: str, value: str) -> bool:
    """Say whether a header states that an answer was kept."""
    if name == "age":
        return any(_OLD.fullmatch(each.strip()) for each in value.split(","))
    if name == _STATUS:
        told = _NAME_OF_A_CACHE.sub(",", value.lower()).split(",")
        # What was stale and then asked for anew is no longer what was kept.
        return any(_KEPT.search(each) and not _ASKED_ANEW.search(each) for each in told)
    if "cache" in name:
        if name.endswith("cache-lookup"):
            return _LOOKED_UP.search(value.lower()) is not None
        return not any(word in name for word in _NO_STATEMENT) and _says_kept(name, value.lower())
    if name == "x-varnish":
        return _TWO_CALLS.fullmatch(value.strip()) is not None
    if name == "warning":
        return _STALE_WARNING.search(value) is not None
    if name == "server-timing":
        return any("cache" in part and _KEPT.search(part) for part in value.lower().split(","))
    return (_TRAFFIC_SERVER.search if name == "via" else _HIT.match)(value) is not None


def _says_kept(name: str, value: str) -> bool:
    if name.endswith(_PLACES) and "cache-" in name:
        return _ALONE.search(value) is not None
    if name.endswith(("cached", "from-cache", "server-cache", "cached-response")):
        return value.strip() in _YES or _KEPT.search(value) is not None
    if name.endswith(("hit", "hits", "cache-age")):
        parts = [part.strip() for part in value.split(",")]
        return any(part in _YES or _OLD.fullmatch(part) or _KEPT.search(part) for part in parts)
    return _KEPT.search(value) is not None
