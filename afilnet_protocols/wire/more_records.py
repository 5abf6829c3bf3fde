"""Whether an answer says that there are more records than it lists: a total, a next page, a flag, a header.

No vendor page tells of pages, so how a service would tell of them is assumed, after what is usual in JSON and HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from afilnet_protocols.patterns import late
from afilnet_protocols.records import PartialList, has_more, skipped_in
from afilnet_protocols.wire import ORDINARY_HEADERS, Reply

R = TypeVar("R")

_ENGLISH = "(?:record|result|row|item|element|message|chat|channel|conversation|hit)"
_SPANISH = "(?:registro|resultado|fila|elemento|mensaje)"
_SEVERAL = f"(?:{_ENGLISH}s|entries|{_SPANISH}s|canales|conversaciones|unread|noleidos|sinleer)"
_THINGS = f"(?:{_SEVERAL}|{_ENGLISH}|{_SPANISH}|entry|canal|conversacion)"
COUNTS = late(
    "(?:total)?count(?:all)?|total|found|numfound|returned|match(?:es|ed)|quantity|cantidad|@?odatacount"
    f"|(?:i?total|count|number|numero|num|nb|cantidad)(?:of|de)?{_THINGS}|list(?:count|length)"
    f"|{_THINGS}(?:count|total|number|found|returned|filtered)|{_SEVERAL}(?:size|length)"
    f"|(?:new|unread|pending)?{_SEVERAL}"
)
"""Names, folded, of what says how many records there are, in English and in the vendor's own language."""

MORE = ("more", "hasmore", "hasnext", "hasnextpage", "istruncated", "moreavailable", "moreitems", "truncated")
"""Names, folded, of flags that say that there are records beyond those that are listed."""

_LAST = ("last", "islast", "islastpage", "complete", "iscomplete", "ultima", "esultima")
"""Names, folded, of flags that say so if they are false."""

_NEXT = late(
    r"@?(?:odata)?next(?:page|link|links|url|uri|href|token|pagetoken|cursor|offset|start|marker|key)?"
    r"|continuation(?:token)?|siguiente(?:pagina)?|paginasiguiente"
)
"""Names, folded, of what leads to the next page, if it holds anything."""

_PAGES = late(
    r"pages|(?:total|number|num|count)(?:of)?pages|pages?(?:count|total)|lastpage|(?:total|num)(?:de)?paginas"
)
"""Names, folded, of how many pages there are."""

_NONE = ("", "0", "false", "null", "none", "no", "nil", "-1")
_MOST_DIGITS = 18
_TOTALS = ("x-total-count", "x-total", "total-count", "x-pagination-total-count", "x-wp-total")
_RANGE = late(r"[a-z]+ +(?:[0-9]+-[0-9]+|\*)/([0-9]+)")
_TO_THE_NEXT = late(r"""rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|'[^']*\bnext\b[^']*'|next\b)""")


def quantity(value: object) -> float:
    """Return how many a value says that there are, nought if it is no number."""
    if isinstance(value, str):
        digits = value.strip()
        if not digits.isdecimal():
            return 0
        return float(digits) if len(digits) <= _MOST_DIGITS else float("inf")
    return value if isinstance(value, int | float) else 0


def is_true(value: object) -> bool:
    """Whether a flag is set."""
    return value is True or (isinstance(value, str) and value.strip().casefold() in ("1", "true", "yes")) or value == 1


def says_how_many(folded: str) -> bool:
    """Whether a member of this name, folded, may say that there are more records than are listed."""
    return (
        folded in MORE
        or folded in _LAST
        or any(names.fullmatch(folded) is not None for names in (COUNTS, _NEXT, _PAGES))
    )


def tells_of_more(folded: str, value: object, listed: int) -> bool:
    """Whether a member beside a list says that there are more records than it lists.

    Args:
        folded: its name, folded.
        value: what it holds.
        listed: how many records are listed.
    """
    if folded in MORE:
        return is_true(value)
    if folded in _LAST:
        return value is False or (isinstance(value, str) and value.strip().casefold() in ("0", "false", "no"))
    if _NEXT.fullmatch(folded) is not None:
        return _leads_on(value)
    if _PAGES.fullmatch(folded) is not None:
        return quantity(value) > 1
    return COUNTS.fullmatch(folded) is not None and quantity(value) > listed


def _leads_on(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() not in _NONE
    if isinstance(value, Mapping):
        return any(map(_leads_on, value.values()))
    return bool(value) and value != -1


def whole(result: R, reply: Reply) -> R:
    """Return what a read returns; a list as a partial one if its answer's headers say that there are more records.

    ``Link: <…>; rel="next"`` (RFC 8288) says so, and totals and ``Content-Range``, by custom.
    """
    if ORDINARY_HEADERS.issuperset(reply.headers) or not isinstance(result, list):
        return result
    if has_more(result) or not _headers_tell_of_more(reply.headers, len(result)):
        return result
    return cast("R", PartialList(result, skipped_in(result), more=True))


def _headers_tell_of_more(headers: Mapping[str, str], listed: int) -> bool:
    if _TO_THE_NEXT.search(headers.get("link", "").lower()) is not None:
        return True
    if any(quantity(headers.get(name, "")) > listed for name in _TOTALS):
        return True
    part = _RANGE.fullmatch(headers.get("content-range", "").strip().lower())
    return part is not None and quantity(part[1]) > listed
