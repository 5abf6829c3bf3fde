"""A description that is read without zeep means what zeep takes it for, or is left to zeep."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from afilnet_protocols.catalogue import OPERATIONS, Operation
from afilnet_protocols.dialects.soap import SOAP_STYLES
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox.protocols.soap_style_wsdl import describe, describe_schema
from afilnet_protocols.wire.soap import binding as soap_binding
from afilnet_protocols.wire.soap.binary_types import binary_types
from afilnet_protocols.wire.soap.bound_operation import Binding, BoundOperation
from afilnet_protocols.wire.soap.built_in_types import built_in
from afilnet_protocols.wire.soap.described import SOAP_11, Field, Kind
from afilnet_protocols.wire.soap.description import plain_schema, plain_wsdl
from afilnet_protocols.wire.soap.description.plain_schema import Schemas, _Content
from afilnet_protocols.wire.soap.description.plain_wsdl import _in, _Reader, _sides
from afilnet_protocols.wire.soap.description.schema_nodes import Unusual, is_name, is_number
from afilnet_protocols.wire.soap.description.wsdl import read
from afilnet_protocols.wire.soap.description.wsdl_bundle import Source, bundle
from afilnet_protocols.wire.soap.not_usable import NotUsable
from tests.sizes import examples
from tests.tables import table
from tests.wire.soap.description import soap_descriptions
from tests.wire.soap.description.soap_descriptions import Drawn
from tests.wire.soap.test_codec import SHAPES, UNUSUAL

TEXT = " \r\n+ & % ]]> <b>\r\u2028😀 שלום "


def without_zeep(description: str) -> Binding | None:
    """Return what is read without zeep; ``None`` if that is left to zeep."""
    tree = read(description.encode())
    try:
        return soap_binding._first(plain_wsdl.ports(tree), binary_types(tree))
    except (Unusual, NotUsable):
        return None


def by_zeep(description: str) -> Binding | None:
    """Return what zeep takes a description for, without a warning; ``None`` if it cannot be used."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            return soap_binding.bind_by_zeep(read(description.encode()))
        except ConfigurationError:
            return None
        finally:
            assert [str(each.message) for each in heard] == []


def requests(operation: Operation[object], bound: BoundOperation) -> list[bytes]:
    """Return a request with all that the description knows, and one with what must be there."""
    optional = {item.wire for item in operation.parameters if not item.compulsory}
    everything = {name: f"{name}{TEXT}" for name in bound.names}
    least = {name: text for name, text in everything.items() if name not in optional}
    return [write(values) for values in (everything, least) for write in (bound.write, bound.write_whole)]


def shown(binding: Binding) -> dict[str, object]:
    """Return all that a binding decides: where calls go, what is sent, byte for byte, and how answers are read."""
    said: dict[str, object] = {"address": binding.address, "envelope": binding.envelope}
    for operation in OPERATIONS:
        bound = binding.operations[operation.method]
        known = (bound.names, bound.fixed, bound.headers, bound.answer, bound.rpc, bound.encoded, bound.binary)
        said[operation.method] = (*known, requests(operation, bound))
        said[f"{operation.method}, the answer"] = repr(bound.shape)
    return said


def judge(drawn: Drawn) -> Binding | None:
    """Hold both readers to one another."""
    plain, theirs = without_zeep(drawn.text), by_zeep(drawn.text)
    if plain is None:
        assert not drawn.usual
        return None
    assert theirs is not None
    assert shown(plain) == shown(theirs)
    return plain


QUIET = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)


@settings(QUIET, max_examples=examples(8, proof=60))
@given(soap_descriptions.descriptions())
def test_what_is_read_without_zeep_is_what_zeep_reads(drawn: Drawn) -> None:
    judge(drawn)


@pytest.mark.proof(short="test_what_is_read_without_zeep_is_what_zeep_reads")
@settings(QUIET, max_examples=examples(20, proof=60))
@given(soap_descriptions.damaged())
def test_a_damaged_description_is_not_taken_for_another(text: str) -> None:
    try:
        judge(Drawn(text, usual=False))
    except ConfigurationError:
        return  # it is no XML, or refers to another document


SHORT_TEXTS = ["".join(letters) for length in range(4) for letters in itertools.product("aZ_09.-:é٣\n ", repeat=length)]


def misread(*, name: Callable[[str], bool] = is_name, number: Callable[[str], bool] = is_number) -> list[str]:
    """Return the texts that are taken for names or numbers, or not, against the expressions that say what those are."""
    texts = [*SHORT_TEXTS, "1" * 9, "1" * 10]
    names = [text for text in texts if name(text) is not bool(re.fullmatch("[A-Za-z_][A-Za-z0-9_.-]*", text))]
    return names + [text for text in texts if number(text) is not bool(re.fullmatch("[0-9]{1,9}", text))]


def test_names_and_numbers_are_what_expressions_say():
    assert misread() == []


def test_careless_readers_of_names_and_numbers_are_found():
    """Sabotage: anything may begin a name; digits of other scripts make a number."""
    assert misread(name=lambda text: not text.strip("aZ_09.-"))
    assert misread(number=str.isdigit)


