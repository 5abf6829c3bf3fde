"""`advise`: from what was seen of a candidate to what to do next, with the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from afilnet_protocols.errors import ConfigurationError, NotSentError, OutcomeUnknownError
from afilnet_protocols.migration.noticing import Kind
from afilnet_protocols.migration.tally import Counts

UNANSWERED = (NotSentError.__name__, OutcomeUnknownError.__name__, ConfigurationError.__name__)
"""What a call raises that brought no answer of the service."""

PER_CENT = 1
"""How many of a hundred calls may remain without an answer; networks do not hold what they promise either."""


class Word(StrEnum):
    """What to do next."""

    GO = "go"
    """Nothing speaks against the candidate, and enough was seen."""
    KEEP = "keep"
    """Nothing speaks against the candidate, but not enough was seen."""
    NO_GO = "no-go"
    """Something speaks against the candidate."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next, and why.

    Attributes:
        word: what.
        reasons: why, in words.
    """

    word: Word
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.word}: {'; '.join(self.reasons)}"


def advise(mode: str, counts: Counts, *, enough: int) -> Advice:
    """Return what to do next.

    Args:
        mode: ``shadow`` or ``canary``.
        counts: what was seen.
        enough: how many calls of the candidate say enough.
    """
    against = tuple(_against_canary(counts) if mode == "canary" else _against_shadow(counts))
    if against:
        return Advice(Word.NO_GO, against)
    seen, done = (
        counts.number("candidate" if mode == "canary" else "compared"),
        "answered" if mode == "canary" else "compared",
    )
    if seen < enough:
        return Advice(Word.KEEP, (f"{seen} of {enough} calls {done}, nothing against the candidate so far",))
    return Advice(Word.GO, (f"{seen} calls {done}, nothing against the candidate",))


def _against_shadow(counts: Counts) -> Iterator[str]:
    unanswered, compared = counts.number("unanswered"), counts.number("compared")
    if unanswered * 100 > compared * PER_CENT:
        yield f"{unanswered} of {compared} calls of the candidate brought no usable answer"
    for seen in counts.differences:
        if seen.kind == Kind.ERROR and seen.candidate.removeprefix("raised ") in UNANSWERED:
            continue
        yield (
            f"{seen.operation} differs in {seen.kind} at {seen.field}, {seen.count} times: "
            f"{seen.primary} against {seen.candidate}"
        )
    if counts.number("failed"):
        yield f"the candidate could not be compared {counts.number('failed')} times"
    if counts.number("unavailable"):
        yield f"the candidate could not be made when {counts.number('unavailable')} calls were to be repeated"


def _against_canary(counts: Counts) -> Iterator[str]:
    yield from counts.returns
    failed, answered = counts.number("failed"), counts.number("candidate")
    if failed * 100 > answered * PER_CENT:
        yield f"{failed} of {answered} calls of the candidate failed"
