"""How the words of a command are read: options by their names anywhere, arguments by their places.

``--option VALUE`` and ``--option=VALUE`` are the same. A value may begin with a hyphen, as messages do; ``--`` ends the
options. Names are never cut short, so that an option that is added later cannot change what a script means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from afilnet_protocols.cli.parser.kinds import Choice
from afilnet_protocols.patterns import late
from afilnet_protocols.retold import Retold

if TYPE_CHECKING:
    from afilnet_protocols.cli.parser.parameters import Option, Parameter

_Value = TypeVar("_Value")

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""What pages and editors make of hyphens."""

_NAME = late(r"--?[\w-]+")


class UsageError(Exception):
    """The words of a command are wrong; its text says how.

    Attributes:
        path: the words that lead to the command whose words they are, such as ``afilnet outbox run``.
    """

    path = ""


class NoSuchOptionError(UsageError):
    """There is no option of that name.

    Attributes:
        name: what was written, without what is no part of a name, for that may be anything.
        option: of it, what can be repeated: behind one hyphen and a letter, a value follows, which may be a secret.
        known: the names of the options that there are.
    """

    def __init__(self, word: str, known: Sequence[str]) -> None:
        """Refuse a word."""
        from afilnet_protocols.suggestion import cut

        self.known = known
        found = _NAME.match(word)
        self.name = cut(found[0] if found else word)
        near = _meant(self.name, known)
        if self.name in known:
            behind = _shown(word[len(self.name)])
            self.option = self.name
            super().__init__(f"Behind {self.name} comes {behind}: write a blank or = between an option and its value")
            return
        self.option = self.name if near or word.startswith("--") else word[:2]
        super().__init__(f"No such option: {self.option}" + (f": did you mean {near!r}?" if near else ""))


def _meant(option: str, known: Sequence[str]) -> str | None:
    """Return the option that was probably meant, one hyphen for two, its beginning or first letter alone included."""
    from afilnet_protocols.suggestion import misspelt, nearest

    long = [each[2:] for each in known if each.startswith("--")]
    twice = option.startswith("--")
    bare = option[2:] if twice else option[1:].casefold()
    begin = [each for each in long if bare and each.startswith(bare)]
    near = begin[0] if len(begin) == 1 else None
    if twice:
        near = nearest(bare, begin) or nearest(bare, long) or near
    elif len(bare) > 1:
        near = misspelt(bare, long)
    return f"--{near}" if near else None


def taken(options: Sequence[Option], words: Iterator[str]) -> Iterator[tuple[Option | None, str | bool]]:
    """Yield the options that are given, each with its word or whether it is on; other words with ``None``.

    Args:
        options: those that there are.
        words: what was written; what is behind the last that was yielded is still in it.

    Raises:
        UsageError: an option is not known, lacks its value, or has one too many.
    """
    names = {name: (option, True) for option in options for name in option.opts}
    names |= {name: (option, False) for option in options for name in option.opposite}
    for word in words:
        if word == "--":
            yield from ((None, each) for each in words)
        elif not word.startswith("-") or word == "-":
            yield None, word
        else:
            yield _option(word, names, words)


def _option(word: str, names: Mapping[str, tuple[Option, bool]], words: Iterator[str]) -> tuple[Option, str | bool]:
    name, equals, value = word.partition("=")
    if not word.startswith("--"):
        name, value = word[:2], word[2:]
        equals = value
    if name not in names:
        raise NoSuchOptionError(word, list(names))
    option, on = names[name]
    if option.flag:
        if equals:
            raise UsageError(f"Option {name!r} does not take a value.")
        return option, on
    if equals:
        return option, value
    following = next(words, None)
    if following is None:
        raise UsageError(f"Option {name!r} requires an argument.")
    if following in names:
        # Taken for a value, an option that was meant to hold something back would do the contrary.
        raise UsageError(f"Option {name!r} requires an argument; if {following!r} is meant, write {name}={following}.")
    return option, following


