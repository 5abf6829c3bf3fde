"""Identifiers as spreadsheets, data frames and copying spoil them: recognised before a message goes to whoever it is.

A recipient's number that was written as ``3.46E+10`` cannot be restored, and what is left of it may be somebody else's.
Which identifiers exist is the service's to know. What is refused here is what no platform has, and on WhatsApp, where
a recipient is a telephone number (documented: the vendor's samples), what is no such number in the form that the
samples have: digits with the country's code first (at most 15, ITU-T E.164).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from unicodedata import category, name

from afilnet_protocols.vocabulary import Platform

_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
_SOUND = re.compile(r"[A-Za-z0-9@_][A-Za-z0-9@_-]*")
"""What most identifiers look like; only what does not is looked at closely."""
_NUMBERS = re.compile(r"(?:[1-9][0-9]{0,14}\n)*")
_PLAIN = re.compile(r"(?:(?:[0-9]+|@?[A-Za-z_][A-Za-z0-9_-]*)\n)*")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+")
_WITH_A_SIGN = re.compile(r"[+-]?[0-9]+([.,][0-9]+[eE]|[eE][+-])")
_DECIMAL = re.compile(r"[+-]?[0-9]+[.,]0*")
_GROUPED = re.compile(r"[+(]?[0-9]+([ .,()/-]+[0-9]+)+")
_NO_VALUE = frozenset({"nan", "none", "null", "nil", "na", "n/a", "<na>", "nat", "undefined", "inf", "-inf", "-", "?"})

_AS_TEXT = "format the column as text and fill it in again"


def spoilt(identifier: str) -> str | None:
    """Return what has become of an identifier that no platform can have; ``None`` if it may be sound.

    Args:
        identifier: a recipient, or the number of a channel, as it stands in a file.
    """
    if _SOUND.fullmatch(identifier):
        return _SCIENCE if _WITH_A_SIGN.match(identifier) else _word(identifier)
    strange = next((each for each in identifier if _is_strange(each)), "")
    if not identifier.strip():
        return "is blank"
    if strange:
        return f"holds the character U+{ord(strange):04X} ({name(strange, 'without a name').lower()}): type it again"
    if identifier != identifier.strip():
        return "has a blank before or behind it: remove it"
    return _form(identifier) or _word(identifier)


_SCIENCE = f"is a number in scientific notation, which has lost its last digits: {_AS_TEXT}"


def _is_strange(character: str) -> bool:
    """Whether a character looks like another or like nothing: invisible marks, blanks and digits of other kinds."""
    return not character.isascii() and category(character) in ("Cf", "Zs", "Zl", "Zp", "Nd", "Cc", "Co", "Cn", "Mn")


def _form(identifier: str) -> str | None:
    if identifier.startswith("'"):
        return "begins with an apostrophe, by which spreadsheets mark text: remove it"
    if identifier.startswith("="):
        return "is a formula: export the values of the column"
    if identifier.startswith("#"):
        return "is an error of a spreadsheet, or a number that did not fit its column"
    if _SCIENTIFIC.fullmatch(identifier) and _WITH_A_SIGN.match(identifier):
        return _SCIENCE
    if _DECIMAL.fullmatch(identifier):
        return f"has a decimal part: {_AS_TEXT}"
    if _GROUPED.fullmatch(identifier) and " " in identifier:
        return "is a number with blanks between its digits: write the digits alone"
    return None


def _word(identifier: str) -> str | None:
    return "is what stands for no value: fill it in" if identifier.casefold() in _NO_VALUE else None


def no_recipient(platform: str | None, destination: str) -> str | None:
    """Return why nobody on a platform has this identifier; ``None`` if somebody may.

    Args:
        platform: the platform's name; ``None`` if it is not known.
        destination: the recipient, as it stands in a file.
    """
    if platform == Platform.WHATSAPP and _NUMBER.fullmatch(destination):
        return None
    found = spoilt(destination)
    if found is not None or platform != Platform.WHATSAPP:
        return found
    if _SCIENTIFIC.fullmatch(destination):
        return _SCIENCE
    digits = re.sub(r"[^0-9]", "", destination)
    if destination.startswith(("+", "00")) and _NUMBER.fullmatch(digits.removeprefix("00")):
        return f"must be digits alone on whatsapp, the country's code first: write {digits.removeprefix('00')}"
    if _GROUPED.fullmatch(destination):
        return f"is a number with its digits grouped, or with a decimal part: {_AS_TEXT}"
    return "is no telephone number: on whatsapp, write its digits alone, the country's code first, 15 at most"


def all_sound(identifiers: Collection[str], platforms: Collection[str]) -> bool:
    """Return whether all of a column are sound for certain; if not, each has to be looked at.

    Args:
        identifiers: recipients or channels.
        platforms: the platforms that they are on; empty for channels.
    """
    joined = "\n".join(identifiers) + "\n"
    if joined.count("\n") != len(identifiers):
        return False
    if Platform.WHATSAPP in platforms:
        return _NUMBERS.fullmatch(joined) is not None
    return _PLAIN.fullmatch(joined) is not None and _NO_VALUE.isdisjoint(map(str.casefold, identifiers))
