"""What the schemas of a description say of the messages of calls: the rest is taken out before anybody reads them.

Calls need the elements and types that messages lead to. They do not need attributes that may be absent, which are
neither sent nor read by their declarations, nor annotations, keys and assertions. What is needed and missing is named.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from afilnet_protocols.wire.soap.binary_types import binary_types
from afilnet_protocols.wire.soap.built_in_types import ENCODED, ENCODED_OTHERS, built_in
from afilnet_protocols.wire.soap.namespaces import SOAP_12_ENCODING, SOAP_ENCODING, WSDL, XML_MIME, XML_SOAP, XSD

_X = f"{{{XSD}}}"
_KINDS = {
    f"{_X}element": "element",
    f"{_X}simpleType": "type",
    f"{_X}complexType": "type",
    f"{_X}group": "group",
}
"""The global components that messages may lead to."""

_NAMES = {
    f"{_X}element": (("ref", "element"), ("type", "type")),
    f"{_X}attribute": (("type", "type"),),
    f"{_X}group": (("ref", "group"),),
    f"{_X}restriction": (("base", "type"),),
    f"{_X}extension": (("base", "type"),),
    f"{_X}list": (("itemType", "type"),),
    f"{_X}union": (("memberTypes", "type"),),
}
"""Which attributes name which kind of component."""

_SAYS_NOTHING = tuple(
    f"{_X}{name}"
    for name in (
        *("annotation", "key", "keyref", "unique", "notation", "anyAttribute", "attributeGroup"),
        *("assert", "assertion", "alternative", "openContent", "defaultOpenContent"),
    )
)
_TO_BE_SETTLED = tuple(f"{_X}{name}" for name in ("group", "attributeGroup", "choice", "union"))
_REFERENCES = tuple(f"{_X}{name}" for name in ("import", "include", "redefine", "override"))
_ARRAY_TYPE = f"{{{WSDL}}}arrayType"
_KNOWN = frozenset({XSD, SOAP_ENCODING})
_BUILT_IN = frozenset(
    [("type", f"{{{XSD}}}{name}") for name in built_in()]
    + [("type", f"{{{SOAP_ENCODING}}}{name}") for name in (*ENCODED, *ENCODED_OTHERS)]
)

_ANY_SCHEMA = ("element", f"{{{XSD}}}schema")

_BYTES = {"base64Binary": "base64Binary", "hexBinary": "hexBinary"}

Name = tuple[str, str]
"""A kind and a name in Clark notation."""


def reduce_types(tree: etree._Element) -> bool:
    """Take out of a description's schemas what its messages do not lead to.

    Args:
        tree: the root of the description, which is changed.

    Returns:
        Whether all that they lead to is there.

    Raises:
        NotUsable: see :func:`~.one_way.say_in_one_way`.
    """
    schemas = _schemas(tree)
    if any(map(_is_to_be_settled, schemas)):
        from afilnet_protocols.wire.soap.description.one_way import say_in_one_way  # most need none of it

        say_in_one_way(schemas)
    for schema in schemas:
        _trim(schema)
    reached, missing = led_to(tree)
    if _add_what_everybody_knows(tree, missing):
        reached, missing = led_to(tree)
    if _ANY_SCHEMA in missing:
        _let_schemas_be_anything(reached)
    # No document has more of what everybody knows.
    lacking = {_space(name) for _, name in missing} - _KNOWN
    there = {schema.get("targetNamespace", "") for schema in schemas}
    for schema in schemas:
        own = schema.get("targetNamespace", "")
        for node in list(schema):
            if node.tag in _REFERENCES:
                named = node.get("namespace", "") if node.tag == f"{_X}import" else own
                if named not in lacking:
                    _drop_reference(node, keep=named in there and node.tag == f"{_X}import")
            elif node not in reached:
                schema.remove(node)
    return not lacking


def _let_schemas_be_anything(components: set[etree._Element]) -> None:
    """Let the schema that .NET's DataSet brings with its rows be whatever it is: rows are read without it."""
    for node in [node for component in components for node in component.iter(f"{_X}element")]:
        if "ref" in node.attrib and _ANY_SCHEMA in named_by(node, "ref", "element"):
            node.tag = f"{_X}any"
            del node.attrib["ref"]


