"""Credentials that a description wants in a SOAP header are written there, byte for byte as zeep writes them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import zeep
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.survey import soap_manner
from afilnet_protocols.wire.soap import binding as soap_binding
from afilnet_protocols.wire.soap.binding import bind
from afilnet_protocols.wire.soap.bound_operation import Binding
from afilnet_protocols.wire.soap.described import IN_HEADER, INSIDE
from afilnet_protocols.wire.soap.description import credential_headers
from afilnet_protocols.wire.soap.description.schema_nodes import Unusual
from afilnet_protocols.wire.soap.description.zeep_wsdl import NoTransport, _nested
from tests.sizes import examples
from tests.tables import table
from tests.wire.soap.description.test_objects import DOCUMENT, ENCODED, LITERAL, fields
from tests.wire.soap.description.test_plain_descriptions import TEXT

WHO = ("user", "password")
SEND = (*WHO, "platform", "platformid", "destination", "message")
SOAP_WSDL, SOAP_12_WSDL = "http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/"
HTTP = (
    '<binding name="Get" type="c:Port" xmlns:h="http://schemas.xmlsoap.org/wsdl/http/"><h:binding verb="GET"/>'
    '<operation name="sendmessage"><h:operation location="/s"/><input/><output/></operation></binding><service '
)
"""A binding without SOAP, and so without headers, as .NET has it beside the others."""


def without(text: str, *names: str) -> str:
    """Return a description whose requests lack some parameters."""
    for name in names:
        text = text.replace(fields(name), "").replace(f'<part name="{name}" type="x:string"/>', "")
    return text


def headed(
    text: str,
    held: str,
    *,
    before: bool = True,
    others: str = "",
    inside: bool = False,
    space: str = "c",
    more: str = "",
) -> str:
    """Return a description whose operations have a header.

    Args:
        text: the description.
        held: the type of the header, without its name.
        before: whether the header is named before the body of a message.
        others: what stands before it: other headers.
        inside: whether it is a part of the message of the body, as JAX-WS has it.
        space: the prefix of its namespace: ``c`` of the description, or ``d`` of one of its own.
        more: what else the schema declares.
    """
    element = f'<x:element name="AuthHeader">{held}</x:element>'
    part = f'<part name="Auth" element="{space}:AuthHeader"/>'
    text = text.replace("xmlns:c=", 'xmlns:d="urn:data" xmlns:c=', 1)
    if space == "d":
        own = f'<x:schema targetNamespace="urn:data" elementFormDefault="qualified">{element}</x:schema>'
        text = text.replace("<types>", f"<types>{own}", 1).replace("</x:schema></types>", f"{more}</x:schema></types>")
    else:
        text = text.replace("</x:schema>", f"{element}{more}</x:schema>", 1)
    traced = '<part name="Trace" element="c:Trace"/>' if others else ""
    message = f'<message name="AuthIn">{part}{traced}</message>'
    text = text.replace("<portType", f"{message}<portType", 1)

    def add(found: re.Match[str]) -> str:
        of, body = ("AuthIn", found[2]) if not inside else (found[1], found[2])
        header = f'{others}<s:header message="c:{of}" part="Auth" use="literal"/>'
        return found[0].replace(body, header + body if before else body + header, 1)

    text = re.sub(r'<operation name="(\w+)"><s:operation[^>]*/><input>(<s:body[^>]*/>)', add, text)
    if inside:
        text = re.sub(r'(<message name="(?!\w+Response|AuthIn)\w+">)(.*?)(</message>)', rf"\1\2{part}\3", text)
    return text.replace("<service ", HTTP, 1)


def complex_type(inside: str, group: str = "sequence") -> str:
    return f"<x:complexType><x:{group}>{inside}</x:{group}></x:complexType>"


@contextmanager
def no_plain_reader() -> Iterator[None]:
    """Let zeep read what is usual, too."""

    def nothing(_: etree._Element) -> None:
        raise Unusual("everything")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(soap_binding.plain_wsdl, "ports", nothing)
        bind.cache_clear()
        yield
    bind.cache_clear()


def both_readings(text: str) -> list[Binding]:
    bind.cache_clear()
    plain = bind(text.encode())
    with no_plain_reader():
        return [plain, bind(text.encode())]


def by_zeep_alone(text: str, names: dict[str, dict[str, str]]) -> dict[str, bytes]:
    """Return the requests of all operations as zeep writes them from the description as it is."""
    document = zeep.wsdl.Document(io.BytesIO(text.encode()), NoTransport())
    ports = [port for service in document.services.values() for port in service.ports.values()]
    operations = ports[0].binding._operations
    return {method: _serialized(operations[method], keys) for method, keys in names.items()}


def _serialized(operation: Any, keys: dict[str, str]) -> bytes:
    texts = {key: f"{name}{TEXT}" for name, key in keys.items()}
    body = {key: text for key, text in texts.items() if IN_HEADER not in key}
    header = {key.partition(INSIDE)[2]: text for key, text in texts.items() if IN_HEADER in key}
    # A part of the message is known to zeep by its name.
    content = operation.input.serialize(**_nested(body), _soapheaders={"Auth": _nested(header)}).content
    return bytes(etree.tostring(content, encoding="utf-8", xml_declaration=True))


def judge(text: str) -> None:
    """Hold what both readers write to what zeep writes."""
    for binding in both_readings(text):
        names = {method: dict(bound.names) for method, bound in binding.operations.items()}
        assert all(IN_HEADER in names[each.method]["password"] for each in OPERATIONS)
        theirs = by_zeep_alone(text, names)
        for method, bound in binding.operations.items():
            values = {name: f"{name}{TEXT}" for name in bound.names}
            assert bound.write(values) == bound.write_whole(values) == theirs[method]


OPTIONAL = ' minOccurs="0"'
TRACED = '<s:header message="c:AuthIn" part="Trace" use="literal"/>'
TRACE = f'<x:element name="Trace">{complex_type(fields("id"))}</x:element>'
SPELLED = st.sampled_from(
    [WHO, ("User", "Password"), ("USER", "password"), ("UserName", "Password"), ("username", "pass_word")]
)
TYPES = st.sampled_from(["x:string", "x:string", "x:anyURI", "x:token", "x:normalizedString"])


@st.composite
def descriptions(draw: st.DrawFn) -> str:
    """Draw a description that wants the password in a header, and perhaps the user in the body."""
    text = draw(st.sampled_from([DOCUMENT, DOCUMENT, LITERAL]))
    in_body = draw(st.sampled_from([(), (), ("user",)]))
    spelled = dict(zip(WHO, draw(SPELLED), strict=True))
    held = [
        f'<x:element name="{spelled[name]}" type="{draw(TYPES)}"{draw(st.sampled_from(["", OPTIONAL]))}/>'
        for name in draw(st.permutations(WHO))
        if name not in in_body
    ]
    if draw(st.booleans()):
        held.insert(draw(st.integers(0, len(held))), f'<x:element name="domain" type="x:string"{OPTIONAL}/>')
    row = complex_type("".join(held), draw(st.sampled_from(["sequence", "all"])))
    if draw(st.booleans()):  # .NET lets any attribute stand in a header
        row = row.replace("</x:complexType>", '<x:anyAttribute namespace="##any"/></x:complexType>')
    if "name" not in spelled["user"].lower() and draw(st.booleans()):
        row = complex_type(f'<x:element name="who">{row}</x:element>')
    text = headed(
        without(text, *(name for name in WHO if name not in in_body)),
        row,
        before=draw(st.booleans()),
        others=draw(st.sampled_from(["", TRACED])),
        inside=text is DOCUMENT and draw(st.booleans()),
        space=draw(st.sampled_from(["c", "d"])),
        more=TRACE,
    )
    if "rpc" in text and draw(st.booleans()):  # the style is said of each operation
        text = text.replace("<s:operation ", '<s:operation style="rpc" ').replace(
            '<s:binding style="rpc"', "<s:binding"
        )
    return text.replace(SOAP_WSDL, SOAP_12_WSDL) if draw(st.booleans()) else text


QUIET = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)


@settings(QUIET, max_examples=examples(6, proof=60))
@given(descriptions())
def test_what_is_written_into_a_header_is_what_zeep_writes(text: str) -> None:
    judge(text)


NET = complex_type(fields("Username", "Password", more=OPTIONAL))


def test_a_usual_header_is_read_without_zeep_and_where_nothing_else_is_asked_too() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(soap_binding, "bind_by_zeep", lambda *_: pytest.fail("zeep was asked"))
        bind.cache_clear()
        bound = bind(headed(without(DOCUMENT, *WHO), NET).encode()).operations["getchatchannels"]
    written = etree.fromstring(bound.write({name: name for name in bound.names}))
    assert [etree.QName(each).localname for each in written.iter()] == [
        *("Envelope", "Header", "AuthHeader", "Username", "Password", "Body", "getchatchannels")
    ]


def test_an_encoded_call_says_the_types_of_its_parts_and_not_those_of_a_header() -> None:
    bound = bind(headed(without(ENCODED, *WHO), NET).encode()).operations["sendmessage"]
    written = etree.fromstring(bound.write({name: name for name in bound.names}))
    typed = {
        etree.QName(each).localname for each in written.iter() if each.keys() and each.getparent() is not written[1]
    }
    assert typed == {"platform", "platformid", "destination", "message"}
    assert [each.text for each in written[0][0]] == ["user", "password"]


def test_what_stands_in_a_header_is_no_element_of_a_call_to_a_survey() -> None:
    for text, key in ((DOCUMENT, "user"), (headed(without(DOCUMENT, *WHO), NET), "AuthHeader")):
        bind.cache_clear()
        assert soap_manner.stands_in_header(bind(text.encode())) is (key == "AuthHeader")


BARE = without(DOCUMENT, *WHO)
HEADER = '<s:header message="c:AuthIn" part="Auth" use="literal"/>'
NOTHING = "of getchatchannels: nothing is known of its SOAP header AuthHeader, which holds"


def test_one_operation_may_have_its_credentials_in_the_body_and_another_in_a_header() -> None:
    usual, other = bind(DOCUMENT.encode()).operations, headed(DOCUMENT, NET)
    parts = re.split(r"(?=<operation name)", other)
    other = "".join(part if 'name="sendmessage"' in part else part.replace(HEADER, "") for part in parts)
    request = (
        f'<x:element name="sendmessage">{complex_type(fields("platform", "platformid", "destination", "message"))}'
    )
    whole = f'<x:element name="sendmessage">{complex_type(fields(*SEND))}'
    assert whole in other
    bound = both_readings(other.replace(whole, request))
    for binding in bound:
        for method, operation in binding.operations.items():
            in_header = IN_HEADER in operation.names["user"]
            assert in_header is (method == "sendmessage")
            if not in_header:
                values = {name: name for name in operation.names}
                assert operation.write(values) == usual[method].write(values)


REFUSED: dict[str, tuple[str, str]] = {
    "one of a type": (
        headed(BARE, NET).replace('element="c:AuthHeader"', 'type="c:ChannelResult"'),
        "nothing is known of its SOAP header Auth, which holds list",
    ),
    "one that is encoded": (
        headed(BARE, NET).replace('"Auth" use="literal"', '"Auth" use="encoded"'),
        f"{NOTHING} Username, Password",
    ),
    "more in it": (headed(BARE, complex_type(fields(*WHO, "token"))), f"{NOTHING} user, password, token"),
    "one of them only": (headed(BARE, complex_type(fields("password"))), f"{NOTHING} password"),
    "a part that is not there": (
        headed(BARE, NET).replace(HEADER, HEADER.replace('"Auth"', '"Other"')),
        "of getchatchannels; ask",
    ),
    "the same twice": (headed(BARE, NET, others=HEADER), f"{NOTHING} Username, Password"),
    "of one version of SOAP only": (
        headed(BARE, NET).replace(
            "<service ",
            re.sub(r".*(<binding .*?</binding>).*", r"\1", BARE, flags=re.DOTALL).replace('"Binding"', '"Other"')
            + "<service ",
            1,
        ),
        f"{NOTHING} Username, Password",
    ),
    "of one operation only": (headed(BARE, NET).replace(HEADER, "", 1), f"{NOTHING} Username, Password"),
}


@table("name", REFUSED)
def test_what_is_not_known_of_a_header_is_told_at_once(name: str) -> None:
    text, told = REFUSED[name]
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        bind(text.encode())


def test_a_header_of_user_and_username_has_one_of_each() -> None:
    described = headed(BARE, complex_type(fields("username", "user", "password", more=OPTIONAL)))
    bound = bind(described.encode()).operations["sendmessage"]
    assert bound.names["user"] == f"AuthHeader{IN_HEADER}/user"


@table(
    ("change", "replacement"),
    [
        ("_MOST", 0),
        ("_SPELLED", {}),
        ("_inside", lambda *_: {}),
        ("_lead", lambda *_: None),
        ("_take_for_body", lambda *_: None),
        ("_bindings", lambda tree: [(each, each[0]) for each in tree.iterchildren("{*}binding")]),
    ],
)
def test_a_client_that_writes_other_headers_is_found(change: str, replacement: object) -> None:
    described = headed(without(DOCUMENT, *WHO), NET, others=TRACED, more=TRACE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credential_headers, change, replacement)
        with pytest.raises((AssertionError, ConfigurationError)):
            judge(described)
    bind.cache_clear()
    judge(described)
