"""What became of entries whose outcome is unknown: their conversations are read back and counted.

An outbox may have sent the same text to the same conversation several times. What it knows of those is taken into
account, so that one entry's message is not taken for another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from afilnet_protocols.calls.recovery import Outgoing, SentText, counted_before, outgoing
from afilnet_protocols.errors import AuthenticationError, ServiceError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.store import Conversing, Lost, Store
from afilnet_protocols.vocabulary import Finding, addressee


def judge(lost: Lost, found: int, *, over_get: bool = False, lacks: bool = True) -> Finding:
    """Say what a count of equal messages tells about an entry.

    Args:
        lost: the entry, and what is known of its equals.
        found: how many such outgoing messages the conversation shows.
        over_get: whether the outbox sends and reads over GET, where absence proves nothing.
        lacks: whether there is surely no other: the conversation was shown whole, and no text may be it, changed.
    """
    before, exactly = counted_before(lost.baseline)
    surplus = found - before - lost.known
    if surplus <= 0:
        conclusive = SentText.of(lost.entry.arguments, over_get=over_get).conclusive
        # Where there are fewer than there were, not all is shown, and this one may be among the rest.
        return Finding.ABSENT if conclusive and lacks and not surplus else Finding.UNDECIDED
    if not exactly or surplus <= lost.perhaps:
        return Finding.POSSIBLY_DELIVERED
    return Finding.DELIVERED


def settle(
    store: Store,
    chat: ChatOperations,
    wait: Callable[[], None],
    *,
    resend_absent: bool,
    over_get: bool,
    tell: Callable[[Entry], None] | None = None,
) -> dict[int, Finding]:
    """Find out about every entry whose outcome is unknown, and note what was found.

    Args:
        store: where the entries are.
        chat: reads the conversations back.
        wait: waits until the service has had its time: before that, absence proves nothing.
        resend_absent: whether entries that are absent even then are to be sent again.
        over_get: whether ``chat`` speaks over GET: then nothing is ever absent.
        tell: is told each entry as it was, whenever its conversation has been read.

    Returns:
        The finding about each entry, by its number.

    Raises:
        AfilnetError: a conversation cannot be read now.
    """
    findings = _look(store, chat, store.lost(), over_get=over_get, tell=tell)
    if any(finding is not Finding.DELIVERED for finding in findings.values()):
        wait()
        again = [lost for lost in store.lost() if lost.entry.id in findings]
        findings |= _look(store, chat, again, over_get=over_get, tell=tell)
    if resend_absent:
        absent = [lost for lost in store.lost() if findings.get(lost.entry.id) is Finding.ABSENT]
        for lost in absent:
            store.settle(lost, State.PENDING)
    return findings


def _look(
    store: Store,
    chat: ChatOperations,
    entries: list[Lost],
    *,
    over_get: bool,
    tell: Callable[[Entry], None] | None,
) -> dict[int, Finding]:
    """Look for entries, and note those that are found. Each conversation is read once for all of its entries."""
    findings: dict[int, Finding] = {}
    for place, there in _by_conversation(entries).items():
        seen = _outgoing(chat, place)
        now = {lost.entry.id: lost for lost in store.lost(place)}
        for lost in there:
            finding = _finding(lost, now.get(lost.entry.id), seen, over_get=over_get)
            findings[lost.entry.id] = finding
            if finding is Finding.DELIVERED:
                store.settle(lost, State.SENT)
            if tell is not None:
                tell(lost.entry)
    return findings


def _finding(before: Lost, now: Lost | None, there: Outgoing | None, *, over_get: bool) -> Finding:
    """Say what became of an entry, given what was known of it before the conversation was read, and afterwards."""
    if there is None or now is None:
        return Finding.UNDECIDED
    # If an equal message was sent while we read, it is open whether it was counted.
    quiet = (now.claim, now.known, now.perhaps) == (before.claim, before.known, before.perhaps)
    sent = SentText.of(now.entry.arguments, over_get=over_get)
    found = there.count(sent.text)
    if not quiet or found is None:
        return Finding.UNDECIDED
    return judge(now, found, over_get=over_get, lacks=there.lacks(sent))


def _by_conversation(entries: Iterable[Lost]) -> dict[Conversing, list[Lost]]:
    grouped: dict[Conversing, list[Lost]] = {}
    for lost in entries:
        grouped.setdefault(lost.conversation, []).append(lost)
    return grouped


def _outgoing(chat: ChatOperations, place: Conversing) -> Outgoing | None:
    """Return what was sent there; ``None`` where the service refuses to tell of this conversation."""
    try:
        return outgoing(lambda: chat.get_messages(**addressee(*place)), place)
    except AuthenticationError:
        raise
    except ServiceError:
        return None
