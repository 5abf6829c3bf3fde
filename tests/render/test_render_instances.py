"""Hand-written requests and answers, right and wrong ones, held against the rendered schemas."""

import dataclasses
import functools
import json
import re
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.render import json_schema, settings_schema, xsd
from afilnet_protocols.settings import Settings
from afilnet_protocols.settings.sources import resolve
from tests.tables import table

JSON = json.loads(json_schema.render())
TOML = Draft202012Validator(json.loads(settings_schema.render()))
CREDENTIALS = "<user>user</user><password>password</password>"
CHANNEL = "<platform>whatsapp</platform><platformid>100</platformid>"
FILE = "<type>image</type><fileurl>https://www.example.com/image.jpg</fileurl>"
TEXT = "  <b>hóla</b>\r\n+ & % ]]> \U0001f600 שלום"
ITEM = {
    "platformid": "100",
    "platform": "whatsapp",
    "message": TEXT,
    "destination": "34600000000",
    "messageid": "1",
    "sent": True,
    "status": "sent",
    "datetime": "2024-02-29 23:59:59",
}


@functools.cache
def xml_schema():
    import xmlschema  # takes half a second, which no process pays that runs other tests

    return xmlschema.XMLSchema10(xsd.render())


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def message(method: str, content: str) -> str:
    return f'<c:{method} xmlns:c="urn:afilnet:chat">{content}</c:{method}>'


def item(**changes: str | None) -> str:
    fields = {name: str(value).lower() if value is True else str(value) for name, value in ITEM.items()} | changes
    return "<item>" + "".join(f"<{k}>{escaped(v)}</{k}>" for k, v in fields.items() if v is not None) + "</item>"


def answer(*items: str) -> str:
    return f"<status>SUCCESS</status><result><list>{''.join(items)}</list></result>"


GOOD_XML = {
    "no parameters": ("getchatchannels", CREDENTIALS),
    "a message": (
        "sendmessage",
        f"{CREDENTIALS}{CHANNEL}<destination>34600000000</destination><message>{escaped(TEXT)}</message>",
    ),
    "a file": ("sendfile", f"{CREDENTIALS}{CHANNEL}<destination>34600000000</destination>{FILE}"),
    "a file with all": (
        "sendfile",
        f"{CREDENTIALS}{CHANNEL}<destination>3</destination>{FILE}<thumburl>https://e.com/t</thumburl><message>m</message>",
    ),
    "sent": ("sendmessageResponse", "<status>SUCCESS</status>"),
    "sent, and more": ("sendfileResponse", "<status>SUCCESS</status><messageid>1</messageid>"),
    "an empty list": ("getchatsResponse", answer()),
    "a list of one": ("getchatsResponse", answer(item())),
    "a list of two": ("getmessagesResponse", answer(item(), item(message="", sent="false"))),
    "a field to come": ("getchatsResponse", answer(item(priority="7"))),
    "a platform to come": ("getchatsResponse", answer(item(platform="signal"))),
    "unread": ("getunreadmessagesResponse", answer(item().replace("sent>", "issent>"))),
    "a fault": ("ChatFault", "<error>CHAT_NOT_FOUND</error>"),
    "a fault to come": ("ChatFault", "<error>NO_CREDITS</error>"),
}

BAD_XML = {
    "no password": ("getchatchannels", "<user>user</user>"),
    "no message": ("sendmessage", f"{CREDENTIALS}{CHANNEL}<destination>3</destination>"),
    "another order": ("getchats", f"{CHANNEL}{CREDENTIALS}"),
    "a parameter too many": ("getchats", f"{CREDENTIALS}{CHANNEL}<destination>3</destination>"),
    "an unknown platform": ("getchats", f"{CREDENTIALS}<platform>signal</platform><platformid>1</platformid>"),
    "an unknown type": (
        "sendfile",
        f"{CREDENTIALS}{CHANNEL}<destination>3</destination><type>gif</type><fileurl>https://e.com</fileurl>",
    ),
    "qualified": ("getchatchannels", CREDENTIALS.replace("user>", "c:user>")),
    "an unknown method": ("markasread", CREDENTIALS),
    "no status": ("getchatsResponse", "<result><list/></result>"),
    "status ERROR": ("sendmessageResponse", "<status>ERROR</status>"),
    "no result": ("getchatsResponse", "<status>SUCCESS</status>"),
    "no list": ("getchatsResponse", "<status>SUCCESS</status><result/>"),
    "a field missing": ("getchatsResponse", answer(item(messageid=None))),
    "sent for issent": ("getunreadmessagesResponse", answer(item())),
    "issent for sent": ("getmessagesResponse", answer(item().replace("sent>", "issent>"))),
    "a flag in words": ("getchatsResponse", answer(item(sent="yes"))),
    "another time": ("getchatsResponse", answer(item(datetime="2024-02-29T23:59:59Z"))),
    "no code": ("ChatFault", ""),
}


