"""XML read strictly: scanned before a tree is built, so that a hostile document costs nothing but its refusal.

The scan is expat's without namespace handling, fed in slices: a start tag of a megabyte is refused while it is still
text. lxml builds the tree only from what passed, and again without entities, network, or its own limits lifted.
"""

from __future__ import annotations

import pyexpat as expat  # `xml.parsers.expat` hands it on, by three modules

import msgspec
from lxml import etree

from afilnet_protocols.wire.soap.xml_encoding import NotStrictXml as NotStrictXml
from afilnet_protocols.wire.soap.xml_encoding import as_utf8, refuse_stateful

_ODD_NAMESPACE = etree.ErrorTypes.WAR_NS_URI
_MISPLACED = expat.errors.codes[expat.errors.XML_ERROR_MISPLACED_XML_PI]

_SLICE = 65_536
"""How many bytes expat gets at once; also the longest tag or comment that is certainly accepted."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How large a document may be.

    Attributes:
        size: the longest document, in bytes.
        depth: the deepest nesting of elements.
        attributes: the most attributes of one element, declarations of namespaces among them.
        elements: the most elements.
        instructions: whether processing instructions are passed over, such as that of a style sheet for people.
        namespaces: whether the name of a namespace may be any text, such as one with a blank in it. A request in such a
            one cannot be written, as lxml makes no element of it.
    """

    size: int
    depth: int = 64
    attributes: int = 32
    elements: int
    instructions: bool = False
    namespaces: bool = False


ANSWER = Limits(size=64 * 1024 * 1024, elements=1_500_000, namespaces=True)
"""For an answer: a list of 100,000 records of eight fields has 900,000 elements in about 32 MB; half as much again is
for fields that the service may add."""

DESCRIPTION = Limits(size=2 * 1024 * 1024, attributes=64, elements=50_000, instructions=True)
"""For a WSDL: those of the largest public services stay below; generators declare many namespaces on the root."""


def parse(document: bytes, limits: Limits, *, root: str | None, charset: str | None = None) -> etree._Element:
    """Scan a document and build its tree, without comments.

    Args:
        document: the bytes, in an encoding that :mod:`~afilnet_protocols.wire.soap.xml_encoding` can tell.
        limits: how large it may be.
        root: the name of the root element, without its namespace; ``None`` for any.
        charset: the encoding that HTTP names, if it names one.

    Returns:
        The root of the tree. Text is exact; CDATA sections have become text.

    Raises:
        NotStrictXml: see :func:`scan`; or its encoding cannot be told, a namespace prefix is not declared, or a text
            is longer than 10 MB.
    """
    _check_size(document, limits)
    document = as_utf8(document, charset)
    scan(document, limits, root=root)
    reason = "a namespace prefix without a declaration, or a text that is too long"
    try:
        return etree.fromstring(document, _parser())
    except etree.XMLSyntaxError as error:
        if getattr(error, "code", None) == _ODD_NAMESPACE:
            tree = _in_odd_namespaces(document)
            if tree is not None and (limits.namespaces or _needs_none_of_them(tree)):
                return tree
            reason = "a namespace that is no URI, such as one with a blank or an accent in it"
            if tree is not None:
                reason += f": {_first_odd_in(tree)!r}"
    except ValueError:
        pass
    raise NotStrictXml(reason)


def _in_odd_namespaces(document: bytes) -> etree._Element | None:
    """Return a tree in which namespaces may have any names; ``None`` if something else is wrong as well.

    Names are read as ``{namespace}name`` everywhere, so that a namespace with a brace in it would make two of one.
    """
    parser = _parser(recover=True)
    tree = etree.fromstring(document, parser)
    names = (str(name) for each in tree.iter(etree.Element) for name in (each.tag, *each.keys()))
    is_odd_only = all(error.type == _ODD_NAMESPACE for error in parser.error_log)
    return tree if is_odd_only and not any(name.count("}") > 1 for name in names) else None


def _first_odd_in(tree: etree._Element) -> str:
    return next(str(space) for _, (_, space) in etree.iterwalk(tree, events=("start-ns",)) if _is_odd(space))


