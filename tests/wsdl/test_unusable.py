"""A description that cannot be used: every refusal names the setting, and says what to ask for or to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from afilnet_protocols import connect
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.wire.soap.description import wsdl
from tests.tables import table

GOOD = (Path(__file__).parents[2] / "schemas" / "afilnet-chat.wsdl").read_text()
ADDRESS = GOOD.partition('address location="')[2].partition('"')[0]
TODO = "ask whoever runs the service for the WSDL 1.1"
GENERIC = (Path(__file__).parent / "generic.wsdl").read_text()
OBJECT = GENERIC.replace("</all>\n        </complexType>\n      </element>", "</all></complexType>").replace(
    '<element name="call">\n        <complexType>',
    '<element name="call"><complexType><sequence><element name="request" type="a:Request" maxOccurs="9"/></sequence>'
    '</complexType></element><complexType name="Request">',
)
"""Parameters that stand in several objects, as of services that take many messages at once."""

_WSDL = 'xmlns="http://schemas.xmlsoap.org/wsdl/"'

DESCRIPTIONS: dict[str, tuple[bytes, str, str]] = {
    "UTF-16 that is cut": (GOOD.encode("utf-16")[:-1], "binary", TODO),
    "nothing": (b"", "empty", TODO),
    "a page": (b"<html><title>x</title></html>", "web page", TODO),
    "another root": (b"<a/>", "root", TODO),
    "WSDL 2.0": (b'<description xmlns="http://www.w3.org/ns/wsdl"/>', "WSDL 2.0", TODO),
    "a schema": (b'<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"/>', "an XML schema", TODO),
    "WADL": (b'<application xmlns="http://wadl.dev.java.net/2009/02"/>', "WADL", TODO),
    "a list of .NET": (b'<discovery xmlns="http://schemas.xmlsoap.org/disco/"/>', "contractRef", TODO),
    "a Fault": (b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>', "an answer", TODO),
    "a document type": (b"<!DOCTYPE definitions><definitions/>", "document type", TODO),
    "cut off": (GOOD.encode()[:-40], "well-formed", TODO),
    "no namespace": (b"<definitions/>", "WSDL 1.1", TODO),
    "no port": (f"<definitions {_WSDL}/>".encode(), "port", TODO),
    "parameters in several objects": (OBJECT.encode(), "request of call holds class, method", TODO),
    "parameters in several objects of an operation": (
        OBJECT.replace('operation name="call"', 'operation name="getchatchannels"').encode(),
        "lacks the parameter user, password of getchatchannels: request of getchatchannels holds user, password",
        TODO,
    ),
    "parameters in several objects that may be absent": (
        OBJECT.replace('operation name="call"', 'operation name="getchatchannels"')
        .replace('maxOccurs="9"', 'maxOccurs="9" minOccurs="0"')
        .encode(),
        "lacks the parameter user, password of getchatchannels: request of getchatchannels holds user, password",
        TODO,
    ),
    "no operation": (GOOD.replace("etunreadmessages", "etothers").encode(), "operation", TODO),
    "in parts": (f'<definitions {_WSDL}><import location="b"/></definitions>'.encode(), "refers to", "wsdl bundle URL"),
    "by FTP": (GOOD.replace(ADDRESS, "ftp://x.example/soap").encode(), "ftp://x.example/soap", "set soap_endpoint"),
    "by mail": (GOOD.replace(ADDRESS, "mailto:a@x.example").encode(), "soap_endpoint must", "set soap_endpoint"),
    "nowhere": (GOOD.replace(ADDRESS, "").encode(), "no address", "set where SOAP requests go"),
}


def refusal(document: bytes, folder: Path) -> str:
    file = folder / "chat.wsdl"
    file.write_bytes(document)
    with pytest.raises(ConfigurationError) as refused:
        connect(protocol="soap", user="u", password="p", soap_wsdl=str(file)).close()
    return str(refused.value)


@table("name", DESCRIPTIONS)
def test_a_refusal_says_what_was_met_and_what_to_do(name: str, tmp_path: Path) -> None:
    document, met, todo = DESCRIPTIONS[name]
    told = refusal(document, tmp_path)
    assert met in told
    assert todo in told
    assert "soap_wsdl" in told or "soap_endpoint" in told


def test_a_refusal_that_only_says_what_was_met_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unusable: Callable[[str], ConfigurationError] = wsdl.unusable
    monkeypatch.setattr(wsdl, "unusable", lambda reason: ConfigurationError(str(unusable(reason)).partition(";")[0]))
    with pytest.raises(ExceptionGroup):
        test_a_refusal_says_what_was_met_and_what_to_do(tmp_path=tmp_path)
