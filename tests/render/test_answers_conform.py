"""What the sandbox answers, on every protocol, to requests written by hand, is what the rendered schemas describe."""

import base64
import functools
import http.client
import json
import xml.etree.ElementTree as ElementTree
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import escape

import pytest
from jsonschema import Draft202012Validator

from afilnet_protocols.catalogue import ERROR_CODES, OPERATIONS
from afilnet_protocols.render import json_schema, wsdl, xsd
from afilnet_protocols.sandbox.state.accounts import Options
from tests.tables import table
from tests.time_limit import HANGS

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
JSON = json.loads(json_schema.render())
CHANNEL = {"platform": "whatsapp", "platformid": "100"}
PARTY = {**CHANNEL, "destination": "34600000000"}
TEXT = " <b>hóla</b> + & % ]]> \U0001f600 \u05e9\u05dc\u05d5\u05dd "
FILE = {**PARTY, "type": "image", "fileurl": "https://www.example.com/image.jpg"}

CALLS = [
    ("getchatchannels", {}),
    ("getchats", CHANNEL),
    ("getmessages", PARTY),
    ("sendfile", FILE),
    ("sendmessage", {**PARTY, "message": TEXT}),
    ("sendfile", {**FILE, "thumburl": "https://www.example.com/thumb.jpg", "message": TEXT}),
    ("getchats", CHANNEL),
    ("getmessages", PARTY),
    ("getunreadmessages", PARTY),
    ("sendmessage", {**CHANNEL, "platformid": "999", "destination": "1", "message": "x"}),
    ("sendmessage", PARTY),
    ("sendfile", {**FILE, "type": "gif"}),
    ("sendfile", {**FILE, "fileurl": "nowhere"}),
    ("sendfile", {**FILE, "thumburl": "nowhere"}),
]


@functools.cache
def document_schema():
    import xmlschema  # takes half a second, which no process pays that runs other tests

    return xmlschema.XMLSchema10(xsd.render())


@functools.cache
def generic_schema():
    import xmlschema

    schema = ElementTree.fromstring(wsdl.render_generic()).find(".//{http://www.w3.org/2001/XMLSchema}schema")
    return xmlschema.XMLSchema10(ElementTree.tostring(schema, encoding="unicode"))


class Caller:
    """Writes requests as simply as can be, and checks each answer against its schema."""

    def __init__(self, sandbox, account):
        self.sandbox = sandbox
        self.account = account
        self.credentials = {"user": account.user, "password": account.password}
        self.refused = []

    def exchange(self, verb, path, body=None, **headers):
        connection = http.client.HTTPConnection(urlsplit(self.sandbox.plain_url).netloc, timeout=HANGS)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(verb, path, body=None if body is None else body.encode(), headers=named)
        answer = connection.getresponse().read().decode()
        connection.close()
        return answer

    def check_json(self, method, answer):
        document = json.loads(answer)
        Draft202012Validator({"$defs": JSON["$defs"], "$ref": f"#/$defs/{method}.reply"}).validate(document)
        self.note(document.get("error"))

    def note(self, code):
        if code is not None:
            self.refused.append(code)

    def http_get(self, method, fields):
        query = urlencode({"class": "chat", "method": method, **self.credentials, **fields})
        self.check_json(method, self.exchange("GET", f"/api/http/?{query}"))

    def http_post(self, method, fields):
        form = urlencode({"class": "chat", "method": method, **self.credentials, **fields})
        answer = self.exchange("POST", "/api/http/", form, Content_Type="application/x-www-form-urlencoded")
        self.check_json(method, answer)

    def basic(self, method, fields):
        query = urlencode({"class": "chat", "method": method, **fields})
        pair = base64.b64encode(f"{self.credentials['user']}:{self.credentials['password']}".encode()).decode()
        self.check_json(method, self.exchange("GET", f"/api/basic/?{query}", Authorization=f"Basic {pair}"))

    def json(self, method, fields):
        secrets = {"client_id": self.account.client_id, "client_secret": self.account.client_secret}
        form = urlencode({"grant_type": "client_credentials", **secrets})
        answer = self.exchange("POST", "/oauth/token", form, Content_Type="application/x-www-form-urlencoded")
        body = json.dumps({"class": "chat", "method": method, **fields})
        head = {"Content_Type": "application/json", "Authorization": f"Bearer {json.loads(answer)['access_token']}"}
        self.check_json(method, self.exchange("POST", "/api/json/", body, **head))

    def soap(self, method, fields, path="/api/soap/", element=None):
        inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
        name = element or method
        message = f'<c:{name} xmlns:c="urn:afilnet:chat">{inside}</c:{name}>'
        body = f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body>{message}</e:Body></e:Envelope>'
        answer = self.exchange("POST", path, body, Content_Type="text/xml; charset=utf-8")
        return ElementTree.fromstring(answer).find(f"{{{ENVELOPE}}}Body")[0]

    def soap_document(self, method, fields):
        content = self.soap(method, {**self.credentials, **fields})
        detail = content.find("detail")
        checked = content if detail is None else detail[0]
        document_schema().validate(ElementTree.tostring(checked, encoding="unicode"))
        expected = f"{method}Response" if detail is None else "ChatFault"
        assert checked.tag == f"{{urn:afilnet:chat}}{expected}"
        self.note(checked.findtext("error"))

    def soap_generic(self, method, fields):
        fields = {"class": "chat", "method": method, **self.credentials, **fields}
        content = self.soap(method, fields, path="/api/soap/generic/", element="call")
        generic_schema().validate(ElementTree.tostring(content, encoding="unicode"))
        self.check_json(method, content.findtext("return"))


PROTOCOLS = ["http_get", "http_post", "basic", "json", "soap_document", "soap_generic"]
OPTIONS = [Options(), Options(ids_as_numbers=True, empty_chats="error", reading_marks_read=True)]
SEEN = [
    "CHANNEL_NOT_FOUND",
    "MISSING_COMPULSORY_PARAM",
    "INCORRECT_FILETYPE",
    "INCORRECT_FILEURL",
    "INCORRECT_THUMBURL",
]


@pytest.mark.parametrize("options", OPTIONS, ids=["default", "other"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_answers_are_as_described(sandbox, protocol, options):
    account = sandbox.account(options=options)
    caller = Caller(sandbox, account)
    for method, fields in CALLS:
        getattr(caller, protocol)(method, fields)
        if method == "sendmessage":
            sandbox.receive(
                platform="whatsapp", platform_id="100", destination="34600000000", message=TEXT, account=account
            )
    unknown_chats = ["CHAT_NOT_FOUND"] * (3 if options.empty_chats == "error" else 2)
    assert caller.refused == [*unknown_chats, *SEEN]
    caller.credentials = {**caller.credentials, "password": "wrong"}
    if protocol != "json":
        getattr(caller, protocol)("getchats", CHANNEL)
        assert caller.refused[-1] == "INCORRECT_USER_PASSWORD"


@table("operation", OPERATIONS, ids=lambda operation: operation.method)
@table("protocol", PROTOCOLS)
def test_every_code_is_answered_as_described(sandbox, protocol, operation):
    caller = Caller(sandbox, sandbox.account())
    codes = [*ERROR_CODES, "NO_CREDITS"]
    fields = {item.wire: (*item.values, "https://www.example.com/")[0] for item in operation.parameters}
    for code in codes:
        sandbox.answer(code, account=caller.account)
        getattr(caller, protocol)(operation.method, fields)
    assert caller.refused == codes
