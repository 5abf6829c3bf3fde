"""A description in several documents, split as Java's and .NET's services do, becomes one that binds alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.wire.soap import binding as soap_binding
from afilnet_protocols.wire.soap.codec import SoapCodec
from afilnet_protocols.wire.soap.description import joined_wsdl, wsdl_bundle
from afilnet_protocols.wire.soap.description.wsdl_bundle import DEEPEST, MOST_DOCUMENTS, Bundle, Source, bundle
from afilnet_protocols.wire.soap.not_usable import NotUsable
from afilnet_protocols.wire.soap.strict_xml import NotStrictXml, parse
from tests.tables import table

FOLDER = Path(__file__).parents[3] / "wsdl"
SHAPES = {name: (FOLDER / f"{name}.wsdl").read_text("utf-8") for name in ("document", "rpc")}
ROOT = "https://chat.example.com/soap/chat?wsdl"
HERE = "https://chat.example.com/soap/"
XSD = "http://www.w3.org/2001/XMLSchema"
Documents = dict[str, str]


def joined(documents: Documents, root: str = ROOT) -> Bundle:
    return bundle(root, lambda url: Source(documents[url].encode()))


def refusal(documents: Documents) -> str:
    with pytest.raises(NotUsable) as caught:
        joined(documents)
    assert caught.value.__context__ is None
    return str(caught.value)


def requests_of(description: bytes) -> list[tuple[object, ...]]:
    """Return what is sent for every operation, with all of its parameters."""
    codec = SoapCodec(description, endpoint=None, user="me", password=Secret("a-password"))
    sent = []
    for operation in OPERATIONS:
        values = {item.wire: item.values[0] if item.values else "x" for item in operation.parameters}
        request = codec.encode(operation, values)
        sent.append((request.url, request.headers, request.body, codec.binding.operations[operation.method].answer))
    return sent


def parts(shape: str) -> tuple[str, str, str, str]:
    """Return what stands before the schema, its opening tag with all its prefixes, its inside, and what follows."""
    text = SHAPES[shape]
    x = "x" if shape == "document" else "xsd"
    begin = text.index(f"<{x}:schema")
    inside = text.index(">", begin) + 1
    end = text.index(f"</{x}:schema>")
    tag = (
        f'<{x}:schema targetNamespace="urn:afilnet:chat" xmlns:{x}="{XSD}" xmlns:c="urn:afilnet:chat" '
        'xmlns:tns="urn:afilnet:chat" xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" '
        'xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">'
    )
    return text[:begin], tag, text[inside:end], text[end + len(f"</{x}:schema>") :]


def imported(shape: str) -> Documents:
    """JAX-WS: the schema is imported by an otherwise empty one."""
    before, tag, inside, after = parts(shape)
    x = tag[1 : tag.index(":")]
    reference = f'<{x}:schema><{x}:import namespace="urn:afilnet:chat" schemaLocation="chat?xsd=1"/></{x}:schema>'
    return {ROOT: before + reference + after, f"{HERE}chat?xsd=1": f"{tag}{inside}</{x}:schema>"}


def included(shape: str) -> Documents:
    """The schema includes its named types, which are in a document of their own, which includes the first again."""
    before, tag, inside, after = parts(shape)
    x = tag[1 : tag.index(":")]
    back = f'<{x}:include schemaLocation="chat.xsd"/>'
    return {
        ROOT: f'{before}{tag}<{x}:include schemaLocation="../soap/types/a.xsd"/></{x}:schema>{after}',
        f"{HERE}types/a.xsd": f"{tag}{inside.replace(back, '')}</{x}:schema>",
    }


def chameleon(shape: str) -> Documents:
    """What is included names no namespace, and so has the including one's; its names have no prefixes."""
    found = included(shape)
    place = f"{HERE}types/a.xsd"
    text = found[place].replace(' targetNamespace="urn:afilnet:chat"', "", 1)
    text = re.sub(r' xmlns:(c|tns)="urn:afilnet:chat"', "", text)
    text = re.sub(r'(type|base|ref)="(?:c|tns):', r'\1="', text)
    found[place] = text.replace('arrayType="tns:', 'arrayType="').replace('arrayType="c:', 'arrayType="')
    return found


