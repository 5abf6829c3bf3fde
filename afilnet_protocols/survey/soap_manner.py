"""In which style a SOAP service describes itself and writes: told by its description and two harmless calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, replace
from pathlib import Path

from afilnet_protocols.catalogue import GET_CHAT_CHANNELS, GET_CHATS
from afilnet_protocols.dialects.dimensions import Answer
from afilnet_protocols.dialects.soap import SOAP_STYLES, SoapStyle
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.survey.asking import Asker
from afilnet_protocols.survey.reading import Heard

_FRONTS = {
    "wrapped": SoapStyle(),
    "rpc": SoapStyle(rpc=True, encoded=True, fault="none"),
}


def soap_manner(settings: Settings, asker: Asker) -> Iterator[tuple[str, Answer]]:
    """Yield the style and the version of SOAP; nothing if they are none of those that are known.

    Only a description that is a file is looked at: an address is for ``afilnet wsdl bundle`` to fetch.
    """
    from afilnet_protocols.wire.soap.codec import SoapCodec

    path = Path(settings.soap_wsdl or "")
    if not path.is_file() or not isinstance(settings.password, Secret):
        return
    try:
        description = path.read_bytes()
        endpoint = settings.soap_endpoint
        codec = SoapCodec(description, endpoint=endpoint, user=settings.user or "", password=settings.password)
        listing = codec.encode(GET_CHAT_CHANNELS, {})
        absent = codec.encode(GET_CHATS, {"platform": "whatsapp", "platformid": "nosuch"})
    except (AfilnetError, OSError):
        return
    yield "soap.version", "1.2" if "2003/05" in codec.binding.envelope else "1.1"
    bound = codec.binding.operations[GET_CHAT_CHANNELS.method]
    if "class" in {name.casefold() for name in bound.fixed}:
        yield "soap.style", "generic"
        return
    listed = asker.ask("SOAP: the channels", listing)
    refused = asker.ask("SOAP: a channel that there is not", absent)
    if listed is not None and refused is not None:
        shown = _features(SoapStyle(rpc=bound.rpc, encoded=bound.encoded), description, listed, refused)
        for name, style in {**_FRONTS, **SOAP_STYLES}.items():
            if _told(style, listed) == _told(shown, listed):
                yield "soap.style", name
                return


def _told(style: SoapStyle, listed: Heard) -> tuple[object, ...]:
    """Return what of a style can show: base64 only where a text is beyond ASCII; a schema apart not in a file."""
    binary = style.binary and b"base64Binary" in listed.body
    return astuple(replace(style, schema_apart=False, binary=binary, declared_else=""))


def _features(style: SoapStyle, description: bytes, listed: Heard, refused: Heard) -> SoapStyle:
    body, head = listed.body, listed.headers.get("content-type", "")
    if b"arrayType" in body:
        style = replace(style, lists="array")
    elif b"<item" not in body:
        style = replace(style, lists="repeated")
    references = "beside" if b"<multiRef" in body else "inside" if b' id="' in body else "none"
    fault = "none" if b"Fault>" not in refused.body else "detail"
    if fault == "detail" and b"etail>" not in refused.body:
        fault = "faultcode"
    charset = head.partition("charset=")[2] or None
    declared = body[:80].partition(b'encoding="')[2].partition(b'"')[0].decode("ascii", "replace")
    return replace(
        style,
        group="all" if b":all>" in description else "sequence",
        part="return" if b"<return" in body else None,
        references=references,  # type: ignore[arg-type]  # one of its words
        qualified=b'Response xmlns="' in body,
        binary=b"base64Binary" in body,
        declared=declared,
        charset=charset,
        latin1=declared == "ISO-8859-1" and charset is None,
        fault=fault,  # type: ignore[arg-type]  # one of its words
    )