def missing_in(tree: etree._Element) -> list[str]:
    """Return the names of what messages lead to and a description does not hold, in Clark notation."""
    return sorted({name for _, name in led_to(tree)[1]})


def _schemas(tree: etree._Element) -> list[etree._Element]:
    every_types = tree.iterchildren(f"{{{WSDL}}}types")
    return [schema for types in every_types for schema in types.iterchildren(f"{_X}schema")]


def _is_to_be_settled(schema: etree._Element) -> bool:
    """Whether a schema has any of what :func:`~.one_way.say_in_one_way` changes."""
    return (
        next(schema.iter(*_TO_BE_SETTLED), None) is not None
        or any("maxOccurs" in each.attrib for each in schema.iter(f"{_X}sequence"))
        or any("abstract" in each.attrib for each in schema.iterchildren(f"{_X}element"))
        or any("ref" in each.attrib and each.get("use") == "required" for each in schema.iter(f"{_X}attribute"))
    )


def _trim(schema: etree._Element) -> None:
    for node in list(schema.iter(*_SAYS_NOTHING)):
        _remove(node)
    for node in list(schema.iter(f"{_X}attribute")):
        is_reference = "ref" in node.attrib
        is_array = is_reference and node.get("ref", "").rpartition(":")[2] == "arrayType"
        if not is_array and (is_reference or node.get("use") != "required"):
            _remove(node)
        elif not is_reference:
            _settle_required(node)
    for content in list(schema.iter(f"{_X}simpleContent")):
        _as_simple_type(content)


def _settle_required(attribute: etree._Element) -> None:
    """Let zeep send a value that is fixed, which it does not know, and miss one of no type, which it sends as None."""
    if "fixed" in attribute.attrib:
        attribute.set("default", attribute.get("fixed", ""))
    elif "type" not in attribute.attrib and attribute.find(f"{_X}simpleType") is None:
        prefix = next(name for name, space in attribute.nsmap.items() if space == XSD)
        attribute.set("type", f"{prefix}:string" if prefix else "string")


def _as_simple_type(content: etree._Element) -> None:
    """Let a text with attributes be a text, if none of them has to be there."""
    around, steps = content.getparent(), list(content)
    if around is None or len(steps) != 1 or steps[0].find(f"{_X}attribute") is not None:
        return
    step = steps[0]
    if step.tag not in (f"{_X}extension", f"{_X}restriction") or len(around) != 1:
        return
    around.tag, step.tag = f"{_X}simpleType", f"{_X}restriction"
    for name in {"abstract", "block", "final", "mixed"} & set(around.attrib):
        del around.attrib[name]
    prefix, _, local = step.get("base", "").strip().rpartition(":")
    space = step.nsmap.get(prefix or None)
    around.replace(content, step)
    if space is not None and step.nsmap.get(prefix or None) != space:  # lxml has dropped a second prefix of a namespace
        known = next(name for name, each in step.nsmap.items() if each == space)
        step.set("base", f"{known}:{local}" if known else local)


def led_to(tree: etree._Element) -> tuple[set[etree._Element], set[Name]]:
    """Return the components that messages lead to, and the names of those that are not there."""
    index: dict[Name, list[etree._Element]] = {}
    for schema in _schemas(tree):
        space = schema.get("targetNamespace", "")
        for node in schema.iterchildren(*_KINDS):
            index.setdefault((_KINDS[str(node.tag)], _clark(space, node.get("name", ""))), []).append(node)
    # An answer may name a type of bytes itself.
    binary = binary_types(tree)
    todo = [name for name in index if name[0] == "type" and _parted(name[1])[1] in binary]
    todo += [
        found
        for message in tree.iterchildren(f"{{{WSDL}}}message")
        for part in message.iterchildren(f"{{{WSDL}}}part")
        for attribute, kind in (("element", "element"), ("type", "type"))
        for found in named_by(part, attribute, kind)
    ]
    seen: set[Name] = set()
    reached: set[etree._Element] = set()
    missing: set[Name] = set()
    while todo:
        name = todo.pop()
        if name in seen or name in _BUILT_IN:
            continue
        seen.add(name)
        found = index.get(name, [])
        if not found:
            missing.add(name)
        reached.update(found)
        todo += [inner for node in found for inner in _names_in(node)]
    return reached, missing


