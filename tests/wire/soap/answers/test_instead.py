"""What comes in place of a SOAP envelope is named for what it is, and leaves the outcome of a send open."""

from __future__ import annotations

import itertools

import pytest

from afilnet_protocols.catalogue import ERROR_CODES, OPERATIONS, by_method
from afilnet_protocols.errors import AfilnetError, ConfigurationError, OutcomeUnknownError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.vocabulary import Delivery
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.soap import codec as soap
from afilnet_protocols.wire.soap.codec import SoapCodec
from tests.tables import table
from tests.wire.soap.test_codec import SHAPES, SOAP_11, SOAP_12, envelope, ok

CODECS = {
    name: SoapCodec(SHAPES[name], endpoint=None, user="me", password=Secret("password")) for name in ("document", "rpc")
}
SUCCESS = ok("sendmessage").decode()
XOP = 'application/xop+xml; charset=UTF-8; type="text/xml"'
MULTIPART = (
    f"--b\r\nContent-Type: {XOP}\r\nContent-Transfer-Encoding: 8bit\r\nContent-ID: <root>\r\n\r\n{SUCCESS}\r\n--b--\r\n"
)
MTOM = 'multipart/related; boundary=b; type="application/xop+xml"; start="<root>"; start-info="text/xml"'
INSTEAD: dict[str, tuple[str, str, str]] = {
    "MTOM whose boundary is another": (MTOM.replace("boundary=b", "boundary=c"), MULTIPART, "multipart"),
    "MTOM without a boundary": (MTOM.replace("boundary=b; ", ""), MULTIPART, "multipart"),
    "MTOM whose root is not encoded as it says": (MTOM, MULTIPART.replace("8bit", "base64"), "multipart"),
    "a page under the type of MTOM": (MTOM, MULTIPART.replace(SUCCESS, "<html><title>502</title></html>"), "web page"),
    "MTOM under another type": ("text/xml", MULTIPART, "multipart"),
    "an empty page": ("text/html", "", "empty"),
    "blanks": ("text/xml; charset=utf-8", " \r\n\t", "empty"),
    "a byte order mark": ("text/xml", "\ufeff", "empty"),
    "HTML": ("text/html", "<!DOCTYPE html>\n<html><title>502</title></html>", "web page"),
    "HTML without a type": ("text/xml", "\n<HTML><body>Maintenance</body></HTML>", "web page"),
    "JSON": ("application/json", '{"status":"SUCCESS"}', "JSON"),
    "JSON under the name of XML": ("text/xml", ' {"status":"SUCCESS","result":{"list":[]}}', "JSON"),
    "a JSON list": ("text/xml", "[]", "JSON"),
    "a notice of PHP": (
        "text/xml",
        f"<br />\n<b>Warning</b>: Undefined variable in <b>/srv/a.php</b>\n{SUCCESS}",
        "script",
    ),
    "a notice of PHP without HTML": ("text/xml", f"PHP Warning:  Undefined variable\n{SUCCESS}", "script"),
    "a sentence": ("text/plain", "-1", "does not begin with XML"),
}


@table("status", [200, 202, 500])
@table("what", INSTEAD)
@table("shape", CODECS)
@table("method", [operation.method for operation in OPERATIONS])
def test_it_is_named_and_leaves_the_outcome_open(method: str, shape: str, what: str, status: int) -> None:
    kind, text, words = INSTEAD[what]
    with pytest.raises(OutcomeUnknownError, match=words) as caught:
        CODECS[shape].decode(by_method(method), Reply(status, {"content-type": kind}, text.encode()))
    assert caught.value.__context__ is None
    assert "srv" not in str(caught.value)


@table("what", [name for name in INSTEAD if "type" not in name])
def test_a_description_that_is_none_is_named_too(what: str) -> None:
    _, text, words = INSTEAD[what]
    with pytest.raises(ConfigurationError, match=words) as caught:
        SoapCodec(text.encode(), endpoint=None, user="me", password=Secret("password"))
    assert "soap_wsdl" in str(caught.value)
    assert caught.value.delivery is Delivery.NOT_SENT


def test_what_is_well_formed_is_not_called_anything_else() -> None:
    for text, words in ((envelope("<c:other/>"), "another element"), (b"<Envelope/>", "not a SOAP envelope")):
        with pytest.raises(OutcomeUnknownError, match=words):
            CODECS["document"].decode(by_method("sendmessage"), Reply(200, {}, text))


def test_a_reader_that_names_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soap, "what_answered", lambda *_, **__: None)
    with pytest.raises(AssertionError):
        test_it_is_named_and_leaves_the_outcome_open.__wrapped__("sendmessage", "document", "JSON", 200)


def faults(code: str) -> dict[str, bytes]:
    """Return a Fault with a code as servers write it that differ in namespaces, prefixes and encodings."""
    text = "No existe la conversación"
    detail = f"<detail><error>{code}</error></detail>"
    plain = f"<faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
    inside = {
        "NuSOAP": f'<S:Fault><faultcode i:type="x:string">{code}</faultcode><faultactor i:type="x:string"></faultactor>'
        f'<faultstring i:type="x:string">{text}</faultstring><detail i:type="x:string"></detail></S:Fault>',
        "PHP": f"<S:Fault>{plain}</S:Fault>",
        "JAX-WS": f'<S:Fault xmlns:ns4="{SOAP_12}"><faultcode>S:Server</faultcode>'
        f"<faultstring>{text}</faultstring><detail>"
        f'<ns2:ChatException xmlns:ns2="urn:afilnet:chat"><error>{code}</error></ns2:ChatException></detail></S:Fault>',
        "qualified": f'<Fault xmlns="{SOAP_11}">{plain}{detail}</Fault>',
        "qualified detail": f'<S:Fault>{plain.replace(code, "S:Server")}<detail><c:x xmlns:c="urn:afilnet:chat" '
        f'xmlns="urn:afilnet:chat"><error>{code}</error></c:x></detail></S:Fault>',
        "fields in the service's namespace": f'<S:Fault xmlns="urn:afilnet:chat">{plain}</S:Fault>',
    }
    spaces = f'xmlns:S="{SOAP_11}" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    whole = {name: f"<S:Envelope {spaces}><S:Body>{each}</S:Body></S:Envelope>" for name, each in inside.items()}
    return {
        f"{name}, {label}": f'<?xml version="1.0" encoding="{label}"?>\n{each}'.encode(encoding)
        for name, each in whole.items()
        for label, encoding in (("UTF-8", "utf-8"), ("ISO-8859-1", "utf-8"), ("ISO-8859-1", "latin-1"))
    }


@table("status", [200, 500])
@table("shape", CODECS)
@table("method", [operation.method for operation in OPERATIONS])
def test_a_fault_with_a_code_is_the_services_no_however_it_is_written(method: str, shape: str, status: int) -> None:
    charsets = itertools.cycle(("; charset=UTF-8", "; charset=ISO-8859-1", ""))  # each body has each, with some codes
    for code, charset in zip(ERROR_CODES, charsets, strict=False):
        for name, body in faults(code).items():
            with pytest.raises(AfilnetError) as caught:
                CODECS[shape].decode(by_method(method), Reply(status, {"content-type": f"text/xml{charset}"}, body))
            found = (getattr(caught.value, "code", str(caught.value)), caught.value.delivery)
            assert found == (code, Delivery.REJECTED), name
