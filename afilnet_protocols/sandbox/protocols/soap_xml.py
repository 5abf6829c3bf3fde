"""SOAP 1.1 envelopes, read strictly with lxml and written by template. No dialect is known here."""

from __future__ import annotations

import contextlib

from lxml import etree

from afilnet_protocols.sandbox.protocols import fields
from afilnet_protocols.sandbox.server.exchange import XML, HttpAnswer, HttpRefusal, HttpRequest

NAMESPACE = "urn:afilnet:chat"
"""The namespace of the operations (assumed)."""

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"

_NIL = f"{{{XSI}}}nil"
_ENVELOPE, _HEADER, _BODY = (f"{{{SOAP}}}{name}" for name in ("Envelope", "Header", "Body"))


class SoapFault(Exception):
    """The answer is a SOAP Fault."""

    def __init__(self, text: str, *, code: str = "Client") -> None:
        super().__init__(text)
        self.answer = fault(text, code=code)


def read_operation(request: HttpRequest) -> etree._Element | None:
    """Return the operation's element out of the Body; ``None`` for an empty Body.

    Raises:
        HttpRefusal: it is not XML in UTF-8 without a document type, or not an envelope (400), or of another type (415).
        SoapFault: the envelope is of another version, has a header that must be understood, or a Body of many parts.
    """
    if request.media_type not in ("text/xml", "application/xml"):
        raise HttpRefusal(415, "send text/xml")
    fields.refuse_other_charset(request)
    root = _parse(request.body)
    if root.tag != _ENVELOPE:
        if etree.QName(root).localname == "Envelope":
            raise SoapFault("send a SOAP 1.1 envelope", code="VersionMismatch")
        raise HttpRefusal(400, "the body is not a SOAP envelope")
    children = list(root)
    if children and children[0].tag == _HEADER:
        _check_header(children.pop(0))
    if not children or children[0].tag != _BODY:
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


def _check_header(header: etree._Element) -> None:
    for block in header:
        if block.get(f"{{{SOAP}}}mustUnderstand") in ("1", "true"):
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


def envelope(body: str, *, status: int = 200) -> HttpAnswer:
    """Put XML into an envelope."""
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>{body}</soap:Body></soap:Envelope>'
    )
    return HttpAnswer(status, document.encode(), XML)


def fault(text: str, *, code: str = "Client", detail: str = "") -> HttpAnswer:
    """Write a Fault; HTTP 500, as SOAP 1.1 section 6.2 says."""
    inside = f"<detail>{detail}</detail>" if detail else ""
    return envelope(
        f"<soap:Fault><faultcode>soap:{code}</faultcode><faultstring>{escape(text)}</faultstring>{inside}</soap:Fault>",
        status=500,
    )
