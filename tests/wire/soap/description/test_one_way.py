"""What a description says in another way is sent in the same, or refused by name where nobody knows what it says."""

from __future__ import annotations

import re
from unittest import mock

import pytest
from lxml import etree

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.wire.soap.binding import bind
from afilnet_protocols.wire.soap.description import one_way, wsdl, wsdl_bundle
from afilnet_protocols.wire.soap.description.wsdl_bundle import Source, bundle
from afilnet_protocols.wire.soap.not_usable import NotUsable
from tests.tables import table
from tests.wire.soap.description.test_credential_headers import WHO as CREDENTIALS
from tests.wire.soap.description.test_credential_headers import complex_type, headed, without
from tests.wire.soap.description.test_objects import _SEND, DOCUMENT, ENCODED, HERE, LITERAL, asking, fields, kind, one
from tests.wire.soap.description.test_plain_descriptions import shown

ALL, WHO, REST = fields(*_SEND), fields(*_SEND[:2]), fields(*_SEND[2:])
SENDS = '<x:element name="sendmessage"><x:complexType>'
SCHEMA = '<x:schema targetNamespace="urn:afilnet:chat">'
FIXED = 'type="x:string" use="required" fixed="2"'
REFERRED = '<x:attribute ref="c:version" use="required"/>'
VERSION = f'<x:attribute name="version" {FIXED}/>'
UNKNOWN = '<x:attribute name="version" type="x:string" use="required"/>'
OTHER = '<x:attribute name="other" type="x:string"/>'
QUALIFIED = ' attributeFormDefault="qualified"'


def sending(inside: str, *declared: str, attributes: str = "", form: str = "") -> str:
    """Return a description whose sends are of a type that holds this."""
    text = asking("", *declared)
    row = f"{SENDS}<x:sequence></x:sequence>"
    assert row in text
    return text.replace(row, f"{SENDS}{inside}{attributes}").replace(SCHEMA, f"{SCHEMA[:-1]}{form}>")


def row(inside: str) -> str:
    return f"<x:sequence>{inside}</x:sequence>"


def group(name: str, inside: str) -> str:
    return f'<x:group name="{name}">{inside}</x:group>'


def of(name: str) -> str:
    return f'<x:group ref="c:{name}"/>'


def extending(base: str, more: str) -> str:
    """Return a description whose sends are of a type that extends another one."""
    inside = f'<x:complexContent><x:extension base="c:Base">{more}</x:extension></x:complexContent>'
    groups = group("Who", row(WHO)), group("Rest", row(REST)), group("Any", f"<x:all>{WHO}</x:all>")
    return sending(inside, f'<x:complexType name="Base">{base}</x:complexType>', *groups)


def group_of(*attributes: str, name: str = "Both") -> str:
    return f'<x:attributeGroup name="{name}">{"".join(attributes)}</x:attributeGroup>'


def of_attributes(name: str = "Both") -> str:
    return f'<x:attributeGroup ref="c:{name}"/>'


def versions(count: int) -> list[str]:
    return [VERSION.replace("version", f"v{number}") for number in range(count)]


def groups_in(count: int) -> list[str]:
    """Return types that nobody needs, each with the same group of attributes."""
    return [f'<x:complexType name="T{number}">{of_attributes()}</x:complexType>' for number in range(count)]


def choice(inside: str, often: str) -> str:
    return f"<x:choice {often}>{inside}</x:choice>"


def head(name: str, more: str = 'abstract="true"') -> str:
    return f'<x:element name="{name}" type="x:string" {more}/>'


def instead(name: str, of: str, more: str = "") -> str:
    return head(name, f'substitutionGroup="c:{of}" {more}')


STANDING = row(f'{fields(*_SEND[:-1])}<x:element ref="c:message"/>')
REFERRING = STANDING.replace("c:message", "c:text")
REFERENCES = "".join(f'<x:element ref="c:{name}"/>' for name in _SEND)
BY_DEFAULT = ' xmlns="urn:afilnet:chat"'
OFTEN, MANY = 'maxOccurs="unbounded"', 'maxOccurs="9"'
ELSEWHERE = 'xmlns:o="urn:other" targetNamespace="urn:other"'
IN_ORDER = sending(row(ALL))
QUALIFIED_VERSION = sending(row(ALL), attributes=VERSION.replace("name=", 'form="qualified" name='))
LAST = '<x:element name="message" type="x:string"/>'


