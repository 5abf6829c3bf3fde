"""Whether what stands beside a list says that there are more records: a total, another page, a limit, a flag.

No vendor page tells of pages, so how a service would tell of them is assumed, after what is usual in JSON and HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.document.meant import plainly
from afilnet_protocols.wire.document.words import PROSE, is_in_words
from afilnet_protocols.wire.names import fold

_ENGLISH = "(?:record|result|row|item|element|message|chat|channel|conversation|hit)"
_SPANISH = "(?:registro|resultado|fila|elemento|mensaje)"
_SEVERAL = f"(?:{_ENGLISH}s|entries|{_SPANISH}s|canales|conversaciones|unread|noleidos|sinleer)"
_THINGS = f"(?:{_SEVERAL}|{_ENGLISH}|{_SPANISH}|entry|canal|conversacion)"
COUNTS = late(
    "(?:total)?count(?:all)?|total|found|numfound|returned|match(?:es|ed)|quantity|cantidad|@?odatacount"
    "|(?:full|grand|overall|estimated|approx(?:imate)?)(?:total|count)|total(?:size|estimated)"
    f"|(?:i?total|count|number|numero|num|nb|cantidad)(?:of|de)?{_THINGS}|list(?:count|length)"
    f"|{_THINGS}(?:count|total|number|found|returned|filtered|sizeestimate)|{_SEVERAL}(?:size|length|totales)"
    f"|(?:new|unread|pending)?{_SEVERAL}"
)
"""Names, folded, of what says how many records there are, in English and in the vendor's own language."""

MORE = ("more", "hasmore", "hasnext", "hasnextpage", "istruncated", "moreavailable", "moreitems", "truncated")
"""Names, folded, of flags that say that there are records beyond those that are listed."""

_TRIAL = "(?:is)?(?:mock(?:ed)?|simulated|dryrun|(?:demo|sandbox|test)(?:mode)?)"
"""Flags that say that what is listed is made up, or is there for a trial."""

_PART = late(
    r"has(?:more|next|prev(?:ious)?|older|newer|earlier)(?:pages?|batch|items|data|results|records|rows|messages|chats)?"
    r"|more(?:pages|items|data|older|results|records|messages)(?:available)?|(?:is)?(?:partial|incomplete|limited|capped)"
    r"|(?:can)?(?:load|show)more|(?:was|list|results?)truncated|(?:history|list|results?)limited|overflow(?:ed)?"
    r"|hay(?:mas|siguiente)(?:mensajes|resultados|registros|paginas)?|mas(?:mensajes|resultados|registros)?"
    r"|timedout|(?:is)?(?:degraded|cached|loading|syncing|indexing|pending|processing|inprogress)|fromcache"
    r"|(?:is|served)?(?:stale|fallback)|maintenance|mantenimiento|(?:incomplete|partial|limited)(?:list|results?)"
    rf"|{_TRIAL}|(?:results)?limit(?:reached|exceeded)|max(?:results)?reached|exceeded(?:transfer)?limit|parcial|incompleto"
)
"""The same of those, and of flags that say that the list is a part, or is not what there is now."""

_LAST = late(
    "(?:is)?(?:last|first|final)(?:page)?|(?:is)?(?:complete|ready|synced)|(?:es)?(?:ultima|primera)(?:pagina)?"
    "|(?:is|at)?(?:the)?end(?:of(?:list|results))?|(?:is)?(?:done|eof|finished|exhausted)|fin"
    "|no(?:more)(?:results|pages|messages)?|found(?:oldest|newest)|reached(?:the)?end|allloaded"
)
"""Names, folded, of flags that say so if they are false."""

_PLACES = late("(?:first|last|final)(?:page)?|(?:ultima|primera)(?:pagina)?|end|fin")
"""Those of them that may say where in the list something stands, if they hold a number."""

