"""What commands are made of: the words that all of them understand, and how their help is laid out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from afilnet_protocols.cli.exits import ExitCode

_Decorated = TypeVar("_Decorated", bound=Callable[..., None])


class ConnectionOption(click.Option):
    """An option about the connection. The help shows these under a heading of their own."""

    HEADING = "Connection (secrets come from the environment, files or a profile only)"


class Argument(click.Argument):
    """A word that is known by its place, and that the help tells about, which not every release of click does."""

    def __init__(
        self, words: Sequence[str], *, about: str, metavar: str, kind: object, nargs: int = 1, required: bool = True
    ) -> None:
        """Make an argument.

        Args:
            words: its name.
            about: what the help says of it.
            metavar: how the help calls it.
            kind: its type, as click has them.
            nargs: of how many words it consists; -1 is any number.
            required: whether it has to be given.
        """
        super().__init__(words, type=kind, nargs=nargs, required=required, metavar=metavar)
        self.about = f"{about}  [required]" if required else about


class Command(click.Command):
    """A command. Its help ends as that of the group does that it belongs to, unless it has an end of its own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write arguments, options, and the options about the connection apart from the others."""
        parameters = self.get_params(ctx)
        of_connection = [each for each in parameters if isinstance(each, ConnectionOption)]
        sections = {
            "Arguments": [(each.human_readable_name, each.about) for each in parameters if isinstance(each, Argument)],
            "Options": _records(ctx, [each for each in parameters if each not in of_connection]),
            ConnectionOption.HEADING: _records(ctx, of_connection),
        }
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the end of the help."""
        if self.epilog is None and ctx.parent is not None:
            ctx.parent.command.format_epilog(ctx.parent, formatter)
        else:
            super().format_epilog(ctx, formatter)


class Group(click.Group, Command):
    """A command that has further commands. Without any words it shows its help, as wrong usage."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order in which the commands were declared."""
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words, if there are any."""
        if not args and self.no_args_is_help:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(ExitCode.USAGE)
        return super().parse_args(ctx, args)


def named(command: click.Command, name: str) -> click.Command:
    """Return a command under another name, which no list of commands shows."""
    other = copy.copy(command)
    other.name, other.hidden = name, True
    return other


def json_option(function: _Decorated) -> _Decorated:
    """Give a command the option that every command has that prints something."""
    return click.option("--json", is_flag=True, help="Print one JSON document instead of a table.")(function)


def _records(ctx: click.Context, parameters: Sequence[click.Parameter]) -> list[tuple[str, str]]:
    records = (each.get_help_record(ctx) for each in parameters if not isinstance(each, click.Argument))
    return [record for record in records if record is not None]
