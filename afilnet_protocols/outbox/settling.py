"""What became of entries whose outcome is unknown: their conversations are read back and counted.

An outbox may have sent the same text to the same conversation several times. What it knows of those is taken into
account, so that one entry's message is not taken for another's.
"""

from __future__ import annotations

from collections.abc import Callable

from afilnet_protocols.errors import AuthenticationError, ServiceError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.outbox.entry import State
from afilnet_protocols.outbox.run import conversation
from afilnet_protocols.outbox.store import Lost, Store
from afilnet_protocols.recovery import SentText
from afilnet_protocols.vocabulary import Finding


def judge(lost: Lost, found: int) -> Finding:
    """Say what a count of equal messages tells about an entry.

    Args:
        lost: the entry, and what is known of its equals.
        found: how many such outgoing messages the conversation shows.
    """
    surplus = found - (lost.baseline or 0) - lost.known
    if surplus <= 0:
        return Finding.ABSENT if SentText.of(lost.entry.arguments).conclusive else Finding.UNDECIDED
    if lost.baseline is None or surplus <= lost.perhaps:
        return Finding.POSSIBLY_DELIVERED
    return Finding.DELIVERED


def settle(store: Store, chat: ChatOperations, wait: Callable[[], None], *, resend_absent: bool) -> dict[int, Finding]:
    """Find out about every entry whose outcome is unknown, and note what was found.

    Args:
        store: the outbox's file.
        chat: reads the conversations back.
        wait: waits until the service has had its time: before that, absence proves nothing.
        resend_absent: whether entries that are absent even then are to be sent again.

    Returns:
        The finding about each entry, by its number.

    Raises:
        AfilnetError: a conversation cannot be read now.
    """
    findings = _look(store, chat, store.lost())
    if any(finding is not Finding.DELIVERED for finding in findings.values()):
        wait()
        findings |= _look(store, chat, [lost for lost in store.lost() if lost.entry.id in findings])
    if resend_absent:
        absent = [lost for lost in store.lost() if findings.get(lost.entry.id) is Finding.ABSENT]
        for lost in absent:
            store.settle(lost, State.PENDING)
    return findings


def _look(store: Store, chat: ChatOperations, entries: list[Lost]) -> dict[int, Finding]:
    """Look for entries, and note those that are found."""
    findings = {}
    for lost in entries:
        found = _count(chat, lost)
        now = next((other for other in store.lost() if other.entry.id == lost.entry.id), None)
        if found is None or now is None:
            findings[lost.entry.id] = Finding.UNDECIDED
            continue
        # If an equal message was sent while we read, it is open whether it was counted.
        quiet = (now.claim, now.known, now.perhaps) == (lost.claim, lost.known, lost.perhaps)
        finding = findings[lost.entry.id] = judge(now, found) if quiet else Finding.UNDECIDED
        if finding is Finding.DELIVERED:
            store.settle(lost, State.SENT)
    return findings


def _count(chat: ChatOperations, lost: Lost) -> int | None:
    """Return how many such messages there are; ``None`` where the service refuses to tell of this conversation."""
    try:
        return conversation(chat, lost.entry).count()
    except AuthenticationError:
        raise
    except ServiceError:
        return None
