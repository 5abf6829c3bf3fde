"""What commands are made of: a function, and the options and arguments that are declared above it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import ParamSpec, TypeVar

from afilnet_protocols.cli.ending.exits import EPILOG, Exit, ExitCode
from afilnet_protocols.cli.parser.parameters import HELP, JSON, Option, Parameter
from afilnet_protocols.cli.parser.words import NoSuchOptionError, UsageError, taken, values

_Function = TypeVar("_Function", bound=Callable[..., None])
_Given = ParamSpec("_Given")


class Command:
    """A function that carries out words.

    Attributes:
        name: the word that it is asked for by.
        help: what it does.
        params: what it can be told, in the order of the help.
        epilog: what the help ends with.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., None] | None,
        *,
        about: str,
        params: Sequence[Parameter] = (),
        epilog: str = EPILOG,
    ) -> None:
        self.name, self.function, self.help, self.epilog = name, function, about, epilog
        self.params = (*params, HELP)

    @property
    def options(self) -> list[Option]:
        """Its options."""
        return [each for each in self.params if isinstance(each, Option)]

    @property
    def arguments(self) -> list[Parameter]:
        """Its arguments."""
        return [each for each in self.params if not each.opts]

    def main(self, words: Sequence[str], path: str) -> None:
        """Carry words out.

        Raises:
            UsageError: the words are wrong.
            Exit: it ended otherwise than well.
        """
        with _wrong_at(path):
            given: list[tuple[Option, str | bool]] = []
            places: list[str] = []
            for option, word in taken(self.options, iter(words)):
                if option is HELP:
                    self.show_help(path)
                    return
                if option is None:
                    places.append(str(word))
                else:
                    given.append((option, word))
            self.call(given, places)

    def call(self, given: Sequence[tuple[Option, str | bool]], places: Sequence[str]) -> None:
        """Call the function with what is given."""
        read = values([each for each in self.params if each is not HELP], given, places)
        if self.function is not None:
            self.function(**read)

    def show_help(self, path: str, *, wrong: bool = False) -> None:
        """Print the help; to standard error if it was not asked for."""
        from afilnet_protocols.cli.parser.help import Page, show

        page = Page(
            usage=" ".join([path, "[OPTIONS]", *self.places()]),
            about=self.help,
            arguments=self.arguments,
            options=self.options,
            commands=self.summaries(),
            epilog=self.epilog,
        )
        show(page, wrong=wrong)

    def places(self) -> Sequence[str]:
        """Return what the help calls the words behind the options."""
        return [each.metavar for each in self.arguments]

    def summaries(self) -> dict[str, list[tuple[str, str]]]:
        """Return its commands, if it has any, each with what it does, by the headings that they stand under."""
        return {}


