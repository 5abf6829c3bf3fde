"""Malformed input of any kind gets a documented error or a plain 4xx, never a traceback, and nothing is carried out."""

from __future__ import annotations

import json
import logging
import socket
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.speak import BOUNDARY, CHAT, FORM, SOAP, SOAP_TYPE, Json, basic, elements, envelope, http_call
from tests.sizes import examples
from tests.tables import table
from tests.time_limit import HANGS

MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
JSON = "application/json"
WHO = "user=user&password=password"
SEND = f"class=chat&method=sendmessage&{WHO}&platform=whatsapp&platformid=100&destination=1&message=x"
SEND_FIELDS = {
    "user": "user",
    "password": "password",
    "platform": "whatsapp",
    "platformid": "100",
    "destination": "1",
    "message": "x",
}
WRAPPED = f'<c:sendmessage xmlns:c="{CHAT}">{elements(SEND_FIELDS)}</c:sendmessage>'
BILLION = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


def part(head, data=b"x"):
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + data + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()

FORMS = {
    "broken percent": (FORM, f"{SEND}%zz".encode()),
    "cut percent": (FORM, f"{SEND}%4".encode()),
    "invalid utf-8 escaped": (FORM, f"{SEND}%ff%fe".encode()),
    "invalid utf-8 raw": (FORM, SEND.encode() + b"\xff"),
    "latin-1 declared": (FORM + "; charset=iso-8859-1", SEND.encode()),
    "too many fields": (FORM, "&".join(f"a{i}=1" for i in range(1000)).encode()),
    "no type": (None, SEND.encode()),
    "json": (JSON, b"{}"),
    "text": ("text/plain", SEND.encode()),
    "nonsense type": (";;;", SEND.encode()),
    "multipart without boundary": ("multipart/form-data", b"x"),
    "multipart boundary empty": ('multipart/form-data; boundary=""', b"x"),
    "multipart boundary too long": ("multipart/form-data; boundary=" + "x" * 2000, b"x"),
    "multipart of noise": (MULTIPART, b"\x00\x01\x02"),
    "multipart cut": (MULTIPART, part('Content-Disposition: form-data; name="class"', b"chat")),
    "multipart without names": (MULTIPART, part("Content-Disposition: form-data") + END),
    "multipart without headers": (MULTIPART, part("X: y") + END),
    "multipart bad header": (MULTIPART, part("@@@ @@@") + END),
    "multipart invalid utf-8": (MULTIPART, part('Content-Disposition: form-data; name="message"', b"\xff") + END),
    "multipart invalid utf-8 name": (
        MULTIPART,
        f"--{BOUNDARY}\r\n".encode() + b'Content-Disposition: form-data; name="\xff"\r\n\r\nx\r\n' + END,
    ),
    "multipart many parts": (MULTIPART, part('Content-Disposition: form-data; name="a"') * 500 + END),
}
SOAPS = {
    "empty": (SOAP_TYPE, b""),
    "noise": (SOAP_TYPE, b"\x00\xff<"),
    "cut": (SOAP_TYPE, envelope(WRAPPED)[:-20]),
    "not soap": (SOAP_TYPE, b"<html/>"),
    "form": (FORM, SEND.encode()),
    "no type": (None, envelope(WRAPPED)),
    "soap 1.2 type": ("application/soap+xml; charset=utf-8", envelope(WRAPPED)),
    "no body": (SOAP_TYPE, f'<e:Envelope xmlns:e="{SOAP}"/>'.encode()),
    "header only": (SOAP_TYPE, f'<e:Envelope xmlns:e="{SOAP}"><e:Header/></e:Envelope>'.encode()),
    "document type": (SOAP_TYPE, b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + envelope(WRAPPED)),
    "entity from file": (
        SOAP_TYPE,
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + envelope(WRAPPED.replace(">x<", ">&f;<")),
    ),
    "billion laughs": (SOAP_TYPE, BILLION.encode() + envelope(WRAPPED.replace(">x<", ">&i;<"))),
    "billion laughs in an attribute": (SOAP_TYPE, BILLION.encode() + envelope('<a b="&i;"/>')),
    "unknown entity": (SOAP_TYPE, envelope(WRAPPED.replace(">x<", ">&nbsp;<"))),
    "deep": (SOAP_TYPE, envelope("<a>" * 5000 + "</a>" * 5000)),
    "null character": (SOAP_TYPE, envelope(WRAPPED.replace(">x<", ">&#0;<"))),
    "lone surrogate": (SOAP_TYPE, envelope(WRAPPED.replace(">x<", ">&#xD800;<"))),
    "latin-1": (SOAP_TYPE, b'<?xml version="1.0" encoding="iso-8859-1"?>' + envelope(WRAPPED)),
    "latin-1 declared": ("text/xml; charset=iso-8859-1", envelope(WRAPPED)),
    "utf-16": (SOAP_TYPE, envelope(WRAPPED).decode().encode("utf-16")),
    "invalid utf-8": (SOAP_TYPE, envelope(WRAPPED).replace(b">x<", b">\xff<")),
}
FAULTS = {
    "two operations": (envelope(WRAPPED * 2), "Client"),
    "soap 1.2": (
        envelope(WRAPPED).replace(SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope"),
        "VersionMismatch",
    ),
    "must understand": (
        envelope(WRAPPED).replace(b"<e:Body>", b'<e:Header><x e:mustUnderstand="1"/></e:Header><e:Body>'),
        "MustUnderstand",
    ),
    "a parameter twice": (envelope(WRAPPED.replace("<message>", "<message>y</message><message>")), "Client"),
    "a parameter with parts": (envelope(WRAPPED.replace(">x<", "><b>x</b><")), "Client"),
    "a parameter in a namespace": (
        envelope(WRAPPED.replace("<message>x</message>", "<c:message>x</c:message>")),
        "Client",
    ),
}
DEEP = "[" * 100_000
JSONS = {
    "empty": b"",
    "noise": b"\x00\xff",
    "cut": b'{"class": "chat"',
    "list": b"[]",
    "text": b'"chat"',
    "null": b"null",
    "deep": DEEP.encode(),
    "deep inside": ('{"class": ' + DEEP).encode(),
    "name twice": b'{"class": "chat", "class": "chat"}',
    "nested": b'{"class": {"a": "b"}}',
    "list inside": b'{"class": ["chat"]}',
    "flag": b'{"class": true}',
    "fraction": b'{"platformid": 1.5}',
    "nan": b'{"platformid": NaN}',
    "endless number": b'{"platformid": ' + b"9" * 10_000 + b"}",
    "lone surrogate": b'{"message": "\\ud800"}',
    "null character": b'{"message": "\\u0000"}',
    "trailing": b'{"class": "chat"} x',
    "utf-16": '{"class": "chat"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
}


@pytest.fixture(autouse=True)
def _nothing_happens(sandbox, caplog):
    sandbox.reset()
    with caplog.at_level(logging.DEBUG):
        yield
    assert not [arrival for arrival in sandbox.journal() if arrival.outcome == "SUCCESS"]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def plain(answer):
    assert 400 <= answer.status < 500, answer
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert b"Traceback" not in answer.body
    return True


def post(sandbox, path, kind, body, **headers):
    if kind is not None:
        headers["Content-Type"] = kind
    return http_call(sandbox.plain_url, "POST", path, body=body, headers=headers)


@table("path", ["/api/http/", "/api/basic/"])
@table("name", FORMS)
def test_forms(sandbox, path, name):
    assert plain(post(sandbox, path, *FORMS[name], Authorization=basic("user", "password")))


@table("tail", ["%zz", "%ff", "%"])
@table("verb", ["GET", "POST"])
def test_queries(sandbox, verb, tail):
    assert plain(http_call(sandbox.plain_url, verb, f"/api/http/?{SEND}{tail}"))


@table("path", ["/api/soap/", "/api/soap/rpc/", "/api/soap/generic/"])
@table("name", SOAPS)
def test_xml(sandbox, path, name):
    assert plain(post(sandbox, path, *SOAPS[name]))


@table("path", ["/api/soap/", "/api/soap/rpc/"])
@table("name", FAULTS)
def test_envelopes(sandbox, path, name):
    body, code = FAULTS[name]
    answer = post(sandbox, path, SOAP_TYPE, body)
    assert (answer.status, answer.headers["content-type"]) == (500, SOAP_TYPE)
    assert f"<faultcode>soap:{code}</faultcode>".encode() in answer.body


@table("name", JSONS)
def test_json(sandbox, name):
    token = Json(sandbox).token("user", "password")
    assert plain(post(sandbox, "/api/json/", JSON, JSONS[name], Authorization=f"Bearer {token}"))


@pytest.mark.parametrize("kind", [None, FORM, "text/json", "application/json; charset=latin-1"])
def test_json_of_another_type(sandbox, kind):
    token = Json(sandbox).token("user", "password")
    assert plain(post(sandbox, "/api/json/", kind, b'{"class":"chat"}', Authorization=f"Bearer {token}"))


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic dXNlcg",
        "Basic /w==",
        "Bearer x",
        "Digest x",
        "Basic " + "A" * 9999,
        "\xff",
    ],
)
def test_authorization(sandbox, header):
    answer = post(sandbox, "/api/basic/", FORM, b"class=chat&method=getchatchannels", Authorization=header)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert answer.json()["error"] in ("MISSING_USER", "MISSING_PASSWORD", "INCORRECT_USER_PASSWORD")


