"""`advise`: from what was seen of a candidate to what to do next, with the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.migration.coverage import LEFT_OUT
from afilnet_protocols.migration.diff import Kind
from afilnet_protocols.migration.tally import Counts
from afilnet_protocols.plural import several
from afilnet_protocols.seconds import is_count, is_within

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


def advise(mode: str, counts: Counts, *, enough: int, left_out: float = LEFT_OUT) -> Advice:
    """Return what to do next.

    Args:
        mode: ``shadow`` or ``canary``.
        counts: what was seen.
        enough: how many verdicts on the candidate say enough.
        left_out: the share of the calls, of all and of each operation, that may be left without a verdict.

    Raises:
        ConfigurationError: ``enough`` is no count, or ``left_out`` no share.
    """
    if not (is_count(enough, 1) and is_within(left_out, 0, 1)):
        raise ConfigurationError("enough is a whole number of at least 1; left_out is from 0 to 1")
    against = tuple(_against_canary(counts) if mode == "canary" else _against_shadow(counts))
    if against:
        return Advice(Word.NO_GO, against)
    missing = tuple(_missing(counts, enough, left_out))
    if missing:
        return Advice(Word.KEEP, (*missing, "nothing against the candidate so far"))
    done = "answered" if mode == "canary" else "compared"
    coverage = counts.coverage
    seen = f"{coverage.verdicts} of {several(coverage.calls, 'call')} {done}, nothing against the candidate"
    return Advice(Word.GO, (seen, *_unseen(counts)))


def _unseen(counts: Counts) -> Iterator[str]:
    """Yield of which calls a shadow can say nothing, for they are made once."""
    calls = counts.number("not_repeated")
    if calls:
        kinds = several(calls, "send or read of unread messages was", "sends and reads of unread messages were")
        yield f"{kinds} not repeated: a canary makes them"


def _missing(counts: Counts, enough: int, left_out: float) -> Iterator[str]:
    """Yield what keeps silence from being consent."""
    coverage = counts.coverage
    if coverage.verdicts < enough:
        yield f"there is a verdict on {several(coverage.verdicts, 'call')}, and {enough} are enough"
    elif counts.number("refused") >= coverage.verdicts:
        yield f"all {coverage.verdicts} calls were refused, by either side alike"
    yield from coverage.gaps(left_out)
    for seen in counts.differences:
        if seen.kind == Kind.ANSWER and seen.count > left_out * counts.judged.get(seen.operation, 0):
            calls = several(counts.judged.get(seen.operation, 0), "call")
            yield f"{seen.count} of {calls} of {seen.operation} were not answered"


def _against_shadow(counts: Counts) -> Iterator[str]:
    unanswered, judged = counts.number("unanswered"), counts.coverage.verdicts
    if unanswered * 100 > judged * PER_CENT:
        yield f"{unanswered} of {several(judged, 'call')} of the candidate brought no usable answer"
    for seen in counts.differences:
        if seen.kind == Kind.ANSWER:
            if seen.count >= counts.judged.get(seen.operation, 0):
                yield f"{seen.operation} was never answered by the candidate, which {seen.candidate}"
        elif not seen.is_gain:
            yield (
                f"{seen.operation} differs in {seen.kind} at {seen.field}, {several(seen.count, 'time')}: "
                f"{seen.primary} against {seen.candidate}"
            )
    if counts.number("failed"):
        yield f"the candidate could not be compared {several(counts.number('failed'), 'time')}"
    if counts.number("unavailable"):
        calls = several(counts.number("unavailable"), "call was", "calls were")
        yield f"the candidate could not be made when {calls} to be repeated; see 'afilnet config'"


def _against_canary(counts: Counts) -> Iterator[str]:
    yield from counts.returns
    failed, judged = counts.number("failed"), counts.coverage.verdicts
    if failed * 100 > judged * PER_CENT:
        yield f"{failed} of {several(judged, 'call')} of the candidate failed"