class Group(Command):
    """A command that has further commands. If it does nothing itself, it shows its help, as wrong usage."""

    def __init__(
        self,
        name: str,
        function: Callable[..., None] | None = None,
        *,
        about: str,
        params: Sequence[Parameter] = (),
        epilog: str = EPILOG,
    ) -> None:
        super().__init__(name, function, about=about, params=params, epilog=epilog)
        self._commands: dict[str, Command] = {}
        self._former: dict[str, Command] = {}

    def names(self) -> Sequence[str]:
        """Return the names of its commands, in the order of the help."""
        return list(self._commands)

    def find(self, name: str) -> Command | None:
        """Return a command of it, ``None`` if there is none of that name."""
        return self._commands.get(name) or self._former.get(name)

    def meant(self, name: str) -> str | None:
        """Return the command that was probably meant by a name that is none, or the option, as for ``help``."""
        from afilnet_protocols.suggestion import nearest

        option = f"--{name}"
        return option if any(option in each.opts for each in self.options) else nearest(name, self.names())

    def places(self) -> Sequence[str]:
        """Return what the help calls the words behind the options."""
        return ["COMMAND [ARGS]..." if self.function is None else "[COMMAND] [ARGS]..."]

    def summaries(self) -> dict[str, list[tuple[str, str]]]:
        """Return its commands, each with what it does, by the headings that they stand under."""
        return {"Commands": [(name, _first_sentence(each.help)) for name, each in self._commands.items()]}

    def add(self, command: Command) -> None:
        """Take a command."""
        self._commands[command.name] = command

    def rename(self, former: str, command: Command) -> None:
        """Find a command by its former name too, which no help and no completion shows."""
        self._former[former] = command

    def command(
        self, name: str | None = None, *, epilog: str | None = None
    ) -> Callable[[Callable[..., None]], Command]:
        """Return what makes a function a command of this group.

        Args:
            name: its name; by default the function's.
            epilog: what its help ends with; by default as the group's does.
        """

        def made(function: Callable[..., None]) -> Command:
            self.add(_made(Command, function, name, epilog=self.epilog if epilog is None else epilog))
            return self._commands[name or function.__name__]

        return made

    def main(self, words: Sequence[str], path: str) -> None:
        """Carry words out: those of a command of it, or its own."""
        if not words and self.function is None:
            self.show_help(path, wrong=True)
            raise Exit(ExitCode.USAGE)
        with _wrong_at(path):
            given: list[tuple[Option, str | bool]] = []
            rest = iter(words)
            for option, word in self._taken(rest, path):
                if option is HELP:
                    self.show_help(path)
                    return
                if option is None:
                    self._hand_on(str(word), list(rest), given, path)
                    return
                given.append((option, word))
            if self.function is None:
                raise UsageError("Missing command.")
            self.call(given, [])

    def _taken(self, words: Iterator[str], path: str) -> Iterator[tuple[Option | None, str | bool]]:
        try:
            yield from taken(self.options, words)
        except NoSuchOptionError as error:
            command = next((each for each in words if self.find(each) is not None), None)
            if command is None:
                raise
            there = f"{path} {command} {error.option}"
            told = f"No such option: {error.option}; if {command!r} has it, write it behind: {there}"
        else:
            return
        raise UsageError(told)

    def _hand_on(self, name: str, words: list[str], given: Sequence[tuple[Option, object]], path: str) -> None:
        command = self.find(name)
        if command is None:
            from afilnet_protocols.suggestion import quoted

            near = self.meant(name)
            raise UsageError(f"No such command {quoted(name)}" + (f": did you mean {near!r}?" if near else "."))
        if given:
            raise UsageError(f"Give {given[0][0].opts[-1]} behind {name!r}, whose option it is.")
        command.main(words, f"{path} {name}")


def _giving(make: Callable[_Given, Parameter]) -> Callable[_Given, Callable[[_Function], _Function]]:
    return lambda *words, **given: having(make(*words, **given))


def having(*parameters: Parameter) -> Callable[[_Function], _Function]:
    """Return what gives a function parameters. What is given last stands first."""

    def given(function: _Function) -> _Function:
        function.__dict__["parameters"] = (*parameters, *function.__dict__.get("parameters", ()))
        return function

    return given


option = _giving(Option)
"""Return what gives a function an option; the parameters are those of :class:`Option`."""
argument = _giving(Parameter)
"""Return what gives a function an argument; the parameters are those of :class:`Parameter`."""


def json_option(function: _Function) -> _Function:
    """Give a command the option that every command has that prints something."""
    return having(JSON)(function)


def command(
    name: str | None = None, *, about: str | None = None, epilog: str = EPILOG
) -> Callable[[Callable[..., None]], Command]:
    """Return what makes a function a command.

    Args:
        name: its name; by default the function's.
        about: what it does; by default the function's docstring.
        epilog: what its help ends with.
    """
    return lambda function: _made(Command, function, name, about=about, epilog=epilog)


def group(
    name: str | None = None, *, alone: bool = False, epilog: str = EPILOG
) -> Callable[[Callable[..., None]], Group]:
    """Return what makes a function a group of commands.

    Args:
        name: its name; by default the function's.
        alone: whether the function is called when none of its commands is named.
        epilog: what its help ends with, and that of its commands.
    """

    def made(function: Callable[..., None]) -> Group:
        whole = _made(Group, function, name, epilog=epilog)
        if not alone:
            whole.function = None
        return whole

    return made


_Made = TypeVar("_Made", bound=Command)


def _made(
    kind: type[_Made],
    function: Callable[..., None],
    name: str | None,
    *,
    about: str | None = None,
    epilog: str = EPILOG,
) -> _Made:
    if about is None:
        from afilnet_protocols.docstring import docstring  # a command of an operation is about what that is about

        about = docstring(function)
    parameters: tuple[Parameter, ...] = function.__dict__.get("parameters", ())
    return kind(name or function.__name__, function, about=about, params=parameters, epilog=epilog)


@contextlib.contextmanager
def _wrong_at(path: str) -> Iterator[None]:
    """Have an error of words say which command they are of: the innermost that read them."""
    try:
        yield
    except UsageError as error:
        error.path = error.path or path
        raise


def _first_sentence(text: str) -> str:
    words = " ".join(text.split("\n\n")[0].split())
    first, full_stop, _ = words.partition(". ")
    return f"{first}." if full_stop else words
