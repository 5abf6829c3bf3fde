import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import zeep
from jsonschema import Draft202012Validator

from afilnet_protocols import ConfigurationError, render
from afilnet_protocols.catalogue import ERROR_CODES, OPERATIONS, Operation
from afilnet_protocols.render import json_schema, openapi, wsdl, xsd
from afilnet_protocols.vocabulary import FileType, Platform
from tests.tables import table

SCHEMAS = Path(__file__).parents[2] / "schemas"
SHAPES = {"document": wsdl.render, "rpc": wsdl.render_rpc, "generic": wsdl.render_generic}
XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
TOKENS = ("/oauth/token", "/oauth/revoke", "/.well-known/oauth-authorization-server")
CODE = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")
by_method = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.method)
by_shape = pytest.mark.parametrize("shape", SHAPES)


# --- the committed files -------------------------------------------------------------------------------------------


def test_the_committed_documents_are_what_is_rendered():
    assert render.check(SCHEMAS) == []


@pytest.mark.parametrize("name", render.DOCUMENTS)
def test_one_changed_byte_is_found(tmp_path, name):
    render.write(tmp_path)
    assert render.check(tmp_path) == []
    changed = bytearray((tmp_path / name).read_bytes())
    changed[len(changed) // 2] ^= 1
    (tmp_path / name).write_bytes(changed)
    assert render.check(tmp_path) == [name]


def test_missing_and_foreign_files_are_found(tmp_path):
    render.write(tmp_path)
    shutil.copy(SCHEMAS / "README.md", tmp_path)
    (tmp_path / "afilnet-chat.xsd").unlink()
    (tmp_path / "other.xsd").write_text("")
    assert render.check(tmp_path) == ["afilnet-chat.xsd", "other.xsd"]
    with pytest.raises(ConfigurationError, match=r"there is no folder .*nowhere.* to compare with"):
        render.check(tmp_path / "nowhere")


def test_the_readme_names_every_document():
    text = (SCHEMAS / "README.md").read_text()
    assert [name for name in render.DOCUMENTS if f"`{name}`" not in text] == []


@table("name", render.DOCUMENTS)
def test_documents_are_plain_text_files(name):
    content = render.encoded(name)
    assert content.endswith(b"\n")
    assert b"\r" not in content


def test_the_published_addresses_reach_nobody():
    text = (SCHEMAS / "afilnet-chat.wsdl").read_text()
    assert re.findall(r'location="(.*)"', text) == ["https://afilnet.invalid/api/soap/"]
    document = json.loads(openapi.render())
    for path in ("/api/json/", *TOKENS):
        assert document["paths"][path]["servers"][0]["url"] == "https://afilnet.invalid"


@pytest.mark.parametrize("name", ["afilnet-chat.wsdl", "afilnet-chat.xsd", "afilnet-chat.schema.json"])
def test_what_is_assumed_is_said_in_the_document(name):
    assert "Assumed: " in render.encoded(name).decode()


# --- nothing but the catalogue, and all of it ----------------------------------------------------------------------


def schema_of(name: str) -> ElementTree.Element:
    root = ElementTree.fromstring(render.encoded(name))
    return root if root.tag == f"{XS}schema" else root.find(f"{WSDL}types/{XS}schema")


def children(root: ElementTree.Element, path: str) -> list[tuple[str, bool]]:
    """The elements of a sequence: names, and whether they are compulsory."""
    found = root.findall(f"{path}/{XS}sequence/{XS}element")
    return [(element.get("name"), element.get("minOccurs") != "0") for element in found]


def words(element: ElementTree.Element) -> str:
    return "".join(element.find(f"{XS}annotation").itertext())


def parameters(operation: Operation[object]) -> list[tuple[str, bool]]:
    return [(item.wire, item.compulsory) for item in operation.parameters]


def codes(operation: Operation[object]) -> list[str]:
    return [error.code for error in operation.errors]


CREDENTIALS = [("user", True), ("password", True)]

in_xml = pytest.mark.parametrize("name", ["afilnet-chat.xsd", "afilnet-chat.wsdl"])


@in_xml
def test_xml_has_the_elements_of_the_catalogue_and_no_others(name):
    root = schema_of(name)
    wrappers = [name for item in OPERATIONS for name in (item.method, f"{item.method}Response")]
    assert [element.get("name") for element in root.findall(f"{XS}element")] == [*wrappers, "ChatFault"]
    types = [f"{item.method}{part}" for item in OPERATIONS if item.fields for part in ("Item", "List", "Result")]
    enumerations = ["Platform", "FileType", "Success", "ErrorCode", "Timestamp"]
    assert [element.get("name") for element in root if "Type" in element.tag] == [*enumerations, *types]


@in_xml
@by_method
def test_xml_describes_each_operation(name, operation):
    root = schema_of(name)
    method = operation.method
    request = root.find(f"{XS}element[@name='{method}']")
    assert children(root, f"{XS}element[@name='{method}']/{XS}complexType") == [*CREDENTIALS, *parameters(operation)]
    assert CODE.findall(words(request)) == codes(operation)
    answer = children(root, f"{XS}element[@name='{method}Response']/{XS}complexType")
    assert answer == [("status", True), *([("result", True)] if operation.fields else [])]
    if operation.fields:
        fields = [(field.wire, True) for field in operation.fields]
        assert children(root, f"{XS}complexType[@name='{method}Item']") == fields


@in_xml
@pytest.mark.parametrize(
    ("enumeration", "values"),
    [("Platform", list(Platform)), ("FileType", list(FileType)), ("ErrorCode", list(ERROR_CODES))],
)
def test_xml_lists_the_allowed_values(name, enumeration, values):
    path = f"{XS}simpleType[@name='{enumeration}']/{XS}restriction/{XS}enumeration"
    assert [element.get("value") for element in schema_of(name).findall(path)] == values


@in_xml
def test_xml_carries_the_vendors_descriptions_of_the_codes(name):
    path = f"{XS}simpleType[@name='ErrorCode']/{XS}restriction/{XS}enumeration"
    found = {element.get("value"): words(element).strip() for element in schema_of(name).findall(path)}
    assert found == {code: f"{error.about}." for code, error in ERROR_CODES.items()}


@pytest.mark.parametrize("shape", ["document", "rpc"])
def test_the_wsdl_has_one_operation_per_method_with_its_codes(shape):
    root = ElementTree.fromstring(SHAPES[shape]())
    for place in ("portType", "binding"):
        found = root.findall(f"{WSDL}{place}/{WSDL}operation")
        assert [element.get("name") for element in found] == [item.method for item in OPERATIONS]
    documented = root.findall(f"{WSDL}portType/{WSDL}operation/{WSDL}documentation")
    assert [CODE.findall(element.text) for element in documented] == [codes(item) for item in OPERATIONS]


@by_method
def test_the_rpc_shape_has_the_parameters_as_typed_parts(operation):
    root = ElementTree.fromstring(wsdl.render_rpc())
    parts = root.findall(f"{WSDL}message[@name='{operation.method}']/{WSDL}part")
    assert [part.get("name") for part in parts] == [name for name, _ in [*CREDENTIALS, *parameters(operation)]]
    assert all(part.get("type") for part in parts)


def test_the_generic_shape_takes_class_and_method_and_every_parameter():
    root = ElementTree.fromstring(wsdl.render_generic()).find(f"{WSDL}types/{XS}schema")
    found = children(root, f"{XS}element[@name='call']/{XS}complexType")
    assert [name for name, compulsory in found if compulsory] == ["class", "method", "user", "password"]
    optional = [name for name, compulsory in found if not compulsory]
    assert sorted(optional) == sorted({item.wire for operation in OPERATIONS for item in operation.parameters})
    text = wsdl.render_generic()
    assert set(CODE.findall(text)) == set(ERROR_CODES)
    assert [value for value in [*Platform, *FileType] if value not in text] == []


in_json = pytest.mark.parametrize(
    "named",
    [json.loads(json_schema.render())["$defs"], json.loads(openapi.render())["components"]["schemas"]],
    ids=["schema", "openapi"],
)


@in_json
def test_json_has_the_definitions_of_the_catalogue_and_no_others(named):
    expected = {"request", "form", "reply", "error", "other_code"}
    for operation in OPERATIONS:
        parts = {"request", "form", "success", "error", "reply"} | ({"item"} if operation.fields else set())
        expected |= {f"{operation.method}.{part}" for part in parts}
    assert {name for name in named if not name.startswith("token.")} == expected


@in_json
@by_method
def test_json_describes_each_operation(named, operation):
    for part, credentials in (("request", []), ("form", CREDENTIALS)):
        request = named[f"{operation.method}.{part}"]
        expected = [("class", True), ("method", True), *credentials, *parameters(operation)]
        assert [(name, name in request["required"]) for name in request["properties"]] == expected
        assert request["properties"]["method"]["const"] == operation.method
        for item in operation.parameters:
            assert tuple(request["properties"][item.wire].get("enum", ())) == item.values
            assert item.about in request["properties"][item.wire]["description"]
    documented = named[f"{operation.method}.error"]["properties"]["error"]["anyOf"][:-1]
    described = [(entry["const"], entry["description"]) for entry in documented]
    assert described == [(error.code, f"{error.about}.") for error in operation.errors]
    if operation.fields:
        item = named[f"{operation.method}.item"]
        assert list(item["properties"]) == item["required"] == [field.wire for field in operation.fields]


def test_openapi_has_the_parameters_of_the_catalogue_in_its_queries():
    paths = json.loads(openapi.render())["paths"]
    assert list(paths) == ["/api/http/", "/api/basic/", "/api/json/", *TOKENS]
    wires = {item.wire for operation in OPERATIONS for item in operation.parameters}
    for path, credentials in (("/api/http/", {"user", "password"}), ("/api/basic/", set())):
        query = {entry["name"]: entry for entry in paths[path]["get"]["parameters"]}
        assert set(query) == {"class", "method"} | credentials | wires
        assert query["method"]["schema"]["enum"] == [operation.method for operation in OPERATIONS]
        assert {name for name, entry in query.items() if entry["required"]} == {"class", "method"} | credentials


# --- valid by those who know the formats, which are slow to import --------------------------------------------------


def test_the_schema_of_the_messages_is_valid_xml_schema():
    import xmlschema

    assert len(xmlschema.XMLSchema10(xsd.render()).elements) == 2 * len(OPERATIONS) + 1


@by_shape
def test_the_descriptions_are_valid_wsdl(tmp_path, shape):
    from xmlschema.extras.wsdl import Wsdl11Document

    path = tmp_path / "chat.wsdl"
    path.write_text(SHAPES[shape]("https://127.0.0.1:1/a?b&c=<d>"))
    document = Wsdl11Document(str(path))
    expected = 1 if shape == "generic" else len(OPERATIONS)
    assert [len(binding.operations) for binding in document.bindings.values()] == [expected]
    port = next(iter(document.services.values())).ports
    assert next(iter(port.values())).soap_location == "https://127.0.0.1:1/a?b&c=<d>"


@by_shape
def test_two_foreign_clients_read_the_descriptions(tmp_path, shape):
    import suds.client

    path = tmp_path / "chat.wsdl"
    path.write_text(SHAPES[shape]())
    service = next(iter(zeep.Client(str(path)).wsdl.services.values()))
    methods = ["call"] if shape == "generic" else sorted(operation.method for operation in OPERATIONS)
    assert sorted(service.ports["ChatPort"].binding._operations) == methods
    foreign = suds.client.Client(path.as_uri(), cache=None)
    assert sorted(foreign.wsdl.services[0].ports[0].methods) == methods


def test_the_schemas_are_valid_json_schema():
    for name in ("afilnet-chat.schema.json", "afilnet.toml.schema.json"):
        Draft202012Validator.check_schema(json.loads(render.encoded(name)))


@pytest.mark.parametrize("base_url", [None, "https://127.0.0.1:4711"])
def test_openapi_is_valid(base_url):
    import openapi_spec_validator

    document = json.loads(openapi.render(base_url))
    openapi_spec_validator.validate(document)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_openapi_of_one_server_names_that_server_only():
    text = openapi.render("https://127.0.0.1:4711")
    assert "afilnet.invalid" not in text
    assert json.loads(text)["servers"] == [{"url": "https://127.0.0.1:4711"}]