def changed(function: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a function that returns something else than it should."""
    return lambda *arguments: change(function(*arguments))


def has(**values: object) -> Callable[[Field], Field]:
    return lambda field: msgspec.structs.replace(field, **values)


BUILT_IN = built_in()


def texts(**values: object) -> Callable[[], dict[str, Kind]]:
    """Return what gives the types of XML Schema with something else about their texts."""
    found = {name: Kind(kind.text and msgspec.structs.replace(kind.text, **values)) for name, kind in BUILT_IN.items()}
    return lambda: found


STYLES = {"rpc": "document", "document": "rpc"}
SABOTAGES: dict[str, tuple[Any, str, Any]] = {
    "no field is in a namespace": (Schemas, "_field", changed(Schemas._field, has(namespace=None))),
    "all fields are optional": (Schemas, "_field", changed(Schemas._field, has(optional=True))),
    "no field may be nil": (Schemas, "_field", changed(Schemas._field, has(nillable=False))),
    "a field stands once": (Schemas, "_field", changed(Schemas._field, has(multiple=False))),
    "a field is lost": (_Reader, "_asked", changed(_Reader._asked, lambda fields: fields[:-1])),
    "what extends is all": (Schemas, "_base_content", lambda *_: _Content([], is_row=True)),
    "blanks always count": (plain_schema, "built_in", texts(collapse=False)),
    "bytes are a text": (plain_schema, "built_in", texts(binary=None)),
    "the other style": (plain_wsdl, "_sides", changed(_sides, lambda said: (said[0], STYLES[said[1]], said[2]))),
    "an action is lost": (plain_wsdl, "_sides", changed(_sides, lambda said: ("", *said[1:]))),
    "the other version": (plain_wsdl, "_SOAP", dict.fromkeys(plain_wsdl._SOAP, SOAP_11)),
    "an answer is named like its call": (plain_wsdl, "_in", changed(_in, lambda name: name.removesuffix("Response"))),
    "types without prefixes": (plain_wsdl, "encoded_operations", lambda _: frozenset()),
}


def is_found(sabotage: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a reader with a mistake differs from zeep over descriptions that are drawn."""
    monkeypatch.setattr(*SABOTAGES[sabotage])

    @settings(QUIET, max_examples=60, phases=[Phase.generate], database=None)
    @seed(1)
    @given(soap_descriptions.descriptions())
    def look(drawn: Drawn) -> None:
        judge(drawn)

    try:
        look()
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("sabotage", ["no field is in a namespace", "a field is lost", "the other style"])
def test_a_reader_that_reads_something_else_is_found(sabotage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_found(sabotage, monkeypatch)


@pytest.mark.proof(short="test_a_reader_that_reads_something_else_is_found")
@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_every_reader_that_reads_something_else_is_found(sabotage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_found(sabotage, monkeypatch)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_usual_descriptions_are_read_without_zeep(shape: str) -> None:
    text = SHAPES[shape].decode()
    plain, theirs = without_zeep(text), by_zeep(text)
    assert plain is not None
    assert theirs is not None
    assert shown(plain) == shown(theirs)


@table("name", SOAP_STYLES)
def test_the_description_of_every_dialect_is_read_without_zeep(name: str) -> None:
    url, style = "https://soap.example.com/", SOAP_STYLES[name]
    made = bundle(url, lambda at: Source((describe_schema(style) if "xsd" in at else describe(style, url)).encode()))
    plain, theirs = without_zeep(made.document.decode()), by_zeep(made.document.decode())
    assert plain is not None
    assert theirs is not None
    assert shown(plain) == shown(theirs)


CALLING = """
import sys
from pathlib import Path
from afilnet_protocols.catalogue import GET_CHAT_CHANNELS, SEND_MESSAGE
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.soap.codec import SoapCodec
codec = SoapCodec(Path(sys.argv[1]).read_bytes(), endpoint=None, user="me", password=Secret("a password"))
chat = {"platform": "whatsapp", "platformid": "100", "destination": "34", "message": "hola"}
codec.encode(SEND_MESSAGE, chat)
answer = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><c:getchatchannelsResponse '\\
    'xmlns:c="urn:afilnet:chat"><status>SUCCESS</status></c:getchatchannelsResponse></e:Body></e:Envelope>'
assert codec.decode(GET_CHAT_CHANNELS, Reply(200, {}, answer.encode())) == []
print("zeep" in sys.modules)
"""


def loads_zeep(description: bytes, folder: Path) -> bool:
    """Whether a new process loads zeep to be a client of a service, send and read."""
    path = folder / "chat.wsdl"
    path.write_bytes(description)
    done = subprocess.run([sys.executable, "-c", CALLING, str(path)], capture_output=True, check=True, text=True)
    return {"True\n": True, "False\n": False}[done.stdout]


def test_a_client_of_a_usual_service_never_loads_zeep(tmp_path: Path) -> None:
    assert not loads_zeep(SHAPES["document"], tmp_path)


@pytest.mark.proof(short="test_a_client_of_a_usual_service_never_loads_zeep")
def test_a_client_that_loads_zeep_is_noticed(tmp_path: Path) -> None:
    assert loads_zeep(UNUSUAL, tmp_path)
