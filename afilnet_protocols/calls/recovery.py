"""What became of a send whose outcome is unknown? Read the conversation back and compare it with what was there before.

The service offers no idempotency key, so this is evidence, not proof, where somebody else writes the same text to the
same conversation at the same time. How a file is told in a conversation is not documented, so that a file that is not
found proves nothing.
"""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Callable, Mapping

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import NotFoundError, OutcomeUnknownError
from afilnet_protocols.patterns import late
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.records import Message, has_more, skipped_in
from afilnet_protocols.security.safe_repr import PartlyShown
from afilnet_protocols.vocabulary import Finding, plain_text
from afilnet_protocols.waiting import Place, Semaphore, Steps, at_once, complete
from afilnet_protocols.wire.document.additions import Inside
from afilnet_protocols.wire.document.alike import Alike, is_cut

_RESPELT = late(r"[+@].+|00[0-9].*|[0-9(][0-9 ().\u00a0/-]*[ ().\u00a0/-][0-9 ().\u00a0/-]*")
"""Telephone numbers with more than digits in them, and names with an at sign: services drop all of that."""

AT_LEAST = 2**30
"""What a baseline has on top that was counted in a list of which there was more: there may have been more of them.

It is kept as one number, which who does not know of the mark takes for far more than is ever found, and for no proof.
"""

Where = tuple[str, str, str]
"""A conversation: platform, channel and recipient."""

_NAMES = ("platform", "platform_id", "destination")
_SHORTEST_NUMBER = 7
"""How many digits a telephone number has at least, without what stands before it in other countries."""


class SentText(PartlyShown, frozen=True):
    """What to look for in the conversation.

    Attributes:
        text: the text of the message, or of the file's caption, or the file's address if it has none.
        conclusive: whether its absence means anything.
        respelt: whether services write its recipient otherwise than it is given, such as ``+34 600 000 000``: what is
            shown of nothing under that name may stand under another.
        where: the conversation: platform, channel and recipient; ``None`` if that is not known.
    """

    _shown = ("conclusive",)

    text: str
    conclusive: bool
    respelt: bool = False
    where: Where | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, str | None], *, over_get: bool = False) -> SentText:
        """Return what the conversation will show of a send.

        Args:
            arguments: the arguments of the send, by their Python names.
            over_get: whether it went, and is looked for, over GET. A server on the way may then still repeat the send
                by itself, or answer the reading from memory: what is not there may yet come, or be there.
        """
        file_url = arguments.get("file_url")
        text = plain_text(arguments.get("message") or file_url or "")
        platform, channel, recipient = (plain_text(arguments.get(name) or "") for name in _NAMES)
        respelt = _RESPELT.fullmatch(recipient) is not None
        where = (platform, channel, recipient) if recipient else None
        return cls(text=text, conclusive=file_url is None and not over_get, respelt=respelt, where=where)


class Outgoing:
    """The outgoing messages of a conversation, by their texts.

    Args:
        messages: all messages of the conversation, as they were read.
        where: which conversation, if that is known. Messages of another are not counted: a service that passes over
            the recipient, or an answer that is another's, shows those as well.

    Attributes:
        whole: whether they are all, as far as the service tells: else what is not among them may be there.
        cut: whether the service has more messages of this conversation than these.
    """

    def __init__(self, messages: list[Message], where: Where | None = None) -> None:
        sent = [message for message in messages if message.sent]
        own = sent if where is None else _of(sent, where)
        self._texts = Counter(message.message for message in own)
        self._skipped = skipped_in(messages)
        self.cut = has_more(messages)
        self.whole = not self.cut and len(own) == len(sent) and (where is None or _are_on_channel(messages, where))
        self._any = bool(messages)
        self._alike: tuple[Alike, Inside] | None = None

    def count(self, text: str) -> int | None:
        """Return how many have this text; ``None`` if a record that was left out may be one more."""
        return None if any(record.may_be(text) for record in self._skipped) else self._texts[text]

    def lacks(self, sent: SentText) -> bool:
        """Whether a text that is not counted is surely not there: all are shown, and none may be it, changed."""
        if not self.whole or (sent.respelt and not self._any):
            return False
        if self._alike is None:
            self._alike = Alike(self._texts), Inside(self._texts)
        if any(each.may_hold(sent.text) for each in self._alike):
            return False
        return not any(is_cut(text, sent.text) for text in self._texts if text != sent.text)


def _of(messages: list[Message], where: Where) -> list[Message]:
    """Return the messages that are of a conversation, however the service writes its channel and its recipient."""
    known: dict[Where, bool] = {}
    found = []
    for message in messages:
        place = (message.platform, message.platform_id, message.destination)
        if place not in known:
            known[place] = all(map(_is_same, place, where))
        if known[place]:
            found.append(message)
    return found


def _are_on_channel(messages: list[Message], where: Where) -> bool:
    """Whether all messages, received ones too, are of a conversation's channel; else the answer is another's.

    Who is named as the recipient of a received message nobody knows, but its channel is that of the conversation.
    """
    channels = {(message.platform, message.platform_id) for message in messages}
    return all(_is_same(platform, where[0]) and _is_same(channel, where[1]) for platform, channel in channels)