PATHS = ["/api/http/", "/api/basic/", "/api/json/", "/api/soap/", "/api/soap/rpc/", "/api/soap/generic/"]


@table("verb", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
@table("path", [*PATHS, "/oauth/token", "/oauth/revoke", "/openapi.json"])
def test_other_verbs(sandbox, path, verb):
    answer = http_call(sandbox.plain_url, verb, path)
    assert answer.status == 405
    assert answer.headers["allow"]


@pytest.mark.parametrize(
    "path", ["/", "/api/", "/api/http", "/api/http/x", "/api/soap", "/favicon.ico", "/api/../etc", "/%ff"]
)
def test_other_paths(sandbox, path):
    assert http_call(sandbox.plain_url, "GET", path).status == 404


@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_is_too_large(sandbox, path):
    answer = raw(sandbox, f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_is_too_large_in_chunks(sandbox):
    head = b"POST /api/http/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    assert raw(sandbox, head, *[chunk] * 17).startswith(b"HTTP/1.1 413 ")


def test_a_compressed_body(sandbox):
    assert plain(post(sandbox, "/api/http/", FORM, SEND.encode(), **{"Content-Encoding": "gzip"}))


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /api/http/ HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        b"POST /api/http/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/http/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /api/http/?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/http/ HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
        "GET /api/http/?message=ñ HTTP/1.1\r\nHost: x\r\n\r\n".encode("latin-1"),
    ],
)
def test_what_is_not_http(sandbox, request_):
    assert raw(sandbox, request_)[:10] == b"HTTP/1.1 4"


