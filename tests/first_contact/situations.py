"""The table: what stands at the address, and what every command has to say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.first_contact.service import Answer

SCHEMAS = Path(__file__).parents[2] / "schemas"

JSON = "application/json"


@dataclass(frozen=True)
class Situation:
    """Something that a newcomer meets.

    Attributes:
        name: what it is called here.
        met: what the text has to name (a regular expression, letters of either case).
        setting: the setting or address that it has to name (likewise).
        answers: what is answered, by the beginning of the path.
        protocol: the protocol that is spoken.
        settings: more settings; ``@here@`` is the address of what answers.
        todo: what the text has to say is to be done; nothing further by default.
        never: what may not be said in it.
    """

    name: str
    met: str
    setting: str
    answers: Mapping[str, Answer] = field(default_factory=dict)
    protocol: str = "http-post"
    settings: Mapping[str, str] = field(default_factory=dict)
    todo: str = ""
    never: str = ""


def _page(title: str, body: str = "") -> str:
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body or title}</body></html>"


def _http(name: str, answer: Answer, met: str, setting: str = "base_url", **more: str) -> Situation:
    return Situation(name, met, setting, {"/": answer}, **more)  # type: ignore[arg-type]


def _code(code: str, **more: str) -> Answer:
    return Answer(f'{{"status":"ERROR","error":"{code}"}}', kind=JSON)


WEB_PAGES = (
    _http("home page", Answer(_page("Afilnet | SMS")), "web page", todo="address"),
    _http("login page", Answer(_page("Sign in", '<form><input type="password" name="p"></form>')), "login page"),
    _http("captive portal", Answer(_page("Hotel WiFi", "Accept the terms of this hotspot")), "network.* login|hotspot"),
    _http("maintenance, 200", Answer(_page("Under maintenance")), "maintenance", todo="later"),
    _http("maintenance, 503", Answer(_page("Mantenimiento"), 503), "maintenance", todo="later"),
    _http("welcome to nginx", Answer(_page("Welcome to nginx!")), "default page of a web server"),
    _http("it works", Answer(_page("Apache2 Ubuntu Default Page: It works")), "default page of a web server"),
    _http("parked domain", Answer(_page("x.example", "This domain is for sale. Buy this domain.")), "for sale|parked"),
    _http("account suspended", Answer(_page("Account Suspended")), "suspended"),
    _http("index of", Answer(_page("Index of /api/http")), "list of files"),
    _http("challenge", Answer(_page("Just a moment..."), 403, headers={"cf-mitigated": "challenge"}), "firewall"),
    _http("captcha", Answer(_page("Verify", "please solve the captcha below")), "firewall"),
    _http("request rejected", Answer(_page("Request Rejected", "The requested URL was rejected.")), "firewall"),
    _http("attention required", Answer(_page("Attention Required! | Cloudflare"), 403), "firewall", todo="allow"),
    _http("page without a type", Answer(_page("hello"), kind=""), "web page"),
)

SCRIPTS = (
    _http(
        "PHP notice before the document",
        Answer('\nNotice: Undefined index: x in /var/www/i.php on line 3\n{"status":"SUCCESS","result":{"list":[]}}'),
        "PHP",
        todo="service",
    ),
    _http("PHP warning in HTML", Answer("<br />\n<b>Warning</b>:  mysqli_connect() in <b>/srv/a</b> on line 1"), "PHP"),
    _http("PHP fatal error", Answer("PHP Fatal error:  Uncaught Error in /srv/index.php:3", 500), "PHP"),
    _http("PHP source", Answer("<?php\nrequire 'vendor/autoload.php';\n", kind="text/plain"), "PHP"),
    _http("PHP deprecated after", Answer('{"status":"SUCCESS"}\nDeprecated: strlen() in /a.php on line 2'), "PHP"),
)

TEXTS = (
    _http("legacy OK", Answer("OK", kind="text/plain"), "older interface", todo="/api/http"),
    _http("legacy -1", Answer("-1", kind="text/html"), "older interface"),
    _http("a sentence", Answer("Invalid parameters", kind="text/plain"), "plain text"),
    _http("nothing", Answer(""), "empty"),
    _http("a JSON text", Answer('"ok"', kind=JSON), "JSON"),
    _http("another API", Answer('{"message": "hello", "version": 3}', kind=JSON), "another service|other service"),
    _http("a JSON array", Answer('[{"id": 1}]', kind=JSON), "JSON"),
    _http("GraphQL", Answer('{"errors":[{"message":"Must provide query string."}]}', kind=JSON), "another service"),
    _http("JSON cut off", Answer('{"status":"SUCCESS","result":{"list":[{"plat', kind=JSON), "cut off|not whole"),
    _http("RSS", Answer('<?xml version="1.0"?><rss version="2.0"></rss>', kind="application/rss+xml"), "XML"),
    _http("a SOAP envelope", Answer("<soap:Envelope xmlns:soap='x'/>", kind="text/xml"), "SOAP|XML"),
    _http("an image", Answer(b"\x89PNG\r\n\x1a\n\x00\x00", kind="image/png"), "image"),
    _http("UTF-16", Answer('{"status":"SUCCESS"}'.encode("utf-16"), kind=JSON), "UTF-16"),
    _http("UTF-16 without its mark", Answer('{"status":"SUCCESS"}'.encode("utf-16-le"), kind=JSON), "UTF-16"),
    _http("compressed", Answer(b"\x1f\x8b\x08\x00\x00\x00\x00", kind="application/gzip"), "binary|compressed"),
    _http("a description", Answer('{"openapi":"3.1.0","paths":{}}', kind=JSON), "another service|description"),
)


def _to(place: str) -> Mapping[str, str]:
    return {"location": place}


REDIRECTS = (
    _http(
        "apex to www",
        Answer(status=301, headers=_to("https://www.afilnet.example/api/http/")),
        r"https://www\.afilnet\.example",
        todo="set base_url to https://www.afilnet.example",
    ),
    _http("to a login", Answer(status=302, headers=_to("/login?next=/api")), "/login", todo="login"),
    _http(
        "http to https", Answer(status=308, headers=_to("https://@here@/api/http/")), "https://127", todo="base_url to"
    ),
    _http("to elsewhere", Answer(status=307, headers=_to("https://x.example/other")), r"x\.example", todo="base_url"),
    _http("see other", Answer(status=303, headers=_to("https://x.example/")), r"x\.example", todo="base_url"),
    _http("to nowhere", Answer(status=302), "redirect", todo="base_url"),
    _http(
        "a redirect that repeats the request",
        Answer(status=301, headers=_to("https://x.example/api/http/?user=u&password=a-password-1")),
        r"x\.example",
        never="a-password-1",
    ),
)

STATUSES = (
    _http("401, page", Answer(_page("Unauthorized"), 401), "credentials", "user|password"),
    _http("403, nginx", Answer(_page("403 Forbidden"), 403), "403", "base_url", todo="allow"),
    _http("403, nothing", Answer("", 403), "403", "base_url", todo="allow"),
    _http("404, Apache", Answer(_page("404 Not Found"), 404), "404", "base_url", todo="address"),
    _http("404, JSON", Answer('{"message":"Not Found"}', 404, JSON), "404", "base_url", todo="address"),
    _http("405", Answer(_page("405 Not Allowed"), 405), "405", "base_url"),
    _http("400, TLS wanted", Answer("The plain HTTP request was sent to HTTPS port", 400), "TLS|https", "base_url"),
    _http("400, certificate", Answer("No required SSL certificate was sent", 400), "certificate", "client_cert"),
    _http("406, mod_security", Answer(_page("Not Acceptable!", "Mod_Security"), 406), "firewall", "base_url"),
    _http("407", Answer(_page("Proxy"), 407), "proxy", "proxy"),
    _http("421", Answer("Misdirected", 421), "421", "base_url"),
    _http("429", Answer("", 429, headers={"retry-after": "7"}), "slow down", "7 seconds"),
    _http("451", Answer("", 451), "451", "base_url"),
    _http("500, page", Answer(_page("Internal Server Error"), 500), "500", "base_url", todo="later"),
    _http("502", Answer(_page("502 Bad Gateway"), 502), "502", "base_url", todo="later"),
    _http("503, wait", Answer("", 503, headers={"retry-after": "60"}), "503", "base_url", todo="later"),
    _http("504", Answer(_page("504 Gateway Time-out"), 504), "504", "base_url", todo="later"),
    _http("520", Answer(_page("Web server is returning an unknown error"), 520), "520", "base_url", todo="later"),
    _http("526", Answer(_page("Invalid SSL certificate"), 526), "526", "base_url", todo="later"),
)

CODES = (
    _http("IP allow list", _code("IP_NOT_ALLOWED"), "IP_NOT_ALLOWED", "address", todo="allow"),
    _http("no credits", _code("NO_CREDITS"), "NO_CREDITS", "account", todo="credit"),
    _http("no balance", _code("INSUFFICIENT_BALANCE"), "INSUFFICIENT_BALANCE", "account", todo="credit"),
    _http("account not active", _code("ACCOUNT_SUSPENDED"), "ACCOUNT_SUSPENDED", "account", todo="vendor"),
    _http("no access", _code("NO_API_ACCESS"), "NO_API_ACCESS", "account", todo="Access to API"),
    _http("no token any more", _code("TOKEN_EXPIRED"), "TOKEN_EXPIRED", "token", todo="token_lifetime"),
    _http("no session on WhatsApp", _code("SESSION_EXPIRED"), "SESSION_EXPIRED", "conversation"),
    _http("too large", _code("FILE_SIZE_EXCEEDED"), "FILE_SIZE_EXCEEDED", "file", todo="shorter"),
    _http("in maintenance", _code("SERVICE_MAINTENANCE"), "SERVICE_MAINTENANCE", "later", todo="later"),
    _http("an error in a sentence", _code("Your account has expired"), "sentence", "service"),
    _http("no user", _code("MISSING_USER"), "MISSING_USER", "user"),
    _http("wrong password", _code("INCORRECT_USER_PASSWORD"), "INCORRECT_USER_PASSWORD", "password"),
    _http("unknown method", _code("INCORRECT_METHOD"), "INCORRECT_METHOD", "base_url"),
    _http("no status", Answer('{"result":{"list":[]}}', kind=JSON), "status", "base_url"),
)

ADDRESSES = (
    Situation("the documented address", "/api/http", "base_url", settings={"base_url": "https://a.example/api/http/"}),
    Situation(
        "the documented address, bare", "/api/basic", "base_url", settings={"base_url": "https://a.example/api/basic"}
    ),
    Situation(
        "with a query",
        "query|\\?",
        "base_url",
        settings={"base_url": "https://a.example/?class=chat"},
    ),
    Situation("no scheme", "https", "base_url", settings={"base_url": "www.afilnet.example"}),
    Situation("no such host", "name|resolve|host", "base_url", settings={"base_url": "https://nowhere.invalid"}),
    Situation("nobody there", "refused", "base_url", settings={"base_url": "http://127.0.0.1:9"}),
    Situation(
        "plain where TLS is due", "TLS|plain", "base_url", {"/": Answer("x")}, settings={"base_url": "https://@here@"}
    ),
)

_TOKEN = Answer('{"access_token":"t0k3n","token_type":"Bearer","expires_in":600}', kind=JSON)


def _token(name: str, answer: Answer, met: str, setting: str = "token_url", **more: str) -> Situation:
    answers = {"/token": answer, "/json": _code("INCORRECT_METHOD")}
    return Situation(name, met, setting, answers, "json", **more)  # type: ignore[arg-type]


def _json(name: str, answer: Answer, met: str, **more: str) -> Situation:
    return Situation(name, met, "json_url", {"/token": _TOKEN, "/json": answer}, "json", **more)  # type: ignore[arg-type]


TOKENS = (
    _token("token: a page", Answer(_page("Afilnet")), "web page"),
    _token("token: a login page", Answer(_page("Log in", "<input type='password'>")), "login page"),
    _token("token: 404", Answer(_page("404 Not Found"), 404), "404"),
    _token("token: 403", Answer(_page("403 Forbidden"), 403), "403"),
    _token("token: 500", Answer(_page("Internal Server Error"), 500), "500", never="what to do: .*ca_file"),
    _token("token: redirect", Answer(status=302, headers=_to("https://id.example/oauth")), r"id\.example"),
    _token("token: refused", Answer('{"error":"invalid_client"}', 401, JSON), "invalid_client", "client_id"),
    _token(
        "token: another API", Answer('{"status":"ERROR","error":"MISSING_CLASS"}', kind=JSON), "MISSING_CLASS|token"
    ),
    _json("json: a page", Answer(_page("Afilnet")), "web page"),
    _json("json: 404", Answer(_page("404"), 404), "404", todo="address"),
    _json("json: redirect", Answer(status=301, headers=_to("https://x.example/json/")), r"x\.example", todo="json_url"),
    _json("json: a token endpoint", Answer('{"error":"invalid_request"}', kind=JSON), "another service|status"),
)


def _wsdl(name: str, answer: Answer, met: str, **more: str) -> Situation:
    settings = {"soap_wsdl": "http://@here@/wsdl"}
    return Situation(name, met, "soap_wsdl", {"/wsdl": answer}, "soap", settings, **more)  # type: ignore[arg-type]


def _soap(name: str, answer: Answer, met: str, **more: str) -> Situation:
    settings = {"soap_wsdl": str(SCHEMAS / "afilnet-chat.wsdl"), "soap_endpoint": "http://@here@/soap"}
    return Situation(name, met, "soap_endpoint", {"/soap": answer}, "soap", settings, **more)  # type: ignore[arg-type]


SOAP = (
    _wsdl("WSDL: a page", Answer(_page("SOAP documentation")), "web page"),
    _wsdl("WSDL: 404", Answer(_page("404"), 404), "404"),
    _wsdl("WSDL: redirect", Answer(status=301, headers=_to("https://x.example/s?wsdl")), r"x\.example"),
    _wsdl("WSDL: JSON", Answer('{"swagger":"2.0"}', kind=JSON), "JSON"),
    _wsdl("WSDL: nothing", Answer("", kind="text/xml"), "empty"),
    _wsdl("WSDL: WSDL 2.0", Answer('<description xmlns="http://www.w3.org/ns/wsdl"/>', kind="text/xml"), "WSDL"),
    _wsdl(
        "WSDL: of another service",
        Answer('<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:x"/>', kind="text/xml"),
        "operation|description",
    ),
    Situation("WSDL: no file", "nothere", "soap_wsdl", protocol="soap", settings={"soap_wsdl": "nothere.wsdl"}),
    _soap("SOAP: a page", Answer(_page("Afilnet")), "web page"),
    _soap("SOAP: 404", Answer(_page("404 Not Found"), 404), "404", todo="address"),
    _soap("SOAP: JSON", Answer('{"status":"ERROR","error":"MISSING_CLASS"}', kind=JSON), "JSON"),
    _soap("SOAP: redirect", Answer(status=302, headers=_to("https://x.example/")), r"x\.example"),
)

BASIC = (
    Situation("Basic: 401", "credentials", "user|password", {"/": Answer(_page("401"), 401)}, "basic"),
    Situation("Basic: a page", "web page", "base_url", {"/": Answer(_page("Afilnet"))}, "basic"),
    Situation("GET: a page", "web page", "base_url", {"/": Answer(_page("Afilnet"))}, "http-get"),
)

SITUATIONS = (
    *WEB_PAGES,
    *SCRIPTS,
    *TEXTS,
    *REDIRECTS,
    *STATUSES,
    *CODES,
    *ADDRESSES,
    *TOKENS,
    *SOAP,
    *BASIC,
)
"""Every situation."""