def _is_same(one: str, other: str) -> bool:
    if one == other:
        return True
    one, other = sorted(("".join(filter(str.isalnum, name.casefold())).lstrip("0") for name in (one, other)), key=len)
    is_number = one.isdecimal() and other.isdecimal() and len(one) >= _SHORTEST_NUMBER
    return one != "" and (one == other or (is_number and other.endswith(one)))


def outgoing(read: Callable[[], list[Message]], where: Where | None = None) -> Outgoing:
    """Return the outgoing messages of a conversation.

    Args:
        read: reads all messages of the conversation. One that does not exist has none.
        where: which conversation, if that is known.

    Raises:
        AfilnetError: the conversation cannot be read.
    """
    return complete(_outgoing(lambda: at_once(read), where))


def _outgoing(read: Callable[[], Steps[list[Message]]], where: Where | None) -> Steps[Outgoing]:
    try:
        return Outgoing((yield from read()), where)
    except NotFoundError as error:
        if error.code != "CHAT_NOT_FOUND":
            raise
        return Outgoing([])


def counted_before(baseline: int | None) -> tuple[int, bool]:
    """Return how many messages there were at least before a send, and whether there were no others.

    Args:
        baseline: what :meth:`Conversation.count` returned before the send; ``None`` if nobody counted.
    """
    if baseline is None:
        return 0, False
    return (baseline - AT_LEAST, False) if baseline >= AT_LEAST else (baseline, True)


class Conversation:
    """A conversation as far as it tells about a send."""

    def __init__(self, read: Callable[[], Steps[list[Message]]], looked_for: SentText) -> None:
        self._read = read
        self._looked_for = looked_for

    def count(self) -> Steps[int]:
        """Return how many such outgoing messages there are now, with :data:`AT_LEAST` on top if not all are shown.

        Raises:
            AfilnetError: the conversation cannot be read, or what was left out of it may be one.
        """
        there, found = yield from self._counted()
        return found + AT_LEAST if there.cut else found

    def _counted(self) -> Steps[tuple[Outgoing, int]]:
        """Return what was sent there, and how many of it are such messages."""
        there = yield from _outgoing(self._read, self._looked_for.where)
        found = there.count(self._looked_for.text)
        if found is None:
            raise OutcomeUnknownError("a record of the conversation that cannot be read may be the message in question")
        return there, found

    def look(self, baseline: int | None) -> Steps[Finding]:
        """Compare what is there now with what was there before the send, if that is known.

        Raises:
            AfilnetError: the conversation cannot be read, or what was left out of it may be one.
        """
        there, found = yield from self._counted()
        before, exactly = counted_before(baseline)
        if found > before:
            return Finding.DELIVERED if exactly else Finding.POSSIBLY_DELIVERED
        # Where there are fewer than before, not all is shown, and what is new may be among the rest.
        lacks = found == before and there.lacks(self._looked_for)
        return Finding.ABSENT if self._looked_for.conclusive and lacks else Finding.UNDECIDED

    def settle(self, baseline: int | None, wait: Callable[[], Steps[None]]) -> Steps[Finding]:
        """Look at once, and if there is nothing, wait and look again.

        Args:
            baseline: what :meth:`count` returned before the send; ``None`` if nobody counted.
            wait: waits until the service has had its time: before that, absence proves nothing.

        Raises:
            AfilnetError: the conversation cannot be read.
        """
        finding = yield from self.look(baseline)
        if finding in (Finding.DELIVERED, Finding.POSSIBLY_DELIVERED):
            return finding
        yield from wait()
        return (yield from self.look(baseline))


class ConversationLocks:
    """One lock for each conversation that somebody sends to, so that two sends do not count each other's message."""

    def __init__(self) -> None:
        begin_afresh(self)

    def after_fork(self) -> None:
        """Forget the locks: whoever held one in the parent sends nothing in the child."""
        # A signal handler may call in the middle of a call.
        self._lock = threading.RLock()
        self._locks: weakref.WeakValueDictionary[tuple[str, ...], _Held] = weakref.WeakValueDictionary()

    def of(self, *conversation: str) -> _Held:
        """Return the lock of a conversation; the same object while anybody holds it."""
        with self._lock:
            held = self._locks.get(conversation)
            if held is None:
                held = self._locks[conversation] = _Held()
            return held


class _Held:
    """A lock that can be referred to weakly."""

    __slots__ = ("__weakref__", "_one", "_place")

    def __init__(self) -> None:
        self._one = Semaphore(1)
        self._place: Place | None = None

    def acquire(self, deadline: Deadline) -> Steps[bool]:
        """Wait for it until the deadline; return whether it was free by then."""
        place = yield from self._one.take(deadline)
        if place is not None:
            self._place = place
        return place is not None

    def release(self) -> None:
        """Let the next one have it."""
        place, self._place = self._place, None
        if place is not None:
            place.give_back()