@table("name", GOOD_XML)
def test_right_messages_are_accepted(name):
    xml_schema().validate(message(*GOOD_XML[name]))


@table("name", BAD_XML)
def test_wrong_messages_are_refused(name):
    assert not xml_schema().is_valid(message(*BAD_XML[name]))


def test_blanks_and_line_ends_of_a_text_are_kept():
    decoded = xml_schema().to_dict(message(*GOOD_XML["a list of one"]))
    assert decoded["result"]["list"]["item"][0]["message"] == TEXT


# --- the golden vectors, which were written by hand from the vendor's pages ----------------------------------------

VECTORS = Path(__file__).parents[1] / "vectors"
SOAP_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


def in_body(envelope: str) -> str:
    """The message inside an envelope: of a fault, its detail."""
    content = ElementTree.fromstring(envelope).find(SOAP_BODY)[0]
    detail = content.find("detail")
    return ElementTree.tostring(content if detail is None else detail[0], encoding="unicode")


def test_the_soap_vectors_are_messages_of_the_schema():
    requests = json.loads((VECTORS / "soap.json").read_text())["requests"]
    for vector in requests:
        xml_schema().validate(in_body(vector["request"]["body"]))
    assert {vector["operation"] for vector in requests} == {operation.name for operation in OPERATIONS}


ELSEWHERE = {"a list under another name", "a list beside the result", "a list of another namespace"}
"""Answers that are read although the description does not put their list there."""


def is_of_the_schema(vector):
    return xml_schema().is_valid(in_body(vector["answer"]["body"]))


def test_the_soap_answers_that_a_client_accepts_are_messages_of_the_schema_or_have_their_list_elsewhere():
    answers = json.loads((VECTORS / "answers-soap.json").read_text())["answers"]
    understood = [vector for vector in answers if vector["outcome"].get("delivery") != "unknown"]
    assert len(understood) > 10
    assert {vector["id"] for vector in understood if not is_of_the_schema(vector)} == ELSEWHERE


def test_the_json_vectors_are_requests_of_the_schema():
    requests = json.loads((VECTORS / "json.json").read_text())["requests"]
    assert [vector["id"] for vector in requests if not accepted("request", json.loads(vector["request"]["body"]))] == []
    assert {vector["operation"] for vector in requests} == {operation.name for operation in OPERATIONS}


# --- JSON ----------------------------------------------------------------------------------------------------------

CALL = {"class": "chat", "method": "getchats", "platform": "whatsapp", "platformid": "100"}
SEND = {**CALL, "method": "sendmessage", "destination": "34600000000", "message": TEXT}
UNREAD = {("issent" if name == "sent" else name): value for name, value in ITEM.items()}


def without(document: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in names}


def success(*items: object) -> dict[str, object]:
    return {"status": "SUCCESS", "result": {"list": list(items)}}


GOOD_JSON = [
    ("getchatchannels.request", {"class": "chat", "method": "getchatchannels"}),
    ("getchats.request", CALL),
    ("getchats.form", {**CALL, "user": "u", "password": "p"}),
    ("sendmessage.request", SEND),
    (
        "sendfile.request",
        {**without(SEND, "message"), "method": "sendfile", "type": "voice", "fileurl": "https://e.com"},
    ),
    ("request", SEND),
    ("sendmessage.reply", {"status": "SUCCESS"}),
    ("sendmessage.reply", {"status": "SUCCESS", "result": {"messageid": "1"}}),
    ("sendmessage.reply", {"status": "SUCCESS", "result": None}),
    ("getchats.reply", success()),
    ("getchats.reply", success(ITEM)),
    ("getchats.reply", success(ITEM, {**ITEM, "messageid": 2, "platformid": 100, "priority": 7})),
    ("getchats.reply", {"status": "ERROR", "error": "CHAT_NOT_FOUND"}),
    ("getchats.reply", {"status": "ERROR", "error": "NO_CREDITS"}),
    ("getunreadmessages.reply", success(UNREAD)),
    ("getchatchannels.reply", success({"platformid": "1", "platform": "signal", "name": ""})),
    ("reply", success(ITEM)),
]

