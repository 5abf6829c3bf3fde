"""What was probably meant by a word that is not known, and how it is quoted where it is refused."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

LONGEST_WORD = 40
"""How much of a word that somebody gave is quoted, in characters."""

MOST_KNOWN = 60
"""How many of the words that there are are named at most."""

MOST_TOLD = 20
"""How many unknown words are answered at most."""

LONGEST_PATH = 300
"""How much of a path: more is no path but what belongs into the file."""


_AS_FAR_AS_THE_USER = r":/{1,2}[^/?#@:\s]*(?=:)"
"""How an address with a password begins; a path that was made of one has lost a slash."""

_BEFORE_A_HOST = r"://[^/?#@:\s]*:[^/?#@\s]*@"
"""An address with a password before the host (RFC 3986 §3.2.1), wherever it stands."""

_ASSIGNED = r"(?is)((?:password|passwd|passphrase|pwd|secret|token|api_?key|client_key)\s*=\s*).+"
"""What follows a name of a secret and ``=``, to the end: a variable, a pair of a query, a keyword of libpq."""

_COMPARED = 200
"""How much of a word is compared with the known ones, which are shorter: comparing takes quadratic time."""


def quoted(given: object, longest: int = LONGEST_WORD) -> str:
    """Return what somebody gave in quotation marks, for the message that refuses it; cut where it is too long.

    Args:
        given: whatever it is; a number can be too long to be written at all. Numbers, flags and ``None`` stand
            without quotation marks, because ``a text, not '100'`` would show whoever gave 100 a text.
        longest: how many characters are kept.
    """
    try:
        told = str(given)
    except Exception:  # noqa: BLE001 -- the message is about what was given, not about how it fails to tell
        return f"a {type(given).__name__}"
    told = cut(told, longest)
    return told if given is None or isinstance(given, int | float) else repr(told)


def cut(text: str, longest: int = LONGEST_WORD) -> str:
    """Return a text, cut where it is longer than so many characters, and without a secret that it plainly holds."""
    text = without_password(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def without_password(text: str) -> str:
    """Return a text without what stands behind ``password=`` or the like, and without the password of an address in it.

    It is decoded if the address was percent-encoded.
    """
    if "=" in text:
        import re  # only a mistake needs it

        text = re.sub(_ASSIGNED, r"\1…", text, count=1)
    if "@" not in text and "%40" not in text:
        return text
    import re

    if "%" in text and holds_a_password(text):
        from urllib.parse import unquote

        text = unquote(text)

    def masked(found: re.Match[str]) -> str:
        before, _, host = found[0].rpartition("@")
        begins = re.search(_AS_FAR_AS_THE_USER, before)
        return f"{before[: begins.end()]}:…@{host}" if begins else found[0]

    # Word by word: to look for an @ behind each beginning would take hours where there are many.
    return re.sub(r"\S+", masked, text)


def holds_a_password(text: str) -> bool:
    """Return whether an address with a password stands in a text, as it is or percent-encoded."""
    # In hardly any text that is all right are these signs, and each start would compile the expression.
    if "%40" not in text and ("@" not in text or "://" not in text):
        return False
    import re
    from urllib.parse import unquote

    return any(re.search(_BEFORE_A_HOST, each) for each in (text, unquote(text)))


def named(given: object, longest: int = LONGEST_WORD) -> str:
    """Return a name as it may stand in a sentence: as it is, or quoted and cut where it would spoil the sentence.

    Args:
        given: the name, or a path.
        longest: how many characters are kept.
    """
    word = str(given)
    return cut(word, longest) if word.isprintable() and 0 < len(word) <= longest else quoted(word, longest)


def home_meant(path: str | os.PathLike[str]) -> str:
    """Return what to say beside a path that cannot be opened because its ``~`` is taken for a name; else nothing."""
    taken = "/~/" in f"/{os.fspath(path)}"
    return "; ~ is not your home folder here: write os.path.expanduser(…)" if taken else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that an unknown one resembles most, ``None`` if it resembles none."""
    import difflib  # only a mistake needs it

    by_folded = {name.casefold(): name for name in sorted(map(str, known))}
    word = word[:_COMPARED].casefold()
    for spelling in (word.replace("_", "-"), word.replace("-", "_")):
        for near in difflib.get_close_matches(spelling, by_folded, n=1, cutoff=0.6):
            return by_folded[near]
    return None


_NO_MISTAKES = frozenset({"wechat"})
"""Names that differ from a known one by a letter, and are names of their own."""


def misspelt(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that an unknown one almost certainly stands for; ``None`` if it may be another word.

    Args:
        word: what was written: it differs in letter case, blanks or separators, or in one letter or two.
        known: what could have been written.
    """
    import difflib  # only a word that is not known needs it

    folded = "".join(character for character in word.casefold() if character.isalnum())
    if folded in _NO_MISTAKES or len(folded) > _COMPARED:
        return None
    for name in map(str, known):
        if difflib.SequenceMatcher(None, folded, name).ratio() >= 0.85:
            return name
    return None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint for an unknown word: the nearest known one, or those that there are if none is near."""
    names = sorted(map(str, known))
    near = nearest(word, names)
    if near is not None:
        return f"did you mean {quoted(near)}?"
    if not names:
        return "none is known"
    more = f" and {len(names) - MOST_KNOWN} more" if len(names) > MOST_KNOWN else ""
    return f"known are {', '.join(map(named, names[:MOST_KNOWN]))}{more}"


def all_unknown(what: str, words: Sequence[str], known: Iterable[str]) -> str:
    """Return a hint for all unknown words at once, the first twenty at least, so that nobody has to try for each.

    Args:
        what: what one of them was to be, such as ``column``.
        words: what was written; at least one.
        known: what could have been written.
    """
    names = sorted(map(str, known))
    if len(words) == 1:
        return f"{what} {quoted(words[0])}: {did_you_mean(words[0], names)}"
    from afilnet_protocols.plural import all_of

    near = {word: nearest(word, names) for word in words[:MOST_TOLD]}
    told = [quoted(word) + (f" (did you mean {meant!r}?)" if meant else "") for word, meant in near.items()]
    more = [f"{len(words) - MOST_TOLD} more"] if len(words) > MOST_TOLD else []
    return f"{what}s {all_of([*told, *more])}: known are {', '.join(map(named, names))}"