def contract_apart(shape: str) -> Documents:
    """WCF: binding and service in one namespace, messages and port type in another document, of another namespace."""
    text = SHAPES[shape]
    wsdl = "wsdl:" if "<wsdl:definitions" in text else ""
    binding = text.index(f"<{wsdl}binding")
    end = text.index(f"</{wsdl}definitions>")
    opening = text[text.index(f"<{wsdl}definitions") : text.index(">", text.index(f"<{wsdl}definitions")) + 1]
    mine = opening.replace('targetNamespace="urn:afilnet:chat"', 'targetNamespace="urn:service"')
    own = "tns" if wsdl else "c"
    body = re.sub(r' (binding)="(?:c|tns):(\w+)"', r' xmlns:me="urn:service" \1="me:\2"', text[binding:end])
    reference = f'<{wsdl}import namespace="urn:afilnet:chat" location="chat?wsdl=contract"/>'
    assert own in mine
    return {
        ROOT: f"{mine}{reference}{body}</{wsdl}definitions>",
        f"{HERE}chat?wsdl=contract": f"{text[:binding]}</{wsdl}definitions>",
    }


def local_prefixes(shape: str) -> Documents:
    """.NET declares the prefix of a name on the element that uses it."""
    found = contract_apart(shape)
    place = f"{HERE}chat?wsdl=contract"
    found[place] = re.sub(
        r'<((?:wsdl:)?part [^>]*?)(element|type)="(c|tns|x|xsd):(\w+)"',
        lambda m: f'<{m[1]}xmlns:q1="{"urn:afilnet:chat" if m[3] in ("c", "tns") else XSD}" {m[2]}="q1:{m[4]}"',
        found[place],
    )
    assert "q1:" in found[place]
    return found


def unescaped(shape: str) -> Documents:
    """A reference holds what an address cannot, such as a blank."""
    found = included(shape)
    found[ROOT] = found[ROOT].replace("../soap/types/a.xsd", "tipos de envío/a[1].xsd")
    found[f"{HERE}tipos%20de%20env%C3%ADo/a[1].xsd"] = found.pop(f"{HERE}types/a.xsd")
    return found


SPLITS: dict[str, Callable[[str], Documents]] = {
    split.__name__: split for split in (imported, included, chameleon, contract_apart, local_prefixes, unescaped)
}


@table("shape", SHAPES)
@table("split", SPLITS)
def test_what_was_split_binds_and_speaks_as_the_whole_does(split: str, shape: str) -> None:
    documents = SPLITS[split](shape)
    made = joined(documents)
    assert set(made.sources) == set(documents)
    assert made.sources[0] == ROOT
    with pytest.raises(ConfigurationError, match="afilnet wsdl bundle"):
        soap_binding.bind(documents[ROOT].encode())
    assert requests_of(made.document) == requests_of(SHAPES[shape].encode())
    assert joined(documents).document == made.document


@pytest.mark.parametrize("shape", SHAPES)
def test_a_whole_description_is_joined_to_one_that_speaks_alike(shape: str) -> None:
    made = joined({ROOT: SHAPES[shape]})
    assert requests_of(made.document) == requests_of(SHAPES[shape].encode())
    assert joined({ROOT: made.document.decode()}).document == made.document


@pytest.mark.parametrize(
    ("module", "name", "replacement"),
    [
        (joined_wsdl, "_rename", lambda *_: None),
        (wsdl_bundle, "schema_text", lambda schema, _: joined_wsdl._text(schema)),
        (wsdl_bundle._Joiner, "_follow", lambda *_: None),
    ],
)
def test_a_careless_join_would_be_noticed(module, name, replacement, monkeypatch) -> None:
    def alike() -> bool:
        try:
            return all(
                requests_of(joined(split(shape)).document) == requests_of(SHAPES[shape].encode())
                for split in SPLITS.values()
                for shape in SHAPES
            )
        except ConfigurationError:
            return False

    assert alike()
    monkeypatch.setattr(module, name, replacement)
    assert not alike()


