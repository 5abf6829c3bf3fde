"""`Comparison`: the same calls on both sides, and what an application could notice of the difference."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from afilnet_protocols.catalogue import GET_UNREAD_MESSAGES, Operation, by_name
from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.comparison.steps import RECEIVE, Step
from afilnet_protocols.conformance.compare.calls import excess
from afilnet_protocols.conformance.compare.endpoints import Sides
from afilnet_protocols.conformance.compare.findings import NO_CALL, Findings, Security
from afilnet_protocols.forwarding import Arguments
from afilnet_protocols.migration.agreement import ROUNDS, Agreement, settle
from afilnet_protocols.migration.coverage import LEFT_OUT
from afilnet_protocols.migration.diff import Kind, Noticed
from afilnet_protocols.migration.outcome import outcome_of

REASONS = {
    Agreement.NOISE: "changed whenever they were made again",
    Agreement.INCOMPARABLE: "brought no answer of the side in use",
}
"""Why nothing can be said of calls that were made."""


class Comparison:
    """Makes the same calls on both sides.

    Args:
        sides: the sides. In a sandbox everything is done; elsewhere reads, and sends as far as they are allowed.
        max_sends: how many messages and files may be sent outside a sandbox, both sides together.
        recipients: to whom.
        unread: whether ``get_unread_messages`` is called outside a sandbox: it may mark messages as read.
        slower: the highest ratio of median read times that is still good; ``None`` for any.
        left_out: the share of the calls, and of each operation that may be called, that may be left out of a verdict.
    """

    def __init__(
        self,
        sides: Sides,
        *,
        max_sends: int = 0,
        recipients: Collection[str] = (),
        unread: bool = False,
        slower: float | None = None,
        left_out: float = LEFT_OUT,
    ) -> None:
        self._sides, self._recipients, self._unread = sides, frozenset(recipients), unread
        self._sends_left = max_sends
        security = Security.of(sides.source, sides.target)
        self.findings = Findings(sides.source.name, sides.target.name, security, slower=slower, left_out=left_out)

    def begin(self) -> None:
        """Empty the accounts of a sandbox."""
        for side in (self._sides.source, self._sides.again, self._sides.target):
            side.reset()

    def play(self, steps: Iterable[Step]) -> Findings:
        """Make calls, one after the other, and return what was found so far.

        Args:
            steps: the calls; what happens around them only happens in a sandbox.
        """
        for step in steps:
            if self._sides.tick is not None:
                self._sides.tick()
            operation = by_name(step.do)
            if operation is not None:
                self._call(operation, step)
            elif step.do == RECEIVE and self._sides.in_sandbox:
                for side in (self._sides.source, self._sides.again, self._sides.target):
                    side.receive(**step.arguments)
            else:
                self.findings.skipped[NO_CALL] += 1
        return self.findings

    def _call(self, operation: Operation[object], step: Step) -> None:
        over = [excess(side.settings, step) for side in (self._sides.source, self._sides.target)]
        if (over[0] is None) != (over[1] is None):
            self.findings.asked[operation.name] += 1
            self.findings.calls[operation.name] += 1
            told = [f"{more} characters too long" if more else "fits" for more in over]
            self.findings.add(operation.name, [Noticed(Kind.LIMIT, "the encoded request", *told)])
            return
        reason = self._reason_to_skip(operation, step)
        if reason:
            self.findings.skipped[reason] += 1
            return
        self.findings.asked[operation.name] += 1
        arguments = {name: None if value is None else str(value) for name, value in step.arguments.items()}
        self._compare(operation, arguments)

    def _reason_to_skip(self, operation: Operation[object], step: Step) -> str:
        """Return why a call is not made; empty if it is. A send that is made is taken off the budget."""
        if operation.repeatable or self._sides.in_sandbox:
            return ""
        if operation is GET_UNREAD_MESSAGES:
            return "" if self._unread else "reading unread messages may mark them as read"
        if step.arguments.get("destination") not in self._recipients:
            return "a send to somebody who is not on the list"
        if self._sends_left < 2:
            return "a send, and no more are allowed"
        self._sends_left -= 2
        return ""

    def _compare(self, operation: Operation[object], arguments: Arguments) -> None:
        found, sides = self.findings, self._sides
        ours = outcome_of(sides.source.chat, operation, arguments)
        theirs = outcome_of(sides.target.chat, operation, arguments)
        again = ours.what
        if not operation.repeatable and sides.in_sandbox:
            # What is done on both sides is done on the third account too, which shall hold the same.
            again = outcome_of(sides.again.chat, operation, arguments).what

        def ask_ours() -> Plain:
            # A send outside a sandbox is not made again; what a side answers to it does not change meanwhile.
            return outcome_of(sides.again.chat, operation, arguments).what if operation.repeatable else again

        def ask_theirs() -> Plain:
            return outcome_of(sides.target.chat, operation, arguments).what

        settled = settle(ours.what, theirs.what, ask_ours, ask_theirs, rounds=ROUNDS if operation.repeatable else 1)
        if not settled.agreement.is_verdict:
            found.unsettled[REASONS[settled.agreement]] += 1
            return
        found.calls[operation.name] += 1
        found.answered += isinstance(ours.what, dict) and "returned" in ours.what
        found.add(operation.name, settled.differences)
        if operation.repeatable and settled.agreement is not Agreement.UNANSWERED:
            found.source_ms.append(ours.seconds * 1000)
            found.target_ms.append(theirs.seconds * 1000)
