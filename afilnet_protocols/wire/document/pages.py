"""What the pages of a list carry beside it, and how a page of none looks: in neither was a record missed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.document.more_records import COUNTS, MORE, says_how_many
from afilnet_protocols.wire.document.refusal import says_nothing
from afilnet_protocols.wire.document.words import PROSE, holds_a_text, says_none
from afilnet_protocols.wire.names import fold

HOLDERS = frozenset(
    {"data", "content", "response", "results", "list", "items", "rows", "records", "messages", "chats", "channels"}
)
"""Names of what may hold the records where there is no ``result``."""

PAGING = ("links", "page", "paging", "pagination", "meta", "pageable", "pageinfo", "sort")
"""What the pages of a list carry beside it, and what holds no records."""

_OF_PAGES = ("empty", "paged", "size", "sorted", "unpaged", "unsorted")
"""What Spring's pages say of themselves and of their order, besides how many there are."""

_OF_LINKS = ("active", "label", "rel", "templated")
"""What Laravel's links to other pages, and HAL's, say of themselves."""

_OF_ORDERS = ("ascending", "descending", "direction", "ignorecase", "nullhandling", "property")
"""What Spring's orders say of themselves."""

_ADDRESSES = ("url", "uri", "path", "href")
"""How names end of the addresses that the pages of a list carry."""


_OF_SOME = late(r"unread|new|pending|noleid|sinleer")
"""What is in the names of counts of what is only a part."""


def is_false(value: object) -> bool:
    """Whether a value is false, which PHP writes for none, and for a query that failed."""
    return value is False or (isinstance(value, str) and value.strip().lower() == "false")


def is_page_of_none(mapping: Mapping[str, object], *, of_unread: bool) -> bool:
    """Whether there is nothing but counts, or what holds records and is empty, with what a page tells of itself.

    Alone such a holder may as well be an empty record: XML writes a list of one as an element in an element.
    """
    members = [(fold(name), value) for name, value in mapping.items()]
    holds_none = len(members) > 1 and any(name in HOLDERS and value in ("", [], {}, None) for name, value in members)
    return (holds_none or all(COUNTS.fullmatch(name) for name, _ in members)) and all(
        _is_of_a_page(name, value, of_unread=of_unread) for name, value in members
    )


def is_said_to_be_empty(told: Iterable[tuple[str, object]]) -> bool:
    """Whether an answer has what holds records, empty, and says as well that there are none, or no more.

    Args:
        told: its members, names folded.
    """
    members = list(told)
    return any(name in HOLDERS and value in ("", [], {}) for name, value in members) and any(
        (value in (0, "0") and value is not False) if COUNTS.fullmatch(name) else name in MORE and is_false(value)
        for name, value in members
        if _OF_SOME.search(name) is None
    )


def is_why(folded: str) -> bool:
    """Whether a member of this name, folded, may say why there is no list: an address of a page is none."""
    return PROSE.fullmatch(folded) is not None and not folded.endswith(_ADDRESSES)


def _is_of_a_page(folded: str, value: object, *, of_unread: bool) -> bool:
    """Whether a member is empty, or says what pages say of themselves: a record has a number and a time as well.

    What holds others was looked through by itself.
    """
    if isinstance(value, list | Mapping) or says_nothing(value) or is_false(value):
        return True
    if holds_a_text(value):
        return folded.endswith(_ADDRESSES) or says_none(value, of_unread=of_unread)
    return says_how_many(folded) or folded in _OF_PAGES


def says_not_empty(folded: str, value: object, above: tuple[str, ...]) -> bool:
    """Whether a member says that a page is not empty; Spring says so of the order as well."""
    return folded == "empty" and is_false(value) and "sort" not in above


def is_told_of_pages(path: tuple[str, ...], told: object) -> bool:
    """Whether what stands at a place is what pages carry, or in it, where it says no more than links and orders do."""
    return path[-1] in PAGING or (any(name in PAGING for name in path) and _tells_of_pages(told))


def _tells_of_pages(told: object) -> bool:
    """Whether an object or a list of such, however deep, says no more than links and orders do."""
    if isinstance(told, list):
        return all(map(_tells_of_pages, told))
    return isinstance(told, Mapping) and all(
        name in (*_OF_LINKS, *_OF_ORDERS)
        or (_tells_of_pages(value) if isinstance(value, list | Mapping) else _is_of_a_page(name, value, of_unread=True))
        for name, value in ((fold(name), value) for name, value in told.items())
    )
