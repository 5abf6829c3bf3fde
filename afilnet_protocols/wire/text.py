"""The one text rule of all five protocols, applied before any byte leaves."""

from __future__ import annotations

import re

from afilnet_protocols.errors import UnsupportedTextError

# XML 1.0 (fifth edition), production [2] Char, negated. It also excludes lone surrogates, which no encoding carries.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
