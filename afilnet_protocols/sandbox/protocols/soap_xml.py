"""SOAP envelopes, read strictly with lxml and written by template. No dialect is known here."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from lxml import etree

from afilnet_protocols.sandbox.protocols import fields
from afilnet_protocols.sandbox.server.exchange import HttpAnswer, HttpRefusal, HttpRequest

NAMESPACE = "urn:afilnet:chat"
"""The namespace of the operations (assumed)."""

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"

_NIL = f"{{{XSI}}}nil"


class SoapVersion(NamedTuple):
    """A version of SOAP.

    Attributes:
        name: what it is called.
        namespace: that of its envelope.
        media_types: what a request may say that it is.
        content_type: what an answer says that it is, without the encoding.
        binding: the namespace of its elements in a WSDL.
    """

    name: str
    namespace: str
    media_types: tuple[str, ...]
    content_type: str
    binding: str


SOAP_11 = SoapVersion("1.1", SOAP, ("text/xml", "application/xml"), "text/xml", "http://schemas.xmlsoap.org/wsdl/soap/")
SOAP_12 = SoapVersion(
    "1.2",
    "http://www.w3.org/2003/05/soap-envelope",
    ("application/soap+xml",),
    "application/soap+xml",
    "http://schemas.xmlsoap.org/wsdl/soap12/",
)


class SoapFault(Exception):
    """The answer is a SOAP Fault."""

    def __init__(self, text: str, *, code: str = "Client") -> None:
        super().__init__(text)
        self.code = code


def read_operation(request: HttpRequest, version: SoapVersion = SOAP_11) -> etree._Element | None:
    """Return the operation's element out of the Body; ``None`` for an empty Body.

    Raises:
        HttpRefusal: it is not XML in UTF-8 without a document type, or not an envelope (400), or of another type (415).
        SoapFault: the envelope is of another version, has a header that must be understood, or a Body of many parts.
    """
    if request.media_type not in version.media_types:
        raise HttpRefusal(415, f"send {version.content_type}")
    fields.refuse_other_charset(request)
    root = _parse(request.body)
    head, body = (f"{{{version.namespace}}}{name}" for name in ("Header", "Body"))
    if root.tag != f"{{{version.namespace}}}Envelope":
        if etree.QName(root).localname == "Envelope":
            raise SoapFault(f"send a SOAP {version.name} envelope", code="VersionMismatch")
        raise HttpRefusal(400, "the body is not a SOAP envelope")
    children = list(root)
    if children and children[0].tag == head:
        _check_header(children.pop(0), version)
    if not children or children[0].tag != body:
        raise HttpRefusal(400, "the SOAP envelope has no Body")
    operations = list(children[0])
    if len(operations) > 1:
        raise SoapFault("the Body has more than one part")
    return operations[0] if operations else None


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root: etree._Element | None = None
    # libxml2 would guess other encodings from the first bytes.
    with contextlib.suppress(etree.XMLSyntaxError, ValueError):
        root = etree.fromstring(body, parser) if "\0" not in body.decode("utf-8") else None
    if root is None:
        raise HttpRefusal(400, "the body is not well-formed XML")
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.externalDTD is not None:
        raise HttpRefusal(400, "a SOAP message has no document type")
    if (document.encoding or "UTF-8").upper() not in ("UTF-8", "US-ASCII", "ASCII"):
        raise HttpRefusal(400, "send UTF-8")
    return root


def _check_header(header: etree._Element, version: SoapVersion) -> None:
    for block in header:
        if block.get(f"{{{version.namespace}}}mustUnderstand") in ("1", "true"):
            raise SoapFault("a header that must be understood is not", code="MustUnderstand")


def read_fields(operation: etree._Element) -> dict[str, str]:
    """Return the operation's children by name; one that is ``xsi:nil`` counts as absent.

    Raises:
        SoapFault: a child is qualified, comes twice, or is not plain text.
    """
    found: dict[str, str] = {}
    for child in operation:
        name = child.tag
        if name.startswith("{"):
            raise SoapFault("the parameters are elements without a namespace")
        if name in found:
            raise SoapFault("a parameter comes twice")
        if len(child):
            raise SoapFault("a parameter is not plain text")
        if child.get(_NIL) not in ("true", "1"):
            found[name] = child.text or ""
    fields.refuse_uncarriable(found)  # libxml2 lets U+FFFE and U+FFFF pass
    return found


def escape(text: str) -> str:
    """Write text as XML content that is read back exactly: a CR would be read as LF, so it is a reference."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def envelope(body: str, *, status: int = 200, version: SoapVersion = SOAP_11) -> HttpAnswer:
    """Put XML into an envelope."""
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soap:Envelope xmlns:soap="{version.namespace}"><soap:Body>{body}</soap:Body></soap:Envelope>'
    )
    return HttpAnswer(status, document.encode(), f"{version.content_type}; charset=utf-8")


def fault(text: str, *, code: str = "Client", detail: str = "", version: SoapVersion = SOAP_11) -> HttpAnswer:
    """Write a Fault; HTTP 500, as SOAP 1.1 section 6.2 says."""
    return envelope(
        fault_element(text, code=f"soap:{code}", detail=detail, version=version), status=500, version=version
    )


_CODES_OF_12 = {"soap:Client": "soap:Sender", "soap:Server": "soap:Receiver"}


def fault_element(text: str, *, code: str, detail: str = "", version: SoapVersion = SOAP_11) -> str:
    """Write the element of a Fault (SOAP 1.1 section 4.4, SOAP 1.2 part 1 section 5.4)."""
    if version is SOAP_11:
        inside = f"<detail>{detail}</detail>" if detail else ""
        return (
            f"<soap:Fault><faultcode>{code}</faultcode><faultstring>{escape(text)}</faultstring>{inside}</soap:Fault>"
        )
    value = f"<soap:Code><soap:Value>{_CODES_OF_12.get(code, code)}</soap:Value></soap:Code>"
    reason = f'<soap:Reason><soap:Text xml:lang="en">{escape(text)}</soap:Text></soap:Reason>'
    return f"<soap:Fault>{value}{reason}{f'<soap:Detail>{detail}</soap:Detail>' if detail else ''}</soap:Fault>"
