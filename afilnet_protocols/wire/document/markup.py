"""What a text that holds XML tells of a refusal: some services put a whole document into one text of their answer."""

from __future__ import annotations

import html
import re

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.document.refusal import is_refusal, refuses
from afilnet_protocols.wire.names import fold

_DEEPEST = 4
"""How many texts may stand in one another."""

_PIECE = late(
    r"<!\[CDATA\[(?P<kept>.*?)(?:\]\]>|\Z)|<(?P<end>/?)(?P<name>[\w.:-]++)(?P<rest>[^<>]*+)>|<[^<>]*+>|(?P<text>[^<]++)",
    re.DOTALL,
)
_ATTRIBUTE = late(r"""(?<!\S)([\w.:-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)')""")


def may_be_markup(text: str) -> bool:
    """Whether a text begins as XML does."""
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def refuses_in_markup(text: str, depth: int = 0) -> bool:
    """Whether a text that begins as XML tells of a refusal in an attribute, or in an element of any depth.

    It need not be well-formed: what cannot be read must not pass for a success.
    """
    if depth > _DEEPEST or not may_be_markup(text):
        return False
    around: list[tuple[str, bool]] = []  # each with whether it stands in one that is named after errors
    for piece in _PIECE.finditer(text):
        if (name := piece["name"]) is not None:
            if piece["end"]:
                del around[-1:]
                continue
            if any(refuses(_local(key), html.unescape(a or b)) for key, a, b in _ATTRIBUTE.findall(piece["rest"])):
                return True
            if not piece["rest"].endswith("/"):
                within = bool(around) and around[-1][1]
                around.append((_local(name), within or is_refusal(_local(name), True)))
            continue
        said = piece["kept"] or html.unescape(piece["text"] or "")
        if said.strip() and around:
            name, within = around[-1]
            if (within and is_refusal("error", said)) or refuses(name, said) or refuses_in_markup(said, depth + 1):
                return True
    return False


def _local(name: str) -> str:
    return fold(name.rpartition(":")[2])
