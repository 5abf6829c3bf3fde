"""The protocols spoken by hand, with http.client and xml.etree: nothing of the library is used here."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode, urlsplit
from xml.sax.saxutils import escape

from tests.time_limit import HANGS

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
CHAT = "urn:afilnet:chat"
FORM = "application/x-www-form-urlencoded"
SOAP_TYPE = "text/xml; charset=utf-8"
BOUNDARY = "a-boundary-of-ours"


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


def http_call(base, method, target, *, body=b"", headers=None, ca_file=None):
    """Send one request on a connection of its own."""
    parts = urlsplit(base)
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=HANGS, context=ssl.create_default_context(cafile=ca_file)
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=HANGS)
    try:
        connection.request(method, target, body=body or None, headers=dict(headers or {}))
        reply = connection.getresponse()
        return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
    finally:
        connection.close()


class Refused(Exception):
    """The service answered an error code."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Speaker:
    """One protocol against one sandbox: fields in, items out, or :class:`Refused`."""

    def __init__(self, sandbox, *, tls=False):
        self.sandbox = sandbox
        self.base = sandbox.base_url if tls else sandbox.plain_url
        self.ca_file = sandbox.ca_file if tls else None

    def http(self, method, target, **more):
        return http_call(self.base, method, target, ca_file=self.ca_file, **more)

    def call(self, fields):
        raise NotImplementedError

    def send(self, fields):
        return self.answer(self.call(fields))

    def answer(self, answer):
        document = answer.json()
        if document["status"] == "ERROR":
            assert set(document) == {"status", "error"}
            raise Refused(document["error"])
        assert document["status"] == "SUCCESS"
        return document["result"]["list"] if "result" in document else None


class Get(Speaker):
    def call(self, fields):
        return self.http("GET", "/api/http/?" + urlencode(fields))


class PostForm(Speaker):
    def call(self, fields):
        return self.http("POST", "/api/http/", body=urlencode(fields).encode(), headers={"Content-Type": FORM})


class PostQuery(Speaker):
    def call(self, fields):
        return self.http("POST", "/api/http/?" + urlencode(fields))


def multipart(fields):
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


class PostMultipart(Speaker):
    def call(self, fields):
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self.http("POST", "/api/http/", body=multipart(fields), headers=kind)


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Basic(Speaker):
    verb = "POST"

    def call(self, fields):
        rest = {name: value for name, value in fields.items() if name not in ("user", "password")}
        headers = {}
        if "user" in fields or "password" in fields:
            headers["Authorization"] = basic(fields.get("user", ""), fields.get("password", ""))
        if self.verb == "GET":
            return self.http("GET", "/api/basic/?" + urlencode(rest), headers=headers)
        headers["Content-Type"] = FORM
        return self.http("POST", "/api/basic/", body=urlencode(rest).encode(), headers=headers)


class BasicGet(Basic):
    verb = "GET"


def token_request(sandbox, account, *, base=None, **form):
    """Ask for a token with the client's secret in the header."""
    body = urlencode({"grant_type": "client_credentials", **form}).encode()
    secret = basic(quote_plus(account.client_id), quote_plus(account.client_secret))
    headers = {"Content-Type": FORM, "Authorization": secret}
    return http_call(base or sandbox.plain_url, "POST", "/oauth/token", body=body, headers=headers)


class Json(Speaker):
    """JSON: the right user and password stand for a valid token, others for themselves."""

    def call(self, fields):
        rest = {name: value for name, value in fields.items() if name not in ("user", "password")}
        headers = {"Content-Type": "application/json"}
        if "user" in fields:
            headers["Authorization"] = "Bearer " + self.token(fields["user"], fields.get("password", ""))
        return self.http("POST", "/api/json/", body=json.dumps(rest).encode(), headers=headers)

    def token(self, user, password):
        for account in self.sandbox.accounts():
            if (account.user, account.password) == (user, password):
                return token_request(self.sandbox, account).json()["access_token"]
        return password


def envelope(inside):
    return f'<e:Envelope xmlns:e="{SOAP}"><e:Body>{inside}</e:Body></e:Envelope>'.encode()


def elements(fields):
    return "".join(f"<{name}>{escape(value, {chr(13): '&#13;'})}</{name}>" for name, value in fields.items())


class Soap(Speaker):
    path = "/api/soap/"

    def call(self, fields):
        rest = {name: value for name, value in fields.items() if name not in ("class", "method")}
        namespace = {"chat": CHAT, "": ""}.get(fields.get("class", ""), "urn:" + fields.get("class", ""))
        if fields.get("method"):
            prefix, declared = ("c:", f' xmlns:c="{namespace}"') if namespace else ("", "")
            name = prefix + fields["method"]
            inside = f"<{name}{declared}>{elements(rest)}</{name}>"
        else:
            inside = ""
        return self.http(
            "POST", self.path, body=envelope(inside), headers={"Content-Type": SOAP_TYPE, "SOAPAction": '""'}
        )

    def answer(self, answer):
        assert answer.headers["content-type"] == SOAP_TYPE
        (body,) = ET.fromstring(answer.body)
        (content,) = body
        if content.tag == f"{{{SOAP}}}Fault":
            assert answer.status == 500
            code = content.find(f"detail/{{{CHAT}}}ChatFault/error")
            assert code is not None, answer.body
            raise Refused(code.text)
        assert answer.status == 200
        return self.content(content)

    def content(self, content):
        if content.findtext("status") == "ERROR":
            raise Refused(content.findtext("error"))
        assert content.findtext("status") == "SUCCESS"
        result = content.find("result")
        if result is None:
            return None
        return [{field.tag: read(field) for field in item} for item in result.findall("list/item")]


def read(field):
    text = field.text or ""
    return text == "true" if field.tag in ("sent", "issent") else text


class SoapRpc(Soap):
    path = "/api/soap/rpc/"


class SoapGeneric(Soap):
    path = "/api/soap/generic/"

    def call(self, fields):
        inside = f'<c:call xmlns:c="{CHAT}">{elements(fields)}</c:call>'
        return self.http("POST", self.path, body=envelope(inside), headers={"Content-Type": SOAP_TYPE})

    def content(self, content):
        return Speaker.answer(self, Answer(200, {}, content.findtext("return").encode()))


SPEAKERS = {
    "http-get": Get,
    "http-post": PostForm,
    "http-post-query": PostQuery,
    "http-post-multipart": PostMultipart,
    "basic-post": Basic,
    "basic-get": BasicGet,
    "json": Json,
    "soap": Soap,
    "soap-rpc": SoapRpc,
    "soap-generic": SoapGeneric,
}

CONVERSATION = {"platform": "whatsapp", "platformid": "100", "destination": "34600000000"}
FILE = {**CONVERSATION, "type": "image", "fileurl": "https://www.example.com/image.jpg"}


def fields(account, method, parameters=()):
    """Return the fields of a valid call."""
    return {"class": "chat", "method": method, "user": account.user, "password": account.password, **dict(parameters)}