def listed(group: str) -> str:
    """Return a description whose lists are groups that may stand several times."""
    usual = r"<x:sequence>(<x:element name=\"item\"[^>]*?) minOccurs=\"0\" maxOccurs=\"unbounded\"/></x:sequence>"
    assert re.search(usual, DOCUMENT)
    return re.sub(usual, rf"<x:{group} {OFTEN}>\1/></x:{group}>", DOCUMENT)


def elsewhere(text: str) -> str:
    """Return a description that has what stands for its text in a schema with a prefix of its own."""
    return text.replace("</types>", f"<x:schema {ELSEWHERE}>{instead('message', 'text')}</x:schema></types>")


def spaced(text: str) -> str:
    """Return a description with blanks around what its attributes say, but for those whose blanks count."""
    usual = r" (?!xmlns|default|fixed|value|version|encoding)([\w:]+)=\"([^\"]*)\""
    return re.sub(usual, r' \1=" \2&#10;"', text)


SAME: dict[str, tuple[str, str]] = {
    "blanks around everything": (spaced(DOCUMENT), DOCUMENT),
    "blanks around everything, rpc": (spaced(LITERAL), LITERAL),
    "blanks around everything, encoded": (spaced(ENCODED), ENCODED),
    "blanks where names are qualified": (
        DOCUMENT.replace(SCHEMA, f'{SCHEMA[:-1]} elementFormDefault=" qualified">'),
        DOCUMENT.replace(SCHEMA, f'{SCHEMA[:-1]} elementFormDefault="qualified">'),
    ),
    "blanks that count": (
        sending(row(ALL + fields("key", more='fixed=" k "'))),
        sending(row(ALL + fields("key", more='default=" k "'))),
    ),
    "a flag that is a number": (
        sending(row(ALL + fields("key", more='nillable="1"'))),
        sending(row(ALL + fields("key", more='nillable="true"'))),
    ),
    "groups that extend groups": (extending(of("Who"), of("Rest")), IN_ORDER),
    "a row that extends a group": (extending(of("Who"), row(REST)), IN_ORDER),
    "a row that extends a group of all": (extending(of("Any"), row(of("Rest"))), IN_ORDER),
    "a group that extends a row": (extending(row(WHO), of("Rest")), IN_ORDER),
    "a group of attributes": (
        sending(row(ALL), group_of(OTHER, VERSION), attributes=of_attributes()),
        sending(row(ALL), attributes=VERSION),
    ),
    "a group of attributes in another one, and in itself": (
        sending(
            row(ALL),
            group_of(of_attributes("Inner"), OTHER),
            group_of(VERSION, of_attributes("Both"), name="Inner"),
            attributes=of_attributes(),
        ),
        sending(row(ALL), attributes=VERSION),
    ),
    "a group of attributes that are qualified": (
        sending(row(ALL), group_of(VERSION), attributes=of_attributes(), form=QUALIFIED),
        QUALIFIED_VERSION,
    ),
    "a group of attributes one of which is not qualified": (
        sending(
            row(ALL),
            group_of(VERSION.replace("name=", 'form="unqualified" name=')),
            attributes=of_attributes(),
            form=QUALIFIED,
        ),
        sending(row(ALL), attributes=VERSION),
    ),
    "an attribute that is referred to": (
        sending(row(ALL), VERSION.replace(' use="required"', ""), attributes=REFERRED),
        QUALIFIED_VERSION,
    ),
    "an attribute that is referred to in a group": (
        sending(
            row(ALL),
            '<x:attribute name="version" type="x:string"/>',
            group_of('<x:attribute ref="c:version" use="required" fixed="2"/>', '<x:attribute ref="c:other"/>'),
            attributes=of_attributes(),
        ),
        QUALIFIED_VERSION,
    ),
    "an attribute that is referred to, and may be absent": (
        sending(row(ALL), VERSION, attributes='<x:attribute ref="c:version"/>'),
        IN_ORDER,
    ),
    "a group of attributes of another schema": (
        sending(row(ALL), attributes=of_attributes().replace("c:", "d:")).replace(
            "</types>", f'<x:schema targetNamespace="urn:data">{group_of(VERSION)}</x:schema></types>'
        ),
        sending(row(ALL), attributes=VERSION),
    ),
    "a choice of one": (
        DOCUMENT.replace(LAST, choice(f"<x:annotation/>{LAST}", "")),
        DOCUMENT,
    ),
    "a choice that is made for each": (sending(choice(ALL, OFTEN)), IN_ORDER),
    **{
        f"a choice that is made several times, of which one is known{what}": (
            sending(row(fields(*_SEND[:-1]) + choice(inside, often))),
            sending(row(fields(*_SEND[:-1]) + choice(inside, ""))),
        )
        for what, inside, often in (
            (", and too seldom for all", fields("message", "html", "key"), 'maxOccurs="2"'),
            (", in a row", row(fields("message")) + fields("html"), OFTEN),
        )
    },
    "a row that may stand several times": (sending(f"<x:sequence {OFTEN}>{ALL}</x:sequence>"), IN_ORDER),
    "a row for each message, which need not be there": (
        sending(row(f'{WHO}<x:sequence minOccurs="0" {MANY}>{REST}</x:sequence>')),
        sending(row(f'{WHO}<x:sequence minOccurs="0">{REST}</x:sequence>')),
    ),
    "a choice of what is declared elsewhere": (
        sending(choice(REFERENCES, OFTEN), *(head(name, "") for name in _SEND)),
        sending(row(REFERENCES), *(head(name, "") for name in _SEND)),
    ),
    "a choice that has to be made twice": (sending(choice(ALL, f'minOccurs="2" {OFTEN}')), IN_ORDER),
    "a choice that has to be made for each": (sending(choice(ALL, 'minOccurs="6" maxOccurs="6"')), IN_ORDER),
    "a choice that is made often enough": (sending(choice(ALL, f'minOccurs="0" {MANY}')), IN_ORDER),
    "a choice that is made just often enough": (sending(choice(ALL, 'maxOccurs="6"')), IN_ORDER),
    "a choice of two that is made twice": (
        sending(row(fields(*_SEND[:-1]) + choice(fields("message", "key"), 'maxOccurs="2"'))),
        IN_ORDER,
    ),
    "a choice of one that is made often": (listed("choice"), listed("sequence")),
    "a choice that is made for some": (sending(row(WHO + choice(REST + fields("key"), OFTEN))), IN_ORDER),
    "a choice that is made for each, in an object": (
        asking(one("request"), kind("Request", ALL, "choice").replace("<x:choice>", f"<x:choice {OFTEN}>")),
        asking(one("request"), kind("Request", ALL)),
    ),
    **{
        f"a choice of an object, which {what}": (
            asking(choice(one("request") + fields("key"), often), kind("Request", ALL)),
            asking(one("request"), kind("Request", ALL)),
        )
        for what, often in {"is made": OFTEN, "may be made": f'minOccurs="0" {OFTEN}'}.items()
    },
    "a choice of what nobody knows, which may not be made": (
        sending(row(ALL + choice(fields("key", "sign"), f'minOccurs="0" {OFTEN}'))),
        IN_ORDER,
    ),
    "what stands for another": (
        sending(REFERRING, head("text"), instead("message", "text")),
        sending(STANDING, head("message", "")),
    ),
    "what stands for another by two steps": (
        sending(REFERRING, head("text"), instead("words", "text", 'abstract="true"'), instead("message", "words")),
        sending(STANDING, head("message", "")),
    ),
    "what stands for another from elsewhere": (
        elsewhere(sending(REFERRING, head("text"))),
        elsewhere(sending(STANDING.replace('ref="c:', 'xmlns:o="urn:other" ref="o:'))),
    ),
    "what stands for another from elsewhere, where its name is used": (
        elsewhere(sending(REFERRING, head("text"), head("message", ""), form=BY_DEFAULT)),
        elsewhere(sending(STANDING.replace('ref="c:', 'xmlns:o="urn:other" ref="o:'), form=BY_DEFAULT)),
    ),
    "what may stand for another, and need not": (
        sending(STANDING, head("message", ""), instead("text", "message")),
        sending(STANDING, head("message", "")),
    ),
}  # fmt: skip
_NO_VERSION = "it wants the attribute version in a request of sendmessage, of which nothing is known"
_NOTHING_KNOWN = "it wants something in a request of sendmessage, such as an attribute or a choice"
REFUSED: dict[str, tuple[str, str]] = {
    "a group of an attribute of which nothing is known": (
        sending(row(ALL), group_of(UNKNOWN), attributes=of_attributes()),
        _NO_VERSION,
    ),
    "a reference to an attribute of which nothing is known": (
        sending(row(ALL), UNKNOWN.replace(' use="required"', ""), attributes=REFERRED),
        _NO_VERSION,
    ),
    "a reference to an attribute that nobody declares": (sending(row(ALL), attributes=REFERRED), _NO_VERSION),
    "a language, which everybody knows": (
        sending(row(ALL), attributes='<x:attribute ref="xml:lang" use="required"/>'),
        "it wants the attribute lang in a request of sendmessage, of which nothing is known",
    ),
    "too many attributes": (
        sending(row(ALL), group_of(*versions(100)), *groups_in(201), attributes=of_attributes()),
        "its groups of attributes have more than 20000 that must be there",
    ),
    "too many groups of attributes": (
        sending(
            row(ALL),
            *(group_of(of_attributes(f"g{number + 1}"), name=f"g{number}") for number in range(101)),
            attributes=of_attributes("g0"),
        ),
        "its groups of attributes have more than 100 in them",
    ),
    "a choice of what nobody knows, which has to be made twice": (
        sending(row(ALL + choice(fields("key", "sign"), f'minOccurs="2" {OFTEN}'))),
        "it wants key for sendmessage, of which nothing is known",
    ),
    "a choice that has to be made twice, of something that nobody knows": (
        sending(row(choice(fields("user", "key"), f'minOccurs="2" {OFTEN}') + fields(*_SEND[1:]))),
        "it wants key for sendmessage, of which nothing is known",
    ),
    "a choice that has to be made more often than there is something": (
        sending(row(choice(fields("user", "key"), f'minOccurs="3" {OFTEN}') + fields(*_SEND[1:]))),
        "lacks the parameter user of sendmessage",
    ),
    "a choice of rows that has to be made twice": (
        sending(row(choice(row(fields("user")) + row(fields("key")), f'minOccurs="2" {OFTEN}') + fields(*_SEND[1:]))),
        "lacks the parameter user of sendmessage",
    ),
    "a choice of what nobody knows": (
        sending(row(ALL + choice(fields("key", "sign"), OFTEN))),
        "it wants key or sign for sendmessage, of which nothing is known",
    ),
    "a choice of rows of what nobody knows": (
        sending(row(ALL + choice(row(fields("key")) + row(fields("sign")), MANY))),
        "it wants key or sign for sendmessage, of which nothing is known",
    ),
    "a choice that is made too seldom": (sending(choice(ALL, 'maxOccurs="5"')), _NOTHING_KNOWN),
    "a choice of rows": (sending(choice(row(WHO) + row(REST), OFTEN)), _NOTHING_KNOWN),
    "a row that has to stand twice": (
        sending(f'<x:sequence minOccurs="2" {OFTEN}>{ALL}</x:sequence>'),
        _NOTHING_KNOWN,
    ),
    "what nothing stands for": (sending(STANDING, head("message")), "lacks the parameter message of sendmessage"),
    "what two stand for": (
        sending(REFERRING, head("text"), instead("message", "text"), instead("html", "text")),
        "lacks the parameter message of sendmessage",
    ),
    "what stands for itself": (
        sending(STANDING, head("message", 'abstract="1" substitutionGroup="c:message"')),
        "lacks the parameter message of sendmessage",
    ),
}  # fmt: skip


