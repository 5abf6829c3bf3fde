"""What a survey has noted so far: words of its facts only, and beside them what was heard, which is told to nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from afilnet_protocols.dialects.dimension import Answer
from afilnet_protocols.survey import reading
from afilnet_protocols.survey.facts import BY_NAME
from afilnet_protocols.survey.heard import Heard


@dataclass
class Notes:
    """Collects what shows.

    Attributes:
        seen: the value of each fact that showed, by its name; the first that showed counts.
        lists: successes with records in them.
        rows: records of conversations and messages.
        bodies: the answers with an envelope, as they came.
        refused: whether an error with a code was heard, and whether one of them is on no page.
    """

    seen: dict[str, Answer] = field(default_factory=dict)
    lists: list[Heard] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    refused: list[bool] = field(default_factory=list)

    def note(self, seen: Iterable[tuple[str, Answer]]) -> None:
        """Note what showed. What is none of a fact's own words goes no further: it may be the service's."""
        for name, answer in seen:
            if BY_NAME[name].value(answer) is not None:
                self.seen.setdefault(name, answer)

    def hear(self, heard: Heard) -> None:
        """Keep an answer for what only several of them show."""
        if heard.envelope is None:
            return
        self.bodies.append(heard.body)
        self.note(reading.manner(heard))
        if heard.rows:
            self.lists.append(heard)
        self.refused += reading.unlisted(heard)

    def conclude(self, *, limits: Collection[str], tls: str | None) -> None:
        """Note what all answers show together.

        Args:
            limits: what they said of how often one may call: ``headers``, ``refused``.
            tls: the version of TLS under which they came.
        """
        self.note([("limits.told", word) for word in ("refused", "headers", "nothing") if word in {*limits, "nothing"}])
        self.note([("tls.version", tls)] if tls else [])
        self.note(reading.list_form(self.lists))
        self.note(reading.record_manner(self.rows))
        self.note(reading.escapes(self.bodies))
        self.note(reading.fields(self.rows))
        if self.refused:
            self.note([("errors.unlisted", any(self.refused))])