def values(
    parameters: Sequence[Parameter], given: Sequence[tuple[Option, str | bool]], places: Sequence[str]
) -> dict[str, object]:
    """Return the value of every parameter, by its name.

    Raises:
        UsageError: one is missing, one too many, not of its kind, or given twice.
    """
    _refuse_twice(given)
    found = {each.name: each.default for each in parameters}
    several: dict[str, list[object]] = {each.name: [] for each in parameters if each.multiple}
    for parameter, word in [*given, *_placed([each for each in parameters if not each.opts], list(places))]:
        value = _read(parameter, word)
        found[parameter.name] = value
        if parameter.multiple:
            several[parameter.name].append(value)
    found |= {name: tuple(each) for name, each in several.items()}
    names = {parameter.name for parameter, _ in given}
    _refuse_missing([each for each in parameters if each.required and each.opts and each.name not in names])
    return found


def _refuse_missing(options: Sequence[Parameter]) -> None:
    """Refuse that options are missing, all of them at once."""
    if len(options) == 1:
        choices = _choices(options[0])
        raise UsageError(f"Missing option {options[0].opts[-1]!r}." + (f" Choose from: {choices}" if choices else ""))
    if options:
        from afilnet_protocols.plural import all_of  # only a mistake needs it

        told = [f"{each.opts[-1]!r}" + (f" ({_choices(each)})" if _choices(each) else "") for each in options]
        raise UsageError(f"Missing options {all_of(told)}.")


def _refuse_twice(given: Sequence[tuple[Option, str | bool]]) -> None:
    """Refuse an option that says two things, of which only one could be meant; to turn on what is on is harmless."""
    said: dict[str, str | bool] = {}
    for option, word in given:
        if option.flag and said.get(option.name, word) != word:
            raise UsageError(f"Give {option.opts[-1]!r} or {option.opposite[-1]!r}, not both.")
        if not option.flag and not option.multiple and option.name in said:
            raise UsageError(f"Option {option.opts[-1]!r} is given twice, and takes one value.")
        said[option.name] = word


def _placed(arguments: Sequence[Parameter], places: list[str]) -> Iterator[tuple[Parameter, str]]:
    """Yield each argument with its word; the last may have any number of words."""
    for argument in arguments:
        own = places if argument.multiple else places[:1]
        if argument.required and not own:
            from afilnet_protocols.plural import all_of  # only a mistake needs it

            missing = [repr(each.metavar) for each in arguments[arguments.index(argument) :] if each.required]
            raise UsageError(f"Missing argument{'s' if len(missing) > 1 else ''} {all_of(missing)}.")
        yield from ((argument, word) for word in own)
        places = places[len(own) :]
    if places:
        _refuse_dashes(places)
        from afilnet_protocols.suggestion import LONGEST_PATH, cut  # only a mistake needs it

        raise UsageError(
            f"Got unexpected extra argument{'s' if len(places) > 1 else ''} ({cut(' '.join(places), LONGEST_PATH)})"
        )


def _refuse_dashes(places: Sequence[str]) -> None:
    """Refuse a dash that a page or an editor has made of the hyphens of an option; its value may be a secret."""
    for word in places:
        bare = word.lstrip(_DASHES + "-")
        dash = next((each for each in word[: len(word) - len(bare)] if each in _DASHES), None)
        name = _NAME.match(f"--{bare}")
        if dash and name and bare[:1].isalpha():
            hyphens = f"options begin with hyphens, not with {_shown(dash)}"
            raise UsageError(f"No such option: {word[: len(word) - len(bare)]}{name[0][2:]}: {hyphens}")


def _shown(character: str) -> str:
    """Return a character by its number and its name, for many look alike."""
    import unicodedata  # only a mistake needs it

    name = unicodedata.name(character, "").lower()
    return f"the character U+{ord(character):04X}" + (f" ({name})" if name else "")


def _read(parameter: Parameter, word: str | bool) -> object:
    if isinstance(word, bool):
        return word
    return read_as(parameter.kind.read, word, (parameter.opts or (parameter.metavar,))[-1])


def read_as(read: Callable[[str], _Value], word: str, name: str) -> _Value:
    """Return the value that a word stands for.

    Args:
        read: reads it; raises ``ValueError`` with the reason if it cannot.
        word: the word.
        name: what it was given for, as the command line calls it.

    Raises:
        UsageError: it stands for none.
    """
    with Retold(ValueError, lambda error: UsageError(f"Invalid value for {name!r}: {error}.")):
        return read(word)


def _choices(parameter: Parameter) -> str:
    return ", ".join(parameter.kind.values) if isinstance(parameter.kind, Choice) else ""