_NOT_OF_THE_END = late(
    "hasprev.*|(?:is)?(?:first(?:page)?|ready|synced)|(?:es)?primera(?:pagina)?|timedout|fromcache|maintenance|mantenimiento"
    f"|{_TRIAL}|(?:is|served)?(?:stale|fallback)|(?:is)?(?:degraded|cached|loading|syncing|indexing|pending|processing|inprogress)"
)
"""Those of all these flags that leave open whether the list goes on: of its beginning, and of whether it is what is
there now."""

_BY = "(?:links?|url|uri|href|path|query|token|cursor|offset|index|number|start|from|since|mark|marker|key)"
_PAGE_OF = (
    f"(?:(?:page|records|results|batch|set)?(?:{_BY}{{0,2}}|exists)|(?:page|batch|post|message|max|min)id"
    "|continuationtoken)"
)
_OTHERS = late(
    rf"@?(?:odata)?next{_PAGE_OF}|continuation(?:token)?|siguiente(?:pagina)?|paginasiguiente"
    rf"|(?:load|show|see|view)?more{_BY}"
    rf"|prev(?:ious)?{_PAGE_OF}|anterior|paginaanterior|(?:older|newer|earlier)(?:page|messages)?{_BY}?"
)
"""Names, folded, of what leads to the next page or to the one before, if it holds anything."""

_CURSORS = late(
    "(?:(?:end|after|search)?cursor|after|searchafter|scrollid|resumetoken|continue|bookmark|marker|last(?:evaluated)?key"
    "|cursor(?:mark|next)|pag(?:e|ing)state|pagetoken|scrolltoken|next(?:page)?(?:cursor|token|batch))"
)
"""Names, folded, of where the list would go on, which some services say of the last page as well."""

_PAGES = late(
    r"pages|paginas|(?:total|number|num|count|no|nb)(?:of)?pages|pages?(?:count|total)|lastpage|(?:total|num)(?:de)?paginas"
)
"""Names, folded, of how many pages there are."""

_PAGE = late(
    "(?:current|this)?page(?:number|num|no|index)?|pagina(?:actual)?|start(?:index|row|record)|first(?:result|row)"
)
"""Names, folded, of which page it is, or which record is its first; some count from nought, and some from one."""

_LEFT_OUT = late(
    "offset|skip|skipped|omitted|hidden|not(?:shown|listed)|dropped|excluded|withheld|archived|filteredout|desplazamiento|omitidos|ocultos"
    "|remaining(?:count|(?:item|record|result|row)s?(?:count)?)"
)
"""Names, folded, of how many records come before those that are listed, or after them, or are kept back."""

_WARNINGS = late("warnings?|advertencias?")
"""Names, folded, of what is to be known of a list: that of a text, as of several, may be why it is short."""

_NOT_ALL = late(
    r"\b(?:incomplete|partial(?:ly)?|truncated|degraded|limited|cached|stale|outdated|unavailable|tim(?:ed|e)[ -]?out"
    r"|rebuil[dt]\w*|being indexed|try again|could ?n[o'\u2019]t|cannot|not all"
    r"|too (?:many|much)|maintenance|(?<!will be )(?:disabled|suspended)|not (?:yet )?(?:available|enabled|ready)"
    r"|temporar(?:y|ily)"
    r"|(?:only|last|first|latest|newest|recent)(?: the)?(?: last| first)? [0-9]+"
    r"|incomplet[oa]s?|parcial(?:es)?|limitad[oa]s?|no disponible|int[eé]ntelo|no se pud\w+|[uú]ltim[oa]s [0-9]+"
    r"|demasiad[oa]s|mantenimiento|(?:desactiv|deshabilit|suspend)[ai]d[oa]s?|temporal(?:es|mente)?)\b",
    re.IGNORECASE,
)
"""How what is said in words beside a list says that it is a part, or not what there is now."""

_ADDRESS = late(r"https?://\S*", re.IGNORECASE)
_PATH = late(r"/\S*")
"""An address, the words of which say nothing."""

_LONGEST_SAID = 200
"""How much of that is looked at, in characters."""

