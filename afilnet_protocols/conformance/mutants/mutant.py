"""`Mutant`: a backend with one plausible mistake, and the cases that are to catch it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import msgspec

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.comparison.steps import CALLS
from afilnet_protocols.conformance.targets.stage import Candidate
from afilnet_protocols.docstring import docstring
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.forwarding import Forwarding
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel, Message
from afilnet_protocols.registry import connect
from afilnet_protocols.settings import Settings

R = TypeVar("R")
E = TypeVar("E", bound=AfilnetError)
T = TypeVar("T", bound=Channel | Message)

Arguments = dict[str, str | None]

SENDS = ("send_message", "send_file")

READS = tuple(name for name in CALLS if name not in SENDS)

LISTS = ("get_chats", "get_messages", "get_unread_messages")
"""The reads whose items have the fields of a message."""


class Right:
    """The right client that a mutant spoils. Calling it does what is right.

    Attributes:
        settings: the settings it was made with.
        chat: the right client; a mutant may put another in its place.
        memory: what the mutant remembers, of one client only.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.chat = connect(settings)
        self.memory: dict[str, object] = {}

    def __call__(self, operation: str, arguments: Arguments) -> object:
        """Do the right thing."""
        return cast("object", getattr(self.chat, operation)(**arguments))

    def rows(self, operation: str, arguments: Arguments) -> list[Message]:
        """Do the right thing with a read whose items have the fields of a message."""
        return cast("list[Message]", self(operation, arguments))


Spoil = Callable[[Right, str, Arguments], object]
"""Does a call, with one mistake."""

Again = Callable[[], object]
"""Makes a call again."""

Handle = Callable[[E, Again], object]
"""Handles the error of a call, wrongly."""

Change = Callable[[T], dict[str, object]]
"""Returns the fields of a record that are wrong."""

Make = Callable[[Settings], ChatOperations]


class Spoiled(Forwarding):
    """A client whose every call goes through a mistake; each does what is right where the mistake is elsewhere."""

    def __init__(self, settings: Settings, spoil: Spoil = Right.__call__) -> None:
        self._right = Right(settings)
        self._spoil = spoil

    def _call(self, operation: Operation[R], arguments: Mapping[str, str | None]) -> R:
        return cast("R", self._spoil(self._right, operation.name, dict(arguments)))

    def close(self) -> None:
        """Close the client."""
        self._right.memory["closed"] = True
        self._right.chat.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A broken backend.

    Attributes:
        id: its stable id, such as ``M05``.
        about: what is broken in it.
        protocol: the protocol whose settings it gets.
        make: makes it.
        expected: the ids of the cases that are to catch it.
        capabilities: what it declares; ``None`` for what the built-in backend of its protocol declares.
        plain: whether it speaks plain HTTP on loopback.
    """

    id: str
    about: str
    protocol: str
    make: Make
    expected: tuple[str, ...]
    capabilities: frozenset[str] | None = None
    plain: bool = True

    def candidate(self) -> Candidate:
        """Return it as a backend to be held to the model."""
        return Candidate(self.id, self.protocol, make=self.make, plain=self.plain, capabilities=self.capabilities)


class Shelf:
    """Collects the mutants of one file; each is a function whose docstring says what is broken."""

    def __init__(self) -> None:
        self.mutants: list[Mutant] = []

    def spoil(
        self, identifier: str, protocol: str, expected: Sequence[str], *, capabilities: frozenset[str] | None = None
    ) -> Callable[[Spoil], Spoil]:
        """Add the decorated mistake as a mutant of a protocol's backend."""

        def add(spoil: Spoil) -> Spoil:
            make = self.make(identifier, protocol, expected, capabilities=capabilities, about=docstring(spoil))
            make(lambda settings: Spoiled(settings, spoil))
            return spoil

        return add

    def fails(
        self, identifier: str, protocol: str, expected: Sequence[str], kind: type[E], operations: Sequence[str] = CALLS
    ) -> Callable[[Handle[E]], Handle[E]]:
        """Add as a mutant what the decorated function makes of errors of a kind, in calls of these operations."""

        def add(handle: Handle[E]) -> Handle[E]:
            def spoil(right: Right, operation: str, arguments: Arguments) -> object:
                try:
                    return right(operation, arguments)
                except kind as error:
                    if operation not in operations:
                        raise
                    met = error  # what is raised instead shall not hang on to it
                return handle(met, lambda: right(operation, arguments))

            spoil.__doc__ = docstring(handle)
            self.spoil(identifier, protocol, expected)(spoil)
            return handle

        return add

    def lists(
        self, identifier: str, protocol: str, expected: Sequence[str], operations: Sequence[str] = READS
    ) -> Callable[[Callable[[list[T]], object]], Callable[[list[T]], object]]:
        """Add as a mutant what the decorated function makes of lists that are not empty, in these reads."""

        def add(change: Callable[[list[T]], object]) -> Callable[[list[T]], object]:
            def spoil(right: Right, operation: str, arguments: Arguments) -> object:
                result = right(operation, arguments)
                return change(cast("list[T]", result)) if result and operation in operations else result

            spoil.__doc__ = docstring(change)
            self.spoil(identifier, protocol, expected)(spoil)
            return change

        return add

    def fields(
        self, identifier: str, protocol: str, expected: Sequence[str], operations: Sequence[str] = LISTS
    ) -> Callable[[Change[T]], Change[T]]:
        """Add as a mutant what the decorated function changes in the fields of each record, in these reads."""

        def add(change: Change[T]) -> Change[T]:
            def changed(items: list[T]) -> object:
                return [msgspec.structs.replace(item, **change(item)) for item in items]

            changed.__doc__ = docstring(change)
            self.lists(identifier, protocol, expected, operations)(changed)
            return change

        return add

    def make(
        self,
        identifier: str,
        protocol: str,
        expected: Sequence[str],
        *,
        capabilities: frozenset[str] | None = None,
        plain: bool = True,
        about: str | None = None,
    ) -> Callable[[Make], Make]:
        """Add what the decorated function, or class, makes as a mutant."""

        def add(make: Make) -> Make:
            self.mutants.append(
                Mutant(
                    id=identifier,
                    about=" ".join((about or docstring(make)).split()).rstrip("."),
                    protocol=protocol,
                    make=make,
                    expected=tuple(expected),
                    capabilities=capabilities,
                    plain=plain,
                )
            )
            return make

        return add