def _names_in(component: etree._Element) -> Iterator[Name]:
    for node in component.iter(etree.Element):
        named = _NAMES.get(str(node.tag))
        if named is None:
            continue
        for attribute, kind in named:
            yield from named_by(node, attribute, kind)
        array = node.get(_ARRAY_TYPE)
        if array:
            yield from _names(node, array.partition("[")[0], "type")


def named_by(node: etree._Element, attribute: str, kind: str) -> Iterator[Name]:
    """Yield what an attribute of a node names, as components of a kind."""
    written = node.get(attribute)
    return _names(node, written, kind) if written else iter(())


def _names(node: etree._Element, written: str, kind: str) -> Iterator[Name]:
    for each in written.split():
        prefix, _, local = each.rpartition(":")
        space = node.nsmap.get(prefix or None)
        # A prefix that stands for nothing is for whoever reads the description to complain about.
        if local.strip() and ":" not in prefix and (space is not None or not prefix):
            yield kind, _clark(space or "", local)


def _clark(space: str, local: str) -> str:
    return f"{{{space}}}{local}" if space else local


def _space(name: str) -> str:
    return _parted(name)[0]


def _parted(name: str) -> tuple[str, str]:
    space, _, local = name.rpartition("}")
    return space.removeprefix("{"), local


def _drop_reference(node: etree._Element, *, keep: bool) -> None:
    """Take out a reference to another document, or the place of one whose content is here already."""
    if not keep:
        _remove(node)
    elif "schemaLocation" in node.attrib:
        del node.attrib["schemaLocation"]


def _add_what_everybody_knows(tree: etree._Element, missing: set[Name]) -> bool:
    """Add the types of well-known namespaces that descriptions use without holding them, and say whether there are."""
    known = [(space, local) for kind, name in missing if kind == "type" for space, local in (_parted(name),)]
    spaces = sorted({space for space, local in known if _written(space, local, "")})
    for space in spaces:
        types = tree.find(f"{{{WSDL}}}types")
        if types is None:
            types = etree.Element(f"{{{WSDL}}}types")
            tree.insert(0, types)
        for schema in types.findall(f"{_X}schema"):
            schema.insert(0, etree.Element(f"{_X}import", namespace=space))
        added = etree.SubElement(types, f"{_X}schema", targetNamespace=space)
        # With the document's own prefix: of two for one namespace, lxml drops the inner one.
        prefix = next(name for name, each in added.nsmap.items() if each == XSD)
        x, declaration = (f"{prefix}:", f"xmlns:{prefix}") if prefix else ("", "xmlns")
        for text in sorted(_written(space, local, x) for each, local in set(known) if each == space):
            added.extend(etree.fromstring(f'<{x}schema {declaration}="{XSD}">{text}</{x}schema>'))
    return bool(spaces)


def _written(space: str, local: str, x: str) -> str:
    """Return how a type of a well-known namespace is declared, with a prefix for XML Schema; empty if it is none."""
    if space == XML_SOAP or (space == SOAP_12_ENCODING and local in ENCODED_OTHERS):
        anything = f'<{x}any minOccurs="0" maxOccurs="unbounded" processContents="lax"/>'
        return f'<{x}complexType name="{local}"><{x}sequence>{anything}</{x}sequence></{x}complexType>'
    of = ENCODED.get(local) if space == SOAP_12_ENCODING else _BYTES.get(local) if space == XML_MIME else None
    return f'<{x}simpleType name="{local}"><{x}restriction base="{x}{of}"/></{x}simpleType>' if of else ""


def _remove(node: etree._Element) -> None:
    around = node.getparent()
    if around is not None:
        around.remove(node)
