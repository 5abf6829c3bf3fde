"""What calls are answered, and what reading does."""

from __future__ import annotations

from afilnet_protocols.catalogue import VENDOR_PAGE
from afilnet_protocols.dialects.dimension import DOCUMENTED, LIBRARIES, OBSERVED, Dimension, v

DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "sends.result",
        "the `result` of a send",
        (
            v("absent", "there is none", DOCUMENTED, f'{VENDOR_PAGE} ("No additional values will be sent to you")'),
            v("null", "null"),
            v("text", "an empty text"),
            v("array", "an empty array"),
            v("object", "an empty object"),
            v("credits", "an object with `messageid` and `credits`", OBSERVED, "the vendor's libraries, for sms"),
            v("number", "a number above nought", OBSERVED, "the vendor's library for Node, for user.getbalance"),
            v("true", "true"),
        ),
    ),
    Dimension(
        "errors.code",
        "how `error` is written",
        (
            v("plain", "as the code", OBSERVED, LIBRARIES),
            v("lower", "as the code, in lower case"),
            v("sentence", "as a sentence", refused="error"),
            v("number", "as a number", refused="error"),
            v("object", "as an object with `code` and `message`"),
            v("array", "as an array of one code"),
        ),
    ),
    Dimension(
        "checks.order",
        "which fault of a call counts, if it has several",
        (
            v("missing_first", "what is missing (user, password, class, method), then what is wrong"),
            v("in_turn", "user and password, then the class, then the method, each missing or wrong"),
            v("call_first", "class and method, then user and password"),
            v("call_in_turn", "the class, then the method, each missing or wrong, then user and password"),
        ),
    ),
    Dimension(
        "checks.parameters",
        "which counts if a parameter is missing and the channel is not there",
        (v("before_channel", "the parameter"), v("after_channel", "the channel")),
    ),
    Dimension(
        "unread.reading",
        "what reading the unread messages does to them",
        (v("keeps", "nothing"), v("marks", "it marks them as read")),
    ),
)
