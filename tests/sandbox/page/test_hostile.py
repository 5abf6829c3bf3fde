"""Whatever is written stays text, and nobody but the page itself can read or change anything through it."""

from __future__ import annotations

import http.server
import json
import random
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.page import exact as exact_text
from tests.sandbox.page.conftest import PERSON, Visitor

PIECES = (
    "<script>window.broken=1</script>",
    "<img src=x onerror=window.broken=1>",
    "<svg/onload=window.broken=1>",
    "<iframe src=//example.com></iframe>",
    '"><b>',
    "'>",
    "</p></li></ol>",
    "</textarea></title></option></select>",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    "javascript:window.broken=1",
    "https://example.com/x.png",
    "{{ 7*7 }}",
    "{% raw %}",
    "${7*7}",
    "&lt;&#60;&amp",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u200b",
    "\ufeff",
    "\r\n",
    "\r",
    "\t",
    "\u2028",
    "\u00a0",
    "😀",
    "مرحبا",
    "\\u003cb\\u003e",
    " style=x onclick=window.broken=1 ",
    "<a href=javascript:window.broken=1>x</a>",
    "<base href=//example.com>",
    "<meta http-equiv=refresh content=0;url=//example.com>",
    "<link rel=stylesheet href=//example.com>",
    "<form action=//example.com><button>",
    "\x7f\x85",
)


def texts(number: int, seed: int = 18) -> list[str]:
    """Return hostile texts, the same for the same seed."""
    drawn = random.Random(seed)
    return ["".join(drawn.choices(PIECES, k=drawn.randint(1, 6))) for _ in range(number)]


def tags(visitor: Visitor) -> list[str]:
    """Return the kinds of elements that the document has."""
    return list(visitor.run("[...new Set([...document.querySelectorAll('*')].map((each) => each.tagName))].sort()"))


def shown_as_text(visitor: Visitor, wanted: list[str], harmless: list[str]) -> None:
    assert visitor.texts() == wanted
    assert tags(visitor) == harmless
    assert visitor.run("window.broken === undefined")
    assert visitor.browser.complaints == []
    assert not [each for each in visitor.browser.requests if not each.startswith(visitor.sandbox.page_url)]


def view(account: str, destination: str, **more: str) -> str:
    place = {"platform": "whatsapp", "platform_id": "100", "destination": destination}
    return "?" + urllib.parse.urlencode({"account": account, **place, **more})


@pytest.fixture
def harmless(visitor: Visitor) -> list[str]:
    visitor.sandbox.receive(**PERSON, message="a b")
    visitor.go(view("user", PERSON["destination"]))
    return tags(visitor)


IN_A_PAGE = 60


def stays_text(visitor: Visitor, hostile: list[str], harmless: list[str]) -> None:
    for start in range(0, len(hostile), IN_A_PAGE):
        part = hostile[start : start + IN_A_PAGE]
        visitor.sandbox.reset()
        for text in part[:-1]:
            visitor.sandbox.receive(**PERSON, message=text)
        visitor.go(view("user", PERSON["destination"]))
        visitor.sandbox.receive(**PERSON, message=part[-1])  # one comes while the page is open
        visitor.until(f"document.querySelectorAll('.bubble').length === {len(part)}")
        shown_as_text(visitor, part, harmless)


def test_hostile_texts_stay_text(visitor: Visitor, harmless: list[str]) -> None:
    hostile = texts(2 * IN_A_PAGE)
    assert all(any(piece in text for text in hostile) for piece in PIECES)
    stays_text(visitor, hostile, harmless)


@pytest.mark.proof("test_hostile_texts_stay_text")
def test_five_hundred_hostile_texts_stay_text(visitor: Visitor, harmless: list[str]) -> None:
    stays_text(visitor, texts(500), harmless)


NAMES = 2


def test_hostile_names_stay_text(visitor: Visitor) -> None:
    # Each piece is in one of them, and beside others than where it is written above.
    for number, name in enumerate("".join(PIECES[start::NAMES]) for start in range(NAMES)):
        user = f"{name}{number}"
        account = visitor.sandbox.account(
            user, channels=[Channel(platform="whatsapp", platform_id="100", name=name), *visitor.sandbox.channels[:1]]
        )
        account.receive(platform="whatsapp", platform_id="100", destination=name, message="a b")
        visitor.go(view(user, name))
        assert visitor.texts() == ["a b"]
        assert visitor.run("document.querySelector('h2 bdi').textContent") == name
        for path in (f"faults?{urllib.parse.urlencode({'account': user})}", f"?{urllib.parse.urlencode({'q': name})}"):
            visitor.go(path)
            assert visitor.run("window.broken === undefined")
        assert visitor.browser.complaints == []
        visitor.sandbox.drop(account)


