"""The one text rule of all five protocols, and that of identifiers, applied before any byte leaves."""

from __future__ import annotations

from afilnet_protocols.errors import UnsupportedTextError
from afilnet_protocols.patterns import late

# What XML 1.0 (fifth edition), production [2] Char, leaves out: controls, lone surrogates, U+FFFE, U+FFFF. It says what
# is refused, because a set of nearly all characters takes 7 ms to compile.
_NOT_XML = late("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_CONTROL = late("[\t\n\r\x7f-\x9f\u2028\u2029]")
"""What XML can carry of the control characters and line ends: Unicode's categories Cc, Zl and Zp."""


def can_be_sent(text: str) -> bool:
    """Return whether every protocol can carry a text exactly."""
    # What can be printed has none of them, and nearly all texts can: the expression need not be compiled for them.
    return text.isprintable() or _NOT_XML.search(text) is None


def check_text(name: str, text: str) -> str:
    """Return the text if every protocol can carry it exactly.

    Args:
        name: the parameter, for the message.
        text: any text; line ends, blanks and every character of XML 1.0 are kept as they are.

    Raises:
        UnsupportedTextError: it holds a control character, a lone surrogate, U+FFFE or U+FFFF.
    """
    found = None if text.isprintable() else _NOT_XML.search(text)
    if found is None:
        return text
    raise UnsupportedTextError(
        f"{name}: the character U+{ord(found.group()):04X} at position {found.start()} cannot be sent; no protocol may "
        "carry what XML 1.0 cannot (control characters, lone surrogates, U+FFFE, U+FFFF): remove it"
    )


def can_identify(text: str) -> bool:
    """Return whether a text may be an identifier, or several of them written together."""
    return text.isprintable() or (can_be_sent(text) and _CONTROL.search(text) is None)


def check_identifier(name: str, text: str) -> str:
    """Return the text if it may name a channel, a recipient or a conversation.

    Which identifiers exist is the service's to know, and blanks are kept as they are. A control character has come with
    it from somewhere, as the line end of a file that was read line by line.

    Raises:
        UnsupportedTextError: as for :func:`check_text`, and for every control character and line end.
    """
    if text.isprintable():
        return text
    check_text(name, text)
    found = _CONTROL.search(text)
    if found is None:
        return text
    raise UnsupportedTextError(
        f"{name}: the character U+{ord(found.group()):04X} at position {found.start()} cannot be sent; no identifier "
        "has a line end, a tab or another control character: remove it"
    )
