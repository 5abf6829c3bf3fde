"""What a text says that holds XML: some services put a whole document into one text of their answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

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


def refuses_in_markup(text: str) -> bool:
    """Whether a text that begins as XML tells of a refusal in an attribute, or in an element of any depth."""
    return any(
        refuses(name, said) or (in_error and is_refusal("error", said)) for name, said, in_error in told_in_markup(text)
    )


def told_in_markup(text: str, depth: int = 0) -> Iterator[tuple[str, str, bool]]:
    """Yield what a text that begins as XML says in attributes and elements of any depth.

    It need not be well-formed: what cannot be read must not pass for a success.

    Yields:
        The folded name, the text, and whether it stands in an element that is named after errors.
    """
    if depth > _DEEPEST or not may_be_markup(text):
        return
    import html  # few answers hold such texts

    around: list[tuple[str, bool]] = []
    for piece in _PIECE.finditer(text):
        if (name := piece["name"]) is not None:
            if piece["end"]:
                del around[-1:]
                continue
            for key, quoted, other in _ATTRIBUTE.findall(piece["rest"]):
                yield _local(key), html.unescape(quoted or other), False
            if not piece["rest"].endswith("/"):
                in_error = bool(around) and around[-1][1]
                around.append((_local(name), in_error or is_refusal(_local(name), True)))
            continue
        said = piece["kept"] or html.unescape(piece["text"] or "")
        if said.strip() and around:
            yield around[-1][0], said, around[-1][1]
            yield from told_in_markup(said, depth + 1)


def _local(name: str) -> str:
    return fold(name.rpartition(":")[2])
