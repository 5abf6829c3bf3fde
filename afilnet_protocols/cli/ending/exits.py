"""The exit codes of `afilnet`, and which error leaves with which."""

from __future__ import annotations

from enum import IntEnum

from afilnet_protocols.errors import AfilnetError, ConfigurationError, InvalidRequestError
from afilnet_protocols.vocabulary import Delivery


class ExitCode(IntEnum):
    """What a script can tell from how a command ended."""

    DONE = 0
    DISAGREEMENT = 1
    USAGE = 2
    NOT_SENT = 3
    REFUSED = 4
    UNKNOWN = 5
    UNTOLD = 6
    INTERRUPTED = 130

    @property
    def about(self) -> str:
        """What it means, in a few words."""
        return _ABOUT[self]


class Exit(Exception):
    """A command ends here, with this code.

    Attributes:
        code: the exit code; a run of the contract has codes of its own.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def leave(code: int) -> None:
    """End the command with a code, unless that says that all is done."""
    if code:
        raise Exit(code)


_ABOUT = {
    ExitCode.DONE: "done",
    ExitCode.DISAGREEMENT: "a comparison found a difference, an inbox is not well, or something unforeseen happened",
    ExitCode.USAGE: "wrong usage, settings or request; nothing was sent",
    ExitCode.NOT_SENT: "provably not sent; trying again is safe",
    ExitCode.REFUSED: "the service refused; nothing happened",
    ExitCode.UNKNOWN: "the outcome is unknown; a send may have happened, a read is safe to repeat",
    ExitCode.UNTOLD: "done, but its output could not be written; do not repeat a send for that",
    ExitCode.INTERRUPTED: "interrupted",
}

EPILOG = "Exit codes: " + "; ".join(f"{code.value} {code.about}" for code in ExitCode) + "."
"""What every ``--help`` ends with."""


def exit_code_of(error: AfilnetError) -> ExitCode:
    """Return the exit code of an error: by its delivery, which is what a script has to know."""
    if isinstance(error, ConfigurationError | InvalidRequestError):
        return ExitCode.USAGE
    by_delivery = {
        Delivery.NOT_SENT: ExitCode.NOT_SENT,
        Delivery.REJECTED: ExitCode.REFUSED,
        Delivery.UNKNOWN: ExitCode.UNKNOWN,
    }
    return by_delivery[error.delivery]
