"""`afilnet`, and how a command is carried out. What only some commands need is imported when they run."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated, cast

import typer

from afilnet_protocols.cli.commands import Commands
from afilnet_protocols.cli.exits import EPILOG, ExitCode
from afilnet_protocols.errors import AfilnetError

app = typer.Typer(
    name="afilnet",
    cls=Commands,
    help="Afilnet's web chat over five protocols with one behaviour. No option takes a secret: give AFILNET_PASSWORD, "
    "AFILNET_PASSWORD_FILE or a profile in afilnet.toml.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Help in plain text: the decorated form would load half of rich, Markdown included, before the first word.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# What a wrong word on the command line raises: click's base class, which typer carries inside and does not name.
_WrongWords = cast("type[Exception]", typer.BadParameter.__mro__[2])
_SILENT = logging.NullHandler()


def _print_version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata

        sys.stdout.write(f"afilnet-protocols {importlib.metadata.version('afilnet-protocols')}\n")
        raise typer.Exit


@app.callback()
def _all(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Nothing but the version is common to all commands."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command and return its exit code.

    Args:
        arguments: the words after ``afilnet``, by default those of the process.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    as_json = "--json" in words
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show an emoji shall not end the command.
            stream.reconfigure(errors="backslashreplace")
    # What the library logs of a failure is what print_error says; without a handler it would be printed as well.
    logging.getLogger("afilnet_protocols").addHandler(_SILENT)
    try:
        result = typer.main.get_command(app).main(words, prog_name="afilnet", standalone_mode=False)
    except AfilnetError as error:
        from afilnet_protocols.cli.output import print_error

        return print_error(error, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left; the interpreter must not trip over it once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DISAGREEMENT
    except _WrongWords as error:
        from afilnet_protocols.cli.output import print_usage_error

        return print_usage_error(_usage(error), as_json=as_json)
    return int(result) if isinstance(result, int) else ExitCode.DONE


def _usage(error: BaseException) -> str:
    """Return what is wrong with the words, and where a secret belongs if that is what was tried."""
    from afilnet_protocols.settings import FIELDS

    text = " ".join(str(getattr(error, "format_message", lambda: str(error))()).split())
    tried = str(getattr(error, "option_name", "")).lstrip("-").replace("-", "_")
    for setting in FIELDS:
        if setting.secret and tried == setting.name:
            return (
                f"{text}: no option takes a secret, because other users can read a command's words; set "
                f"{setting.variable} or {setting.file_variable}, or use a profile"
            )
    return text