def test_documents_that_refer_to_each_other_are_read_once() -> None:
    documents = imported("document")
    schema = f"{HERE}chat?xsd=1"
    back = '<x:import namespace="urn:other" schemaLocation="other.xsd"/>'
    documents[schema] = documents[schema].replace(">", f">{back}", 1)
    documents[f"{HERE}other.xsd"] = (
        f'<x:schema xmlns:x="{XSD}" targetNamespace="urn:other">'
        '<x:import namespace="urn:afilnet:chat" schemaLocation="chat?xsd=1"/></x:schema>'
    )
    documents[ROOT] = documents[ROOT].replace(
        "<types>", '<import namespace="urn:afilnet:chat" location="https://chat.example.com/soap/chat?wsdl"/><types>', 1
    )
    made = joined(documents)
    assert len(made.sources) == 3
    assert requests_of(made.document) == requests_of(SHAPES["document"].encode())


def test_what_every_description_imports_by_habit_is_not_fetched() -> None:
    documents = imported("rpc")
    documents[ROOT] = documents[ROOT].replace(
        "<xsd:import ",
        '<xsd:import namespace="http://schemas.xmlsoap.org/soap/encoding/" '
        'schemaLocation="http://schemas.xmlsoap.org/soap/encoding/"/><xsd:import ',
        1,
    )
    assert requests_of(joined(documents).document) == requests_of(SHAPES["rpc"].encode())


def schemas(count: int, *, chain: bool) -> Documents:
    """A description with this many further schema documents, one after the other or all side by side."""
    before, _, inside, after = parts("document")
    own = f'<x:schema targetNamespace="urn:afilnet:chat">{inside}</x:schema>'

    def reference(number: int) -> str:
        return f'<x:import namespace="urn:{number}" schemaLocation="{number}.xsd"/>'

    def schema(number: int) -> str:
        onward = reference(number + 1) if chain and number + 1 < count else ""
        return f'<x:schema xmlns:x="{XSD}" targetNamespace="urn:{number}">{onward}</x:schema>'

    first = "".join(reference(number) for number in (range(min(count, 1)) if chain else range(count)))
    return {
        ROOT: f"{before}<x:schema>{first}</x:schema>{own}{after}",
        **{f"{HERE}{number}.xsd": schema(number) for number in range(count)},
    }


@pytest.mark.parametrize("chain", [True, False], ids=["depth", "count"])
def test_the_limits_are_exact(chain: bool) -> None:
    most = DEEPEST if chain else MOST_DOCUMENTS - 1
    assert len(joined(schemas(most, chain=chain)).sources) == most + 1
    assert "more than" in refusal(schemas(most + 1, chain=chain))


@table(
    ("change", "words"),
    [
        (("<x:import", "<x:redefine"), "xsd:redefine"),
        (("<x:import", "<x:override"), "xsd:override"),
        (('namespace="urn:afilnet:chat"', 'namespace="urn:else"'), "another namespace than its reference says"),
        (("chat?xsd=1", " "), "without saying where"),
        (("chat?xsd=1", "http://[x/"), "no address"),
    ],
)
def test_what_cannot_be_joined_is_refused_by_name(change: tuple[str, str], words: str) -> None:
    documents = imported("document")
    begin = documents[ROOT].index("<x:schema>")
    documents[ROOT] = documents[ROOT][:begin] + documents[ROOT][begin:].replace(*change, 1)
    assert words in refusal(documents)


@table(
    ("text", "words"),
    [
        ("<!DOCTYPE html><html></html>", "a web page"),
        ("", "empty"),
        ("{}", "JSON"),
        ('<!DOCTYPE x [<!ENTITY e "x">]><x:schema xmlns:x="u"/>', "a document type"),
        ("<schema/>", "its root is not schema in"),
        (f'<x:schema xmlns:x="{XSD}">{" " * 2_100_000}</x:schema>', "more than 2097152 bytes"),
    ],
)
def test_a_part_that_is_no_schema_is_named(text: str, words: str) -> None:
    said = refusal({**imported("document"), f"{HERE}chat?xsd=1": text})
    assert words in said
    assert "xsd=1" in said or "bytes" in words


def test_two_parts_of_one_name_are_refused() -> None:
    documents = contract_apart("document")
    text = SHAPES["document"]
    message = text[text.index("<message") : text.index("</message>") + len("</message>")]
    documents[ROOT] = documents[ROOT].replace("<binding", f"{message}<binding", 1)
    assert "a message of one name" in refusal(documents)


