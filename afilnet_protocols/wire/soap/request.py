"""Requests written from a description that was read without zeep. They are the bytes that zeep would have written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from lxml import etree

from afilnet_protocols.wire.soap.described import INSIDE, Field
from afilnet_protocols.wire.soap.namespaces import XSI
from afilnet_protocols.wire.soap.typed_text import encoded


class RequestWriter(msgspec.Struct, frozen=True, eq=False):
    """Makes the envelopes of an operation's requests.

    Attributes:
        envelope: the namespace of the envelope.
        prefixes: namespaces by the prefixes that are declared on it.
        tag: the name of the element in its body.
        parameters: what may stand in that.
    """

    envelope: str
    prefixes: Mapping[str, str]
    tag: str
    parameters: tuple[Field, ...]

    def __call__(self, arguments: Mapping[str, str]) -> etree._Element:
        """Return the envelope of a request.

        Raises:
            ValueError: a text that must be there is not given, or cannot be written in XML.
        """
        envelope = etree.Element(f"{{{self.envelope}}}Envelope", nsmap={"soap-env": self.envelope, **self.prefixes})
        call = etree.SubElement(etree.SubElement(envelope, f"{{{self.envelope}}}Body"), self.tag)
        _write(call, self.parameters, "", arguments)
        return envelope


def _write(around: etree._Element, fields: Sequence[Field], place: str, texts: Mapping[str, str]) -> None:
    """Write fields into an element: those that texts are given for, or for what is in them, and those that must be."""
    for field in fields:
        key = f"{place}{field.key}"
        text, inside = texts.get(key), f"{key}{INSIDE}"
        is_object = field.kind.is_complex and any(each.startswith(inside) for each in texts)
        if text is None and not is_object and field.optional:
            continue
        part = etree.SubElement(around, f"{{{field.namespace}}}{field.name}" if field.namespace else field.name)
        if is_object:
            _write(part, field.kind.fields, inside, texts)
        elif text is not None:
            binary = field.kind.text.binary if field.kind.text is not None else None
            part.text = encoded(text, binary) if binary else text
        elif field.nillable:
            part.set(f"{{{XSI}}}nil", "true")
        else:
            raise ValueError(key)
