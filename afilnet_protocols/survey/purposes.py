"""The calls of a survey, by what each is for, and how often each is made at most."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MOST_CALLS = 30
"""How many calls a survey makes at most."""

MOST_CHANNELS = 5
"""Of how many channels the conversations are listed at most, until one is empty and one is not."""

EVERY = "every answer"
DESCRIPTION = "the description"
FAULTS = ("another class, and no method", "no user, and no method")
CHANNELS, CHATS, MESSAGES = "the channels", "the conversations of a channel", "the messages of a conversation"
NOBODY, NO_CHANNEL = "messages of nobody", "a channel that there is not, and no destination"
QUERY, MULTIPART = "a POST with its pairs in the query", "a multipart body"
SLASHLESS, LONG_GET = "the address without its last slash", "a GET of 4,001 characters"
ENCODED_GET = "a GET of 4,001 characters that are fewer before they are encoded"
BARE_BASIC, BASIC_GET = "Basic without credentials", "Basic over GET"
SOAP_CHANNELS, SOAP_NO_CHANNEL = "SOAP: the channels", "SOAP: a channel that there is not"
TOKEN, JSON_NO_CHANNEL = "JSON: a token", "JSON: a channel that there is not"
SENDS, SENT = "a message to who agreed to it, twice the same", "the messages of who agreed to it"
UNREAD, UNREAD_TWICE = "the unread messages of who agreed to it", "the same, read twice"
WRONG, WRONG_BASIC = "a wrong password", "Basic: a wrong password"
WRONG_SOAP, WRONG_TOKEN = "SOAP: a wrong password", "JSON: a wrong client secret"

SOAP_CALLS = (SOAP_CHANNELS, SOAP_NO_CHANNEL, WRONG_SOAP)
JSON_CALLS = (TOKEN, JSON_NO_CHANNEL, WRONG_TOKEN)
"""What is called only if the settings say where."""

_HARMLESS: Mapping[str, int] = MappingProxyType(
    {
        FAULTS[0]: 1,
        FAULTS[1]: 1,
        NO_CHANNEL: 1,
        CHANNELS: 1,
        CHATS: MOST_CHANNELS,
        MESSAGES: 2,
        NOBODY: 1,
        QUERY: 1,
        MULTIPART: 1,
        SLASHLESS: 1,
        ENCODED_GET: 1,
        LONG_GET: 1,
        BARE_BASIC: 1,
        BASIC_GET: 1,
        SOAP_CHANNELS: 1,
        SOAP_NO_CHANNEL: 1,
        TOKEN: 1,
        JSON_NO_CHANNEL: 1,
    }
)

BY_CONSENT: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "send_to": {SENDS: 2, SENT: 1},
        "wrong_password": {WRONG: 1, WRONG_BASIC: 1, WRONG_SOAP: 1, WRONG_TOKEN: 1},
        "party": {UNREAD: 1, UNREAD_TWICE: 2},
    }
)
"""The further calls, by what permits them."""


def planned(*, send_to: bool, wrong_password: bool, party: bool) -> dict[str, int]:
    """Return the calls that a survey may make, and how often each at most: never more than :data:`MOST_CALLS` in all.

    The more is permitted, the fewer conversations are looked into.
    """
    given = {"send_to": send_to, "wrong_password": wrong_password, "party": party}
    further = [calls for name, calls in BY_CONSENT.items() if given[name]]
    found = {purpose: times for calls in (_HARMLESS, *further) for purpose, times in calls.items()}
    found[MESSAGES] = 1 if send_to else 2
    found[CHATS] = min(MOST_CHANNELS, MOST_CALLS - sum(times for name, times in found.items() if name != CHATS))
    return found
