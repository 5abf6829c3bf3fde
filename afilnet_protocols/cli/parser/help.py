"""The help of a command, laid out for the width of a terminal, and at most for 80 columns."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from afilnet_protocols.cli.parser.parameters import Option, Parameter
from afilnet_protocols.cli.terminal.streams import width_of, write

_WIDEST = 80
_FIRST_COLUMN = 30
"""What is longer than that stands on a line of its own."""
_LEAST = 24
"""How wide the second column is at least; where there is no room for it, it stands below the first."""


class Page:
    """What the help of a command tells.

    Args:
        usage: the words that lead to the command, and what may stand behind them.
        about: what it does, in paragraphs.
        arguments: what it is told by place.
        options: what it is told by name.
        commands: the commands of it, each with what it does, by the headings that they stand under.
        epilog: what it ends with.
    """

    def __init__(
        self,
        usage: str,
        about: str,
        arguments: Sequence[Parameter],
        options: Sequence[Option],
        commands: Mapping[str, Sequence[tuple[str, str]]],
        epilog: str,
    ) -> None:
        self.usage, self.about, self.epilog = usage, about, epilog
        self.arguments, self.options, self.commands = arguments, options, commands


def show(page: Page, *, wrong: bool) -> None:
    """Print the help of a command.

    Args:
        page: what it tells.
        wrong: whether it is shown because the words were wrong: then to standard error.
    """
    stream = sys.stderr if wrong else sys.stdout
    width = min(width_of(stream) or _WIDEST, _WIDEST) - 2
    write(stream, "".join(f"{line}\n" for line in _lines(page, width)))


def _lines(page: Page, width: int) -> Iterator[str]:
    yield f"Usage: {page.usage}"
    for paragraph in page.about.split("\n\n"):
        yield ""
        yield from _wrapped(" ".join(paragraph.split()), width, "  ")
    yield from _section("Arguments", [(each.metavar, _about(each)) for each in page.arguments], width)
    headings = dict.fromkeys(["Options", *(each.heading for each in page.options)])
    for heading in headings:
        options = [(_spelled(each), _about(each)) for each in page.options if each.heading == heading]
        yield from _section(heading, options, width)
    for heading, rows in page.commands.items():
        yield from _section(heading, rows, width)
    yield ""
    yield from _wrapped(page.epilog, width, "  ")


def _section(heading: str, rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield from _wrapped(f"{heading}:", width, "")
    first_column = min(max(len(term) for term, _ in rows), _FIRST_COLUMN)
    if width - first_column - 4 < _LEAST:
        first_column = 2
    indent = " " * (first_column + 4)
    for term, about in rows:
        first, *others = _wrapped(about, width, indent) or [""]
        if len(term) > first_column:
            yield f"  {term}"
            yield first
        else:
            yield f"  {term}".ljust(len(indent)) + first[len(indent) :]
        yield from others


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    # Two blanks in a row stand before what is in brackets, and stay.
    return textwrap.wrap(
        text,
        max(width, len(indent) + 20),
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _spelled(option: Option) -> str:
    spelled = ", ".join(option.opts)
    if option.opposite:
        return f"{spelled} / {', '.join(option.opposite)}"
    return spelled if option.flag else f"{spelled} {option.metavar}"


def _about(parameter: Parameter) -> str:
    default = parameter.default
    given = f"{default:g}" if isinstance(default, float) else default
    notes = (
        "" if default is None or default is False else f"default: {given}",
        parameter.kind.about,
        "required" if parameter.required else "",
    )
    told = "; ".join(note for note in notes if note)
    return f"{parameter.help}  [{told}]" if told else parameter.help
