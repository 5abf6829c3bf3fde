"""Which calls a comparison makes where there is no recording: found by reading a live account, or drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from afilnet_protocols.catalogue import CLASS, GET_LIMIT, GET_MARKER, GET_MARKER_LENGTH, by_name
from afilnet_protocols.comparison.steps import RECEIVE, Step, Value
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import FileType, Platform, Protocol

CHANNELS = (
    Channel("100", Platform.WHATSAPP, "WhatsApp"),
    Channel("1", Platform.WEBCHAT, "  Web <chat> &amp; more  "),
    Channel("007", Platform.TELEGRAM, "Señal 😀"),
    Channel("a+b", Platform.OPERATOR, "]]>"),
)
"""The channels of accounts that are made for a comparison: ids that are no numbers, names that formats damage."""

PEOPLE = ("34600000000", "0034600000000", "+34 600", "007", "a&b=c", "señor 😀")
"""Other parties, among them numbers that change when they are read as numbers."""

PIECES = (
    *("hola", " ", "\r\n", "\n", "+", "&", "%41", "%2B", "=", "<b>", "]]>", "&amp;", '"', "'", "\\n", "\t", "0", "1e3"),
    *("ñ", "€", "e\u0301", "😀", "👩\u200d👧", "שלום", "\u202e", "\xa0", "\ufeff", "null", "true", "{}", "#", "?"),
)
"""What texts are drawn from: what some protocol is known to damage."""

CHAPTER = 40
"""After how many drawn steps the accounts are emptied, so that conversations stay short."""

_OFTEN = (
    *("send_message", "send_message", RECEIVE, RECEIVE, "send_file", "get_chat_channels", "get_chats"),
    *("get_messages", "get_messages", "get_unread_messages"),
)
"""The steps that are drawn, some more often than others."""

_FILES = ("https://www.example.com/image.jpg", "https://www.example.com/a%20b.jpg?x=1&y=2+3")
_PATHS: dict[str, str] = {Protocol.HTTP_GET: "/api/http/", Protocol.BASIC: "/api/basic/"}
_TOO_LONG = 2 * GET_LIMIT


def drawn(count: int, seed: int) -> Iterator[list[Step]]:
    """Yield chapters of steps, each to be played in empty accounts."""
    chance = random.Random(seed)  # noqa: S311 -- nothing secret is drawn
    while count > 0:
        chapter: list[Step] = []
        while len(chapter) < CHAPTER and count > 0:
            step = _step(chance)
            chapter.append(step)
            count -= step.do != RECEIVE
        yield chapter


def _step(chance: random.Random) -> Step:
    do = chance.choice(_OFTEN)
    channel = chance.choice((CHANNELS[0], *CHANNELS))
    where: dict[str, Value] = {"platform": str(channel.platform), "platform_id": channel.platform_id}
    if do != RECEIVE and chance.random() < 0.06:
        where["platform_id"] = chance.choice(("0100", "999", " 100", "1e2"))
    person: dict[str, Value] = {"destination": chance.choice(PEOPLE[:2] if chance.random() < 0.7 else PEOPLE)}
    match do:
        case "get_chat_channels":
            return Step(do)
        case "get_chats":
            return Step(do, where)
        case "get_messages" | "get_unread_messages":
            return Step(do, where | person)
        case "send_file":
            file: dict[str, Value] = {
                "file_type": chance.choice(tuple(FileType)).value,
                "file_url": chance.choice(_FILES),
                "thumb_url": chance.choice((None, _FILES[0])),
                "message": chance.choice((None, _text(chance))),
            }
            return Step(do, where | person | file)
        case _:
            return Step(do, where | person | {"message": _text(chance)})


def _text(chance: random.Random) -> str:
    return "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 8)))


def explored(chat: ChatOperations, most: int) -> Iterator[Step]:
    """Yield reads of what an account holds, and some of what it does not hold; nothing that changes anything.

    Args:
        chat: a client of the account, which is asked which channels and conversations there are.
        most: how many reads are yielded at most, at least 5.

    Raises:
        AfilnetError: the account cannot be read.
    """
    yield Step("get_chat_channels")
    channels = chat.get_chat_channels()
    for channel in channels[:1]:
        where: dict[str, Value] = {"platform": str(channel.platform), "platform_id": channel.platform_id}
        yield Step("get_messages", where | {"destination": "nobody +&%20ñ😀"})
        yield Step("get_messages", where | {"destination": "7" * _TOO_LONG})
    yield Step("get_chats", {"platform": "whatsapp", "platform_id": "no such channel"})
    left = most - 4
    for channel in channels:
        if left <= 0:
            return
        where = {"platform": str(channel.platform), "platform_id": channel.platform_id}
        left -= 1
        yield Step("get_chats", where)
        for conversation in chat.get_chats(platform=channel.platform, platform_id=channel.platform_id)[: max(left, 0)]:
            left -= 1
            yield Step("get_messages", where | {"destination": conversation.destination})


def channels_of(recording: Sequence[Step]) -> list[Channel]:
    """Return the channels that recorded calls speak of."""
    named = {
        (str(step.arguments["platform"]), str(step.arguments["platform_id"])): None
        for step in recording
        if "platform_id" in step.arguments and step.arguments.get("platform") in tuple(Platform)
    }
    return [Channel(platform_id, Platform(platform), platform_id) for platform, platform_id in named]


def excess(settings: Settings, step: Step) -> int | None:
    """Return by how many characters a call is too long for the protocol; ``None`` if it fits.

    The service counts the encoded address of a GET request; the other protocols have no limit that is documented.
    """
    path = _PATHS.get(str(settings.protocol))
    operation = by_name(step.do)
    if path is None or operation is None or (settings.protocol == Protocol.BASIC and settings.http_verb != "GET"):
        return None
    pairs = {"class": CLASS, "method": operation.method}
    for parameter in operation.parameters:
        value = step.arguments.get(parameter.name)
        if value is not None:
            pairs[parameter.wire] = str(value)
    if settings.protocol == Protocol.HTTP_GET:
        password = settings.password
        pairs |= {
            "user": settings.user or "",
            "password": password.reveal() if isinstance(password, Secret) else password or "",
        }
    if settings.unique_get:
        pairs[GET_MARKER] = "0" * GET_MARKER_LENGTH
    form = urlencode(pairs, errors="surrogatepass")
    return max(0, len(f"{settings.base_url.rstrip('/')}{path}?{form}") - GET_LIMIT) or None
