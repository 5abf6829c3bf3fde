"""What the attributes of a description say, without what does not count: zeep takes them as they are written."""

from __future__ import annotations

from lxml import etree

from afilnet_protocols.wire.soap.namespaces import MIME_WSDL, SOAP_12_WSDL, SOAP_WSDL, WSDL, XSD

_OWN = tuple(f"{{{space}}}*" for space in (WSDL, SOAP_WSDL, SOAP_12_WSDL, MIME_WSDL, XSD))
_BLANK = " \t\r\n"
_TEXTS = frozenset(("default", "fixed", "value"))
"""The attributes whose blanks may count: all others are names, numbers, flags and addresses."""

_MAY_BE_OTHERWISE = "boolean(//@*[normalize-space() != .] | //@nillable[. = '1'])"
"""Whether anything is to be done, asked in one step: there hardly ever is."""


def settle_attributes(tree: etree._Element) -> None:
    """Take away the blanks around what attributes say, which do not count (XML Schema Part 2 §4.3.6), and spell flags.

    Args:
        tree: the root of a description or a schema; it is changed.
    """
    if not tree.xpath(_MAY_BE_OTHERWISE):
        return
    for element in tree.iter(*_OWN):
        for name, value in element.items():
            if (stripped := str(value).strip(_BLANK)) != value and _is_own(str(name)):
                element.set(name, stripped)
        if element.get("nillable") == "1":
            element.set("nillable", "true")


def _is_own(attribute: str) -> bool:
    """Whether an attribute is WSDL's, SOAP's or XML Schema's, and holds no text."""
    return attribute not in _TEXTS and (not attribute.startswith("{") or attribute.startswith(f"{{{WSDL}}}"))
