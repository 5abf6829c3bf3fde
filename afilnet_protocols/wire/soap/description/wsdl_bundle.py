"""Joins a WSDL that stands in several documents into one, as Java's and .NET's services publish theirs.

References are followed from document to document. Every schema document becomes a schema of its own among the types;
what ``wsdl:import`` brings is put beside what is there already (``joined_wsdl.py``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from urllib.parse import quote, urldefrag, urljoin

import msgspec
from lxml import etree

from afilnet_protocols.retold import Retold
from afilnet_protocols.wire.soap.description.attribute_values import settle_attributes
from afilnet_protocols.wire.soap.description.joined_wsdl import joined, schema_text
from afilnet_protocols.wire.soap.description.needed import reduce
from afilnet_protocols.wire.soap.description.needed_types import missing_in
from afilnet_protocols.wire.soap.description.policies import drop_policies
from afilnet_protocols.wire.soap.description.wsdl import HINTS, KNOWN, shown_location
from afilnet_protocols.wire.soap.namespaces import WSDL, XSD
from afilnet_protocols.wire.soap.not_usable import NotUsable
from afilnet_protocols.wire.soap.strict_xml import DESCRIPTION, NotStrictXml, parse
from afilnet_protocols.wire.what_answered import what_answered

MOST_DOCUMENTS = 64
"""How many documents are joined at most. Java's have two to five, .NET's up to a dozen."""

DEEPEST = 8
"""Through how many documents a reference may lead."""

_IN_ADDRESSES = "%:/?#[]@!$&'()*+,;=~"
"""What an address may hold beside letters, digits, ``-``, ``.`` and ``_`` (RFC 3986 §2)."""

_DEFINITIONS, _SCHEMA = f"{{{WSDL}}}definitions", f"{{{XSD}}}schema"


class Source(msgspec.Struct, frozen=True):
    """A document as it came: its bytes, and the encoding that HTTP names."""

    body: bytes
    charset: str | None = None


class Bundle(msgspec.Struct, frozen=True):
    """A description in one document.

    Attributes:
        document: the document, in UTF-8. The same sources always give the same bytes.
        sources: the addresses of the documents that it was joined from, in the order in which they were read.
    """

    document: bytes
    sources: tuple[str, ...]


def bundle(url: str, load: Callable[[str], Source], *, policies: bool = True) -> Bundle:
    """Join a description and all that it refers to.

    Args:
        url: where its first document is; relative references start from the document that they stand in.
        load: returns the document at an address, or raises what keeps it from that, which is passed on;
            ``NotUsable`` where it will never be had.
        policies: whether its policies are kept.

    A schema that cannot be had, or not be joined, is left out if it holds nothing that calls need.

    Raises:
        NotUsable: a document is no strict XML, no WSDL 1.1 or no schema, or refers to another in a way that cannot be
            joined; or there are too many. The text names the document.
    """
    return _Joiner(load, policies).join(url)


class _NotHad(NotUsable):
    """A document cannot be had; that matters only if something that calls need is in it."""


class _Joiner:
    def __init__(self, load: Callable[[str], Source], policies: bool) -> None:
        self._load = load
        self._policies = policies
        self._size = 0
        self._read: list[str] = []
        self._schemas: list[str] = []
        self._seen: set[tuple[str, str | None]] = set()
        self._definitions: list[etree._Element] = []
        self._not_had: list[str] = []

    def join(self, url: str) -> Bundle:
        """Return what the document at an address and all others give."""
        root = self._document(url, _DEFINITIONS)
        self._add_definitions(root, url, 0)
        document = joined(root, self._definitions, self._schemas)
        if self._not_had and not _is_whole(document):
            raise NotUsable(self._not_had[0])
        return Bundle(document, tuple(self._read))

    def _document(self, url: str, *tags: str) -> etree._Element:
        """Return the root of the document at an address; it must have one of these names."""
        if len(self._read) >= MOST_DOCUMENTS:
            raise NotUsable(f"it consists of more than {MOST_DOCUMENTS} documents")
        with Retold(NotUsable, lambda error: _NotHad(str(error))):
            source = self._load(url)
        self._read.append(url)
        self._size += len(source.body)
        if self._size > DESCRIPTION.size:
            raise NotUsable(f"its documents have more than {DESCRIPTION.size} bytes")
        name = etree.QName(tags[0])
        reason = f"its root is not {name.localname} in {name.namespace}"
        try:
            root = parse(source.body, DESCRIPTION, root=None, charset=source.charset)
            if root.tag in tags:
                settle_attributes(root)
                return root
        except NotStrictXml as error:
            reason = str(error)
        met = what_answered(source.body, {}, due="XML")
        reason = reason if met is None else met.told
        raise _NotHad(f"the document {shown_location(url)} cannot be read: {reason}")

    def _add_definitions(self, root: etree._Element, url: str, depth: int) -> None:
        """Take up a WSDL document, after those that it imports."""
        self._seen.add((url, None))
        _drop_hints(root)
        if not self._policies:
            drop_policies(root)
        for node in root.findall(f"{{{WSDL}}}import"):
            target = self._target(node, "location", url, depth)
            if (target, None) not in self._seen:
                self._add_imported(self._document(target, _DEFINITIONS, _SCHEMA), target, depth + 1)
            root.remove(node)
        for schema in root.findall(f"{{{WSDL}}}types/{{{XSD}}}schema"):
            self._add_schema(schema, url, depth)
        self._definitions.append(root)

    def _add_imported(self, root: etree._Element, url: str, depth: int) -> None:
        """Take up what a WSDL imports: another one, or a schema (WSDL 1.1 §2.1.2)."""
        if root.tag == _DEFINITIONS:
            self._add_definitions(root, url, depth)
        else:
            self._seen |= {(url, None), (url, root.get("targetNamespace"))}
            self._add_schema(root, url, depth)

    def _add_schema(self, schema: etree._Element, url: str, depth: int, *, space: str | None = None) -> None:
        """Take up a schema, after those that it imports and includes.

        Args:
            schema: its root.
            url: the document that it stands in.
            depth: through how many documents the way led to it.
            space: the namespace that it has if it names none: that of the schema that includes it.
        """
        own = schema.get("targetNamespace") or space
        _drop_hints(schema)
        for node in list(schema):
            kind = etree.QName(node).localname if node.tag.startswith(f"{{{XSD}}}") else ""
            if kind in ("redefine", "override"):
                self._not_had.append(f"{shown_location(url)} has xsd:{kind}, which cannot be joined")
                schema.remove(node)
            elif kind == "include":
                self._follow(node, url, depth, own)
                schema.remove(node)
            elif kind == "import" and node.get("schemaLocation") is not None:
                if node.get("namespace") not in KNOWN:
                    self._follow(node, url, depth, node.get("namespace"))
                del node.attrib["schemaLocation"]
        self._schemas.append(schema_text(schema, own))

    def _follow(self, node: etree._Element, url: str, depth: int, space: str | None) -> None:
        """Take up the schema that a reference leads to; the reference says which namespace it has."""
        includes = etree.QName(node).localname == "include"
        try:
            target = self._target(node, "schemaLocation", url, depth)
            if (target, space) in self._seen:
                return
            self._seen.add((target, space))
            schema = self._document(target, _SCHEMA)
            named = schema.get("targetNamespace")
            if named != space and not (includes and named is None):
                raise _NotHad(f"the document {shown_location(target)} has another namespace than its reference says")
        except _NotHad as error:
            self._not_had.append(str(error))
            return
        self._add_schema(schema, target, depth + 1, space=space if includes else None)

    @staticmethod
    def _target(node: etree._Element, attribute: str, url: str, depth: int) -> str:
        # What an address cannot hold is escaped in it (XML Schema Part 2 §3.2.17, XLink §5.4), such as a blank.
        location = quote((node.get(attribute) or "").strip(), safe=_IN_ADDRESSES)
        if not location:
            raise _NotHad(f"{shown_location(url)} refers to another document without saying where it is")
        if depth >= DEEPEST:
            raise NotUsable(f"its references lead through more than {DEEPEST} documents")
        with contextlib.suppress(ValueError):
            return urldefrag(urljoin(url, location)).url
        raise _NotHad(f"{shown_location(url)} refers to {shown_location(location)}, which is no address")


def _is_whole(document: bytes) -> bool:
    """Whether all that calls need is in a description."""
    tree = parse(document, DESCRIPTION, root="definitions")
    reduce(tree)
    return not missing_in(tree)


def _drop_hints(root: etree._Element) -> None:
    for element in root.iter(etree.Element):
        for hint in HINTS:
            if element.get(hint) is not None:
                del element.attrib[hint]