def said(text: str) -> object:
    bind.cache_clear()
    return shown(bind(text.encode()))


@table("name", SAME)
def test_what_is_said_in_another_way_is_sent_in_the_same(name: str) -> None:
    one_way_of_it, another = SAME[name]
    assert said(one_way_of_it) == said(another)


@table("name", REFUSED)
def test_what_nobody_knows_is_refused_when_the_client_is_made(name: str) -> None:
    text, told = REFUSED[name]
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        said(text)


def test_a_text_that_a_description_gives_keeps_its_blanks() -> None:
    bind.cache_clear()
    bound = bind(SAME["blanks that count"][0].encode()).operations["sendmessage"]
    assert b"<key> k </key>" in bound.write(dict.fromkeys(_SEND, "x"))


def test_as_many_attributes_as_anybody_has_are_sent() -> None:
    many = group_of(*versions(1000))
    groups = [group_of(of_attributes(f"g{number + 1}"), name=f"g{number}") for number in range(99)]
    text = sending(row(ALL), many, group_of(of_attributes(), name="g99"), *groups, attributes=of_attributes("g1"))
    bind.cache_clear()
    assert bind(text.encode()).operations["sendmessage"].write(dict.fromkeys(_SEND, "x")).count(b'="2"') == 1000


REFERRED_ELSEWHERE = REFERRED.replace("c:", "o:").replace("ref=", 'xmlns:o="urn:other" ref=')
GROUP_ELSEWHERE = of_attributes().replace("c:", "o:").replace("ref=", 'xmlns:o="urn:other" ref=')
ANYWHERE = VERSION.replace(' use="required"', "")
OF_ANOTHER: dict[str, str] = {
    "a reference": sending(row(ALL), attributes=REFERRED_ELSEWHERE).replace(
        "</types>", f"<x:schema {ELSEWHERE}>{ANYWHERE}</x:schema></types>"
    ),
    "a reference that says its text": sending(
        row(ALL), attributes=REFERRED_ELSEWHERE.replace("ref=", 'fixed="2" ref=')
    ),
    "a group of qualified ones": sending(row(ALL), attributes=GROUP_ELSEWHERE).replace(
        "</types>", f"<x:schema {ELSEWHERE}{QUALIFIED}>{group_of(VERSION)}</x:schema></types>"
    ),
}


