"""What a success holds: its records wherever they stand, what contradicts it, and what must not pass for nothing.

The vendor's pages put records into ``result.list``. A service may put them elsewhere: under another name, at another
level, as a text that holds JSON, as an object of items, or alone. They are found if there is one such place, and else
refused with the places named; an answer is empty only if nothing in it could be a record. The same walk finds a
refusal inside a success, which makes it none. Fields of JSON and elements of SOAP come here alike, as mappings, lists,
texts, numbers and flags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from afilnet_protocols.catalogue import CLASS, GET_UNREAD_MESSAGES, Operation
from afilnet_protocols.wire.document.markup import may_be_markup, refuses_in_markup
from afilnet_protocols.wire.document.meant import ITEMS, may_be_json, opened
from afilnet_protocols.wire.document.more_records import COUNTS, MORE, is_true, quantity, says_how_many, tell_of_more
from afilnet_protocols.wire.document.own_words import OwnWords
from afilnet_protocols.wire.document.pages import (
    HOLDERS,
    PAGING,
    is_false,
    is_page_of_none,
    is_said_to_be_empty,
    is_told_of_pages,
    is_why,
    says_not_empty,
)
from afilnet_protocols.wire.document.refusal import is_refusal, may_refuse, refuses
from afilnet_protocols.wire.document.repeated import may_repeat
from afilnet_protocols.wire.document.words import PROSE, holds_a_text, is_in_words, says_none
from afilnet_protocols.wire.malformed import Malformed
from afilnet_protocols.wire.names import fold, inside
from afilnet_protocols.wire.strict_json import MAX_DEPTH, TWICE, Doubtful

_DOCUMENTED = ("result", "list")
"""Where the vendor's pages put the records."""

_KINDRED = 2
"""How many fields of its own a mapping in a list shares with an operation's record before it is taken for one."""

_ALONE = 3
"""The same of a mapping that stands alone, where a notice of two fields may stand as well."""


class Listing(msgspec.Struct, frozen=True):
    """A list of an answer.

    Attributes:
        items: what stands in it.
        place: where it stands, for a message.
        more: whether something beside it says that there are more records than it lists.
    """

    items: list[object]
    place: str
    more: bool = False


