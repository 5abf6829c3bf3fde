"""What may be shown: living secrets masked in every spelling, and other people's text made harmless.

The libraries below us log what they send. A filter sits on each of their loggers, where it acts whatever the levels
and handlers are. Logger filters do not act for child loggers, so every module that has a logger is named.
"""

from __future__ import annotations

import logging
import traceback
import unicodedata

from afilnet_protocols.security.encodings import encodings
from afilnet_protocols.security.secret import MASK, living

LONGEST_SHOWN = 200
"""How much of a text from the service is shown, in characters."""

SHORTEST_MASKED = 4
"""Shorter secrets are not masked: they are part of every second word, and the marks would spell them out."""

LOGGERS = (
    "h11",
    "http.client",
    "oauthlib",
    "oauthlib.oauth1.rfc5849",
    "oauthlib.oauth2.rfc6749",
    "oauthlib.oauth2.rfc6749.endpoints.base",
    "oauthlib.oauth2.rfc8628",
    "requests",
    "requests_oauthlib",
    "requests_oauthlib.oauth1_auth",
    "requests_oauthlib.oauth1_session",
    "requests_oauthlib.oauth2_session",
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.http2.connection",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
    "zeep",
    "zeep.cache",
    "zeep.client",
    "zeep.proxy",
    "zeep.transports",
    "zeep.wsdl.bindings.http",
    "zeep.wsdl.bindings.soap",
    "zeep.wsdl.wsdl",
    "zeep.xsd.elements.any",
    "zeep.xsd.elements.attribute",
    "zeep.xsd.elements.element",
    "zeep.xsd.schema",
    "zeep.xsd.types.any",
    "zeep.xsd.types.complex",
    "zeep.xsd.types.simple",
    "zeep.xsd.visitor",
)
"""The loggers of the libraries below us, as far as a client runs through them."""

_OURS = "afilnet_protocols"

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that are not shown as they are: controls, directions, surrogates, line separators."""


def mask(text: str) -> str:
    """Return the text with every living secret in it masked, however it is spelled."""
    return _masked(text, _needles())


def mask_bytes(data: bytes) -> bytes:
    """Return the bytes with every living secret in them masked, however it is spelled."""
    return _without(data, _needles())


def shown(text: str, *, limit: int = LONGEST_SHOWN) -> str:
    """Return a text from the service in a form that can stand in a message or a log line.

    Secrets are masked; line ends, control characters, terminal sequences and changes of direction are escaped; what is
    longer than the limit is cut.

    Args:
        text: any text.
        limit: how many characters of the result are kept.
    """
    # Whatever is cut off needs no escaping; a secret is looked for before anything can cut it in two.
    escaped = "".join(_visible(character) for character in mask(text[: 16 * limit])[: limit + 1])
    return escaped if len(escaped) <= limit else f"{escaped[: limit - 1]}…"


def _visible(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if unicodedata.category(character) in _UNSEEN or (character.isspace() and character != " "):
        return character.encode("unicode_escape").decode("ascii")
    return character


class RedactingFilter(logging.Filter):
    """Masks living secrets in a log record, in its message, arguments, exception and extra fields. Lets all pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place; always true."""
        needles = _needles()
        if not needles:
            return True
        message = _message(record)
        masked = _masked(message, needles)
        # The arguments may be objects that show a secret to another formatter, so they go if anything was masked.
        if masked != message or _any_spelled(record.args, needles):
            record.msg, record.args = masked, None
        if record.exc_info and record.exc_info[0] is not None:
            text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            if _masked(text, needles) != text:
                record.exc_text, record.exc_info = _masked(text, needles), None
        if record.exc_text:
            record.exc_text = _masked(record.exc_text, needles)
        _mask_extras(record, needles)
        return True


_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def _mask_extras(record: logging.LogRecord, needles: frozenset[bytes]) -> None:
    for name, value in list(vars(record).items()):
        if name not in _STANDARD:
            text = value if isinstance(value, str) else repr(value)
            masked = _masked(text, needles)
            if masked != text:
                setattr(record, name, masked)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError, UnicodeError):
        return f"{record.msg} {record.args!r}"


def _any_spelled(arguments: object, needles: frozenset[bytes]) -> bool:
    text = repr(arguments)
    return _masked(text, needles) != text


def install() -> None:
    """Put the filter on the loggers of every library below us, and on ours; doing it again changes nothing.

    It is done whenever a client is made: a logger that did not exist before is covered then.
    """
    global _covered
    # Loggers are never forgotten, so that as many as before are the same as before.
    if len(logging.root.manager.loggerDict) == _covered and _FILTER in logging.getLogger(_OURS).filters:
        return
    below = tuple(f"{name.partition('.')[0]}." for name in LOGGERS)
    known = [name for name in list(logging.root.manager.loggerDict) if name.startswith((*below, _OURS))]
    for name in {*LOGGERS, _OURS, *known}:
        logger = logging.getLogger(name)
        if _FILTER not in logger.filters:
            logger.addFilter(_FILTER)
    _covered = len(logging.root.manager.loggerDict)


_FILTER = RedactingFilter()
_covered = -1


def _needles() -> frozenset[bytes]:
    """Return every spelling of every living secret."""
    texts = {secret.reveal() for secret in living()}
    return frozenset().union(*(encodings(text) for text in texts if len(text) >= SHORTEST_MASKED))


def _masked(text: str, needles: frozenset[bytes]) -> str:
    if not needles:
        return text
    data = text.encode("utf-8", "surrogatepass")
    masked = _without(data, needles)
    return text if masked == data else masked.decode("utf-8", "replace")


def _without(data: bytes, needles: frozenset[bytes]) -> bytes:
    """Mask the needles, the longest first: one may be part of another."""
    # Not one regular expression: the cache of ``re`` would keep the secrets in it.
    for needle in sorted(needles, key=len, reverse=True):
        if needle in data:
            data = data.replace(needle, MASK.encode())
    return data
