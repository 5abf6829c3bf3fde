"""The one text rule of all five protocols, applied before any byte leaves."""

from __future__ import annotations

from afilnet_protocols.errors import UnsupportedTextError
from afilnet_protocols.patterns import late

# What XML 1.0 (fifth edition), production [2] Char, leaves out: controls, lone surrogates, U+FFFE, U+FFFF. It says what
# is refused, because a set of nearly all characters takes 7 ms to compile.
_NOT_XML = late("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def can_be_sent(text: str) -> bool:
    """Return whether every protocol can carry a text exactly."""
    return _NOT_XML.search(text) is None


def check_text(name: str, text: str) -> str:
    """Return the text if every protocol can carry it exactly.

    Args:
        name: the parameter, for the message.
        text: any text; line ends, blanks and every character of XML 1.0 are kept as they are.

    Raises:
        UnsupportedTextError: it holds a control character, a lone surrogate, U+FFFE or U+FFFF.
    """
    found = _NOT_XML.search(text)
    if found is None:
        return text
    raise UnsupportedTextError(
        f"{name}: the character U+{ord(found.group()):04X} at position {found.start()} cannot be sent; no protocol may "
        "carry what XML 1.0 cannot (control characters, lone surrogates, U+FFFE, U+FFFF): remove it"
    )
