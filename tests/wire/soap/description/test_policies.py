"""Ports whose policies demand what is not done here: another one is taken, or the client is not made."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.wire.soap.binding import bind
from afilnet_protocols.wire.soap.bound_operation import Binding
from afilnet_protocols.wire.soap.description import policies
from tests.peers.soap.description import wsdl
from tests.tables import table

POLICY = {
    "1.2": "http://schemas.xmlsoap.org/ws/2004/09/policy",
    "1.5": "http://www.w3.org/ns/ws-policy",
}
SECURITY = "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"
ID = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
NAMES = (
    f'xmlns:sp="{SECURITY}" xmlns:old="http://schemas.xmlsoap.org/ws/2005/07/securitypolicy" xmlns:u="{ID}" '
    'xmlns:wsam="http://www.w3.org/2007/05/addressing/metadata" xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl" '
    'xmlns:rm="http://schemas.xmlsoap.org/ws/2005/02/rm/policy" '
    'xmlns:ms="http://schemas.microsoft.com/ws/06/2004/policy/http" '
    'xmlns:bin="http://schemas.microsoft.com/ws/06/2004/mspolicy/netbinary1" '
    'xmlns:mtom="http://schemas.xmlsoap.org/ws/2004/09/policy/optimizedmimeserialization" xmlns:v="urn:a:maker"'
)
FREE, OTHER = "https://soap.example.com/chat", "https://soap.example.com/secured"
HTTPS = "<sp:TransportToken><wsp:Policy><sp:HttpsToken>{}</sp:HttpsToken></wsp:Policy></sp:TransportToken>"
TRANSPORT = "<sp:TransportBinding><wsp:Policy>{}</wsp:Policy></sp:TransportBinding>"

DEMANDING = {
    "<sp:SymmetricBinding/>": "WS-Security",
    "<old:AsymmetricBinding/>": "WS-Security",
    "<sp:SupportingTokens><wsp:Policy><sp:UsernameToken/></wsp:Policy></sp:SupportingTokens>": "WS-Security",
    TRANSPORT.format(HTTPS.format("") + "<sp:IncludeTimestamp/>"): "WS-Security",
    TRANSPORT.format(HTTPS.format("<wsp:Policy><sp:HttpBasicAuthentication/></wsp:Policy>")): "a login by HTTP",
    "<ms:NegotiateAuthentication/>": "a login by HTTP",
    "<wsam:Addressing><wsp:Policy/></wsam:Addressing>": "WS-Addressing headers",
    "<wsaw:UsingAddressing/>": "WS-Addressing headers",
    "<rm:RMAssertion/>": "WS-ReliableMessaging",
    "<bin:BinaryEncoding/>": "binary encoding",
    "<wsp:ExactlyOne><wsp:All><rm:RMAssertion/></wsp:All></wsp:ExactlyOne>": "WS-ReliableMessaging",
}
CONTENT = [
    "",
    TRANSPORT.format(HTTPS.format("")),
    '<wsam:Addressing wsp:Optional="true"/>',
    '<sp:SymmetricBinding wsp:Optional="1"/>',
    "<mtom:OptimizedMimeSerialization/>",
    "<sp:Wss11><wsp:Policy/></sp:Wss11>",
    "<v:Anything/>",
    "<wsp:ExactlyOne><wsp:All><rm:RMAssertion/></wsp:All><wsp:All/></wsp:ExactlyOne>",
    "<wsp:ExactlyOne/>",
    '<wsp:PolicyReference URI="#p"/>',
    '<wsp:PolicyReference URI="https://example.com/policies/sign"/>',
]
"""What policies say that demand nothing that is not done here."""


def described(policy: str, *, at: str = "binding", version: str = "1.2", alone: bool = False) -> str:
    """Return a description whose first port has a policy, and whose second one, if there is one, has none."""
    text = wsdl(FREE, "document")
    (binding,) = re.findall(r"(?s)<binding .*?</binding>", text)
    secured = binding.replace('name="Binding"', 'name="Secured"')
    inline = f"<wsp:Policy>{policy}</wsp:Policy>"
    named, port = "", '<port name="Secured" binding="c:Secured">{}<s:address location="' + OTHER + '"/></port>'
    match at:
        case "binding":
            secured = secured.replace("<s:binding", inline + "<s:binding")
        case "operation":
            secured = secured.replace("<s:operation", inline + "<s:operation", 1)
        case "request":
            secured = secured.replace("<input>", "<input>" + inline, 1)
        case "port":
            port = port.format(inline)
        case "reference":
            named = f'<wsp:Policy u:Id="p">{policy}</wsp:Policy>'
            secured = secured.replace("<s:binding", '<wsp:PolicyReference URI="#p"/><s:binding')
        case "attribute":
            named = f'<wsp:Policy u:Id="p">{policy}</wsp:Policy>'
            secured = secured.replace("<binding ", '<binding wsp:PolicyURIs="#q #p" ')
    text = text.replace(binding, secured if alone else secured + binding)
    text = text.replace("<types>", named + "<types>").replace(
        "xmlns:c=", f'{NAMES} xmlns:wsp="{POLICY[version]}" xmlns:c='
    )
    before, after = text.split('<port name="Port"')
    rest = after[after.index("</port>") + 7 :] if alone else '<port name="Port"' + after
    return before + port.format("") + rest


def bound(text: str) -> Binding:
    bind.cache_clear()
    return bind(text.encode())


@table("policy", DEMANDING)
@table("version", POLICY)
def test_another_port_is_taken_than_one_that_demands_more(policy: str, version: str) -> None:
    assert bound(described(policy, version=version)).address == FREE


@table("policy", DEMANDING)
def test_a_client_of_nothing_but_such_a_port_is_not_made(policy: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(DEMANDING[policy])) as caught:
        bound(described(policy, alone=True))
    assert "Secured" in str(caught.value)


@table("at", ["binding", "operation", "request", "port", "reference", "attribute"])
def test_a_policy_holds_wherever_it_is_attached(at: str) -> None:
    assert bound(described("<sp:SymmetricBinding/>", at=at)).address == FREE


@table("policy", CONTENT)
@table("at", ["binding", "reference", "port"])
def test_a_policy_that_demands_nothing_more_changes_nothing(policy: str, at: str) -> None:
    assert bound(described(policy, at=at)).address == OTHER


def test_what_is_required_without_a_policy_counts() -> None:
    required = '<wsaw:UsingAddressing wsdl:required="true" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"/>'
    for text, address in ((required, FREE), (required.replace("true", "false"), OTHER)):
        assert bound(described("").replace("<wsp:Policy></wsp:Policy>", text, 1)).address == address


@table("policy", DEMANDING)
@table("at", ["binding", "operation", "request", "port", "reference", "attribute"])
def test_a_description_whose_policies_are_taken_out_demands_nothing(policy: str, at: str) -> None:
    tree = etree.fromstring(described(policy, at=at, alone=True).encode())
    policies.drop_policies(tree)
    assert bound(etree.tostring(tree).decode()).address == OTHER


def test_what_is_required_without_a_policy_is_taken_out_too() -> None:
    required = '<wsaw:UsingAddressing wsdl:required="true" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"/>'
    text = described("", alone=True).replace("<wsp:Policy></wsp:Policy>", required, 1)
    tree = etree.fromstring(text.encode())
    policies.drop_policies(tree)
    assert b"UsingAddressing" not in etree.tostring(tree)
    assert bound(etree.tostring(tree).decode()).address == OTHER


def test_policies_that_refer_to_one_another_come_to_an_end() -> None:
    many = "".join(
        f'<wsp:Policy u:Id="p{n}">{f"""<wsp:PolicyReference URI="#p{n + 1}"/>""" * 9}</wsp:Policy>' for n in range(500)
    )
    text = described('<wsp:PolicyReference URI="#p0"/>').replace("<types>", many + "<types>")
    assert bound(text).address == OTHER


def test_policies_that_are_not_looked_at_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "_of_assertion", lambda _: [])
    with pytest.raises(ExceptionGroup):
        test_another_port_is_taken_than_one_that_demands_more()
