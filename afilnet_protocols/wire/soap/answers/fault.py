"""What a SOAP Fault means: the service's error code in it, if there is one.

Nothing is documented about the vendor's faults. A code is taken only from where codes stand (the fault's code, the
fields named after errors or codes in its detail, a detail that is nothing else, a reason that begins with it, and the
service's own error document where a reason or a detail holds nothing else), never from running text: a fault may quote
the message that was to be sent, and that must not decide whether it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from afilnet_protocols.catalogue import ERROR_CODES
from afilnet_protocols.errors import AfilnetError, ServiceError
from afilnet_protocols.patterns import late
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.document.assent import assent_in, says_done, tells_of_a_deed
from afilnet_protocols.wire.document.repeated import may_repeat
from afilnet_protocols.wire.envelope import CODE_NAMES, as_code, error_for, leading_code, no_code, refusal_in
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.answers.answer import WRAPPERS, envelope_in_text
from afilnet_protocols.wire.soap.namespaces import DATA_CONTRACTS
from afilnet_protocols.wire.verdict import refused, unintelligible

_CODE = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
_TOKEN = late(_CODE, re.ASCII)
_REASONS = ("faultstring", "Text")
_DETAILS = ("detail", "Detail")
_CODES = ("faultcode", "Value")
_TEXT = f"{{{DATA_CONTRACTS}}}string"
"""What .NET (WCF) writes around a detail that is a text, as it is for a ``FaultException<string>``."""

_NO_WORD = ", which says no more than that something went wrong: ask the service what"


def meaning(fault: etree._Element, reply: Reply) -> AfilnetError:
    """Return the error that a Fault is raised as, on whatever HTTP status it came.

    Returns:
        The documented code's error; an ``UnknownServiceError`` for what looks like a code; else what the HTTP status
        means, which for a Fault (HTTP 500) is that the outcome is unknown.
    """
    found = list(dict.fromkeys(_codes(fault, reply)))
    documented = [code for code in found if code in ERROR_CODES]
    candidates = documented or found
    if any(
        (in_detail and tells_of_a_deed(name, text))
        or says_done(text, reply.sent)
        or (text.startswith(("{", "[", "<")) and assent_in({name: _opened(text)}, reply.sent))
        for name, text, in_detail in _told(fault)
    ):
        return unintelligible(reply, why="a Fault that tells of a success", success=True)
    if len(candidates) == 1:
        return refused(reply, error_for(candidates[0], reply))
    if candidates:
        return unintelligible(reply, why="a SOAP Fault with several error codes")
    said = next((f": {no_code(name, text)}" for name, text, _ in _told(fault) if _names_a_code(name, text)), _NO_WORD)
    return unintelligible(reply, why=f"a SOAP Fault without an error code{said}", whole=True)


def _names_a_code(name: str, text: str) -> bool:
    """Whether a field is where a code should be, and holds a sentence or a number; a word may be SOAP's own code."""
    return fold(name) in CODE_NAMES and (text.isdecimal() or len(text.split()) > 1)


def _codes(fault: etree._Element, reply: Reply) -> Iterator[str]:
    for name, told, in_detail in _told(fault):
        # A qualified name, whose parts SOAP 1.1 §4.4.1 joins by dots: soap:Client.INCORRECT_METHOD
        text = told.rpartition(":")[2].rpartition(".")[2] if name in _CODES else told
        if fold(name) in CODE_NAMES or (name in _CODES and not in_detail):
            code = as_code(text)
            if code in ERROR_CODES or _TOKEN.fullmatch(code):
                yield code
        elif in_detail:
            continue  # a text or a value of another name, which may be what was sent
        elif name in (*_REASONS, *_DETAILS) and (code := as_code(text)) in ERROR_CODES:
            yield code
        elif name in _REASONS and (leading := leading_code(text)):
            yield leading
        elif name in (*_REASONS, *_DETAILS) and (refusal := _refusal_in(text, reply)):
            yield refusal.code


def _refusal_in(text: str, reply: Reply) -> ServiceError | None:
    """Return the refusal in a text that is the service's error document: not what was sent, nor a part of another."""
    if not text.startswith(("{", "<")) or (reply.sent is not None and may_repeat(text, reply.sent)):
        return None
    return refusal_in(envelope_in_text(text, False, [], WRAPPERS - 1) or {}, reply)


def _opened(text: str) -> object:
    return (envelope_in_text(text, True, []) if text.startswith("<") else None) or text


def _told(fault: etree._Element) -> Iterator[tuple[str, str, bool]]:
    """Yield the name and the text of every element that holds a text, and whether it stands in a detail.

    So do the attributes there. In a map of PHP or Axis the name stands beside the text:
    ``<item><key>code</key><value>…</value></item>``.
    """
    for part in fault:
        is_detail = etree.QName(part).localname in _DETAILS
        for element in part.iter(etree.Element):
            text = (element.text or "").strip()
            if text and not len(element):
                is_all = element is part or (element.tag == _TEXT and list(part) == [element])
                yield _name_of(part if is_all else element), text, is_detail and not is_all
            if is_detail:
                yield from (
                    (str(name), str(value).strip(), True)
                    for name, value in element.items()
                    if not str(name).startswith("{")
                )


def _name_of(element: etree._Element) -> str:
    name, before = etree.QName(element).localname, element.getprevious()
    if fold(name) == "value" and before is not None and fold(etree.QName(before).localname) == "key":
        return (before.text or "").strip()
    return name
