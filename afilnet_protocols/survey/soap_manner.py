"""In which style a SOAP service describes itself and writes: told by its description and two harmless calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import astuple, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from afilnet_protocols.catalogue import GET_CHAT_CHANNELS, GET_CHATS
from afilnet_protocols.dialects.dimensions import Answer
from afilnet_protocols.dialects.soap import SOAP_STYLES, SoapStyle
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.survey import purposes
from afilnet_protocols.survey.consented import WRONG_PASSWORD
from afilnet_protocols.survey.heard import Heard
from afilnet_protocols.survey.http_api import HttpApi
from afilnet_protocols.wire import Request

if TYPE_CHECKING:
    from afilnet_protocols.wire.soap.bound_operation import Binding
    from afilnet_protocols.wire.soap.codec import SoapCodec

_NAMESPACE = "urn:afilnet:chat"
_SUCCESS = re.compile(rb">\s*success\s*<|status\W{1,40}success", re.IGNORECASE)

_FRONTS = {
    "wrapped": SoapStyle(),
    "rpc": SoapStyle(rpc=True, encoded=True, fault="none"),
}


def ask_soap(api: HttpApi, *, wrong_password: bool) -> None:
    """Note the style and the version of SOAP, if they are known ones, and what its answers show.

    Only a description that is a file is looked at: an address is for ``afilnet wsdl bundle`` to fetch.

    Args:
        api: whose settings and notes these are.
        wrong_password: whether a login with a wrong password may be tried.
    """
    notes, ask = api.notes, api.asker.ask
    prepared = _prepared(api.settings)
    if prepared is None:
        return
    listed = ask(purposes.SOAP_CHANNELS, prepared.listing)
    refused = ask(purposes.SOAP_NO_CHANNEL, prepared.absent)
    notes.note(_described(prepared.binding, prepared.description))
    if listed is not None and refused is not None:
        notes.note(_answered(prepared.binding, prepared.description, listed, refused))
    if wrong_password:
        heard = ask(purposes.WRONG_SOAP, prepared.wrong)
        notes.note([] if heard is None else [("logins.soap", _login(heard))])


def calls_of(settings: Settings) -> set[str]:
    """Return the calls that these settings let a survey make, by what each is for."""
    if _prepared(settings) is None:
        return set()
    return {purposes.SOAP_CHANNELS, purposes.SOAP_NO_CHANNEL, purposes.WRONG_SOAP}


class _Prepared(NamedTuple):
    """What a description lets a survey ask: the channels, those of none, and the channels with a wrong password."""

    description: bytes
    binding: Binding
    listing: Request
    absent: Request
    wrong: Request


def _prepared(settings: Settings) -> _Prepared | None:
    """Return what can be asked; ``None`` without a description in a file, or if it cannot be used."""
    path = Path(settings.soap_wsdl or "")
    if not settings.soap_wsdl or not path.is_file() or not isinstance(settings.password, Secret):
        return None
    try:
        description = path.read_bytes()
        codec = _codec(settings, description, settings.password)
        return _Prepared(
            description,
            codec.binding,
            codec.encode(GET_CHAT_CHANNELS, {}),
            codec.encode(GET_CHATS, {"platform": "whatsapp", "platformid": "nosuch"}),
            _codec(settings, description, Secret(WRONG_PASSWORD)).encode(GET_CHAT_CHANNELS, {}),
        )
    except (AfilnetError, OSError):
        return None


def _codec(settings: Settings, description: bytes, password: Secret) -> SoapCodec:
    from afilnet_protocols.wire.soap.codec import SoapCodec

    return SoapCodec(description, endpoint=settings.soap_endpoint, user=settings.user or "", password=password)


def _described(binding: Binding, description: bytes) -> Iterator[tuple[str, Answer]]:
    """Yield what a description alone shows."""
    from afilnet_protocols.wire.soap.described import INSIDE

    yield "soap.version", "1.2" if "2003/05" in binding.envelope else "1.1"
    assumed = f'targetNamespace="{_NAMESPACE}"'.encode() in description
    yield "soap.namespace", "assumed" if assumed else "other"
    if "class" in {key.rpartition(INSIDE)[2].casefold() for key in binding.operations[GET_CHAT_CHANNELS.method].fixed}:
        yield "soap.style", "generic"


def _answered(binding: Binding, description: bytes, listed: Heard, refused: Heard) -> Iterator[tuple[str, Answer]]:
    """Yield what the answers show: the channels, and the refusal of a channel that there is not."""
    said = _SUCCESS.search(listed.body) is not None
    yield "soap.credentials", "elements" if said and not stands_in_header(binding) else "other"
    if said:
        yield "soap.error_http", refused.status
    bound = binding.operations[GET_CHAT_CHANNELS.method]
    shown = _features(SoapStyle(rpc=bound.rpc, encoded=bound.encoded), description, listed, refused)
    for name, style in {**_FRONTS, **SOAP_STYLES}.items():
        if _told(style, listed) == _told(shown, listed):
            yield "soap.style", name
            return


def stands_in_header(binding: Binding) -> bool:
    """Whether the password of a call stands in a SOAP header."""
    from afilnet_protocols.wire.soap.described import IN_HEADER

    return IN_HEADER in binding.operations[GET_CHAT_CHANNELS.method].names["password"]


def _login(heard: Heard) -> str:
    if b"INCORRECT_USER_PASSWORD" not in heard.body:
        return "other"
    return "fault" if b"Fault>" in heard.body else "answer"


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
