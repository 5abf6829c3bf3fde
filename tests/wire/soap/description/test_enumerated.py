"""Words that a description enumerates in letters of its own are sent in those."""

from __future__ import annotations

import pytest
from lxml import etree

from afilnet_protocols.catalogue import GET_CHAT_CHANNELS
from afilnet_protocols.records import Channel, has_more
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.vocabulary import ListedPlatform, Platform
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.soap import parameters
from afilnet_protocols.wire.soap.binding import bind, bind_by_zeep
from afilnet_protocols.wire.soap.codec import SoapCodec
from afilnet_protocols.wire.soap.description.wsdl import read
from tests.tables import table
from tests.wire.soap.description.test_objects import _SEND, ENCODED, LITERAL, asking, fields, kind, one
from tests.wire.soap.test_codec import SHAPES

BEFORE, AFTER = fields(*_SEND[:2]), fields(*_SEND[3:])
WORDS = ("WHATSAPP", "TELEGRAM", "WEBCHAT")


def words(*texts: str, base: str = "x:string") -> str:
    inside = "".join(f'<x:enumeration value="{text}"/>' for text in texts)
    return f'<x:restriction base="{base}">{inside}</x:restriction>'


def simple(name: str, inside: str) -> str:
    return f'<x:simpleType name="{name}">{inside}</x:simpleType>'


def sending(platform: str, *declared: str) -> str:
    return asking(f"{BEFORE}{platform}{AFTER}", *declared)


def part(text: str) -> str:
    held = f"{simple('Word', words(*WORDS))}</x:schema>"
    return text.replace('name="platform" type="x:string"', 'name="platform" type="c:Word"').replace("</x:schema>", held)


PLATFORM = one("platform", "c:Word")
ANONYMOUS = f'<x:element name="platform"><x:simpleType>{words("WhatsApp")}</x:simpleType></x:element>'
LANGUAGE = '<x:attribute name="language" type="x:string"/>'
MARKED = (
    f'<x:complexType name="Marked"><x:simpleContent><x:extension base="c:Word">{LANGUAGE}</x:extension>'
    "</x:simpleContent></x:complexType>"
)
READ = '<x:element name="platform" type="x:string"/>'
SENT: dict[str, tuple[str, str]] = {
    "in capitals, as Java has them": (sending(PLATFORM, simple("Word", words(*WORDS))), "WHATSAPP"),
    "as .NET has them": (sending(PLATFORM, simple("Word", words("WhatsApp", "Telegram"))), "WhatsApp"),
    "with a separator": (sending(PLATFORM, simple("Word", words("WHATS_APP"))), "WHATS_APP"),
    "of a type without a name": (sending(ANONYMOUS), "WhatsApp"),
    "of a type that is derived": (
        sending(PLATFORM, simple("Base", words(*WORDS)), simple("Word", words(base="c:Base"))),
        "WHATSAPP",
    ),
    "of a type with attributes": (
        sending(one("platform", "c:Marked"), simple("Word", words(*WORDS)), MARKED),
        "WHATSAPP",
    ),
    "in an object": (
        asking(one("request"), kind("Request", f"{BEFORE}{PLATFORM}{AFTER}"), simple("Word", words(*WORDS))),
        "WHATSAPP",
    ),
    "of a part": (part(LITERAL), "WHATSAPP"),
    "of a part that says its type": (part(ENCODED), "WHATSAPP"),
    "of a union": (
        sending(
            PLATFORM,
            simple("Phone", words("WHATSAPP", "TELEGRAM")),
            simple("Word", f'<x:union memberTypes="c:Phone"><x:simpleType>{words("WEBCHAT")}</x:simpleType></x:union>'),
        ),
        "WHATSAPP",
    ),
    "of a type in a union": (
        sending(
            PLATFORM,
            simple("Page", words("WEBCHAT")),
            simple("Word", f'<x:union memberTypes="c:Page"><x:simpleType>{words(*WORDS)}</x:simpleType></x:union>'),
        ),
        "WHATSAPP",
    ),
    "of a union with any text": (
        sending(PLATFORM, simple("Phone", words(*WORDS)), simple("Word", '<x:union memberTypes="c:Phone x:string"/>')),
        "whatsapp",
    ),
    "in small letters, too": (sending(PLATFORM, simple("Word", words("WHATSAPP", "whatsapp", "WhatsApp"))), "whatsapp"),
    "that are others": (sending(PLATFORM, simple("Word", words("sms", "email"))), "whatsapp"),
    "of types without a name that say the same": (sending(ANONYMOUS).replace(READ, ANONYMOUS), "WhatsApp"),
    "of types without a name that say another": (
        sending(ANONYMOUS).replace(READ, ANONYMOUS.replace("WhatsApp", "WHATSAPP"), 1),
        "whatsapp",
    ),
}  # fmt: skip


