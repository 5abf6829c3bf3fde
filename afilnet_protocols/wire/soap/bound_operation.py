"""An operation of the catalogue as a description has it: where arguments stand, and how its requests are written."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from lxml import etree

from afilnet_protocols.security.safe_repr import PartlyShown
from afilnet_protocols.vocabulary import Platform
from afilnet_protocols.wire.soap.described import Serialize, Text
from afilnet_protocols.wire.soap.encoded_parts import depends_on_texts, mark_encoded
from afilnet_protocols.wire.soap.shape import Shape
from afilnet_protocols.wire.soap.template import Template, template


class BoundOperation(PartlyShown, frozen=True, eq=False):
    """One operation of the catalogue, as a WSDL describes it.

    Attributes:
        names: for each wire name that the description knows, its key in a request.
        fixed: what is always sent: class and method, and a text for what must not be left out.
        headers: the HTTP headers of a request.
        answer: the name of the element that the body of an answer must hold.
        shape: how that element is described.
        serialize: makes the envelope of a request.
        rpc: whether its style is rpc.
        encoded: whether its use is encoded (SOAP 1.1 §5).
        written: how the texts of a request are declared, by their names and those around them.
        binary: the description's own names for base64Binary and hexBinary, and which of them each is.
        spelled: by wire names, the known values that the description spells otherwise, and how it does. What is listed
            in other letters than those values is another one.
    """

    _shown = ("names", "fixed", "headers", "answer", "rpc", "encoded")

    names: Mapping[str, str]
    fixed: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    answer: str
    shape: Shape
    serialize: Serialize
    rpc: bool
    encoded: bool
    written: Mapping[str, Text] = msgspec.field(default_factory=dict)
    binary: Mapping[str, str] = msgspec.field(default_factory=dict)
    spelled: Mapping[str, Mapping[str, str]] = msgspec.field(default_factory=dict)
    # Not part of what it is; two operations are never compared, so that nothing has to leave it out.
    templates: dict[tuple[str, ...], Template | None] = msgspec.field(default_factory=dict)

    def write(self, values: Mapping[str, str]) -> bytes:
        """Write a request: into the template that was made for the same names, or if there is none, as a whole.

        Args:
            values: credentials and arguments by wire name; each must be in ``names``.
        """
        for name, spelling in self.spelled.items():
            if name in values:
                values = {**values, name: spelling.get(values[name], values[name])}
        names = tuple(values)
        if names not in self.templates:
            fixed = not (self.encoded and depends_on_texts(self.written))
            self.templates[names] = template(self.write_whole, names) if fixed else None
        known = self.templates[names]
        written = None if known is None else known.fill(values)
        return self.write_whole(values) if written is None else written

    def write_whole(self, values: Mapping[str, str]) -> bytes:
        """Write a request without a template; see :meth:`write`."""
        envelope = self.serialize({**self.fixed, **{self.names[name]: value for name, value in values.items()}})
        if self.encoded:
            mark_encoded(envelope, self.written)
        return etree.tostring(envelope, encoding="utf-8", xml_declaration=True)


class Binding(msgspec.Struct, frozen=True):
    """How one port of a WSDL carries the operations.

    Attributes:
        address: where the port says that it listens; ``None`` if it does not say.
        envelope: the namespace of the SOAP envelope.
        operations: the bound operations by wire name of the method.
    """

    address: str | None
    envelope: str
    operations: Mapping[str, BoundOperation]

    def platforms(self) -> dict[str, Platform]:
        """Return the platforms that the description spells otherwise, by how it does: its answers do so as well."""
        spelled = (each.spelled.get("platform", {}) for each in self.operations.values())
        return {text: Platform(word) for each in spelled for word, text in each.items()}
