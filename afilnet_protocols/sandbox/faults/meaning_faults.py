"""Faults in meaning: every byte is sound HTTP, and what it says is wrong. One fault, in the dialect of the call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate

from afilnet_protocols.sandbox.faults.fault_kind import (
    DONE,
    REJECTED,
    SUCCESS,
    UNKNOWN,
    CallAct,
    Exchange,
    Kind,
    Processed,
    Stage,
    Truth,
    truth,
)
from afilnet_protocols.sandbox.protocols import soap_xml
from afilnet_protocols.sandbox.server.exchange import JSON, XML, HttpAnswer
from afilnet_protocols.vocabulary import Protocol

HTML = "text/html; charset=utf-8"
_PAGE = b"<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%s</h1></body></html>"
_NOTICE = b"<br />\n<b>Notice</b>:  Undefined index: id in <b>/var/www/api.php</b> on line <b>12</b><br />\n"
_BEARER = ("WWW-Authenticate", 'Bearer realm="Afilnet", error="invalid_token"')


def kinds() -> Iterator[Kind]:
    """Yield the kinds."""
    yield from _codes()
    yield from _refusals()
    yield from _outages()
    yield from _intermediaries()
    yield from _kept()
    yield from _pages()
    yield from _documents()


def _kind(
    name: str,
    about: str,
    act: CallAct,
    verdicts: Truth,
    processed: Processed,
    details: Mapping[str, object] | None = None,
) -> Kind:
    return Kind(
        name=name,
        stage=Stage.MEANING,
        about=about,
        verdicts=verdicts,
        processed=processed,
        details=details or {},
        act=act,
    )


def _soap(exchange: Exchange) -> bool:
    return exchange.protocol == Protocol.SOAP and not exchange.request.path.endswith("generic/")


def _said(exchange: Exchange, text: str, *, status: int) -> HttpAnswer:
    """Return a failure without an error code: a Fault over SOAP, an envelope without ``error`` elsewhere."""
    if exchange.protocol == Protocol.SOAP:
        return HttpAnswer(status, soap_xml.fault(text, code="Server").body, XML)
    return HttpAnswer(status, b'{"status":"ERROR"}', JSON)


def _refused(name: str, about: str, status: int, *headers: tuple[str, str]) -> Kind:
    """Return a kind that does nothing and answers a plain status."""

    async def act(exchange: Exchange) -> HttpAnswer:
        return HttpAnswer(status, b"", headers=headers)

    return _kind(name, about, act, REJECTED, Processed.NEVER)


def _codes() -> Iterator[Kind]:
    async def refuse(exchange: Exchange) -> HttpAnswer:
        return exchange.refuse(exchange.text("code"))

    about = "the service answers the error code `code`"
    yield _kind("service_code", about, refuse, REJECTED, Processed.NEVER, {"code": "CHANNEL_NOT_FOUND"})
    about += ", which no vendor page lists"
    yield _kind("unlisted_code", about, refuse, UNKNOWN, Processed.NEVER, {"code": "SERVICE_OVERLOADED"})


def _refusals() -> Iterator[Kind]:
    async def unauthorized(exchange: Exchange) -> HttpAnswer:
        return HttpAnswer(401, b"", headers=(_BEARER,))

    about = "HTTP 401: the token has expired or was revoked"
    yield _kind("unauthorized", about, unauthorized, REJECTED, Processed.NEVER)
    yield Kind(
        name="unauthorized_once",
        stage=Stage.MEANING,
        about=f"{about}; the next call is let in",
        verdicts=REJECTED,
        verdicts_of={Protocol.JSON: truth(DONE)},
        act=unauthorized,
        times=1,
    )
    yield _refused("not_implemented", "HTTP 501", 501)
    yield _refused("too_large", "HTTP 413", 413)
    for name, about, value in (
        ("throttled", "HTTP 429 without a time to wait", ""),
        ("throttled_now", "HTTP 429, to be tried again at once", "0"),
        ("throttled_for_a_minute", "HTTP 429, to be tried again in a minute", "60"),
        ("throttled_until_past", "HTTP 429, to be tried again at a date in the past", formatdate(0, usegmt=True)),
        ("throttled_for_ages", "HTTP 429, to be tried again in 5000 digits of seconds", "9" * 5000),
        ("throttled_negative", "HTTP 429, to be tried again before it was tried", "-5"),
        ("throttled_nonsense", "HTTP 429, to be tried again in Arabic digits and words", "\u0661 soon"),
    ):
        header = value.encode().decode("latin-1")
        yield _refused(name, about, 429, *([("Retry-After", header)] if value else []))


def _outages() -> Iterator[Kind]:
    def answered(status: int, body: Callable[[Exchange], HttpAnswer] | None = None) -> CallAct:
        async def act(exchange: Exchange) -> HttpAnswer:
            exchange.process_if_told()
            return HttpAnswer(status, b"") if body is None else body(exchange)

        return act

    def kind(name: str, about: str, act: CallAct) -> Kind:
        return _kind(name, about, act, UNKNOWN, Processed.EITHER, {"processed": False})

    def page(status: int, title: bytes) -> Callable[[Exchange], HttpAnswer]:
        return lambda exchange: HttpAnswer(status, _PAGE % (title, title), HTML)

    yield kind("unavailable", "HTTP 503 without a document", answered(503))
    yield kind("bad_gateway", "HTTP 502 with an HTML page", answered(502, page(502, b"Bad Gateway")))
    yield kind("gateway_timeout", "HTTP 504 with an HTML page", answered(504, page(504, b"Gateway Timeout")))
    yield kind("server_error", "HTTP 500 with an HTML page", answered(500, page(500, b"Server Error")))
    told = "try again later"
    yield kind(
        "busy",
        "HTTP 503 with a SOAP Fault or an error without a code",
        answered(503, lambda it: _said(it, told, status=503)),
    )
    yield kind(
        "failure_in_200",
        "HTTP 200 with a SOAP Fault or an error without a code",
        answered(200, lambda it: _said(it, told, status=200)),
    )
    about = "HTTP 502 with the service's error for an intermediary that asked it for an error page"
    yield kind("error_document", about, answered(502, lambda it: _for_a_page(it, status=502)))
    yield kind("empty_fault", "HTTP 500 with an empty Fault, or nothing", answered(500, _empty_fault))


def _for_a_page(exchange: Exchange, *, status: int) -> HttpAnswer:
    """Return what the service answers to whoever asks for a page by GET."""
    if exchange.protocol == Protocol.SOAP:
        return HttpAnswer(status, exchange.refuse("MISSING_METHOD").body, XML)
    return HttpAnswer(status, b'{"status":"ERROR","error":"MISSING_METHOD"}', JSON)


def _empty_fault(exchange: Exchange) -> HttpAnswer:
    if exchange.protocol != Protocol.SOAP:
        return HttpAnswer(500, b"")
    body = soap_xml.envelope("<soap:Fault/>").body
    return HttpAnswer(500, body, XML)


def _intermediaries() -> Iterator[Kind]:
    """Yield what intermediaries say in place of an answer, and say again the next time."""

    def kind(name: str, about: str, status: int, body: bytes = b"", *headers: tuple[str, str]) -> Kind:
        async def act(exchange: Exchange) -> HttpAnswer:
            exchange.process_if_told()
            return HttpAnswer(status, body, HTML, headers)

        return _kind(name, about, act, UNKNOWN, Processed.EITHER, {"processed": False})

    page = _PAGE % (b"Error", b"Error")
    yield kind("bad_request", "HTTP 400 without a document", 400)
    yield kind("forbidden", "HTTP 403 of a firewall, which may judge the answer", 403, page)
    yield kind("not_found", "HTTP 404 of a wrong address, or of an error page that is missing", 404, page)
    yield kind("not_allowed", "HTTP 405 of an error page that cannot be posted to", 405, page)
    for status in (301, 302, 303, 307, 308):
        where = ("Location", "https://elsewhere.invalid/api/")
        yield kind(f"redirect_{status}", f"HTTP {status} to another host", status, b"", where)
    where = ("Location", "file:///etc/passwd")
    yield kind("redirect_to_nowhere", "HTTP 307 to `file:///etc/passwd`", 307, b"", where)


def _kept() -> Iterator[Kind]:
    async def kept(exchange: Exchange) -> HttpAnswer:
        answer = exchange.process()
        return HttpAnswer(answer.status, answer.body, answer.content_type, (*answer.headers, ("Age", "7")))

    about = "the right answer comes from a cache, which says so (`Age`)"
    yield _kind("kept_answer", about, kept, UNKNOWN, Processed.ALWAYS)


def _pages() -> Iterator[Kind]:
    async def login(exchange: Exchange) -> HttpAnswer:
        exchange.process_if_told()
        return HttpAnswer(200, _PAGE % (b"Log in", b"Welcome"), HTML)

    async def empty(exchange: Exchange) -> HttpAnswer:
        exchange.process_if_told()
        return HttpAnswer(200, b"")

    about = "HTTP 200 with the HTML page of a login or a captive portal"
    yield _kind("login_page", about, login, UNKNOWN, Processed.EITHER, {"processed": False})
    yield _kind("empty_answer", "HTTP 200 with nothing", empty, UNKNOWN, Processed.EITHER, {"processed": True})


def _changed(
    name: str, about: str, change: Callable[[Exchange, bytes], bytes], verdicts: Truth = UNKNOWN, *, status: int = 200
) -> Kind:
    """Return a kind that carries the call out and changes the document of the right answer."""

    async def act(exchange: Exchange) -> HttpAnswer:
        answer = exchange.process()
        return HttpAnswer(status, change(exchange, answer.body), answer.content_type, answer.headers)

    return _kind(name, about, act, verdicts, Processed.ALWAYS)


def _documents() -> Iterator[Kind]:
    yield _changed("notice", "a notice of PHP stands before the document", lambda it, body: _NOTICE + body)
    yield _changed("lower_case", "the status is `success` in lower case", _lower_case, SUCCESS)
    yield _changed("wrong_type", "the status is true instead of a word", _wrong_type)
    yield _changed(
        "other_status", "the status is a word that means nothing", lambda it, body: body.replace(b"SUCCESS", b"OK")
    )
    yield _changed("success_with_error", "the document is a success and has an error code", _with_error)
    yield _changed(
        "success_with_500", "the document is a success, the HTTP status is 500", lambda it, body: body, status=500
    )
    yield _changed("wrong_document", "the document is a sound one of something else", _other_document)
    yield _changed(
        "truncated_document",
        "the document stops in the middle, and HTTP says it is whole",
        lambda it, body: body[: len(body) // 2],
    )
    yield _changed("doubled_document", "the document comes twice", lambda it, body: body + body)
    yield _changed("deep_document", "the document is nested 100,000 levels deep", _deep)
    yield _changed(
        "not_utf_8",
        "the document has a byte that is not UTF-8",
        lambda it, body: body.replace(b"SUCCESS", b"SUCCESS\xff"),
    )
    yield _changed("status_twice", "the document has two statuses", _twice)


def _lower_case(exchange: Exchange, body: bytes) -> bytes:
    return body.replace(b"SUCCESS", b"success")


def _wrong_type(exchange: Exchange, body: bytes) -> bytes:
    return body.replace(b"SUCCESS", b"true") if _soap(exchange) else body.replace(b'"SUCCESS"', b"true")


def _with_error(exchange: Exchange, body: bytes) -> bytes:
    if _soap(exchange):
        if b"<error" in body:
            return body.replace(b'<error xsi:nil="true"/>', b'<error xsi:type="xsd:string">CHAT_NOT_FOUND</error>')
        return body.replace(b"</status>", b"</status><error>CHAT_NOT_FOUND</error>", 1)
    return body.replace(b'"SUCCESS"', b'"SUCCESS","error":"CHAT_NOT_FOUND"', 1)


def _other_document(exchange: Exchange, body: bytes) -> bytes:
    if exchange.protocol == Protocol.SOAP:
        return soap_xml.envelope('<x:ping xmlns:x="urn:other"><pong/></x:ping>').body
    return b'{"ok":true,"data":[]}'


def _deep(exchange: Exchange, body: bytes) -> bytes:
    levels = 100_000
    if exchange.protocol == Protocol.SOAP:
        return soap_xml.envelope("<a>" * levels + "</a>" * levels).body
    return b'{"status":"SUCCESS","result":' + b"[" * levels + b"]" * levels + b"}"


def _twice(exchange: Exchange, body: bytes) -> bytes:
    if _soap(exchange):
        return body.replace(b"</status>", b"</status><status>ERROR</status>", 1)
    return body.replace(b'"status":"SUCCESS"', b'"status":"ERROR","status":"SUCCESS"', 1)
