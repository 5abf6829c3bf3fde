"""What a SOAP Fault means: the service's error code in it, if there is one.

Nothing is documented about the vendor's faults. A code is taken only from where codes stand (the fault's code, the
fields named after errors or codes in its detail, and a reason that begins with it), never from running text: a fault
may quote the message that was to be sent, and that must not decide whether it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from afilnet_protocols.catalogue import ERROR_CODES
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.wire import Reply, envelope
from afilnet_protocols.wire.verdict import refused, unintelligible

_TOKEN = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", re.ASCII)
_LEADING = re.compile(rf"({_TOKEN.pattern})(?=$|\s*[:.,;(\-])", re.ASCII)
_REASONS = ("faultstring", "Text")
_CODES = ("faultcode", "Value")
_DETAIL = ("error", "code", "errorcode", "error_code", "faultcode")


def meaning(fault: etree._Element, reply: Reply) -> AfilnetError:
    """Return the error that a Fault is raised as, on whatever HTTP status it came.

    Args:
        fault: the Fault element of SOAP 1.1 or 1.2.
        reply: the HTTP answer that it came in.

    Returns:
        The documented code's error; an ``UnknownServiceError`` for what looks like a code; else what the HTTP status
        means, which for a Fault (HTTP 500) is that the outcome is unknown.
    """
    found = list(dict.fromkeys(_codes(fault)))
    documented = [code for code in found if code in ERROR_CODES]
    candidates = documented or found
    if len(candidates) == 1:
        return refused(reply, envelope.error_for(candidates[0], reply))
    several = "a SOAP Fault with several error codes" if candidates else "a SOAP Fault without an error code"
    return unintelligible(reply, why=several)


def _codes(fault: etree._Element) -> Iterator[str]:
    for element in fault.iter():
        text = (element.text or "").strip()
        name = etree.QName(element).localname
        if len(element) or not text:
            continue
        if name in _CODES:
            # A qualified name, whose parts SOAP 1.1 §4.4.1 joins by dots: soap:Client.INCORRECT_METHOD
            text = text.rpartition(":")[2].rpartition(".")[2]
        if name in (*_CODES, *_DETAIL) or name.casefold() in _DETAIL:
            if _TOKEN.fullmatch(text):
                yield text
        elif name in _REASONS and (leading := _LEADING.match(text)):
            yield leading.group(1)
