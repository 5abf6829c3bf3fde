"""`afilnet`, and how a command is carried out. What only some commands need is imported when they run."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence

import click

from afilnet_protocols.cli.commands import COMMANDS, Commands
from afilnet_protocols.cli.exits import EPILOG, ExitCode
from afilnet_protocols.cli.streams import give_up, is_lost, prepare
from afilnet_protocols.errors import AfilnetError

_OF_OUTPUT = (errno.EPIPE, errno.ENOSPC, errno.EBADF, errno.EIO)


@click.group(
    "afilnet",
    cls=Commands,
    # Their names only: when a word is wrong, click looks here for one that is like it.
    commands={name: click.Command(name) for name in COMMANDS},
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(
    package_name="afilnet-protocols", message="%(package)s %(version)s", help="Print the version and exit."
)
def app() -> None:
    """Afilnet's web chat over five protocols with one behaviour. No option takes a secret: give AFILNET_PASSWORD,
    AFILNET_PASSWORD_FILE or a profile in afilnet.toml.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command and return its exit code.

    Args:
        arguments: the words after ``afilnet``, by default those of the process.
    """
    # click reads a member of an enum by its name, where it is a word like any other here.
    words = [str(word) for word in (sys.argv[1:] if arguments is None else arguments)]
    as_json = "--json" in words
    prepare()
    code = _carry_out(words, as_json=as_json)
    return ExitCode.UNTOLD if code == ExitCode.DONE and is_lost() else code


def _carry_out(words: list[str], *, as_json: bool) -> int:
    try:
        result = app.main(words, prog_name="afilnet", standalone_mode=False)
    except AfilnetError as error:
        from afilnet_protocols.cli.output import print_error

        return print_error(error, as_json=as_json)
    except (KeyboardInterrupt, click.Abort) as interruption:
        from afilnet_protocols.cli.output import print_interruption

        # click puts its own exception around it.
        return print_interruption(interruption.__cause__ or interruption, as_json=as_json)
    except SystemExit:
        # What click does when nobody reads its help.
        give_up(sys.stdout)
        return ExitCode.DONE
    except OSError as error:
        if error.errno not in _OF_OUTPUT:
            raise
        # click writes help and the version by itself.
        give_up(sys.stdout)
        return ExitCode.DONE
    except click.ClickException as error:
        from afilnet_protocols.cli.output import print_usage_error

        return print_usage_error(_usage(error), as_json=as_json)
    return int(result) if isinstance(result, int) else ExitCode.DONE


def _usage(error: click.ClickException) -> str:
    """Return what is wrong with the words, and where a secret belongs if that is what was tried."""
    from afilnet_protocols.settings import FIELDS

    if isinstance(error, click.NoSuchOption):
        tried = error.option_name.lstrip("-").replace("-", "_")
        for setting in FIELDS:
            if setting.secret and tried == setting.name:
                return (
                    f"No such option: {error.option_name}: no option takes a secret, because other users can read a "
                    f"command's words; set {setting.variable} or {setting.file_variable}, or use a profile"
                )
    return " ".join(error.format_message().split())