@table("name", OF_ANOTHER)
def test_an_attribute_of_another_namespace_is_sent_there(name: str) -> None:
    bind.cache_clear()
    request = bind(OF_ANOTHER[name].encode()).operations["sendmessage"].write(dict.fromkeys(_SEND, "x"))
    (call,) = etree.fromstring(request).iterfind(".//{urn:afilnet:chat}sendmessage")
    assert call.attrib == {"{urn:other}version": "2"}


def test_what_other_operations_have_of_attributes_does_not_count() -> None:
    text = sending(row(ALL), group_of(*versions(100)), *groups_in(200))
    assert said(text) == said(IN_ORDER)


def test_groups_of_attributes_cost_no_more_than_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    required = mock.Mock(side_effect=one_way._required)
    monkeypatch.setattr(one_way, "_required", required)
    said(sending(row(ALL), group_of(*[of_attributes("none")] * 100), *groups_in(50)))
    required.assert_called_once_with(
        "{urn:afilnet:chat}Both", {"{urn:afilnet:chat}Both": ([], ["{urn:afilnet:chat}none"])}
    )


def test_blanks_do_not_count_where_a_header_holds_the_credentials() -> None:
    text = headed(without(DOCUMENT, *CREDENTIALS), complex_type(fields(*CREDENTIALS)))
    assert said(spaced(text)) == said(text)


