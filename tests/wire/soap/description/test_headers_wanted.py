"""A description that wants something else in a SOAP header is refused by the name of that, and by what it holds."""

from __future__ import annotations

import re

import pytest

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.wire.soap.binding import bind
from tests.tables import table
from tests.wire.soap.description.test_objects import DOCUMENT, asking, fields, kind

_SEND = ("user", "password", "platform", "platformid", "destination", "message")
_HELD = fields("Login", "Pin")
_ONE = f'<x:element name="AuthHeader"><x:complexType><x:sequence>{_HELD}</x:sequence></x:complexType></x:element>'
_TYPED = f'<x:element name="AuthHeader" type="c:AuthHeader"/>{kind("AuthHeader", _HELD)}'
_ELEMENT, _PART = '<part name="Auth" element="c:AuthHeader"/>', '<part name="Auth" type="c:AuthHeader"/>'
NAMED = (
    "lacks the parameter user, password of sendmessage: nothing is known of its SOAP header AuthHeader, which holds "
    "Login, Pin; ask"
)


def with_header(part: str, schema: str, *names: str, side: str = "input") -> str:
    """Return a description whose operations want a header, as .NET's older services have it."""
    text = asking(fields(*names), schema)
    text = text.replace("<portType", f'<message name="AuthIn">{part}</message><portType', 1)
    (prefix,) = set(re.findall(r"<(\w+):body", text))
    header = f'<{prefix}:header message="c:AuthIn" part="Auth" use="literal"/>'
    return re.sub(rf"(<{side}>)(?=<{prefix}:body)", rf"\1{header}", text)


@table(
    ("part", "schema", "told"),
    [
        (_ELEMENT, _ONE, NAMED),
        (_ELEMENT, _TYPED, NAMED),
        (_PART, kind("AuthHeader", _HELD), NAMED.replace("AuthHeader", "Auth")),
        (_ELEMENT, "", "of sendmessage: nothing is known of its SOAP header AuthHeader; ask"),
        ("", "", "user, password of sendmessage; ask"),
    ],
)
def test_the_header_is_named_where_the_credentials_are_missing(part: str, schema: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        bind(with_header(part, schema, *_SEND[2:]).encode())


@table(
    ("names", "side", "told"),
    [
        (_SEND[:-1], "input", "lacks the parameter message of sendmessage; ask"),
        (_SEND[2:], "output", "lacks the parameter user, password of sendmessage; ask"),
    ],
)
def test_a_header_is_not_told_that_is_not_what_is_missing(names: tuple[str, ...], side: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        bind(with_header(_ELEMENT, _ONE, *names, side=side).encode())


def test_what_is_named_like_the_header_inside_of_something_else_is_not_told() -> None:
    schema = kind("Another", _ONE.replace("Login", "Other")) + _ONE
    with pytest.raises(ConfigurationError, match=re.escape(NAMED)):
        bind(with_header(_ELEMENT, schema, *_SEND[2:]).encode())


def test_the_first_header_alone_is_looked_at() -> None:
    """There may be thousands, and each costs a way through the description."""
    text = with_header(_ELEMENT, _ONE, *_SEND[2:])
    text = text.replace(
        '<s:header message="c:AuthIn"',
        '<s:header message="c:nothing" part="Auth" use="literal"/><s:header message="c:AuthIn"',
    )
    with pytest.raises(ConfigurationError, match=r"lacks the parameter user, password of sendmessage; ask"):
        bind(text.encode())


def test_a_header_beside_credentials_in_the_body_is_left_out_as_before() -> None:
    usual, other = (bind(text.encode()) for text in (DOCUMENT, with_header(_ELEMENT, _ONE, *_SEND)))
    values = {name: name for name in _SEND}
    assert other.operations["sendmessage"].write(values) == usual.operations["sendmessage"].write(values)