def sent(text: str, method: str = "sendmessage", platform: str = "whatsapp") -> list[dict[str, str | None]]:
    """Return what is sent, as both readers of a description have it."""
    found = []
    for bound in (each.operations[method] for each in (bind(text.encode()), bind_by_zeep(read(text.encode())))):
        values = {**dict.fromkeys(bound.names, "x"), "platform": platform}
        tree = etree.fromstring(bound.write(values))
        found.append({etree.QName(each).localname: each.text for each in tree.iter()})
    return found


@table("name", SENT)
def test_a_word_is_spelled_as_the_description_has_it(name: str) -> None:
    text, expected = SENT[name]
    bind.cache_clear()
    assert [each["platform"] for each in sent(text)] == [expected, expected]


LISTED = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><getchatchannelsResponse '
    'xmlns="urn:afilnet:chat"><status>SUCCESS</status><result><list>{}</list><total>9</total></result>'
    "</getchatchannelsResponse></e:Body></e:Envelope>"
)
CHANNEL = "<item><platformid>1</platformid><platform>{}</platform><name>n</name></item>"


def listed(text: str, *platforms: str) -> list[Channel]:
    """Return what is read of an answer that spells platforms so."""
    client = SoapCodec(text.encode(), endpoint="https://localhost/", user="user", password=Secret("password"))
    body = LISTED.format("".join(CHANNEL.format(each) for each in platforms)).encode()
    return client.decode(GET_CHAT_CHANNELS, Reply(200, {}, body))


@table("declared", [("WHATSAPP", "SMS"), ("WhatsApp",), ("WHATS_APP",)])
def test_a_platform_that_an_answer_spells_so_is_the_one_of_all_protocols(declared: tuple[str, ...]) -> None:
    found = listed(sending(PLATFORM, simple("Word", words(*declared))), *declared, "signal")
    assert found[0].platform is Platform.WHATSAPP
    assert [each.platform for each in found[1:]] == [*declared[1:], "signal"]
    assert all(isinstance(each.platform, ListedPlatform) for each in found[1:])
    assert has_more(found)


def test_a_platform_of_another_spelling_than_the_descriptions_is_as_it_is_listed() -> None:
    for text in (LITERAL, sending(PLATFORM, simple("Word", words("WHATSAPP", "whatsapp")))):
        assert [each.platform for each in listed(text, "WHATSAPP")] == ["WHATSAPP"]


def test_a_platform_that_is_listed_in_other_letters_is_another_one() -> None:
    text = sending(PLATFORM, simple("Word", words("whatsapp", "telegram")))
    assert [each["platform"] for each in sent(text, platform="WhatsApp")] == ["WhatsApp", "WhatsApp"]


def test_what_any_text_may_stand_for_is_sent_as_it_is() -> None:
    text = sending(PLATFORM, simple("Word", words(*WORDS))).replace(
        '"message" type="x:string"', '"message" type="c:Any"'
    )
    text = text.replace("</x:schema>", f"{simple('Any', words('X'))}</x:schema>")
    assert [each["message"] for each in sent(text)] == ["x", "x"]


def test_class_and_method_are_spelled_as_the_description_has_them() -> None:
    text = SHAPES["generic"].decode()
    for name, word in (("class", "Chat"), ("method", "SendMessage")):
        kind = f"<simpleType>{words(word).replace('x:', '')}</simpleType>"
        text = text.replace(f'<element name="{name}" type="string"/>', f'<element name="{name}">{kind}</element>')
    assert [(each["class"], each["method"]) for each in sent(text)] == [("Chat", "SendMessage")] * 2


def test_a_client_with_one_spelling_only_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "_spelled", lambda _: {})
    with pytest.raises(AssertionError):
        test_a_word_is_spelled_as_the_description_has_it.__wrapped__("as .NET has them")
    bind.cache_clear()
