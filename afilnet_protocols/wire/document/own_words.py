"""What a success says against a send in words of its own: what was sent may be repeated in it, and may say anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

from afilnet_protocols.wire.document.assent import is_at_another_stage
from afilnet_protocols.wire.document.meant import alone, is_around
from afilnet_protocols.wire.document.not_done import says_not_done
from afilnet_protocols.wire.document.refusal import holds_a_code, refuses_a_send, says_no, says_nothing
from afilnet_protocols.wire.document.repeated import besides, may_repeat
from afilnet_protocols.wire.document.words import CONTENT, PROSE
from afilnet_protocols.wire.names import fold


class OwnWords:
    """Tells the service's own words in a success from what the call said.

    Args:
        envelope: the success.
        parameters: the wire names of what the call said.
        sent: what it said, if that was noted.
    """

    def __init__(self, envelope: Mapping[str, object], parameters: Set[str], sent: tuple[str, ...] | None) -> None:
        self._parameters = parameters
        self._sent = sent
        told = [name for name, value in envelope.items() if name != "status" and not says_nothing(value)]
        self._only = fold(told[0]) if len(told) == 1 else ""

    def end_a_send(self, folded: str, value: object, above: tuple[str, ...], beside: Mapping[str, object]) -> bool:
        """Whether a member says that nothing was sent.

        Args:
            folded: its name, folded.
            value: what it holds.
            above: the folded names on the way to it.
            beside: the mapping that it stands in.
        """
        said = alone(value)
        if PROSE.fullmatch(folded) and says_not_done(said) and self._is_own_word(folded, said, above):
            return True
        if folded == "data" and says_no(said) and _is_on_top(above) and self._is_own(said, says_no):
            return True
        if refuses_a_send(folded, value):
            return not is_at_another_stage(folded, value, beside)
        # A text that is a code and nothing else is hardly ever sent, and such an answer is not worth a success.
        whole = folded in self._parameters and (not _is_on_top(above) or self._sent is None)
        if not holds_a_code(said, whole=whole):
            return False
        return folded not in self._parameters or holds_a_code(said, whole=True) or self._is_own(said, holds_a_code)

    def _is_own_word(self, folded: str, value: object, above: tuple[str, ...]) -> bool:
        """Whether what is said in words is the service's own, and not what was sent or what somebody else wrote."""
        # An answer may repeat a text that was sent, and that may say anything, but hardly as all that the answer says.
        is_of_a_text = self._only != folded if folded in self._parameters else folded in CONTENT
        return (not above and not is_of_a_text) or (_is_on_top(above) and self._is_own(value, says_not_done))

    def _is_own(self, value: object, says: Callable[[object], bool]) -> bool:
        """Whether what a value says is not what was sent, repeated, alone or with more around it."""
        if may_repeat(value, self._sent):
            return False
        return not isinstance(value, str) or says(besides(value, self._sent, says))


def _is_on_top(above: tuple[str, ...]) -> bool:
    """Whether a member stands beside the status, or in the result: deeper may stand what others wrote."""
    return all(map(is_around, above))
