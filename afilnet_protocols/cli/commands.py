"""What `afilnet` can be asked to do. A command's module is loaded when that command is the one asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence

from afilnet_protocols.cli.foreign_modules import load_msgspec
from afilnet_protocols.cli.parser.grammar import Command, Group
from afilnet_protocols.cli.parser.parameters import Option
from afilnet_protocols.process.shortage import MADE_OR_TOLD


class Entry:
    """A command in the overview.

    Args:
        section: the heading that it stands under.
        module: the module of this package whose function ``command`` makes it when given its name.
        summary: what it is for, in one line.
    """

    __slots__ = ("module", "section", "summary")

    def __init__(self, section: str, module: str, summary: str) -> None:
        self.section = section
        self.module = module
        self.summary = summary


_CALLS, _SET_UP, _MOVE, _PROVE = "Operations", "Setting up", "Moving to another protocol", "Proving"

COMMANDS: Mapping[str, Entry] = {
    "channels": Entry(_CALLS, "operations", "Get a list of active chat channels."),
    "send": Entry(_CALLS, "operations", "Send a message via chat."),
    "send-file": Entry(_CALLS, "operations", "Send a file via chat."),
    "chats": Entry(_CALLS, "operations", "Get a list of conversations in a chat."),
    "messages": Entry(_CALLS, "operations", "Get list of messages from a chat."),
    "unread": Entry(_CALLS, "operations", "Get a list of unread messages from a chat."),
    "outbox": Entry(_CALLS, "outbox.commands", "Send what an outbox holds, and decide about doubts."),
    "inbox": Entry(_CALLS, "inbox", "Hand what comes in over to a command or an address."),
    "config": Entry(_SET_UP, "config", "Show every setting in effect and its origin."),
    "doctor": Entry(_SET_UP, "doctor", "Check settings, security and the way there; send nothing."),
    "survey": Entry(_SET_UP, "survey", "Find out how a service speaks; send nothing."),
    "wsdl": Entry(_SET_UP, "wsdl", "Join an interface description into one file."),
    "completion": Entry(_SET_UP, "completion", "Let a shell complete commands and options."),
    "compare": Entry(_MOVE, "compare", "Make the same calls on two sides; report differences."),
    "migrate": Entry(_MOVE, "migrate", "Watch a profile that tries another one out."),
    "conformance": Entry(_PROVE, "conformance", "Hold backends and services to the contract."),
    "demo": Entry(_PROVE, "demo", "Run six operations over five protocols, and compare."),
    "sandbox": Entry(_PROVE, "sandbox", "Serve all five protocols on this machine."),
    "schemas": Entry(_PROVE, "schemas", "Write or check WSDL, schemas and API descriptions."),
}
"""Every command, in the order of the overview."""

VERSION = Option("--version", flag=True, help="Print the version and exit.")


class Commands(Group):
    """The commands of :data:`COMMANDS`: known by name from the start, loaded one by one."""

    def names(self) -> Sequence[str]:
        """Return the names, without loading anything."""
        return list(COMMANDS)

    def find(self, name: str) -> Command | None:
        """Load a command, or return ``None`` if there is none of that name."""
        return load(name) if name in COMMANDS else None

    def meant(self, name: str) -> str | None:
        """Return the command of an operation that is named as in Python or by the service, or what is nearest."""
        from afilnet_protocols.cli.operations import COMMANDS as OPERATIONS  # only a mistake needs it

        written = name.replace("-", "").replace("_", "").casefold()
        same = (each for each, operation in OPERATIONS.items() if operation.method == written)
        return next(same, None) or super().meant(name)

    def summaries(self) -> dict[str, list[tuple[str, str]]]:
        """Return the overview, section by section, without loading anything."""
        sections: dict[str, list[tuple[str, str]]] = {entry.section: [] for entry in COMMANDS.values()}
        for name, entry in COMMANDS.items():
            sections[entry.section].append((name, entry.summary))
        return sections


def load(name: str) -> Command:
    """Import a command's module, and no other, and return the command.

    Raises:
        ConfigurationError: this process lacks what that needs.
    """
    entry = COMMANDS[name]
    with MADE_OR_TOLD:
        if entry.section == _CALLS:
            load_msgspec()
        made: Command = importlib.import_module(f"afilnet_protocols.cli.{entry.module}").command(name)
    return made