class Contents:
    """Everything in a success beside its status, looked through once.

    Args:
        operation: the operation that was called.
        envelope: the success.
        sent: what the call said, if it was a send and that was noted: the success may repeat it.

    Attributes:
        refusals: the places that tell of a refusal.
    """

    def __init__(
        self, operation: Operation[object], envelope: Mapping[str, object], sent: tuple[str, ...] | None = None
    ) -> None:
        self._parameters = {parameter.wire for parameter in operation.parameters}
        self._call = {("class", CLASS), ("method", operation.method)}
        own = {field.wire for field in operation.fields} - self._parameters - {"status"}
        self._words = OwnWords(envelope, self._parameters, sent) if operation.record is None else None
        self._sent = sent
        self._is_of_unread = operation is GET_UNREAD_MESSAGES
        self._own = own | {"sent", "issent"} if own & {"sent", "issent"} else own
        self.refusals: list[str] = []
        self._listings: list[Listing] = []
        self._unread: list[str] = []
        self._beside: list[tuple[str, str]] = []
        self._said: list[tuple[str, str]] = []
        self._is_null = False
        # Without a result, the texts beside its status are all that an answer holds.
        self._is_all = not any(fold(name) == _DOCUMENTED[0] for name in envelope)
        self._counts: list[str] = []
        self._told: list[tuple[str, object]] = []
        self._documented: str | None = None
        if self._kin(envelope) >= _ALONE:
            self._unread.append("the answer itself")
        for name, value in envelope.items():
            if name != "status":  # another spelling of it beside it may tell of a refusal
                self._member(name, value, (), "", envelope)

    def listing(self) -> Listing:
        """Return the list of records; one of none, if nothing in the answer could be a record.

        Raises:
            Malformed: something could be, and it is not clear what.
        """
        home = self._documented
        found = [each for each in self._listings if _is_within(each.place, home)]
        found += [each for each in self._listings if each not in found]
        strangers = [each.place for each in found[1:] if each.items != found[0].items]
        if home is not None and found and not _is_within(found[0].place, home):
            strangers.append(home)
        if strangers:
            raise Malformed(f"lists stand in several places: {_told([found[0].place, *strangers])}")
        if found:
            items, place = found[0].items, found[0].place
            return Listing(items, place, tell_of_more(self._told, len(items)))
        unread = self._unread
        is_page = home is None and is_said_to_be_empty(self._told)
        if home is None or self._is_null:
            # Where there is no list, what is said may be why; a page says by itself that it is none.
            unread = [*unread, *(place for name, place in self._said if not is_page or is_why(name))]
        if home is None:
            # Where it is not even mentioned, whatever stands in the result may be what was asked for.
            unread = [*unread, *(place for name, place in self._beside if not is_page or name in HOLDERS)]
        if unread:
            raise Malformed(f"what it holds cannot be read as a list of records: {_told(unread)}")
        if self._counts:
            raise Malformed(f"it tells of records and lists none: {_told(self._counts)}")
        return Listing([], ".".join(_DOCUMENTED), tell_of_more(self._told, 0))

    def _member(
        self, name: str, value: object, above: tuple[str, ...], place: str, beside: Mapping[str, object]
    ) -> None:
        """Look through a member of a mapping.

        Args:
            name: its name.
            value: what it holds.
            above: the folded names on the way to the mapping.
            place: where the mapping stands.
            beside: the mapping.
        """
        folded = fold(name).rpartition(":")[2]  # JSON-LD writes names with the prefix of their namespace
        here = inside(place, name)
        value = self._opened(value, (*above, folded))
        if (
            refuses(folded, value)
            or (self._words and self._words.end_a_send(folded, value, above, beside))
            or (isinstance(value, str) and may_be_markup(value) and self._refuses_in_markup(folded, value))
        ):
            self.refusals.append(here)
        elif (
            (quantity(value) > 0 and COUNTS.fullmatch(folded))
            or (is_true(value) and (folded in MORE or COUNTS.fullmatch(folded)))
            or says_not_empty(folded, value, above)
        ):
            self._counts.append(here)
        self._told.append((folded, value))
        if isinstance(value, str) and (folded in self._parameters or (folded, value.strip().lower()) in self._call):
            return  # what was asked for, or said, repeated
        inside_result = above[:1] == _DOCUMENTED[:1] or folded in HOLDERS
        if (inside_result and holds_a_text(value)) or (folded in HOLDERS and is_false(value)):
            self._beside.append((folded, here))
        if (
            is_in_words(value)
            and (self._is_all or PROSE.fullmatch(folded))
            and not says_none(value, of_unread=self._is_of_unread)
        ):
            self._said.append((folded, here))
        self._look(value, (*above, folded), here)

    def _look(self, value: object, path: tuple[str, ...], place: str) -> None:
        """Look through a value.

        Args:
            value: any.
            path: the folded names on the way to it.
            place: where it stands.
        """
        if path == _DOCUMENTED and self._documented is None:
            self._documented, self._is_null = place, value is None
        if isinstance(value, str):
            if may_be_json(value) or (value.strip() and _is_home(path)):
                self._unread.append(place)
        elif isinstance(value, list):
            self._look_in_list(value, path, place)
        elif isinstance(value, Mapping):
            self._look_in_mapping(value, path, place)
        elif value is not None and _is_home(path):
            self._unread.append(place)

    def _opened(self, value: object, path: tuple[str, ...]) -> object:
        """Return what a text holds that is JSON, unless it may be what was said, repeated."""
        # Texts in texts would have no end otherwise. What was said is looked for last: it takes the longest.
        if not may_be_json(value) or len(path) >= MAX_DEPTH:
            return value
        return value if path[-1] in self._parameters and may_repeat(value, self._sent) else opened(value)

    def _refuses_in_markup(self, folded: str, text: str) -> bool:
        """Whether a text of XML tells of a refusal and is not what was said, repeated."""
        is_known = folded in self._parameters or self._sent is not None
        return refuses_in_markup(text) and not (is_known and may_repeat(text, self._sent))

    def _look_in_list(self, items: list[object], path: tuple[str, ...], place: str) -> None:
        items = [self._opened(item, path) if isinstance(item, str) else item for item in items]
        rows = [_unwrapped(item) for item in items]
        if any(self._kin(row) >= _KINDRED for row in rows):
            self._listings.append(Listing(rows, place))
            return
        before = self._noted()
        for number, item in enumerate(items):
            if isinstance(item, list | Mapping):
                self._look(item, (*path, "[]"), f"{place}[{number}]")
            elif isinstance(item, str) and self._refuses_in_markup(path[-1], item):
                self.refusals.append(f"{place}[{number}]")
        if items and self._noted() == before:
            if path == _DOCUMENTED:
                self._listings.append(Listing(items, place))
            elif not is_told_of_pages(path, items):
                self._unread.append(place)

    def _look_in_mapping(self, mapping: Mapping[str, object], path: tuple[str, ...], place: str) -> None:
        if self._kin(mapping) >= _ALONE:
            self._listings.append(Listing([mapping], place))
            # A record has a status of its own; an error beside it is none of its fields.
            self.refusals += [inside(place, name) for name, value in mapping.items() if is_refusal(fold(name), value)]
            return
        if isinstance(mapping, Doubtful):
            raise Malformed(f"{TWICE}: {place}")
        rows = sum(self._kin(value) >= _KINDRED for value in mapping.values())
        numbered = bool(mapping) and all(name.isdecimal() for name in mapping)
        around_a_list = path == _DOCUMENTED[:1] and any(fold(name) == _DOCUMENTED[1] for name in mapping)
        if (rows > 1 and not around_a_list) or (rows and numbered) or (path == _DOCUMENTED and (rows or numbered)):
            kept = []
            for name, value in mapping.items():
                # XML has what is empty as a text.
                is_row = isinstance(value, list | Mapping) and value and not is_refusal(fold(name), value)
                if numbered or is_row:
                    kept.append(value)
                else:
                    self._member(name, value, path, place, mapping)
            self._listings.append(Listing(kept, place))
            return
        before = self._noted()
        for name, value in mapping.items():
            self._member(name, value, path, place, mapping)
        if mapping and self._noted() == before:
            self._not_understood(mapping, path, place)

    def _not_understood(self, mapping: Mapping[str, object], path: tuple[str, ...], place: str) -> None:
        """Note a mapping in which nothing was found."""
        (name, only), *more = mapping.items()
        # XML writes a list of one as an element in an element.
        holds = isinstance(only, list | Mapping) or (fold(name) in ITEMS and isinstance(only, str) and only.strip())
        is_of_pages = is_told_of_pages(path, mapping)
        list_of_one = bool(not more and only and holds) and not is_of_pages
        is_empty = is_page_of_none(mapping, of_unread=self._is_of_unread)
        at_home = path[:2] == _DOCUMENTED and not is_of_pages and not is_empty
        named_item = fold(name) in ITEMS and isinstance(only, str)
        if at_home or (list_of_one and (named_item or path != _DOCUMENTED[:1])):
            self._unread.append(place)
        elif len(path) > 1 or self._kin(mapping) >= _KINDRED:
            self._beside.append((path[-1], place))

    def _noted(self) -> tuple[int, ...]:
        """Return how much was found so far."""
        return len(self._listings), len(self._unread), len(self._counts), len(self.refusals)

    def _kin(self, value: object) -> int:
        """Return how many of the operation's fields a mapping has; parameters, which an answer may repeat, apart."""
        return len(self._own.intersection(map(fold, value))) if isinstance(value, Mapping) else 0


def is_looked_at(folded: str) -> bool:
    """Whether what a member of this name, folded, holds may be records, say how many there are, or end a success."""
    places = (*_DOCUMENTED, *PAGING, *ITEMS)
    is_told = PROSE.fullmatch(folded) is not None or says_how_many(folded) or may_refuse(folded)
    return folded in places or folded in HOLDERS or is_told


def _is_home(path: tuple[str, ...]) -> bool:
    return path in (_DOCUMENTED[:1], _DOCUMENTED)


def _is_within(place: str, home: str | None) -> bool:
    return home is not None and f"{place}.".startswith((f"{home}.", f"{home}["))


def _unwrapped(item: object) -> object:
    """Return what an item holds that is an object of one member, as XML written as JSON has it; else the item."""
    if isinstance(item, Mapping) and len(item) == 1 and not isinstance(item, Doubtful):
        (inner,) = item.values()
        return inner if isinstance(inner, Mapping) else item
    return item


def _told(places: Sequence[str]) -> str:
    """Return places for a message: the first three."""
    return ", ".join(places[:3]) + (", …" if len(places) > 3 else "")
