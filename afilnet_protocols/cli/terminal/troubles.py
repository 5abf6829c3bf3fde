"""What begins to go wrong while a command goes on, and when it is over, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from afilnet_protocols.cli.terminal.output import print_json, print_note

if TYPE_CHECKING:
    from afilnet_protocols.inbox import Trouble
    from afilnet_protocols.outbox import Entry


def telling(*, as_json: bool) -> Callable[[Trouble], None]:
    """Return what tells a trouble: to people as a note, to programs as one document a line."""

    def tell(trouble: Trouble) -> None:
        if as_json:
            print_json({"trouble": asdict(trouble)}, to=sys.stderr, indent=None)
        else:
            print_note(str(trouble))

    return tell


def heard(tell: Callable[[Entry], None], *, as_json: bool) -> Callable[[Entry], None]:
    """Return what is told entries and passes them on, and tells when they cannot be sent, and when they can again."""
    from afilnet_protocols.inbox.troubles import Troubles
    from afilnet_protocols.outbox import State

    troubles = Troubles(telling(as_json=as_json))

    def hear(entry: Entry) -> None:
        if entry.state is State.PENDING and entry.reason is not None:
            troubles.begin("sending", entry.reason)
        elif entry.state is State.SENT:
            troubles.end("sending")
        tell(entry)

    return hear
