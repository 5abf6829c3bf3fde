"""`settle`: whether two sides agree on a call, asked again while what is read changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.errors import (
    AuthenticationError,
    ConfigurationError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    SecurityPolicyError,
)
from afilnet_protocols.migration.diff import Noticed, confirmed, notice, unanswered

ROUNDS = 3
"""How often both sides are asked at most, while what is read changes, before nothing is said of a call."""

ANSWERLESS = (
    NotSentError,
    OutcomeUnknownError,
    ConfigurationError,
    SecurityPolicyError,
    RateLimitedError,
    AuthenticationError,
)
"""What a call raises that says nothing of what was asked. Two sides that both raise it agree on nothing."""

_NAMES = frozenset(error.__name__ for error in ANSWERLESS)


class Agreement(StrEnum):
    """What came of a call that was made on both sides."""

    EQUAL = "equal"
    """An application could not tell the answers apart."""
    DIFFERENT = "different"
    """It could, and still can when both sides are asked again."""
    UNANSWERED = "unanswered"
    """The side in use answered, the candidate did not."""
    NOISE = "noise"
    """What was read changed all the time: nothing can be said."""
    INCOMPARABLE = "incomparable"
    """The side in use did not answer: there is nothing to compare with."""

    @property
    def is_verdict(self) -> bool:
        """Whether it says something for or against the candidate; the call was left out if not."""
        return self in (Agreement.EQUAL, Agreement.DIFFERENT, Agreement.UNANSWERED)


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a call, and in what the sides differ."""

    agreement: Agreement
    differences: tuple[Noticed, ...] = ()


def is_usable(outcome: Plain) -> bool:
    """Whether an outcome is the service's answer to the call: no lost one, no missing connection, no foreign error."""
    raised = outcome.get("raised") if isinstance(outcome, dict) else None
    # A foreign error is told by its full name.
    return raised is None or not (raised in _NAMES or "." in str(raised))


def settle(
    ours: Plain,
    theirs: Plain,
    ask_ours: Callable[[], Plain],
    ask_theirs: Callable[[], Plain],
    *,
    rounds: int = ROUNDS,
) -> Settled:
    """Return whether two outcomes of one call agree.

    A difference counts when it is there again after the side in use was asked a second time. Once is enough if nothing
    has changed meanwhile. If something has, it may have changed twice: a conversation whose last message was sent, then
    received, then sent looks as if the sides differed in just that.

    Args:
        ours: what the side in use did first.
        theirs: what the candidate did after that.
        ask_ours: makes the call on the side in use once more.
        ask_theirs: likewise on the candidate; not called if ``rounds`` is 1.
        rounds: how often the candidate is asked in all; 1 for a call that must not be repeated.
    """
    if not is_usable(ours):
        return Settled(Agreement.INCOMPARABLE)
    if not is_usable(theirs):
        return Settled(Agreement.UNANSWERED, (unanswered(ours, theirs),))
    if not notice(ours, theirs):
        return Settled(Agreement.EQUAL)
    again = ask_ours()
    remaining = confirmed(ours, theirs, again)
    for _ in range(rounds - 1):
        if not notice(ours, again):
            break  # nothing changed
        ours, theirs, again = again, ask_theirs(), ask_ours()
        if not notice(ours, again) and not notice(ours, theirs):
            # Agreement counts where nothing changed around it: who asks until two sides meet finds that they do.
            return Settled(Agreement.EQUAL)
        still = {each.key for each in confirmed(ours, theirs, again)}
        remaining = tuple(each for each in remaining if each.key in still)
    return Settled(Agreement.DIFFERENT, remaining) if remaining else Settled(Agreement.NOISE)
