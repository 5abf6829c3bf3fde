"""Mistakes in what is written: the argument that leaves is not the one that was given."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

from afilnet_protocols.conformance.mutants.mutant import Arguments, Right, Shelf
from afilnet_protocols.conformance.targets.capabilities import UNLIMITED_SIZE
from afilnet_protocols.errors import InvalidRequestError, MessageTooLongError, NotFoundError

SHELF = Shelf()


def _changed(arguments: Arguments, name: str, change: Callable[[str], str]) -> Arguments:
    value = arguments.get(name)
    return {**arguments, name: change(value)} if value and isinstance(value, str) else arguments


@SHELF.spoil("M03", "http-get", ["TEXT-01", "SEND-09"])
def plus_is_a_blank(right: Right, operation: str, arguments: Arguments) -> object:
    """A plus in a query is not escaped, and arrives as a blank."""
    return right(operation, _changed(arguments, "message", lambda text: text.replace("+", " ")))


@SHELF.spoil("M04", "http-get", ["LIMIT-03"])
def cut_to_fit(right: Right, operation: str, arguments: Arguments) -> object:
    """A text that is too long for GET is cut without a word."""
    try:
        return right(operation, arguments)
    except MessageTooLongError:
        return right(operation, _changed(arguments, "message", lambda text: text[:200]))


@SHELF.spoil("M05", "http-post", ["TEXT-04"])
def mojibake(right: Right, operation: str, arguments: Arguments) -> object:
    """The form is written in UTF-8 and declared as Latin-1."""
    return right(
        operation, _changed(arguments, "message", lambda text: text.encode("utf-8", "replace").decode("latin-1"))
    )


@SHELF.spoil("M06", "json", ["TEXT-05"])
def split_emoji(right: Right, operation: str, arguments: Arguments) -> object:
    """A character beyond the first plane is cut into two halves, which nobody can read."""
    return right(
        operation, _changed(arguments, "message", lambda text: re.sub("[\U00010000-\U0010ffff]", "\ufffd\ufffd", text))
    )


@SHELF.spoil("M08", "basic", ["TEXT-07"])
def control_characters_vanish(right: Right, operation: str, arguments: Arguments) -> object:
    """Characters that XML cannot carry are dropped without a word."""
    return right(
        operation,
        _changed(
            arguments,
            "message",
            lambda text: re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text),
        ),
    )


@SHELF.spoil("M09", "http-post", ["TEXT-03"])
def stripped(right: Right, operation: str, arguments: Arguments) -> object:
    """Blanks at the edges of a text are stripped."""
    return right(operation, _changed(arguments, "message", lambda text: text.strip(" ") or text))


@SHELF.spoil("M18", "soap", ["FILE-01", "FILE-09"])
def caption_is_lost(right: Right, operation: str, arguments: Arguments) -> object:
    """The text that goes with a file is forgotten."""
    return right(operation, {**arguments, "message": None} if operation == "send_file" else arguments)


@SHELF.spoil("M29", "http-get", ["TEXT-01"])
def ampersand_cuts(right: Right, operation: str, arguments: Arguments) -> object:
    """An ampersand is not escaped, and cuts the text."""
    return right(operation, _changed(arguments, "message", lambda text: text.partition("&")[0] or text))


@SHELF.spoil("M30", "json", ["SEND-04"])
def destinations_are_numbers(right: Right, operation: str, arguments: Arguments) -> object:
    """A destination is sent as a number: zeros and signs in front of it are lost."""
    return right(
        operation, _changed(arguments, "destination", lambda text: str(int(text)) if text.isdecimal() else text)
    )


@SHELF.spoil("M31", "soap", ["TEXT-06"])
def escaped_twice(right: Right, operation: str, arguments: Arguments) -> object:
    """Text is escaped for XML by hand, and once more by the library."""
    return right(operation, _changed(arguments, "message", html.escape))


@SHELF.spoil("M32", "http-post", ["FILE-02"])
def address_is_unquoted(right: Right, operation: str, arguments: Arguments) -> object:
    """The address of a file is unquoted once too often."""
    return right(operation, _changed(arguments, "file_url", lambda text: unquote(text).replace(" ", "+")))


@SHELF.spoil("M33", "basic", ["FILE-03"])
def documents_are_unknown(right: Right, operation: str, arguments: Arguments) -> object:
    """Only the file types of the first samples are known; the others are refused."""
    if operation == "send_file" and arguments["file_type"] in ("voice", "document", "contact"):
        raise InvalidRequestError("file_type is not known").during(operation, "basic")
    return right(operation, arguments)


@SHELF.spoil("M34", "json", ["FILE-04"])
def http_becomes_https(right: Right, operation: str, arguments: Arguments) -> object:
    """An ``http`` address of a file is taken for its ``https`` one instead of being refused."""
    return right(operation, _changed(arguments, "file_url", lambda text: re.sub("^http:", "https:", text)))


@SHELF.spoil("M35", "soap", ["FILE-05"])
def conversation_is_made_up(right: Right, operation: str, arguments: Arguments) -> object:
    """A file to somebody without a conversation begins one by a message that nobody wrote."""
    try:
        return right(operation, arguments)
    except NotFoundError as error:
        if operation != "send_file" or error.code != "CHAT_NOT_FOUND":
            raise
    names = ("platform", "platform_id", "destination")
    right("send_message", {**{name: arguments[name] for name in names}, "message": "-"})
    return right(operation, arguments)


@SHELF.spoil("M36", "http-post", ["LIMIT-01", "LIMIT-09"])
def length_of_a_text_message(right: Right, operation: str, arguments: Arguments) -> object:
    """A text is cut at 160 characters, as if it went by SMS."""
    return right(operation, _changed(arguments, "message", lambda text: text[:160]))


@SHELF.spoil("M37", "basic", ["LIMIT-02"], capabilities=frozenset({UNLIMITED_SIZE, "secrets-out-of-urls"}))
def claims_any_size(right: Right, operation: str, arguments: Arguments) -> object:
    """It declares that it carries texts of any size, and cuts them at 4,096 characters."""
    return right(operation, _changed(arguments, "message", lambda text: text[:4096]))


@SHELF.spoil("M38", "http-get", ["CHAN-03"])
def identifiers_are_tidied(right: Right, operation: str, arguments: Arguments) -> object:
    """The identifier of a channel is tidied: blanks and leading zeros go."""
    return right(operation, _changed(arguments, "platform_id", lambda text: text.strip().lstrip("0") or text))


@SHELF.spoil("M39", "http-post", ["ERR-05"])
def nothing_becomes_a_blank(right: Right, operation: str, arguments: Arguments) -> object:
    """An empty argument is sent as a blank instead of being refused."""
    return right(operation, {name: " " if value == "" else value for name, value in arguments.items()})


@SHELF.spoil("M40", "json", ["SEND-02"])
def always_the_first_channel(right: Right, operation: str, arguments: Arguments) -> object:
    """Every message goes over the channel that was used first."""
    if operation != "send_message":
        return right(operation, arguments)
    names = ("platform", "platform_id")
    first = right.memory.setdefault("channel", {name: arguments[name] for name in names})
    return right(operation, {**arguments, **first} if isinstance(first, dict) else arguments)


@SHELF.spoil("M65", "basic", ["SEND-05"])
def names_are_composed(right: Right, operation: str, arguments: Arguments) -> object:
    """The letters of a recipient's name are composed, as some databases do."""
    return right(operation, _changed(arguments, "destination", lambda text: unicodedata.normalize("NFC", text)))


