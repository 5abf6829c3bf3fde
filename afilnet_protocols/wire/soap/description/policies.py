"""Policies of a description: a port whose service demands what is not done here is not taken for one that can be used.

WS-Policy 1.5 and 1.2 alike: alternatives, assertions that may be left out, and references to policies in the same
document. What nobody here has heard of demands nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from afilnet_protocols.wire.soap.namespaces import WSDL, local_name_of, local_of, namespace_of

_POLICY = ("http://schemas.xmlsoap.org/ws/2004/09/policy", "http://www.w3.org/ns/ws-policy")
_WITH_ID = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_YES = ("true", "1")

_LONGEST_WAY = 8
"""How many policies may refer to one another in a row; what is beyond is not looked at."""

_SECURITY = "securitypolicy"
"""What is in the namespaces of WS-SecurityPolicy 1.1 to 1.3."""

_SIGNED = frozenset(
    {"SymmetricBinding", "AsymmetricBinding", "SupportingTokens", "SignedSupportingTokens", "EndorsingSupportingTokens"}
    | {"SignedEndorsingSupportingTokens", "SignedEncryptedSupportingTokens", "EncryptedSupportingTokens"}
    | {"EndorsingEncryptedSupportingTokens", "SignedEndorsingEncryptedSupportingTokens", "IncludeTimestamp"}
)
_OF_HTTP = frozenset(
    {"HttpBasicAuthentication", "HttpDigestAuthentication", "BasicAuthentication", "DigestAuthentication"}
    | {"NtlmAuthentication", "NegotiateAuthentication"}
)
_DEMANDS = (
    ("http://www.w3.org/2007/05/addressing/metadata", "Addressing", "WS-Addressing headers"),
    ("http://www.w3.org/2006/05/addressing/wsdl", "UsingAddressing", "WS-Addressing headers"),
    ("http://schemas.xmlsoap.org/ws/2004/08/addressing/policy", "UsingAddressing", "WS-Addressing headers"),
    ("http://docs.oasis-open.org/ws-rx/wsrmp/200702", "RMAssertion", "WS-ReliableMessaging"),
    ("http://schemas.xmlsoap.org/ws/2005/02/rm/policy", "RMAssertion", "WS-ReliableMessaging"),
    ("http://schemas.microsoft.com/ws/06/2004/mspolicy/netbinary1", "BinaryEncoding", ".NET's binary encoding"),
)


class Policies:
    """The policies of a description.

    Args:
        tree: its root.
        parts: its bindings and port types, by kind and name.
    """

    def __init__(self, tree: etree._Element, parts: Mapping[tuple[str, str], etree._Element]) -> None:
        self._parts = parts
        self._named = {f"#{name}": node for node in _policies(tree) for name in _names_of(node)}
        self._known: dict[str, list[str]] = {}
        self._of_bindings: dict[str, list[str]] = {}
        self._followed = 0

    def demanded_at(self, port: etree._Element) -> list[str]:
        """Return what the policies of a port demand that is not done here; nothing if it can be used."""
        binding = local_of(port.get("binding"))
        if binding not in self._of_bindings:
            self._of_bindings[binding] = [each for place in self._places(binding) for each in self._at(place)]
        return list(dict.fromkeys(self._at(port) + self._of_bindings[binding]))

    def _places(self, binding: str) -> Iterator[etree._Element]:
        """Yield the elements whose policies hold for the ports of a binding (WS-PolicyAttachment §4)."""
        bound = self._parts.get(("binding", binding))
        port_type = None if bound is None else self._parts.get(("portType", local_of(bound.get("type"))))
        for place in (bound, port_type):
            if place is not None:
                yield place
                for operation in place.iterchildren(f"{{{WSDL}}}operation"):
                    yield operation
                    yield from operation.iterchildren(f"{{{WSDL}}}input")

    def _at(self, place: etree._Element) -> list[str]:
        found: list[str] = []
        for child in place.iterchildren(etree.Element):
            if namespace_of(child) in _POLICY:
                found += self._of(child)
            elif child.get(f"{{{WSDL}}}required") in _YES:
                found += _of_assertion(child)
        for space in _POLICY:
            for reference in place.get(f"{{{space}}}PolicyURIs", "").split():
                found += self._of_reference(reference)
        return found

    def _of(self, node: etree._Element) -> list[str]:
        """Return what a policy, or a part of one, demands."""
        name = local_name_of(node)
        if any(node.get(f"{{{space}}}Optional") in _YES for space in _POLICY):
            return []
        if namespace_of(node) not in _POLICY:
            return _of_assertion(node) + self._of_all(node)
        if name == "PolicyReference":
            return self._of_reference(node.get("URI", ""))
        if name == "ExactlyOne":
            return min((self._of(child) for child in node.iterchildren(etree.Element)), key=len, default=[])
        return self._of_all(node)

    def _of_all(self, node: etree._Element) -> list[str]:
        return list(dict.fromkeys(each for child in node.iterchildren(etree.Element) for each in self._of(child)))

    def _of_reference(self, uri: str) -> list[str]:
        named = self._named.get(uri)
        if named is not None and uri not in self._known and self._followed < _LONGEST_WAY:
            self._known[uri] = []  # for a policy that refers to itself
            self._followed += 1
            self._known[uri] = self._of(named)
            self._followed -= 1
        return self._known.get(uri, [])


def drop_policies(tree: etree._Element) -> None:
    """Take out of a description its policies, and what it requires without one."""
    for node in list(tree.iter(etree.Element)):
        required = node.get(f"{{{WSDL}}}required") in _YES and bool(_of_assertion(node))
        around = node.getparent()
        if around is not None and (required or namespace_of(node) in _POLICY):
            around.remove(node)
        for name in {f"{{{space}}}PolicyURIs" for space in _POLICY} & set(node.attrib):
            del node.attrib[name]


def _of_assertion(node: etree._Element) -> list[str]:
    name, space = local_name_of(node), namespace_of(node)
    if _SECURITY in space and name in _SIGNED:
        return ["WS-Security"]
    if (_SECURITY in space or "policy/http" in space) and name in _OF_HTTP:
        return ["a login by HTTP"]
    return [demand for known, local, demand in _DEMANDS if (known, local) == (space, name)]


def _policies(tree: etree._Element) -> Iterator[etree._Element]:
    return tree.iter(*(f"{{{space}}}Policy" for space in _POLICY))


def _names_of(policy: etree._Element) -> Iterator[str]:
    for attribute in (f"{{{_WITH_ID}}}Id", _XML_ID, "Id"):
        name = policy.get(attribute)
        if name:
            yield name
