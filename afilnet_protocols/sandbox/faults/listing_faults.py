"""Faults in listing: the call is carried out and its answer is sound, but what it lists is not all, or not itself.

They are what readers of messages meet: an inbox has to lose and double nothing for them. A send notices none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from afilnet_protocols.sandbox.faults.fault_book import ListOtherwise
from afilnet_protocols.sandbox.faults.fault_kind import SUCCESS, UNKNOWN, Exchange, Kind, Processed, Stage, Truth
from afilnet_protocols.sandbox.server.exchange import HttpAnswer
from afilnet_protocols.sandbox.state.listing import REUSED_AFTER, Listing


def kinds() -> Iterator[Kind]:
    """Yield the kinds."""
    about = "messages have no identifier, which makes a list of them unreadable"
    yield _listed("blank_ids", about, lambda it: Listing(ids="blank"), verdicts=SUCCESS | UNKNOWN)
    about = f"identifiers of messages begin again after {REUSED_AFTER}"
    yield _listed("reused_ids", about, lambda it: Listing(ids="reused"))
    about = "messages have other identifiers than in any list before"
    yield _listed("changing_ids", about, lambda it: Listing(ids="changing"))
    about = "the newest message of the other party in each conversation is not there yet"
    yield _listed("late_message", about, lambda it: Listing(late=True))
    yield _listed(
        "missing_conversation",
        "`get_chats` leaves out the conversation with `destination`, by default the one that began first",
        lambda it: Listing(leaves_out=it.text("destination")),
        {"destination": ""},
    )
    about = "somebody else has just read what was unread"
    yield _listed("read_elsewhere", about, lambda it: Listing(read_before=True))


def _listed(
    name: str,
    about: str,
    listing: Callable[[Exchange], Listing],
    details: Mapping[str, object] | None = None,
    *,
    verdicts: Truth = SUCCESS,
) -> Kind:
    async def act(exchange: Exchange) -> HttpAnswer:
        return exchange.process(ListOtherwise(listing=listing(exchange)))

    return Kind(
        name=name,
        stage=Stage.LISTING,
        about=about,
        verdicts=verdicts,
        processed=Processed.ALWAYS,
        details=details or {},
        act=act,
    )
