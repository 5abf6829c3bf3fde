"""The command line: `afilnet`. It says the same as the library, as tables for people and as JSON for programs."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import signal
else:
    import _signal as signal  # `signal` makes enumerations of all signals, at every start

_STEP = 50_000
"""How many more objects than before are looked at for garbage, where Python by itself takes 700."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Carry out a command and leave with its exit code (:class:`afilnet_protocols.cli.ending.exits.ExitCode`).

    Args:
        arguments: the words after ``afilnet``, by default those of the process.
    """
    # Most commands end before so many objects were made, and to look for garbage among what they load, time and again,
    # would take a twentieth of them. Those that run on look for it as before, in larger steps.
    gc.set_threshold(_STEP)
    # Whoever starts a command may have it ignored; then nobody could be told how the programs that it runs end.
    if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    from afilnet_protocols.cli.app import run
    from afilnet_protocols.process.held_interrupts import ignore

    # What was registered first comes last.
    atexit.register(ignore)
    # To look for garbage in what the end of the process frees anyway would take a sixth of a short command.
    atexit.register(gc.freeze)
    raise SystemExit(run(arguments))
