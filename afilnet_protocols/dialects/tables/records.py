"""How the fields of channels, conversations and messages are written."""

from __future__ import annotations

from afilnet_protocols.catalogue import VENDOR_PAGE
from afilnet_protocols.dialects.dimension import DOCUMENTED, OBSERVED, Dimension, v

DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "records.ids",
        "how `platformid` and `messageid` are written in JSON",
        (
            v("text", "as texts", OBSERVED, "samples in PHP and Node"),
            v("number", "as numbers where they are such", OBSERVED, "samples in PHP"),
        ),
    ),
    Dimension(
        "records.destination",
        "how `destination` is written in JSON",
        (v("text", "as a text"), v("number", "as a number where it is one")),
    ),
    Dimension(
        "records.flags",
        "how `sent` and `issent` are written",
        (
            v("boolean", "true, false"),
            v("number", "1, 0"),
            v("digits", '"1", "0"'),
            v("words", '"true", "false"'),
            v("letters", '"t", "f", as PostgreSQL gives them to PHP'),
            v("cast", '"1", "", as PHP casts them to texts', refused="sent"),
        ),
    ),
    Dimension(
        "records.sent",
        "which name the flag has",
        (
            v("documented", "`issent` among unread messages, else `sent`", DOCUMENTED, VENDOR_PAGE),
            v("swapped", "the other way round"),
            v("both", "both, everywhere"),
            v("sent", "`sent` everywhere"),
            v("issent", "`issent` everywhere"),
        ),
    ),
    Dimension(
        "records.times",
        "how `datetime` is written",
        (
            v("plain", "`2026-01-02 03:04:05`, as the page writes dates in requests"),
            v("t", "`2026-01-02T03:04:05`"),
            v("fraction", "`2026-01-02 03:04:05.000000`"),
            v("utc", "`2026-01-02T03:04:05Z`"),
            v("offset", "`2026-01-02T04:04:05+01:00`"),
            v("unix", "seconds since 1970, as a number", refused="datetime"),
            v("unix_text", "seconds since 1970, as a text", refused="datetime"),
            v("day_first", "`02/01/2026 03:04:05`", refused="datetime"),
            v("minutes", "`2026-01-02 03:04`", refused="datetime"),
            v("zeros", "`0000-00-00 00:00:00`, as MySQL writes what is unknown", refused="datetime"),
            v("null", "null", refused="datetime"),
        ),
    ),
    Dimension(
        "records.status",
        "how the `status` of a message is written",
        (v("words", "as a word"), v("number", "as a number"), v("null", "null")),
    ),
    Dimension(
        "records.names",
        "how the `name` of a channel is written",
        (v("text", "as a text"), v("null", "null")),
    ),
    Dimension(
        "records.message_ids",
        "what identifies a message",
        (
            v("unique", "`messageid`, which is another for each message and stays"),
            v("blank", "nothing: `messageid` is empty", refused="messageid"),
            v("reused", "not `messageid` alone: it begins again after a while"),
            v("changing", "not `messageid`: it is another in every list"),
        ),
    ),
)
