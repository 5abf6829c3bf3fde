"""`afilnet`, and how a command is carried out. What only some commands need is imported when they run."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager

from afilnet_protocols.cli.commands import VERSION, Commands
from afilnet_protocols.cli.ending.exits import Exit, ExitCode
from afilnet_protocols.cli.parser.words import NoSuchOptionError, UsageError
from afilnet_protocols.cli.terminal.streams import is_lost, prepare, write
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError
from afilnet_protocols.process.held_interrupts import LetThrough
from afilnet_protocols.process.shortage import LACKING, shortage
from afilnet_protocols.vocabulary import Protocol

_ABOUT = """Afilnet's web chat over five protocols with one behaviour. No option takes a secret: give AFILNET_PASSWORD,
AFILNET_PASSWORD_FILE or a profile in afilnet.toml.
"""

_ENDED = "code of another package (a backend, a module that it imports) ended the command before it was through"
_WITH_FOLDERS = (["demo"], ["compare"], ["conformance"])
"""The commands that run a sandbox, or what is in front of a service, for as long as they need it."""

_FIRST = 1
"""The number of the first process of a container, which no signal ends that it does not answer (pid_namespaces(7))."""

_LACKED = "the command could not go on: this process lacks something"


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command and return its exit code.

    Args:
        arguments: the words after ``afilnet``, by default those of the process.
    """
    words = [str(word) for word in (sys.argv[1:] if arguments is None else arguments)]
    as_json = "--json" in words
    prepare()

    def carried_out() -> int:
        code = _carry_out(words, as_json=as_json)
        return ExitCode.UNTOLD if code == ExitCode.DONE and is_lost() else code

    if arguments is None and _brings_code(words):
        from afilnet_protocols.cli.ending.watched import watched
        from afilnet_protocols.cli.terminal.output import print_error

        try:
            return watched(
                carried_out, lambda how: print_error(OutcomeUnknownError(f"{_ENDED}, {how}"), as_json=as_json)
            )
        except AfilnetError as error:  # nothing was begun
            return print_error(error, as_json=as_json)
    return carried_out()


def _brings_code(words: list[str]) -> bool:
    """Whether a command holds code of another package to the contract, which may be wrong in any way."""
    if words[:1] != ["conformance"]:
        return False
    built_in = {f"sandbox:{protocol}" for protocol in Protocol}
    return any(word.startswith("entry:") or (word.startswith("sandbox:") and word not in built_in) for word in words)


def _carry_out(words: list[str], *, as_json: bool) -> int:
    try:
        with LetThrough(), _swept(words):
            if words[:1] == ["--version"]:
                _tell_version()
            else:
                Commands("afilnet", about=_ABOUT, params=[VERSION]).main(words, "afilnet")
    except AfilnetError as error:
        from afilnet_protocols.cli.terminal.output import print_error

        return print_error(error, as_json=as_json)
    except KeyboardInterrupt as interruption:
        from afilnet_protocols.cli.terminal.output import print_interruption

        return print_interruption(interruption, as_json=as_json)
    except Exit as end:
        return end.code
    except SystemExit:
        from afilnet_protocols.cli.terminal.output import print_error

        # Commands leave by Exit: this is another package's code, which does not know what a command's code means.
        return print_error(OutcomeUnknownError(_ENDED), as_json=as_json)
    except (*LACKING, MemoryError) as error:
        lack = "memory" if isinstance(error, MemoryError) else shortage(error)
        if not lack:
            raise
        from afilnet_protocols.cli.terminal.output import print_error

        return print_error(OutcomeUnknownError(f"{_LACKED} ({lack})"), as_json=as_json)
    except UsageError as error:
        from afilnet_protocols.cli.terminal.output import print_usage_error

        return print_usage_error(_usage(error), path=error.path, as_json=as_json)
    return ExitCode.DONE


def _swept(words: list[str]) -> AbstractContextManager[None]:
    """Return in what a command runs that a signal must be able to end in another way than Python lets it."""
    if words[:1] not in _WITH_FOLDERS and os.getpid() != _FIRST:
        return contextlib.nullcontext()
    from afilnet_protocols.cli.ending.signals import swept

    return swept()


def _tell_version() -> None:
    from afilnet_protocols import __version__

    write(sys.stdout, f"afilnet-protocols {__version__}\n")


def _usage(error: UsageError) -> str:
    """Return what is wrong with the words, and where a secret belongs if that is what was tried."""
    from afilnet_protocols.cli.options.foreign import in_place_of
    from afilnet_protocols.settings import FIELDS
    from afilnet_protocols.suggestion import misspelt

    if isinstance(error, NoSuchOptionError):
        secrets = {setting.name: setting for setting in FIELDS if setting.secret}
        setting = secrets.get(misspelt(error.name.lstrip("-"), secrets) or "")
        if setting is not None:
            return (
                f"No such option: {error.option}: no option takes a secret, because other users can read a "
                f"command's words; set {setting.variable} or {setting.file_variable}, or use a profile"
            )
        instead = in_place_of(error.name.lstrip("-"), error.known)
        if instead is not None:
            return f"No such option: {error.option}: {instead}"
    return " ".join(str(error).split())
