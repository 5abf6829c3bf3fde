"""Whether the headers of an answer say that there are more records than it lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeVar, cast

from afilnet_protocols.patterns import late
from afilnet_protocols.records import PartialList, has_more, skipped_in
from afilnet_protocols.wire import ORDINARY_HEADERS, Reply
from afilnet_protocols.wire.document.more_records import says_how_many, tell_of_more
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.strict_json import NotStrictJson, value_of

R = TypeVar("R")

_ACCEPTED = 202
_OF_THE_LIST = late(r"\A(?:x-)?(?:(?:pagination|paging|page|wp|ms|list|collection|resource)-(?=[a-z]))?")
"""How headers begin that say of a list what its members could."""

_TO_ANOTHER = late(r"""rel\s*=\s*(?:"[^"]*\b|'[^']*\b|)(?:next|prev|previous)\b""")


def whole(result: R, reply: Reply) -> R:
    """Return what a read returns; a list as a partial one if its answer's headers say that there are more records.

    ``Link: <…>; rel="next"`` (RFC 8288) says so, and by custom ``Content-Range``, and what a member of that name would
    say: ``X-Total-Count``, ``X-Next-Page``, ``X-Pagination`` with an object. Who asks to come back says so as well.
    """
    # What was accepted is not all done yet (RFC 9110 §15.3.3).
    is_accepted = reply.status == _ACCEPTED
    if (reply.ordinary and not is_accepted) or not isinstance(result, list) or has_more(result):
        return result
    if not is_accepted and (
        ORDINARY_HEADERS.issuperset(reply.headers) or not _headers_tell_of_more(reply.headers, len(result))
    ):
        return result
    return cast("R", PartialList(result, skipped_in(result), more=True))


def _headers_tell_of_more(headers: Mapping[str, str], listed: int) -> bool:
    if "retry-after" in headers or _TO_ANOTHER.search(headers.get("link", "").lower()) is not None:
        return True
    return tell_of_more(
        [told for name, value in headers.items() if name not in ORDINARY_HEADERS for told in _in_header(name, value)],
        listed,
    )


def _in_header(name: str, value: str) -> Iterable[tuple[str, object]]:
    if value.lstrip().startswith("{"):
        try:
            document = value_of(value)
        except NotStrictJson:
            return ()
        return [(fold(inner), held) for inner, held in document.items()] if isinstance(document, Mapping) else ()
    return [(folded, value) for folded in _told_by(name)]


@lru_cache(maxsize=256)
def _told_by(name: str) -> list[str]:
    """Return the names, folded, under which a header may say that there are more: for nearly all headers none."""
    names = {fold(name), fold(_OF_THE_LIST.sub("", name))}
    return [folded for folded in names if says_how_many(folded)]