BAD_JSON = [
    ("getchatchannels.request", {"method": "getchatchannels"}),
    ("getchats.request", without(CALL, "platformid")),
    ("getchats.request", {**CALL, "platform": "signal"}),
    ("getchats.request", {**CALL, "platformid": 100}),
    ("getchats.request", {**CALL, "user": "u", "password": "p"}),
    ("getchats.form", CALL),
    ("sendmessage.request", {**SEND, "message": ""}),
    ("sendmessage.request", {**SEND, "method": "sendfile"}),
    ("request", {**SEND, "method": "markasread"}),
    ("request", {**SEND, "class": "sms"}),
    ("sendmessage.reply", {}),
    ("sendmessage.reply", success(ITEM)),
    ("sendmessage.reply", {"status": "OK"}),
    ("sendmessage.reply", {"status": "ERROR"}),
    ("getchats.reply", {"status": "SUCCESS"}),
    ("getchats.reply", {"status": "SUCCESS", "result": []}),
    ("getchats.reply", success(without(ITEM, "messageid"))),
    ("getchats.reply", success(UNREAD)),
    ("getunreadmessages.reply", success(ITEM)),
    ("getchats.reply", success({**ITEM, "sent": "true"})),
    ("getchats.reply", success({**ITEM, "datetime": "2024-02-29T23:59:59Z"})),
    ("getchats.reply", {"status": "ERROR", "error": "not a code"}),
    ("getchats.reply", {"status": "ERROR", "error": 7}),
    ("reply", success({"platformid": "1"})),
    ("reply", "SUCCESS"),
]


def accepted(name: str, document: object) -> bool:
    return Draft202012Validator({**without(JSON, "anyOf"), "$ref": f"#/$defs/{name}"}).is_valid(document)


@table(("name", "document"), GOOD_JSON)
def test_right_objects_are_accepted(name, document):
    assert accepted(name, document)


@table(("name", "document"), BAD_JSON)
def test_wrong_objects_are_refused(name, document):
    assert not accepted(name, document)


def test_the_schema_itself_is_that_of_a_request_or_an_answer():
    validator = Draft202012Validator(JSON)
    assert validator.is_valid(SEND)
    assert validator.is_valid(success(ITEM))
    assert not validator.is_valid({"class": "chat"})


# --- the settings file ---------------------------------------------------------------------------------------------

GOOD_TOML = [
    "",
    'default_profile = "live"',
    '[profiles.live]\nprotocol = "http-post"\nuser = "u"\npassword = "p"\ntimeout = 5',
    '[profiles.live]\nprotocol = "my-own"\nrequire = ["tls13"]\nallow_legacy_grant = false',
    '[profiles.test]\nextends = "live"\nmigration = { to = "soap" }',
    *(
        f"[profiles.a]\npassword = {{ {place} }}"
        for place in ('env = "X"', 'file = "/x"', 'keyring = "a/b"', 'command = ["pass", "x"]', 'credential = "x"')
    ),
]

BAD_TOML = [
    "default_profile = 1",
    'profile = "live"',
    'user = "u"',
    '[profiles.live]\nusr = "u"',
    '[profiles.live]\ntimeout = "5"',
    "[profiles.live]\ntimeout = 0",
    '[profiles.live]\nminimum_security = "extreme"',
    '[profiles.live]\npin_sha256 = "abc"',
    '[profiles.live]\nuser = { env = "X" }',
    '[profiles.live]\npassword = { env = "X", file = "/x" }',
    "[profiles.live]\npassword = {}",
    '[profiles.live]\nclient_secret = { vault = "x" }',
    '[profiles.live]\nclient_secret = { command = "pass x" }',
    '[profiles.live]\nextends = ["base"]',
]


def test_the_settings_file_has_every_setting_and_no_other_key():
    profile = TOML.schema["$defs"]["profile"]["properties"]
    assert set(profile) - {"extends", "migration"} == {field.name for field in dataclasses.fields(Settings)}
    assert [name for name, schema in profile.items() if len(schema["description"]) < 10] == []


@table("text", GOOD_TOML)
def test_right_settings_are_accepted(text):
    TOML.validate(tomllib.loads(text))


@table("text", BAD_TOML)
def test_wrong_settings_are_refused(text):
    assert not TOML.is_valid(tomllib.loads(text))


@table("text", BAD_TOML)
def test_what_the_schema_refuses_the_library_refuses(text, tmp_path):
    (tmp_path / "afilnet.toml").write_text(text)
    (tmp_path / "afilnet.toml").chmod(0o600)
    key = re.search(r"(\w+) =", text)[1]
    with pytest.raises(ConfigurationError, match=rf"\b{key}\b"):
        _ = resolve("live", {}, environ={"X": "x"}, cwd=tmp_path / "none", user_folder=tmp_path).settings


def test_what_the_schema_accepts_the_library_accepts(tmp_path):
    text = GOOD_TOML[2] + "\n[profiles.test]\nextends = 'live'\npassword = { env = 'X' }\nrequire = ['tls13']\n"
    TOML.validate(tomllib.loads(text))
    (tmp_path / "afilnet.toml").write_text(text)
    (tmp_path / "afilnet.toml").chmod(0o600)
    resolved = resolve("test", {}, environ={"X": "x"}, cwd=tmp_path / "none", user_folder=tmp_path).settings
    assert (resolved.timeout, resolved.user, resolved.password.reveal()) == (5.0, "u", "x")
