"""Calls as SOAP envelopes, written as a WSDL describes them, and read by form.

Assumed: the vendor offers SOAP without a public description; ``user`` and ``password`` travel as elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import ConfigurationError, UnsupportedTextError
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.records import like
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.vocabulary import Platform
from afilnet_protocols.wire import Arguments, Codec, Reply, Request, envelope
from afilnet_protocols.wire.document.more_in_headers import whole
from afilnet_protocols.wire.malformed import Malformed
from afilnet_protocols.wire.soap.answers.answer import envelope_in, fault_in
from afilnet_protocols.wire.soap.answers.fault import meaning
from afilnet_protocols.wire.soap.binding import bind
from afilnet_protocols.wire.soap.bound_operation import BoundOperation
from afilnet_protocols.wire.soap.namespaces import in_present_attributes, may_have_older_attributes
from afilnet_protocols.wire.soap.strict_xml import ANSWER, NotStrictXml, parse
from afilnet_protocols.wire.soap.xml_encoding import charset_of
from afilnet_protocols.wire.text import check_text
from afilnet_protocols.wire.verdict import unintelligible
from afilnet_protocols.wire.what_answered import what_answered

if TYPE_CHECKING:
    from afilnet_protocols.wire.soap.answers.rows import RowReader

R = TypeVar("R")

_SHORT = 16 * 1024
"""How long an answer may be that the parser reads in less time than a frame of rows takes to be proved, in bytes."""


class SoapCodec(Codec):
    """Writes a call as the request that a WSDL describes.

    Args:
        wsdl: the interface description.
        endpoint: where requests go; ``None`` for the address in the description.
        user: the account's user.
        password: the account's password.
        charset: the encoding of the description that HTTP names, if it came that way and HTTP names one.

    Raises:
        ConfigurationError: the description cannot be used, or names no address and none is given.
    """

    def __init__(
        self, wsdl: bytes, *, endpoint: str | None, user: str, password: Secret, charset: str | None = None
    ) -> None:
        self.binding = bind(wsdl, charset)
        address = endpoint or self.binding.address
        if not address:
            raise ConfigurationError("soap_endpoint: the description names no address: set where SOAP requests go")
        self.endpoint = address
        self._user = user
        self._password = password
        self._rows: RowReader | None = None
        self._met: set[str] = set()
        self._platforms = self.binding.platforms()
        if not _writable(user) or not _writable(password.reveal()):
            raise ConfigurationError(
                "user, password: one of them holds a character that XML, and so SOAP, cannot carry"
            )

    def encode(self, operation: Operation[object], arguments: Arguments) -> Request:
        """Write a call as a SOAP envelope.

        Raises:
            ConfigurationError: the description has no place for an optional argument that was given.
            UnsupportedTextError: a text holds a character that XML 1.0 cannot carry.
        """
        bound = self.binding.operations[operation.method]
        unknown = [name for name in arguments if name not in bound.names]
        if unknown:
            raise ConfigurationError(
                f"soap_wsdl: the description of {operation.method} has no parameter {', '.join(unknown)}: leave it "
                "out, or set a description that has it"
            )
        body = self._write(bound, arguments)
        if body is None:
            for name, text in arguments.items():
                check_text(name, text)
            raise ConfigurationError(
                f"soap_wsdl: a request of {operation.method} cannot be written as it describes: ask for another "
                "description"
            )
        return Request("POST", self.endpoint, bound.headers, body)

    def decode(self, operation: Operation[R], reply: Reply) -> R:
        """Read a SOAP envelope, on whatever HTTP status it comes."""
        if "multipart" in reply.headers.get("content-type", "").lower():
            from afilnet_protocols.wire.soap.answers.multipart import without_attachments  # few services write that

            reply = without_attachments(reply)
        records = self._by_rows(operation, reply) if operation.fields else None
        found = self.decode_by_parser(operation, reply) if records is None else cast("R", records)
        return whole(_in_known_words(found, self._platforms) if self._platforms else found, reply)

    def _by_rows(self, operation: Operation[R], reply: Reply) -> list[object] | None:
        """Return the records of an answer that holds plain rows; ``None`` if it is the parser's to read."""
        if operation.method not in self._met:
            self._met.add(operation.method)
            if len(reply.body) <= _SHORT:
                return None  # many a program reads once and ends: what follows is for whoever reads again
        if self._rows is None:
            try:
                with undivided:
                    from afilnet_protocols.wire.soap.answers.rows import RowReader
            except (OSError, ImportError):
                return None  # for want of a descriptor, say; the parser is there
            self._rows = RowReader(self.decode_by_parser)
        return self._rows.read(operation, reply)

    def decode_by_parser(self, operation: Operation[R], reply: Reply) -> R:
        """Read a SOAP envelope by the parser, whatever it holds; as :meth:`decode` does, errors included."""
        bound = self.binding.operations[operation.method]
        why, met, fault, found = "", None, None, None
        try:
            charset = charset_of(reply.headers.get("content-type", ""))
            tree = parse(reply.body, ANSWER, root="Envelope", charset=charset)
            if may_have_older_attributes(reply.body):
                in_present_attributes(tree)
            fault = fault_in(tree)
            if fault is None:
                odd = operation.record is not None  # half a character makes a record odd, not a list unreadable
                found = envelope_in(tree, self.binding.envelope, bound, odd=odd)
        except NotStrictXml as error:
            why, met = str(error), what_answered(reply.body, reply.headers, due="XML")
        except Malformed as error:
            why = str(error)
        if fault is not None:
            raise meaning(fault, reply)
        if found is not None:
            return envelope.read(operation, found, reply, skip_odd=self.skip_odd)
        raise unintelligible(reply, why=why, met=met)

    def _write(self, bound: BoundOperation, arguments: Arguments) -> bytes | None:
        """Return the request; ``None`` if it cannot be written.

        The password in clear lives in this frame only, and no error leaves it: a traceback may show a frame's values.
        """
        try:
            return bound.write({"user": self._user, "password": self._password.reveal(), **arguments})
        except Exception:  # noqa: BLE001 -- zeep and lxml fail with whatever their internals raise
            return None


def _in_known_words(found: R, platforms: Mapping[str, Platform]) -> R:
    """Return what a read returns with platforms in the words of all protocols, however the description spells them."""
    if not isinstance(found, list):
        return found
    known = [
        msgspec.structs.replace(record, platform=platforms.get(record.platform, record.platform)) for record in found
    ]
    return cast("R", like(found, known))


def _writable(text: str) -> bool:
    try:
        check_text("", text)
    except UnsupportedTextError:
        return False
    return True