_STATES = ("state", "status", "estado")
_NOT_YET = frozenset(
    {"pending", "processing", "inprogress", "loading", "queued", "running", "incomplete", "partial", "syncing"}
    | {"started", "indexing", "building", "pendiente", "procesando", "encurso", "cargando"}
)
"""What the state of a list is, folded, that is not all there yet."""

_LIMITS = late(
    f"(?:max|page|list|query)?limit|limite|{_THINGS}?(?:per|por)(?:page|pagina)|(?:page|batch|chunk|window)size"
    f"|max(?:{_SEVERAL}|size)|tamano(?:de)?pagina"
)
"""Names, folded, of how many records are listed at most: where it is reached, there may be more."""

_AMOUNT = late(r"[>\u2265~]?\s*([0-9]{1,18}(?:[,.'\u00a0 ][0-9]{3})*)(?:[.,][0-9]{1,2})?\+?(?:\s[^0-9]{0,40})?")
"""A number as it is written for people: ``1,234``, ``3.0``, ``3 messages``, ``100+``."""

_AT_LEAST = late(r"\s*(?:[>\u2265]|[0-9][^\s+]*\+)")
"""Such a number, if there may be more."""

_NONE = ("", "0", "false", "null", "none", "no", "nil", "-1")

_RANGE = late(r"(?:[a-z]+[ =]+)?(?:([0-9]{1,18})-([0-9]{1,18})|\*)/([0-9]+|\*)")
_SHOWN = late(r"(?:[0-9]+ ?(?:-|\u2013|to|a) ?)?[0-9]+ ?(?:/|of|out of|de) ?([0-9]+)(?: .{0,40})?")
_SHOWN_IN_WORDS = late(r"(?:showing|displaying|viewing|listing|returned|mostrando)\s+(?=[0-9])", re.IGNORECASE)
"""What stands before that in a sentence."""
_RANGES = ("range", "contentrange", "showing", "shown", "displaying", "mostrando")
_RELATIONS = ("next", "prev", "previous")

_FORM = frozenset({"result", "list", "item"})
"""What the documented form is made of: it tells of nothing, and is in nearly every answer."""

_EMPTY: tuple[object, ...] = (None, "", [], {})


def quantity(value: object) -> float:
    """Return how many a value says that there are, nought if it is no number."""
    if isinstance(value, str):
        digits = value.strip()
        if not digits.isdecimal():
            found = _AMOUNT.fullmatch(digits)
            if found is None:
                return 0
            digits = "".join(character for character in found[1] if character.isdecimal())
        return float(digits)
    return value if isinstance(value, int | float) else 0


def is_true(value: object) -> bool:
    """Whether a flag is set."""
    return value is True or (isinstance(value, str) and value.strip().casefold() in ("1", "true", "yes")) or value == 1


def says_how_many(folded: str) -> bool:
    """Whether a member of this name, folded, may say that there are more records than are listed."""
    return (
        folded in MORE
        or folded in _RANGES
        or any(
            names.fullmatch(folded) is not None
            for names in (COUNTS, _OTHERS, _PAGES, _LAST, _PART, _PAGE, _LEFT_OUT, _LIMITS, _CURSORS)
        )
    )


def tell_of_more(told: Iterable[tuple[str, object]], listed: int) -> bool:
    """Whether what stands beside a list says that there are, or may be, more records than it lists.

    Args:
        told: the members, names folded.
        listed: how many records are listed.
    """
    members = [(name, value) for name, value in told if name not in _FORM and value not in _EMPTY]
    if any(_tells_of_more(name, value, listed) for name, value in members):
        return True
    if not any(_CURSORS.fullmatch(name) is not None and _leads_on(value) for name, value in members):
        return False
    return not any(_says_that_is_all(name, value) for name, value in members)


