"""Tables as text: the same on a terminal, where cells may have colours, in a pipe and in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from afilnet_protocols.cli.terminal.colours import coloured

_JOINER, _AS_EMOJI = "\u200d", "\ufe0f"
_GAP = "  "
_WITHOUT_WIDTH = ("Mn", "Mc", "Me", "Cf")
_DRAWN_INTO_ANOTHER = (("\u1160", "\u11ff"), ("\ud7b0", "\ud7ff"), ("\U0001f3fb", "\U0001f3ff"))
"""Vowels and finals of a Hangul syllable, and the skin tones of an emoji."""


def table_lines(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, rule: str = "─", styles: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Yield the lines of a table: headings, a rule, and every row on one line, whatever its length.

    Args:
        columns: the headings.
        rows: the cells, in the columns' order.
        rule: the character under the headings.
        styles: how cells of a certain text are coloured; without any, nothing is.
    """
    lines = [columns, *rows]
    widths = [[width_of(cell) for cell in line] for line in lines]
    columns_widths = [max(each) for each in zip(*widths, strict=True)]
    for number, (line, taken) in enumerate(zip(lines, widths, strict=True)):
        known = styles if styles and number else {}
        padded = (
            coloured(cell, known.get(cell, "")) + " " * (width - own)
            for cell, own, width in zip(line, taken, columns_widths, strict=True)
        )
        yield _GAP.join(padded).rstrip()
        if number == 0:
            yield rule * (sum(columns_widths) + len(_GAP) * (len(columns) - 1))


def width_of(text: str) -> int:
    """Return how many cells of a terminal a text takes, as far as it can be known from Unicode alone."""
    if text.isascii():
        return len(text)
    width = last = 0
    joined = False
    for character in text:
        if joined or character == _JOINER:
            # Emoji that are joined are one: what comes after a joiner takes no cells.
            joined = not joined
        elif character == _AS_EMOJI:
            # What is narrow as a letter is wide as an emoji.
            width += last == 1
            last = 0
        else:
            own = _width_of_one(character)
            width += own
            last = own or last
    return width


def _width_of_one(character: str) -> int:
    from unicodedata import category, east_asian_width  # nothing in ASCII is asked about

    if category(character) in _WITHOUT_WIDTH or any(low <= character <= high for low, high in _DRAWN_INTO_ANOTHER):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