@pytest.mark.parametrize("cut", [40, 150, 190])
def test_a_request_that_never_ends_did_not_happen(sandbox, cut):
    body = SEND.encode()
    head = f"POST /api/http/ HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
    whole = head.encode() + body
    assert cut < len(whole)
    assert raw(sandbox, whole[:cut], end=True) in (b"", b"HTTP/1.1 400 Bad Request")[:2]
    assert sandbox.journal() == []


def raw(sandbox, *pieces, end=False):
    """Send bytes and return what comes back until the server closes or is silent for a moment."""
    host = urlsplit(sandbox.plain_url)
    with socket.create_connection((host.hostname, host.port), timeout=HANGS) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            if end:
                connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            # The server closed while we were still sending: its answer may be waiting all the same.
            answer = connection.recv(65536)
    return answer


NOISE = st.one_of(
    st.binary(max_size=200),
    st.tuples(
        st.sampled_from(sorted([*FORMS.values(), *SOAPS.values()], key=str)), st.integers(0, 300), st.binary(max_size=4)
    ).map(lambda drawn: drawn[0][1][: drawn[1]] + drawn[2] + drawn[0][1][drawn[1] + 1 :]),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5).map(
        lambda value: json.dumps(value).encode()
    ),
)
KINDS = st.sampled_from([FORM, MULTIPART, SOAP_TYPE, JSON, "", "multipart/form-data; boundary=-", "text/xml"])


@settings(max_examples=examples(50, proof=150))
@given(
    path=st.sampled_from([*PATHS, "/oauth/token", "/oauth/revoke", "/_sandbox/receive", "/_sandbox/clock"]),
    kind=KINDS,
    body=NOISE,
)
def test_noise_of_any_kind(sandbox, path, kind, body):
    answer = post(sandbox, path, kind, body, Authorization=basic("client", "client-secret"))
    fault = answer.status == 500 and answer.headers["content-type"] == SOAP_TYPE
    assert answer.status < 500 or fault
    assert b"Traceback" not in answer.body
