"""The parameters of an operation as options of a command, and the arguments that they give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Kind, Operation, Parameter
from afilnet_protocols.cli.parser import kinds
from afilnet_protocols.cli.parser.parameters import Option
from afilnet_protocols.cli.parser.words import UsageError
from afilnet_protocols.cli.terminal.standard_input import standard_input
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.retold import Retold

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_TEXT = 16 * 1024 * 1024
"""How much standard input may hold where a text comes from it, in bytes: more is a mistake, and may have no end."""


def options_of(operation: Operation[object], *, for_rows: bool = False) -> list[Option]:
    """Return the options of an operation.

    Args:
        operation: which.
        for_rows: whether what is compulsory may stand in the rows of a file, and is not asked for before these are
            read.
    """
    return [_option(each, required=each.compulsory and not for_rows) for each in operation.parameters]


def _option(parameter: Parameter, *, required: bool) -> Option:
    about = f"{parameter.about}."
    if parameter.kind is Kind.TEXT:
        about += " '-' reads it from standard input, without a line end at its end."
    return Option(f"--{parameter.name.replace('_', '-')}", kind=_kind(parameter), required=required, help=about)


def _kind(parameter: Parameter) -> kinds.Kind:
    values = [str(value) for value in parameter.values]
    return kinds.Choice(values, others=parameter.kind is Kind.PLATFORM) if values else kinds.ANYTHING


def arguments_of(operation: Operation[object], given: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return what options gave, with what standard input holds in place of a text that is ``-``.

    Raises:
        InvalidRequestError: standard input cannot be read, is no text, or is empty where there has to be one.
    """
    texts = _texts(operation)
    read = {name: _from_stdin() if value == "-" and name in texts else value for name, value in given.items()}
    for parameter in operation.parameters:
        if parameter.compulsory and given.get(parameter.name) == "-" and read[parameter.name] == "":
            option = f"--{parameter.name.replace('_', '-')}"
            raise InvalidRequestError(f"standard input is empty, and {option} - takes the text from there")
    return read


def defaults_of(source: Path, given: Mapping[str, str | None]) -> dict[str, str]:
    """Return what options gave for the rows of a file that leave it out.

    Raises:
        UsageError: both the rows and a text are to come from standard input, or an option is empty.
        InvalidRequestError: as for :func:`arguments_of`.
    """
    operation = catalogue.SEND_MESSAGE
    for name, value in given.items():
        if value == "":
            raise UsageError(f"Invalid value for '--{name.replace('_', '-')}': it is empty.")
    if str(source) == "-" and "-" in (given[name] for name in _texts(operation)):
        raise UsageError("standard input holds either the rows or a text: give one of them otherwise")
    return {name: value for name, value in arguments_of(operation, given).items() if value is not None}


def _texts(operation: Operation[object]) -> list[str]:
    return [each.name for each in operation.parameters if each.kind is Kind.TEXT]


def _from_stdin() -> str:
    with Retold(UnicodeDecodeError, lambda _: InvalidRequestError("what came from standard input is not UTF-8 text")):
        return standard_input(_LONGEST_TEXT).decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
