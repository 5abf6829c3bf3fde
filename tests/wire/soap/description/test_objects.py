"""Parameters that stand in objects, as services in Java and .NET describe them, are written where they stand."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.survey import soap_manner
from afilnet_protocols.wire.soap import binding as soap_binding
from afilnet_protocols.wire.soap import parameters
from afilnet_protocols.wire.soap.binding import bind, bind_by_zeep
from afilnet_protocols.wire.soap.bound_operation import Binding
from afilnet_protocols.wire.soap.description import plain_wsdl, zeep_wsdl
from afilnet_protocols.wire.soap.description.wsdl import read
from tests.peers.soap.description import wsdl as described
from tests.tables import table
from tests.wire.soap.test_codec import canonical

HERE = "https://soap.example.com/chat"
DOCUMENT, LITERAL, ENCODED = (described(HERE, style) for style in ("document", "rpc literal", "rpc encoded"))
_SEND = ("user", "password", "platform", "platformid", "destination", "message")
SPACES = (
    'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="urn:afilnet:chat" xmlns:d="urn:data" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
DATA = 'xmlns:d="urn:data"'
OPTIONAL = 'minOccurs="0" nillable="true"'


def fields(*names: str, more: str = "") -> str:
    return "".join(f'<x:element name="{name}" type="x:string"{f" {more}" if more else ""}/>' for name in names)


def kind(name: str, inside: str, group: str = "sequence") -> str:
    return f'<x:complexType name="{name}"><x:{group}>{inside}</x:{group}></x:complexType>'


def asking(request: str, *types: str, data: str = "", form: str = "") -> str:
    """Return a description whose sends hold something else; its types may be in a schema of their own."""
    text = DOCUMENT.replace("xmlns:c=", f"{DATA} xmlns:c=", 1)
    own = f"<x:sequence>{fields(*_SEND)}</x:sequence>"
    assert own in text
    text = text.replace(own, f"<x:sequence>{request}</x:sequence>")
    apart = f'<x:schema targetNamespace="urn:data" elementFormDefault="qualified">{data}</x:schema>' if data else ""
    text = text.replace("</x:schema>", f"{''.join(types)}</x:schema>{apart}")
    imported = '<x:import namespace="urn:data"/>' if data else ""
    schema = '<x:schema targetNamespace="urn:afilnet:chat">'
    return text.replace(schema, f"{schema[:-1]}{form}>{imported}")


def in_parts(text: str, *parts: str) -> str:
    """Return a description of the style rpc, whose sends have these parts."""
    old = "".join(f'<part name="{name}" type="x:string"/>' for name in _SEND)
    assert old in text
    held = kind("Request", fields(*_SEND[2:])) + kind("Who", fields(*_SEND[:2]))
    return text.replace(old, "".join(parts)).replace("</x:schema>", f"{held}</x:schema>")


def one(name: str, of: str = "c:Request", more: str = "") -> str:
    return f'<x:element name="{name}" type="{of}"{f" {more}" if more else ""}/>'


def texts(*names: str, prefix: str = "", of: str = "") -> str:
    """Return elements whose texts are their names."""
    typed = f' xsi:type="{of}"' if of else ""
    return "".join(f"<{prefix}{name}{typed}>{name.lower()}</{prefix}{name}>" for name in names)


WHO_TYPED, REST_TYPED = texts(*_SEND[:2], of="xsd:string"), texts(*_SEND[2:], of="xsd:string")
REST = texts(*_SEND[2:])
PASCAL = ("Destination", "Message", "Password", "Platform", "PlatformId", "User")
ENCODING = 'e:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"'
QUALIFIED = ' elementFormDefault="qualified"'
BOTH = kind("Request", fields(*_SEND))
EXTENDED = (
    '<x:complexType name="Urgent"><x:complexContent><x:extension base="c:Request"><x:sequence>'
    "<x:element name='by' type='x:string'/></x:sequence></x:extension></x:complexContent></x:complexType>"
)
ABSTRACT = BOTH.replace(" name", ' abstract="true" name', 1)
CHOICE = f"<x:choice>{fields('message')}<x:element name='html' type='x:string'/></x:choice>"
FIXED = 'fixed="1"'
KEY_OR_WHO = (
    f"<x:choice><x:sequence>{fields('key')}{fields('stamp', more=FIXED)}</x:sequence>"
    f"<x:sequence>{fields('user', 'password')}</x:sequence></x:choice>"
)
WRITTEN: dict[str, tuple[str, str]] = {
    "one object, as Spring-WS and CXF have it": (
        asking(one("request"), kind("Request", fields(*_SEND))),
        f"<c:sendmessage><request>{texts(*_SEND)}</request></c:sendmessage>",
    ),
    "an argument without a name, as JAX-WS calls it": (
        asking(one("arg0", more='minOccurs="0"'), kind("Request", fields(*sorted(_SEND), more='minOccurs="0"'))),
        f"<c:sendmessage><arg0>{texts(*sorted(_SEND))}</arg0></c:sendmessage>",
    ),
    "a contract of data, as WCF has it": (
        asking(
            one("request", "d:Request", OPTIONAL),
            data=kind("Request", fields(*PASCAL, "Tag", more=OPTIONAL)),
            form=QUALIFIED,
        ),
        f"<c:sendmessage><c:request>{texts(*PASCAL, prefix='d:')}</c:request></c:sendmessage>",
    ),
    "an object of .NET's older services": (
        asking(
            one("request", more='minOccurs="0"'), kind("Request", fields(*PASCAL, more='minOccurs="0"')), form=QUALIFIED
        ),
        f"<c:sendmessage><c:request>{texts(*PASCAL, prefix='c:')}</c:request></c:sendmessage>",
    ),
    "credentials beside the object": (
        asking(fields("user", "password") + one("request"), kind("Request", fields(*_SEND[2:]))),
        f"<c:sendmessage>{texts('user', 'password')}<request>{texts(*_SEND[2:])}</request></c:sendmessage>",
    ),
    "credentials in an object in the object": (
        asking(
            one("request"),
            kind("Request", one("auth", "c:Who") + fields(*_SEND[2:])) + kind("Who", fields("password", "user")),
        ),
        f"<c:sendmessage><request><auth>{texts('password', 'user')}</auth>{REST}</request></c:sendmessage>",
    ),
    "two objects": (
        asking(
            one("auth", "c:Who") + one("request"),
            kind("Who", fields("user", "password")),
            kind("Request", fields(*_SEND[2:])),
        ),
        f"<c:sendmessage><auth>{texts('user', 'password')}</auth><request>{REST}</request></c:sendmessage>",
    ),
    "an object of a type that extends another": (
        asking(
            one("request"),
            kind("Who", fields("user", "password")),
            '<x:complexType name="Request"><x:complexContent><x:extension base="c:Who"><x:sequence>'
            f"{fields(*_SEND[2:])}</x:sequence></x:extension></x:complexContent></x:complexType>",
        ),
        f"<c:sendmessage><request>{texts(*_SEND)}</request></c:sendmessage>",
    ),
    "an object of a type that extends an abstract one": (
        asking(one("request", "c:Urgent"), ABSTRACT, EXTENDED.replace("string'", "string' minOccurs='0'")),
        f"<c:sendmessage><request>{texts(*_SEND)}</request></c:sendmessage>",
    ),
    "an object in any order": (
        asking(one("request"), kind("Request", fields(*reversed(_SEND)), "all")),
        f"<c:sendmessage><request>{texts(*reversed(_SEND))}</request></c:sendmessage>",
    ),
    "objects that may be absent beside it": (
        asking(
            one("options", "c:Options", 'minOccurs="0"') + one("request"),
            kind("Options", fields("priority") + one("more", "c:More")) + kind("More", fields("message", "user")),
            kind("Request", fields(*_SEND)),
        ),
        f"<c:sendmessage><request>{texts(*_SEND)}</request></c:sendmessage>",
    ),
    "an object that may be nil beside it": (
        asking(
            one("request") + one("options", "c:Options", 'nillable="true"'),
            kind("Options", fields("priority")) + kind("Request", fields(*_SEND)),
        ),
        f'<c:sendmessage><request>{texts(*_SEND)}</request><options xsi:nil="true"/></c:sendmessage>',
    ),
    "an object that holds its own kind": (
        asking(one("request"), kind("Request", one("before", more='minOccurs="0"') + fields(*_SEND))),
        f"<c:sendmessage><request>{texts(*_SEND)}</request></c:sendmessage>",
    ),
    "what must not be left out of it": (
        asking(one("request"), kind("Request", fields(*_SEND, "thumburl") + fields("note", more='nillable="true"'))),
        f'<c:sendmessage><request>{texts(*_SEND)}<thumburl></thumburl><note xsi:nil="true"/></request></c:sendmessage>',
    ),
    "a text that the description fixes": (
        asking(fields(*_SEND) + fields("version", more='fixed="2"')),
        f"<c:sendmessage>{texts(*_SEND)}<version>2</version></c:sendmessage>",
    ),
    "a text that it fixes, where it says that there may be none": (
        asking(fields(*_SEND) + fields("version", more='fixed="2" nillable="true"')),
        f"<c:sendmessage>{texts(*_SEND)}<version>2</version></c:sendmessage>",
    ),
    "a text that is there if nothing else is said, in an object": (
        asking(one("request"), kind("Request", fields(*_SEND) + fields("encoding", more='default="UTF-8"'))),
        f"<c:sendmessage><request>{texts(*_SEND)}<encoding>UTF-8</encoding></request></c:sendmessage>",
    ),
    "a text that may be left out and is fixed": (
        asking(fields(*_SEND) + fields("version", more='fixed="2" minOccurs="0"')),
        f"<c:sendmessage>{texts(*_SEND)}</c:sendmessage>",
    ),
    "a fixed text that may stand several times": (
        asking(fields(*_SEND) + fields("version", more='fixed="2" maxOccurs="9"')),
        f"<c:sendmessage>{texts(*_SEND)}<version>2</version></c:sendmessage>",
    ),
    "a text of one that is given, and one of which method is called": (
        asking(fields(*_SEND, more='default="none"') + fields("method", more='fixed="send"')),
        f"<c:sendmessage>{texts(*_SEND)}<method>sendmessage</method></c:sendmessage>",
    ),
    "a reference to an element": (
        asking('<x:element ref="c:Request"/>', f'<x:element name="Request"><x:complexType><x:sequence>{fields(*_SEND)}'
               "</x:sequence></x:complexType></x:element>"),
        f"<c:sendmessage><c:Request>{texts(*_SEND)}</c:Request></c:sendmessage>",
    ),
    "a choice in it": (
        asking(one("request"), kind("Request", fields(*_SEND[:-1]) + CHOICE)),
        f"<c:sendmessage><request>{texts(*_SEND)}</request></c:sendmessage>",
    ),
    "a choice of rows, of which one holds the credentials": (
        asking(KEY_OR_WHO + fields(*_SEND[2:])),
        f"<c:sendmessage>{texts(*_SEND)}</c:sendmessage>",
    ),
    "a choice of rows in it": (
        asking(one("request"), kind("Request", KEY_OR_WHO + fields(*_SEND[2:]))),
        f"<c:sendmessage><request>{texts(*_SEND)}</request></c:sendmessage>",
    ),
    "octets that are fixed": (
        asking(fields(*_SEND) + one("key", "x:base64Binary", 'fixed="YQ=="')),
        f"<c:sendmessage>{texts(*_SEND)}<key>YQ==</key></c:sendmessage>",
    ),
    "octets that are there if nothing else is said, in an object": (
        asking(one("request"), kind("Request", fields(*_SEND) + one("key", "x:hexBinary", 'default="0aFF"'))),
        f"<c:sendmessage><request>{texts(*_SEND)}<key>0aFF</key></request></c:sendmessage>",
    ),
    "octets that are there, where it says that there may be none": (
        asking(fields(*_SEND) + one("key", "x:base64Binary", 'default="YQ==" nillable="true"')),
        f"<c:sendmessage>{texts(*_SEND)}<key>YQ==</key></c:sendmessage>",
    ),
    "octets of an argument that is not given": (
        asking(fields(*_SEND) + one("thumburl", "x:base64Binary", 'default="YQ=="')),
        f"<c:sendmessage>{texts(*_SEND)}<thumburl>YQ==</thumburl></c:sendmessage>",
    ),
    "attributes that may be absent": (
        asking(one("request"), kind("Request", fields(*_SEND)).replace("</x:c", '<x:attribute name="id"/></x:c')),
        f"<c:sendmessage><request>{texts(*_SEND)}</request></c:sendmessage>",
    ),
    "a part of the style rpc": (
        in_parts(LITERAL, '<part name="auth" type="c:Who"/>', '<part name="in" type="c:Request"/>'),
        f"<c:sendmessage><auth>{texts(*_SEND[:2])}</auth><in>{texts(*_SEND[2:])}</in></c:sendmessage>",
    ),
    "an encoded part, as Axis has it": (
        in_parts(ENCODED, '<part name="auth" type="c:Who"/>', '<part name="in" type="c:Request"/>'),
        f"<c:sendmessage {ENCODING}><auth>{WHO_TYPED}</auth><in>{REST_TYPED}</in></c:sendmessage>",
    ),
    "encoded parts that may be anything": (
        in_parts(
            ENCODED,
            '<part name="user" type="x:anyType"/><part name="password" type="x:anySimpleType"/>',
            '<part name="in" type="c:Request"/>',
        ),
        f"<c:sendmessage {ENCODING}>{WHO_TYPED}<in>{REST_TYPED}</in></c:sendmessage>",
    ),
}  # fmt: skip


def sent(binding: Binding) -> list[bytes]:
    """Return a send, from a template and as a whole."""
    operation = binding.operations["sendmessage"]
    values = {name: name for name in _SEND}
    return [operation.write(values), operation.write_whole(values)]


@table("name", WRITTEN)
def test_parameters_are_written_where_they_stand(name: str) -> None:
    text, body = WRITTEN[name]
    expected = canonical(f"<e:Envelope {SPACES}><e:Body>{body}</e:Body></e:Envelope>")
    for binding in (bind(text.encode()), bind_by_zeep(read(text.encode()))):
        assert [canonical(each) for each in sent(binding)] == [expected] * 2


def test_the_other_operations_are_as_they_were() -> None:
    usual, other = (bind(text.encode()).operations for text in (DOCUMENT, WRITTEN["two objects"][0]))
    for operation in OPERATIONS:
        if operation.method != "sendmessage":
            values = {name: name for name in usual[operation.method].names}
            assert other[operation.method].write(values) == usual[operation.method].write(values)


_FILE = (*_SEND[:5], "type", "fileurl")
NIL = '<message xsi:nil="true"/>'


@table(
    ("file", "written"),
    [
        (fields("thumburl", "message", more='minOccurs="0"'), texts("thumburl")),
        (fields("thumburl") + fields("message", more='nillable="true"'), texts("thumburl") + NIL),
    ],
)
def test_an_optional_argument_is_written_beside_the_others(file: str, written: str) -> None:
    (own,) = re.findall(r'<x:element name="sendfile">.*?</x:complexType></x:element>', DOCUMENT)
    request = f"<x:complexType><x:sequence>{one('request', 'c:File')}</x:sequence></x:complexType>"
    other = f'<x:element name="sendfile">{request}</x:element>{kind("File", fields(*_FILE) + file)}'
    operation = bind(DOCUMENT.replace(own, other).encode()).operations["sendfile"]
    body = f"<c:sendfile><request>{texts(*_FILE)}{written}</request></c:sendfile>"
    expected = canonical(f"<e:Envelope {SPACES}><e:Body>{body}</e:Body></e:Envelope>")
    assert canonical(operation.write({name: name for name in (*_FILE, "thumburl")})) == expected


def test_one_object_that_says_which_method_is_called() -> None:
    calls = re.findall(r'<operation name="(\w+)"><input', DOCUMENT)
    text = asking(
        one("call"), kind("Request", fields("class", "method", *_SEND) + fields("type", "fileurl", more=OPTIONAL))
    )
    text = text.replace('name="sendmessage"', 'name="call"').replace('"c:sendmessage', '"c:call')
    text = text.replace('name="sendmessageResponse"', 'name="callResponse"')
    for name in set(calls) - {"sendmessage"}:
        text = text.replace(f'<operation name="{name}">', f'<operation name="old{name}">')
    binding = bind(text.encode())
    operations = binding.operations
    given = {name: name for name in ("user", "password", "platform", "platformid")}
    written = etree.fromstring(operations["getchats"].write(given))
    assert written.findtext(".//call/class") == "chat"
    assert written.findtext(".//call/method") == "getchats"
    assert written.findtext(".//call/destination") == ""
    assert dict(soap_manner._described(binding, b""))["soap.style"] == "generic"


ARRAY = (
    '<x:complexType name="Requests" xmlns:n="http://schemas.xmlsoap.org/soap/encoding/"><x:complexContent>'
    f'<x:restriction base="n:Array"><x:sequence>{one("item")}</x:sequence><x:attribute ref="n:arrayType" '
    'w:arrayType="c:Request[]" xmlns:w="http://schemas.xmlsoap.org/wsdl/"/></x:restriction></x:complexContent>'
    "</x:complexType>"
)
ADDRESS = kind("Address", fields(*_SEND[2:5]))
REFUSED: dict[str, tuple[str, str]] = {
    "several": (asking(one("requests", more='maxOccurs="9"'), BOTH), "requests of sendmessage holds user, password"),
    "one of a kind that is not said": (
        asking(one("request"), ABSTRACT, EXTENDED),
        "request of sendmessage holds user, password",
    ),
    "two that may be meant": (
        asking(fields("user", "password", "message") + one("from", "c:Address") + one("to", "c:Address"), ADDRESS),
        "two parameters that read platform",
    ),
    "one of them in an object that may be absent": (
        asking(one("request") + one("more", "c:More", 'minOccurs="0"'), BOTH, kind("More", fields("message"))),
        "two parameters that read message",
    ),
    "another one outside": (
        asking(fields("destination", more=OPTIONAL) + one("request"), BOTH), "two parameters that read destination"
    ),
    "something unknown in it": (asking(one("request"), BOTH.replace("</x:s", f"{fields('key')}</x:s")), "it wants key"),
    "something unknown beside it": (asking(one("request") + fields("key"), BOTH), "it wants key for sendmessage"),
    "an unknown object beside it": (
        asking(one("request") + one("sign", "c:Sign"), BOTH, kind("Sign", fields("key"))),
        "the parameter sign of its operation sendmessage is not a text, but holds key",
    ),
    "an attribute that must be there": (
        asking(one("request"), BOTH.replace("</x:c", '<x:attribute name="id" use="required"/></x:c')),
        "the attribute id",
    ),
    "an array of them": (
        in_parts(ENCODED, '<part name="in" type="c:Requests"/>').replace("</x:schema>", f"{ARRAY}</x:schema>"),
        "lacks the parameter user, password, platform, platformid, destination, message of sendmessage",
    ),
    "one that is nowhere": (asking(fields(*_SEND[:-1])), "lacks the parameter message of sendmessage; ask"),
    "several in it": (
        asking(one("request"), kind("Request", fields(*_SEND[:4]) + one("to", "c:To", 'maxOccurs="unbounded"')),
               kind("To", fields("destination", "message"))),
        "lacks the parameter destination, message of sendmessage",
    ),
}  # fmt: skip


@table("name", REFUSED)
def test_what_cannot_be_written_is_told_at_once(name: str) -> None:
    text, told = REFUSED[name]
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        bind(text.encode())


def chain(objects: int) -> str:
    """Return a description whose parameters stand in an object in an object, and so on."""
    around = "".join(kind(f"T{each}", one("in", f"c:T{each + 1}")) for each in range(1, objects))
    return asking(one("in", "c:T1"), around, kind(f"T{objects}", fields(*_SEND)))


@table("most", [1, 2, 3])
def test_as_many_objects_are_looked_into_as_may_be(most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parameters, "_MOST_OBJECTS", most)
        bind.cache_clear()
        assert bind(chain(most).encode())
        with pytest.raises(ConfigurationError, match="lacks the parameter user"):
            bind(chain(most + 1).encode())
    bind.cache_clear()


def test_no_object_is_looked_into_where_all_is_found() -> None:
    only_by_zeep = kind("More", fields("_note"))
    tree = read(asking(fields(*_SEND) + one("more", "c:More", 'minOccurs="0"'), only_by_zeep).encode())
    assert soap_binding._first(plain_wsdl.ports(tree), {}).operations["sendmessage"].names.keys() == set(_SEND)


def test_what_says_twice_which_method_is_called_is_not_called_for_any() -> None:
    text = asking(fields("class", "Class", "method", *_SEND)).replace(
        'operation name="sendmessage"', 'operation name="x"'
    )
    with pytest.raises(ConfigurationError, match="lacks the operation sendmessage"):
        bind(text.encode())


def maze(kinds: int) -> str:
    """Return a description whose types hold one another in every way."""
    ways = "".join(one(f"a{each}", f"c:T{each}", 'minOccurs="0"') for each in range(kinds))
    return asking(one("request", "c:T0"), *(kind(f"T{each}", ways) for each in range(kinds)))


def test_of_types_that_hold_one_another_few_are_looked_into() -> None:
    with pytest.raises(ConfigurationError, match="lacks the parameter user"):
        bind(maze(30).encode())


@table(
    ("guard", "replacement", "name"),
    [
        ("_is_object", lambda field: field.kind.is_complex, "several"),
        ("_is_object", lambda field: field.kind.is_complex, "several in it"),
        ("_is_object", lambda field: field.kind.is_complex, "one of a kind that is not said"),
        ("MEANT", frozenset(), "another one outside"),
        ("_see_that_it_may_be_absent", lambda *_: None, "an unknown object beside it"),
    ],
)
def test_a_client_that_guesses_would_be_found_out(guard: str, replacement: object, name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parameters, guard, replacement)
        bind.cache_clear()
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            test_what_cannot_be_written_is_told_at_once.__wrapped__(name)
    bind.cache_clear()


@table(
    ("guard", "replacement", "name"),
    [
        ("_default_of", lambda element: element.default, "octets that are there, where it says that there may be none"),
        ("_default_of", lambda _: None, "octets that are fixed"),
        ("elements_in", lambda _: [], "a choice of rows, of which one holds the credentials"),
    ],
)
def test_a_reader_of_other_texts_and_choices_would_be_found_out(guard: str, replacement: object, name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zeep_wsdl, guard, replacement)
        bind.cache_clear()
        with pytest.raises((AssertionError, ConfigurationError)):
            test_parameters_are_written_where_they_stand.__wrapped__(name)
    bind.cache_clear()