def test_blanks_do_not_count_in_a_description_of_several_documents() -> None:
    begin, end = DOCUMENT.index("<x:schema"), DOCUMENT.index("</x:schema>") + len("</x:schema>")
    own = 'xmlns:c="urn:afilnet:chat" xmlns:x="http://www.w3.org/2001/XMLSchema"'
    schema = DOCUMENT[begin:end].replace("<x:schema", f"<x:schema {own}", 1)
    imported = '<x:schema><x:import namespace="urn:afilnet:chat" schemaLocation="chat.xsd"/></x:schema>'
    main = DOCUMENT[:begin] + imported + DOCUMENT[end:]
    for one_document, another in ((main, spaced(schema)), (spaced(main), schema), (spaced(main), spaced(schema))):
        texts = {HERE: one_document, f"{HERE.rpartition('/')[0]}/chat.xsd": another}
        made = bundle(HERE, lambda at, texts=texts: Source(texts[at].encode()))
        assert said(made.document.decode()) == said(DOCUMENT)


@pytest.mark.parametrize(
    ("module", "guard", "replacement", "name"),
    [
        (wsdl, "settle_attributes", lambda _: None, "blanks around everything"),
        (wsdl, "settle_attributes", lambda _: None, "a flag that is a number"),
        (one_way, "_put_into_a_row", lambda _: None, "a row that extends a group"),
        (one_way, "_settle_choice", lambda _: None, "a choice that is made for each"),
        (one_way, "_settle_choice", lambda _: None, "a choice of one"),
        (one_way, "_settle_row", lambda _: None, "a row for each message, which need not be there"),
        (one_way, "_follow_attributes", lambda _: None, "a group of attributes"),
        (one_way, "_follow_attributes", lambda _: None, "an attribute that is referred to"),
        (one_way, "_follow_substitutes", lambda _: None, "what stands for another"),
    ],
)
def test_a_client_that_knows_one_way_only_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch, module: object, guard: str, replacement: object, name: str
) -> None:
    monkeypatch.setattr(module, guard, replacement)
    with pytest.raises((AssertionError, ConfigurationError)):
        test_what_is_said_in_another_way_is_sent_in_the_same.__wrapped__(name)
    bind.cache_clear()


def test_sabotage_documents_that_are_joined_with_their_blanks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wsdl_bundle, "settle_attributes", lambda _: None)
    with pytest.raises(NotUsable):
        test_blanks_do_not_count_in_a_description_of_several_documents()
    bind.cache_clear()
