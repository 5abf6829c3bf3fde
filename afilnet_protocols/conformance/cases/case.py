"""`Case`: one thing that is asked of every backend, with the requirement it stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.docstring import docstring
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context

AREAS: dict[str, str] = {
    "CHAN": "channels",
    "SEND": "sending messages",
    "FILE": "sending files",
    "CHATS": "conversations",
    "MSGS": "messages of a conversation",
    "UNREAD": "unread messages",
    "ERR": "errors",
    "AUTH": "credentials and tokens",
    "SEC": "security",
    "TEXT": "text, to the character",
    "LIMIT": "sizes",
    "TIME": "times",
    "DELIV": "what is known about delivery",
}
"""The areas, and what each is about."""


class Level(StrEnum):
    """How binding a case is."""

    REQUIRED = "required"
    CAPABILITY = "capability"


class Effects(StrEnum):
    """What a case does to the service that it runs against."""

    NONE = "none"
    READS = "reads"
    SENDS = "sends"


GENERATED = frozenset({Need.LAB, Need.PARTY, Need.WIRE, Need.TOKENS})
"""What every case needs that plays generated sequences: whatever is drawn is done."""

Check = Callable[["Context"], None]
"""Does the case on one backend (on all at once, if it is generated); raises a finding if it does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case.

    Attributes:
        id: its stable id, such as ``SEND-03``; never given to another case.
        area: the part of the id before the dash, one of :data:`AREAS`.
        title: what holds, in a few words.
        requirement: the requirement in full.
        provenance: where the requirement comes from.
        level: how binding it is.
        capability: the capability that it depends on and probes; ``None`` if it depends on none.
        effects: what it does to the service.
        needs: what it needs of the world around the target.
        recipients: to how many people it sends.
        generated: whether it plays generated sequences on all backends at once.
        check: does it.
    """

    id: str
    title: str
    requirement: str
    provenance: Provenance
    level: Level
    capability: str | None
    effects: Effects
    needs: frozenset[Need]
    recipients: int
    generated: bool
    check: Check

    @property
    def area(self) -> str:
        """The part of the id before the dash."""
        return self.id.partition("-")[0]


class Book:
    """Collects the cases of one file; each is a function whose docstring is the requirement."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def case(
        self,
        identifier: str,
        title: str,
        provenance: Provenance,
        *,
        effects: Effects = Effects.SENDS,
        capability: str | None = None,
        needs: Iterable[Need] = (),
        recipients: int | None = None,
        generated: bool = False,
    ) -> Callable[[Check], Check]:
        """Add the decorated function as a case; one that sends does so to one person, unless it says otherwise."""

        def add(check: Check) -> Check:
            self.cases.append(
                Case(
                    id=identifier,
                    title=title,
                    requirement=" ".join(docstring(check).split()),
                    provenance=provenance,
                    level=Level.CAPABILITY if capability else Level.REQUIRED,
                    capability=capability,
                    effects=effects,
                    needs=frozenset(needs) | (GENERATED if generated else frozenset()),
                    recipients=int(effects is Effects.SENDS) if recipients is None else recipients,
                    generated=generated,
                    check=check,
                )
            )
            return check

        return add
