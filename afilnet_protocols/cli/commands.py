"""What `afilnet` can be asked to do. A command's module is loaded when that command is the one asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, cast

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True)
class Entry:
    """A command in the overview."""

    section: str
    """The heading that it stands under."""
    module: str
    """The module of this package whose ``register`` adds it."""
    summary: str
    """What it is for, in one line."""


_CALLS, _SET_UP, _MOVE, _PROVE = "Operations", "Setting up", "Moving to another protocol", "Proving"

COMMANDS: Mapping[str, Entry] = {
    "channels": Entry(_CALLS, "operations", "Get a list of active chat channels."),
    "send": Entry(_CALLS, "operations", "Send a message via chat."),
    "send-file": Entry(_CALLS, "operations", "Send a file via chat."),
    "chats": Entry(_CALLS, "operations", "Get a list of conversations in a chat."),
    "messages": Entry(_CALLS, "operations", "Get list of messages from a chat."),
    "unread": Entry(_CALLS, "operations", "Get a list of unread messages from a chat."),
    "outbox": Entry(_CALLS, "outbox", "Send what an outbox holds, and decide about doubts."),
    "config": Entry(_SET_UP, "config", "Show every setting in effect and its origin."),
    "doctor": Entry(_SET_UP, "doctor", "Check settings, security and the way there; send nothing."),
    "compare": Entry(_MOVE, "compare", "Make the same calls on two sides; report differences."),
    "migrate": Entry(_MOVE, "migrate", "Watch a profile that tries another one out."),
    "conformance": Entry(_PROVE, "conformance", "Hold backends and services to the contract."),
    "demo": Entry(_PROVE, "demo", "Run six operations over five protocols, and compare."),
    "sandbox": Entry(_PROVE, "sandbox", "Serve all five protocols on this machine."),
    "schemas": Entry(_PROVE, "schemas", "Write or check WSDL, schemas and API descriptions."),
}
"""Every command, in the order of the overview."""


class Commands(TyperGroup):
    """The commands of :data:`COMMANDS`: known by name from the start, loaded one by one."""

    def __init__(self, **attributes: object) -> None:
        """Know the names; the attributes are typer's."""
        super().__init__(**attributes)  # type: ignore[arg-type] # handed on as they come
        self.commands = {name: TyperCommand(name, help=entry.summary) for name, entry in COMMANDS.items()}

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | None:
        """Load a command, or return ``None`` if there is none of that name."""
        return load(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: object, formatter: _Formatter) -> None:
        """Write the overview, section by section, without loading anything."""
        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            with formatter.section(section):
                formatter.write_dl([(name, entry.summary) for name, entry in _of(section)])


class _Formatter(Protocol):
    """What typer writes help with, as far as it is used here."""

    def section(self, name: str) -> AbstractContextManager[None]: ...
    def write_dl(self, rows: list[tuple[str, str]]) -> None: ...


def load(name: str) -> TyperCommand:
    """Import a command's module and build the command, and no other."""
    part = typer.Typer(rich_markup_mode=None)
    part.callback()(_nothing)
    importlib.import_module(f"afilnet_protocols.cli.{COMMANDS[name].module}").register(part, name)
    return cast("TyperCommand", cast("TyperGroup", typer.main.get_command(part)).commands[name])


def _of(section: str) -> Iterator[tuple[str, Entry]]:
    return ((name, entry) for name, entry in COMMANDS.items() if entry.section == section)


def _nothing() -> None:
    """With it, typer makes a group even of a single command."""