def _needs_none_of_them(tree: etree._Element) -> bool:
    """Whether odd namespaces are declared in a document and nothing else; their declarations are then taken out."""
    declared = {pair for _, pair in etree.iterwalk(tree, events=("start-ns",))}
    odd = {(prefix, space) for prefix, space in declared if _is_odd(space)}
    prefixes, spaces = {prefix for prefix, _ in odd}, {space.strip() for _, space in odd}
    for each in tree.iter(etree.Element):
        names = [str(name).removeprefix("{").rpartition("}")[0].strip() for name in (each.tag, *each.keys())]
        values = [str(value).strip() for value in each.values()]
        named = [word.partition(":")[0] for value in values for word in value.split()]
        if not spaces.isdisjoint(names + values) or not prefixes.isdisjoint(named):
            return False
    # Whoever declares one of these prefixes for something else uses it in names alone, which keep it.
    etree.cleanup_namespaces(tree, keep_ns_prefixes=[prefix for prefix, _ in declared if prefix not in {"", *prefixes}])
    return "" not in prefixes


def _is_odd(space: str) -> bool:
    """Whether lxml can write nothing in a namespace."""
    try:
        etree.Element("name", nsmap={"odd": space})
    except ValueError:
        return True
    return False


def scan(document: bytes, limits: Limits, *, root: str | None) -> None:
    """Check a document in UTF-8 without keeping any of it, whatever encoding it declares.

    Raises:
        NotStrictXml: it is not well-formed XML 1.0 in UTF-8, has another root, a document type, an entity of its own
            or a processing instruction that is not passed over, or exceeds a limit.
    """
    _check_size(document, limits)
    # At once, before each of them costs a call: every element has a "<" that is not its end's.
    if document.count(b"<") - document.count(b"</") > limits.elements:
        raise NotStrictXml(f"more than {limits.elements} elements")
    parser = _scanner(limits, root)
    end = len(document)
    # An underlying error is dropped: its text may quote the document.
    reason = "not well-formed XML in UTF-8"
    try:
        view = memoryview(document)
        for start in range(0, end, _SLICE):
            fed = min(start + _SLICE, end)
            parser.Parse(view[start:fed], False)
            if fed - parser.CurrentByteIndex > 2 * _SLICE:
                raise NotStrictXml(f"a tag of more than {_SLICE} bytes")
        parser.Parse(b"", True)
    except NotStrictXml as error:
        reason = str(error)
    except expat.ExpatError as error:
        if error.code == _MISPLACED:
            reason = "something stands before its XML declaration, such as an empty line of a script: it must be first"
    else:
        return
    raise NotStrictXml(reason)


def _check_size(document: bytes, limits: Limits) -> None:
    if len(document) > limits.size:
        raise NotStrictXml(f"more than {limits.size} bytes")


def _scanner(limits: Limits, root: str | None) -> expat.XMLParserType:
    """Return a parser whose handlers refuse what must not be there."""
    # The encoding is known, whatever the declaration says.
    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    depth = count = 0

    def start(name: str, attributes: list[str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > limits.depth:
            raise NotStrictXml(f"nested deeper than {limits.depth} levels")
        if len(attributes) > 2 * limits.attributes:
            raise NotStrictXml(f"an element with more than {limits.attributes} attributes")
        if count == 1 and root is not None and name.rpartition(":")[2] != root:
            raise NotStrictXml(f"its root is not {root}")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def declaration(version: str, encoding: str | None, standalone: int) -> None:
        if version != "1.0":
            raise NotStrictXml("not XML 1.0")
        if encoding is not None:
            refuse_stateful(encoding)

    def document_type(*_: object) -> None:
        raise NotStrictXml("a document type")

    def instruction(*_: object) -> None:
        raise NotStrictXml("a processing instruction")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.XmlDeclHandler = declaration
    parser.StartDoctypeDeclHandler = document_type
    if not limits.instructions:
        parser.ProcessingInstructionHandler = instruction
    return parser


def _parser(*, recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover,
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
        collect_ids=False,
    )
