"""How lists are written, and in which order."""

from __future__ import annotations

from afilnet_protocols.catalogue import VENDOR_PAGE
from afilnet_protocols.dialects.dimension import DOCUMENTED, OBSERVED, Dimension, v

DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "lists.empty",
        "how a list of nothing is written",
        (
            v("array", "`list` is an empty array"),
            v("object", "`list` is an empty object"),
            v("null", "`list` is null"),
            v("text", "`list` is an empty text"),
            v("absent", "`result` is an empty object"),
            v("result_null", "`result` is null"),
            v("result_array", "`result` is an empty array"),
            v("result_text", "`result` is an empty text"),
            v("result_absent", "there is no `result`"),
            v("false", "`list` is false: what PHP's functions give where they fail, too", refused="result.list"),
            v("result_false", "`result` is false", refused="result"),
        ),
    ),
    Dimension(
        "lists.form",
        "how a list of something is written",
        (
            v("array", "an array in `result.list`", DOCUMENTED, VENDOR_PAGE),
            v("object", "an object of items, counted from 0"),
            v("gaps", "an object of items whose numbers have gaps, as `array_filter` leaves them"),
            v("lone", "an array; one item alone stands for itself"),
            v("result", "`result` is the array", OBSERVED, "the page of sms.getdeliverystatus shows no `list`"),
            v("result_lone", "`result` is the array; one item alone stands for itself"),
        ),
    ),
    Dimension(
        "lists.empty_channel",
        "what `getchats` answers for a channel without conversations",
        (v("list", "an empty list"), v("error", "`CHAT_NOT_FOUND`")),
    ),
    Dimension(
        "lists.unknown_chat",
        "what `getmessages` answers for somebody with whom there is no conversation",
        (
            v("error", "`CHAT_NOT_FOUND`", DOCUMENTED, VENDOR_PAGE),
            v("list", "an empty list"),
        ),
    ),
    Dimension(
        "lists.messages",
        "the order of messages",
        (v("oldest_first", "the oldest first"), v("newest_first", "the newest first")),
    ),
    Dimension(
        "lists.chats",
        "the order of conversations",
        (
            v("oldest_first", "in the order in which they began"),
            v("newest_first", "the one with the newest message first"),
        ),
    ),
)