def test_a_build_that_does_not_escape_is_found(
    visitor: Visitor, harmless: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exact_text, "escape", lambda text: text)
    visitor.sandbox.receive(**PERSON, message="<i>x</i>")
    visitor.go(view("user", PERSON["destination"]))
    with pytest.raises(AssertionError):
        shown_as_text(visitor, ["a b", "<i>x</i>"], harmless)


# Another origin


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """Another site on this machine, with a page that tries."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        def log_message(self, *values: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_the_page_of_another_origin_can_neither_read_nor_change(visitor: Visitor, elsewhere: str) -> None:
    visitor.sandbox.receive(**PERSON, message="private")
    visitor.browser.open(elsewhere)
    page = visitor.sandbox.page_url
    order = json.dumps(json.dumps({**PERSON, "message": "forged"}))
    tried = f"""(async () => {{
      const got = [];
      const attempt = async (work) => {{ try {{ got.push(await work()); }} catch {{ got.push(""); }} }};
      await attempt(async () => (await fetch("{page}")).text());
      await attempt(async () => (await fetch("{page}", {{mode: "no-cors"}})).text());
      await attempt(async () => (await fetch("{page}do/receive", {{method: "POST", body: {order}}})).text());
      await attempt(async () => (await fetch("{page}do/receive",
          {{method: "POST", mode: "no-cors", body: {order}}})).text());
      await attempt(async () => (await fetch("{page}do/receive", {{method: "POST", body: {order},
          headers: {{"x-afilnet-page-token": "guess"}}}})).text());
      await attempt(() => new Promise((done) => {{
        const news = new EventSource("{page}live");
        news.onerror = () => done(""); news.addEventListener("hello", () => done("heard"));
      }}));
      await attempt(() => new Promise((done) => {{
        const frame = document.createElement("iframe");
        frame.src = "{page}";
        frame.onload = () => {{ try {{ done(frame.contentDocument?.body.innerText ?? ""); }} catch {{ done(""); }} }};
        document.body.append(frame);
      }}));
      await attempt(() => new Promise((done) => {{
        const script = document.createElement("script");
        script.src = "{page}static/page.js"; script.type = "module";
        script.onload = () => done("ran"); script.onerror = () => done("");
        document.body.append(script);
      }}));
      return got;
    }})()"""
    assert visitor.run(tried) == [""] * 8
    assert [row[0] for row in visitor.sandbox._store.rows("SELECT message FROM messages")] == ["private"]


def asked(sandbox: Sandbox, path: str = "", body: bytes | None = None, **headers: str) -> int:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(sandbox.page_url + path, data=body, headers=given)
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def guarded() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def test_only_its_own_name_is_its_name(guarded: Sandbox) -> None:
    port = urllib.parse.urlsplit(guarded.page_url).port
    assert asked(guarded) == 200
    assert asked(guarded, host=f"localhost:{port}") == 200
    for host in ("localhost", "127.0.0.1", f"example.com:{port}", f"127.0.0.1.:{port}", f"127.0.0.1:{port}.evil.org"):
        assert asked(guarded, host=host) == 403, host
    for origin in (
        "null",
        "http://example.com",
        f"https://127.0.0.1:{port}",
        f"http://localhost:{port}",
        guarded.plain_url,
    ):
        assert asked(guarded, origin=origin) == 403, origin
    for site in ("cross-site", "same-site"):
        assert asked(guarded, sec_fetch_site=site) == 403, site


def test_a_change_needs_the_token_and_the_origin(guarded: Sandbox) -> None:
    token = guarded._page._token
    own = guarded.page_url.rstrip("/")
    body = json.dumps({**PERSON, "message": "hello"}).encode()
    assert asked(guarded, "do/receive", body, origin=own) == 403
    assert asked(guarded, "do/receive", body, origin=own, x_afilnet_page_token="guess") == 403
    assert asked(guarded, "do/receive", body, x_afilnet_page_token=token) == 403
    assert asked(guarded, "do/receive", body, origin=guarded.plain_url, x_afilnet_page_token=token) == 403
    assert asked(guarded, "state", b"x", origin=own) == 403
    assert guarded._store.rows("SELECT count(*) FROM messages") == [(0,)]
    assert asked(guarded, "do/receive", body, origin=own, x_afilnet_page_token=token) == 200
    assert asked(guarded, "do/nothing", body, origin=own, x_afilnet_page_token=token) == 404
    assert asked(guarded, "do/receive", b"[", origin=own, x_afilnet_page_token=token) == 400


def test_only_the_page_s_own_files_are_sent(guarded: Sandbox) -> None:
    assert asked(guarded, "static/page.css") == 200
    for name in ("nothing.css", "", ".", "..", "%2e%2e%2ffiles.py", "../files.py"):
        assert asked(guarded, f"static/{name}") == 404, name


def test_every_answer_carries_the_policy(guarded: Sandbox) -> None:
    for path in ("", "faults", "static/page.js", "state", "nowhere"):
        try:
            headers = urllib.request.urlopen(guarded.page_url + path).headers
        except urllib.error.HTTPError as error:
            headers = error.headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