def _tells_of_more(folded: str, value: object, listed: int) -> bool:
    if folded in MORE or _PART.fullmatch(folded) is not None:
        return is_true(value) or (folded in MORE and _number(value) > 0) or ("more" in folded and _is_address(value))
    if _LAST.fullmatch(folded) is not None and _is_false(value) and not _is_place(folded, value):
        return True
    if _OTHERS.fullmatch(folded) is not None:
        return _CURSORS.fullmatch(folded) is None and _leads_on(value)
    if _PAGES.fullmatch(folded) is not None or _PAGE.fullmatch(folded) is not None:
        shown = _SHOWN.fullmatch(value.strip().casefold()) if isinstance(value, str) else None
        return (_number(value) if shown is None else quantity(shown[1])) > 1
    if folded in _STATES:
        return isinstance(value, str) and fold("".join(value.split())) in _NOT_YET
    if _WARNINGS.fullmatch(folded) is not None:
        return is_in_words(value)
    if PROSE.fullmatch(folded) is not None:
        return is_in_words(value) and (_says_not_all(value) or _shows_a_part(value, listed))
    if _LEFT_OUT.fullmatch(folded) is not None:
        return _number(value) > 0
    if _LIMITS.fullmatch(folded) is not None:
        return 0 < _number(value) <= listed
    if folded == "rel":
        return isinstance(value, str) and value.strip().casefold() in _RELATIONS
    if folded in _RANGES:
        return isinstance(value, str) and _is_a_part(value.strip().casefold(), listed)
    return COUNTS.fullmatch(folded) is not None and _counts_more(value, listed)


def _counts_more(value: object, listed: int) -> bool:
    """Whether a count is above the number of those that are listed, or says that there are at least so many."""
    count = value.get("value") if isinstance(value, Mapping) else value
    is_least = isinstance(count, str) and _AT_LEAST.match(count) is not None
    if isinstance(value, Mapping) and value.get("relation") in ("gt", "gte"):
        is_least = True  # as Elasticsearch counts what it has not counted to the end
    return quantity(count) > listed or (is_least and quantity(count) == listed)


def _shows_a_part(value: str, listed: int) -> bool:
    """Whether a sentence says so by numbers: ``Showing 1 to 20 of 50 entries``."""
    return _is_a_part(_SHOWN_IN_WORDS.sub("", plainly(value), 1).casefold(), listed)


def _is_address(value: object) -> bool:
    return isinstance(value, str) and (_ADDRESS.fullmatch(value) or _PATH.fullmatch(value)) is not None


def _says_not_all(value: str) -> bool:
    said = plainly(value)[:_LONGEST_SAID]
    if _NOT_ALL.search(said) is None or _PATH.fullmatch(value.strip()) is not None:
        return False
    return _NOT_ALL.search(_ADDRESS.sub("", said)) is not None


def _number(value: object) -> float:
    return 0 if isinstance(value, bool) else quantity(value)


def _is_false(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() in ("0", "false", "no")
    return isinstance(value, int | float) and not value


def _is_place(folded: str, value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _PLACES.fullmatch(folded) is not None


def _says_that_is_all(folded: str, value: object) -> bool:
    """Whether a flag says that this is the end, so that a cursor beside it leads nowhere."""
    if folded in MORE or _PART.fullmatch(folded) is not None:
        return _is_false(value) and _NOT_OF_THE_END.fullmatch(folded) is None
    return _LAST.fullmatch(folded) is not None and is_true(value) and _NOT_OF_THE_END.fullmatch(folded) is None


def _leads_on(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() not in _NONE
    if isinstance(value, Mapping):
        return any(map(_leads_on, value.values()))
    return bool(value) and value != -1


def _is_a_part(told: str, listed: int) -> bool:
    """Whether a range is one of a part: ``items 0-1/40``, ``50-51/52``, ``1-2 of 40``."""
    found = _RANGE.fullmatch(told)
    if found is None:
        shown = _SHOWN.fullmatch(told)
        return shown is not None and quantity(shown[1]) > listed
    first, last, total = quantity(found[1]), quantity(found[2]), quantity(found[3])
    # Who counts from one says 1-2/2 of a whole list of two.
    return total > listed or (first > 0 and not (first == 1 and last in (total, listed)))
