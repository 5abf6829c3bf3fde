"""All that a survey can find out: every dimension of a dialect, and the further facts."""

from __future__ import annotations

from collections.abc import Callable

from afilnet_protocols.dialects.dimension import Dimension
from afilnet_protocols.dialects.dimensions import DIMENSIONS
from afilnet_protocols.survey import purposes
from afilnet_protocols.survey.fact import Fact, Permission, Setting, calls_of
from afilnet_protocols.survey.further_facts import FURTHER


def _asked_by(
    calls: str,
    *,
    consent: Permission = "",
    setting: Setting = "",
    stays: str = "",
) -> Callable[[Dimension], Fact]:
    return lambda dimension: Fact(dimension, calls, consent, setting, stays)


_SPOKEN: tuple[tuple[str, Callable[[Dimension], Fact]], ...] = (
    ("json.error_http", _asked_by(purposes.FAULTS[0], stays="the status of other errors")),
    (
        "json.escapes",
        _asked_by(purposes.EVERY, stays="open if no text holds both a slash and a character beyond ASCII"),
    ),
    ("json.", _asked_by(purposes.EVERY, stays="answers of sends, unless --send-to is given")),
    ("lists.empty_channel", _asked_by(purposes.CHATS, stays="open if every channel that was listed has some")),
    ("lists.empty", _asked_by(calls_of(purposes.CHATS, purposes.NOBODY), stays="open if both are errors")),
    ("lists.unknown_chat", _asked_by(purposes.NOBODY)),
    (
        "lists.form",
        _asked_by(calls_of(purposes.CHANNELS, purposes.CHATS), stays="how one item alone is written, if none was met"),
    ),
    ("lists.", _asked_by(calls_of(purposes.CHATS, purposes.MESSAGES), stays="open if there are fewer than two")),
    (
        "records.message_ids",
        _asked_by(
            calls_of(purposes.CHATS, purposes.MESSAGES),
            stays="whether they begin again after more messages than were seen",
        ),
    ),
    (
        "records.sent",
        _asked_by(purposes.UNREAD_TWICE, consent="party", stays="shows without it if both names stand in a record"),
    ),
    ("records.ids", _asked_by(purposes.CHANNELS, stays="identifiers with leading noughts")),
    ("records.names", _asked_by(purposes.CHANNELS)),
    ("records.", _asked_by(purposes.CHATS)),
    ("sends.result", _asked_by(purposes.SENDS, consent="send_to")),
    ("errors.code", _asked_by(purposes.FAULTS[0], stays="codes that no page lists")),
    ("checks.parameters", _asked_by(purposes.NO_CHANNEL)),
    (
        "checks.",
        _asked_by(
            calls_of(*purposes.FAULTS), stays="open if the codes fit none of the orders; the order of what is left"
        ),
    ),
    ("unread.", _asked_by(purposes.UNREAD_TWICE, consent="party")),
    ("http.post_query", _asked_by(purposes.QUERY)),
    ("http.multipart", _asked_by(purposes.MULTIPART)),
    (
        "http.get_limit",
        _asked_by(calls_of(purposes.ENCODED_GET, purposes.LONG_GET), stays="where exactly the limit is"),
    ),
    ("http.slashless", _asked_by(purposes.SLASHLESS)),
    ("basic.get", _asked_by(purposes.BASIC_GET)),
    ("basic.", _asked_by(purposes.BARE_BASIC)),
    (
        "soap.",
        _asked_by(
            calls_of(purposes.SOAP_CHANNELS, purposes.SOAP_NO_CHANNEL),
            setting="soap_wsdl",
            stays="styles that are none of those known",
        ),
    ),
)
"""How the dimensions of a dialect are asked for; the first beginning that fits counts."""


FACTS: tuple[Fact, ...] = (
    *(next(fact for start, fact in _SPOKEN if each.name.startswith(start))(each) for each in DIMENSIONS),
    *FURTHER,
)
"""All of them, in the order in which they are told."""

BY_NAME = {fact.name: fact for fact in FACTS}