def test_parts_of_others_need_the_namespace_of_the_first() -> None:
    documents = contract_apart("document")
    documents[ROOT] = re.sub(r' targetNamespace="[^"]*"', "", documents[ROOT], count=1)
    assert "no targetNamespace" in refusal(documents)


def test_a_password_in_an_address_is_not_shown() -> None:
    documents = imported("document")
    documents[ROOT] = documents[ROOT].replace("chat?xsd=1", "https://me:secret@chat.example.com/x.xsd")
    documents["https://me:secret@chat.example.com/x.xsd"] = ""
    assert "secret" not in refusal(documents)
    with pytest.raises(ConfigurationError) as caught:
        soap_binding.bind(documents[ROOT].encode())
    assert "chat.example.com/x.xsd" in str(caught.value)
    assert "secret" not in str(caught.value)


@given(st.sampled_from(sorted(SPLITS)), st.sampled_from(sorted(SHAPES)), st.data())
def test_damaged_parts_are_joined_or_refused(split: str, shape: str, data: st.DataObject) -> None:
    documents = SPLITS[split](shape)
    place = data.draw(st.sampled_from(sorted(documents)))
    text = documents[place]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    documents[place] = text[:start] + data.draw(st.sampled_from(["", "<", '"', "x:y", "&amp;"])) + text[end:]
    try:
        made = bundle(ROOT, lambda url: Source(documents.get(url, "").encode()))
    except NotUsable:
        return
    try:
        parse(made.document, wsdl_bundle.DESCRIPTION, root="definitions")
    except NotStrictXml as error:
        raise AssertionError(made.document) from error


@table(
    "reference",
    [
        '<x:import namespace="urn:more" schemaLocation="more.xsd"/>',
        '<x:import namespace="http://www.w3.org/2001/XMLSchema" schemaLocation="?xsd="/>',
        '<x:import namespace="urn:more" schemaLocation=" "/>',
        '<x:import namespace="urn:more" schemaLocation="https://elsewhere.example.com/more.xsd"/>',
        '<x:import namespace="urn:more" schemaLocation="page.xsd"/>',
        '<x:import namespace="urn:more" schemaLocation="other.xsd"/>',
        '<x:include schemaLocation="more.xsd"/>',
        '<x:redefine schemaLocation="more.xsd"/>',
    ],
)
def test_what_nobody_needs_does_not_have_to_be_had(reference: str) -> None:
    documents = imported("document")
    place = f"{HERE}chat?xsd=1"
    begin = documents[place].index(">") + 1
    documents[place] = documents[place][:begin] + reference + documents[place][begin:]
    documents[f"{HERE}page.xsd"] = "<html></html>"
    documents[f"{HERE}other.xsd"] = f'<x:schema xmlns:x="{XSD}" targetNamespace="urn:else"/>'

    def load(url: str) -> Source:
        if url not in documents:
            raise NotUsable("it is not there")
        return Source(documents[url].encode())

    assert requests_of(bundle(ROOT, load).document) == requests_of(SHAPES["document"].encode())


@table("shape", SHAPES)
def test_a_wsdl_may_import_a_schema(shape: str) -> None:
    """WSDL 1.1 §2.1.2 does so in its example."""
    before, tag, inside, after = parts(shape)
    x, w = tag[1 : tag.index(":")], "wsdl:" if "<wsdl:definitions" in before else ""
    end = before.rindex(f"<{w}types>")
    without = before[:end] + after[after.index(f"</{w}types>") + len(f"</{w}types>") :]
    reference = f'<{w}import namespace="urn:afilnet:chat" location="types.xsd"/>'
    documents = {ROOT: without[:end] + reference + without[end:], f"{HERE}types.xsd": f"{tag}{inside}</{x}:schema>"}
    assert requests_of(joined(documents).document) == requests_of(SHAPES[shape].encode())


def test_what_is_needed_and_not_had_would_be_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wsdl_bundle, "_is_whole", lambda _: True)
    with pytest.raises(pytest.fail.Exception):
        refusal({**imported("document"), f"{HERE}chat?xsd=1": "<html></html>"})