@SHELF.spoil("M66", "json", ["SEND-05"])
def names_in_small_letters(right: Right, operation: str, arguments: Arguments) -> object:
    """Identifiers are written in small letters."""
    small = _changed(arguments, "destination", str.lower)
    return right(operation, _changed(small, "platform_id", str.lower))


@SHELF.spoil("M67", "http-post", ["SEND-06"])
def one_platform_is_marked_up(right: Right, operation: str, arguments: Arguments) -> object:
    """A text to one platform is written as its markup."""
    marked = arguments if arguments.get("platform") != "operator" else _changed(arguments, "message", html.escape)
    return right(operation, marked)


@SHELF.spoil("M68", "http-get", ["LIMIT-06"])
def captions_are_short(right: Right, operation: str, arguments: Arguments) -> object:
    """The text that goes with a file is cut at 1,023 characters, and the address of a file at 255."""
    if operation != "send_file":
        return right(operation, arguments)
    short = _changed(arguments, "message", lambda text: text[:1023])
    return right(operation, _changed(short, "file_url", lambda text: text[:255]))


@SHELF.spoil("M69", "soap", ["LIMIT-07"])
def cut_at_a_column(right: Right, operation: str, arguments: Arguments) -> object:
    """A text is cut where a column of a database ends, at 65,535 characters."""
    return right(operation, _changed(arguments, "message", lambda text: text[:65_535]))


@SHELF.spoil("M70", "basic", ["DELIV-10"])
def thumbnails_are_dropped(right: Right, operation: str, arguments: Arguments) -> object:
    """The thumbnail of a file is forgotten, which no list shows."""
    return right(operation, {**arguments, "thumb_url": None} if operation == "send_file" else arguments)


@SHELF.spoil("M142", "http-post", ["SEND-05"])
def blanks_are_blanks(right: Right, operation: str, arguments: Arguments) -> object:
    """In the name of a recipient, every kind of blank is written as the usual one."""
    return right(operation, _changed(arguments, "destination", lambda text: text.replace("\u00a0", " ")))


@SHELF.spoil("M143", "json", ["SEND-05"])
def what_cannot_be_seen_is_dropped(right: Right, operation: str, arguments: Arguments) -> object:
    """Characters that cannot be seen are dropped from the name of a recipient."""
    return right(operation, _changed(arguments, "destination", lambda text: text.replace("\u200b", "")))


@SHELF.spoil("M144", "basic", ["TEXT-07"])
def names_are_mended(right: Right, operation: str, arguments: Arguments) -> object:
    """What cannot be written in the name of a recipient is replaced."""
    mended = _changed(arguments, "destination", lambda text: text.encode("utf-8", "replace").decode())
    return right(operation, mended)


@SHELF.spoil("M145", "soap", ["LIMIT-13"])
def recipients_are_short(right: Right, operation: str, arguments: Arguments) -> object:
    """The name of a recipient is cut at 255 characters."""
    return right(operation, _changed(arguments, "destination", lambda text: text[:255]))


@SHELF.spoil("M146", "http-post", ["LIMIT-13"])
def channels_are_short(right: Right, operation: str, arguments: Arguments) -> object:
    """The identifier of a channel is cut at 64 characters."""
    return right(operation, _changed(arguments, "platform_id", lambda text: text[:64]))


@SHELF.spoil("M167", "basic", ["SEND-04"])
def zero_is_nobody(right: Right, operation: str, arguments: Arguments) -> object:
    """A recipient called 0 counts as none, as in languages in which that is false."""
    return right(operation, _changed(arguments, "destination", lambda text: "" if text == "0" else text))


@SHELF.spoil("M155", "http-post", ["FILE-01"])
def zero_is_no_text(right: Right, operation: str, arguments: Arguments) -> object:
    """A file whose text is 0 is sent without a text."""
    nothing = operation == "send_file" and arguments.get("message") == "0"
    return right(operation, {**arguments, "message": None} if nothing else arguments)
