"""What a survey found, for people and programs: words of the dimensions only, whatever the service said."""

from __future__ import annotations

from afilnet_protocols.dialects import DIMENSIONS
from afilnet_protocols.dialects.dimensions import BY_NAME, Answer
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import did_you_mean
from afilnet_protocols.survey.examination import MOST_CHANNELS, Survey

HARMLESS: dict[str, int] = {
    "a method that there is not": 1,
    "another class, and no method": 1,
    "no user, and no method": 1,
    "a channel that there is not, and no destination": 1,
    "the channels": 1,
    "the conversations of a channel": MOST_CHANNELS,
    "the messages of a conversation": 2,
    "messages of nobody": 1,
    "a POST with its pairs in the query": 1,
    "a multipart body": 1,
    "the address without its last slash": 1,
    "a GET of 4,001 characters": 1,
    "Basic without credentials": 1,
    "Basic over GET": 1,
    "SOAP: the channels": 1,
    "SOAP: a channel that there is not": 1,
}
"""The calls of every survey, and how often each is made at most."""

BY_CONSENT: dict[str, dict[str, int]] = {
    "send_to": {"a message to who agreed to it": 1},
    "wrong_password": {"a wrong password": 1},
    "party": {"the unread messages of who agreed to it": 1, "the same, read twice": 2},
}
"""The further ones, by what permits them."""

_HOW: tuple[tuple[str, str, str], ...] = (
    ("json.error_http", "a method that there is not", "the status of other errors"),
    ("json.escapes", "every answer", "open if no text holds both a slash and a character beyond ASCII"),
    ("json.", "every answer", "answers of sends, unless --send-to is given"),
    ("lists.empty_channel", "the conversations of a channel", "open if every channel that was listed has some"),
    ("lists.empty", "the conversations of a channel; messages of nobody", "open if both are errors"),
    ("lists.unknown_chat", "messages of nobody", ""),
    ("lists.form", "the channels; the conversations of a channel", "how one item alone is written, if none was met"),
    ("lists.", "the conversations of a channel; the messages of a conversation", "open if there are fewer than two"),
    (
        "records.message_ids",
        "the conversations of a channel; the messages of a conversation",
        "whether they begin again after more messages than were seen",
    ),
    ("records.sent", "the same, read twice", "open without --party, unless both names stand in a record"),
    ("records.ids", "the channels", "identifiers with leading noughts"),
    ("records.names", "the channels", ""),
    ("records.", "the conversations of a channel", "the zone of times, and what flags and words mean"),
    ("sends.result", "a message to who agreed to it", "open without --send-to"),
    ("errors.code", "a method that there is not", "codes that no page lists"),
    ("checks.parameters", "a channel that there is not, and no destination", ""),
    ("checks.", "another class, and no method; no user, and no method", "the order of what is named by parameters"),
    ("http.post_query", "a POST with its pairs in the query", ""),
    ("http.multipart", "a multipart body", ""),
    ("http.get_limit", "a GET of 4,001 characters", "where exactly the limit is"),
    ("http.slashless", "the address without its last slash", ""),
    ("basic.get", "Basic over GET", "passwords beyond ASCII"),
    ("basic.", "Basic without credentials", ""),
    ("unread.", "the same, read twice", "open without --party"),
    ("soap.", "SOAP: the channels; SOAP: a channel that there is not", "open without a description as a file"),
)


def planned(*, send_to: bool, wrong_password: bool, party: bool) -> dict[str, int]:
    """Return the calls that a survey may make, and how often each at most."""
    given = {"send_to": send_to, "wrong_password": wrong_password, "party": party}
    further = [calls for name, calls in BY_CONSENT.items() if given[name]]
    return {name: times for calls in (HARMLESS, *further) for name, times in calls.items()}


def told(survey: Survey) -> list[dict[str, Answer | None]]:
    """Return a row for each fact: what was seen, what is assumed, and whether the two agree."""
    rows: list[dict[str, Answer | None]] = []
    for dimension in DIMENSIONS:
        seen, assumed = survey.seen.get(dimension.name), dimension.values[0].value
        agrees = None if seen is None else seen == assumed
        rows.append({"fact": dimension.name, "seen": seen, "assumed": assumed, "agrees": agrees})
    return rows


def how(name: str) -> tuple[str, str]:
    """Return which calls answer a fact, and what stays open."""
    return next((calls, stays) for start, calls, stays in _HOW if name.startswith(start))


def explained(name: str) -> str:
    """Return what a fact may be, how it is found out, and what stays open.

    Raises:
        ConfigurationError: there is no such fact.
    """
    dimension = BY_NAME.get(name)
    if dimension is None:
        raise ConfigurationError(f"there is no fact {name[:60]!r}: {did_you_mean(name, BY_NAME)}")
    calls, stays = how(name)
    lines = [f"{name}: {dimension.about}", f"asked by: {calls}"]
    lines += [f"  {value.value}: {value.about} ({value.provenance})" for value in dimension.values]
    return "\n".join([*lines, *([f"stays open: {stays}"] if stays else [])])
