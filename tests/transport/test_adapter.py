"""requests and requests-oauthlib over the transport: they speak, the transport decides."""

from __future__ import annotations

import http.cookiejar
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from afilnet_protocols.errors import AfilnetError, InvalidRequestError, NotSentError, OutcomeUnknownError
from afilnet_protocols.transport import Transport
from afilnet_protocols.transport.adapter import TransportAdapter
from tests.transport.scripted import ScriptedServer, answer, ask, cut, hold, say
from tests.transport.wire import Authority

Make = Callable[..., Transport]
TOKEN = json.dumps({"access_token": "t0ken", "token_type": "Bearer", "expires_in": 3600}).encode()


@pytest.fixture
def session(make_transport: Make) -> Iterator[requests.Session]:
    with requests.Session() as session:
        TransportAdapter(make_transport()).isolate(session)
        yield session


def test_a_session_works_over_it(session: requests.Session, authority: Authority) -> None:
    said = answer('{"ñ": 1}'.encode(), headers=[b"Content-Type: application/json; charset=utf-8", b"X-Y: z"])
    with ScriptedServer((ask, say(said)), tls=authority.server) as server:
        response = session.post(server.url(), data={"a": "b c"}, headers={"X-Own": "1"})
        (asked,) = server.processed
    assert response.ok
    assert response.json() == {"ñ": 1}
    assert response.headers["x-y"] == "z"
    assert response.text == '{"ñ": 1}'
    assert asked.endswith(b"\r\n\r\na=b+c")
    assert b"X-Own: 1\r\n" in asked
    assert asked.lower().count(b"\r\nuser-agent:") == asked.lower().count(b"\r\naccept-encoding:") == 1
    assert asked.count(b"Content-Length: 5") == 1


def test_a_token_is_fetched_over_it(make_transport: Make, authority: Authority) -> None:
    with ScriptedServer((ask, say(answer(TOKEN))), tls=authority.server) as server:
        with OAuth2Session(client=BackendApplicationClient("client")) as oauth:
            TransportAdapter(make_transport()).isolate(oauth)
            token = oauth.fetch_token(server.url("/oauth/token"), client_id="client", client_secret="secret")
        (asked,) = server.processed
    assert token["access_token"] == "t0ken"
    assert b"grant_type=client_credentials" in asked
    assert b"\r\nAuthorization: Basic " in asked


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_session_does_not_follow_redirects(session: requests.Session, authority: Authority, status: int) -> None:
    with ScriptedServer(tls=authority.server) as other:
        moved = answer(b"", status=b"%d Moved" % status, headers=[b"Location: " + other.url().encode()])
        with ScriptedServer((ask, say(moved)), tls=authority.server) as server:
            response = session.post(server.url(), data="password=secret", allow_redirects=True)
        assert response.status_code == status
        assert other.visits == []


def test_switches_of_requests_weaken_nothing(
    session: requests.Session, make_transport: Make, authority: Authority
) -> None:
    with ScriptedServer((ask, say(answer(b"{}"))), tls=authority.server) as server, ScriptedServer() as proxy:
        strange = make_transport(ca_file=None)
        with requests.Session() as careless:
            TransportAdapter(strange).isolate(careless)
            careless.verify = False
            careless.proxies = {"https": f"http://127.0.0.1:{proxy.port}"}
            with pytest.raises(NotSentError, match="certificate"):
                careless.get(server.url(), verify=False, proxies=careless.proxies)
        assert server.received == b""
        assert proxy.visits == []


def test_netrc_and_environment_are_not_looked_at(
    session: requests.Session, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with ScriptedServer((ask, say(answer(b"{}"))), tls=authority.server) as server:
        session.get(server.url(), headers={"Authorization": "Bearer t0ken"})
        assert b"Authorization: Bearer t0ken\r\n" in server.processed[0]


def test_cookies_are_neither_kept_nor_sent(session: requests.Session, authority: Authority) -> None:
    said = answer(b"{}", headers=[b"Set-Cookie: a=b"])
    with ScriptedServer((ask, say(said)), (ask, say(said)), tls=authority.server) as server:
        session.get(server.url())
        session.get(server.url(), cookies={"c": "d"})
        assert isinstance(session.cookies, http.cookiejar.CookieJar)
        assert len(session.cookies) == 0
        assert all(b"\r\nCookie:" not in asked for asked in server.processed)


def test_errors_are_ours(session: requests.Session, authority: Authority) -> None:
    with ScriptedServer((ask, cut), (ask, hold), tls=authority.server) as server:
        with pytest.raises(OutcomeUnknownError):
            session.post(server.url(), data="x")
        with pytest.raises(OutcomeUnknownError):
            session.post(server.url(), data="x", timeout=(0.05, 0.05))
    with pytest.raises(AfilnetError):
        session.get("http://www.example.com/")


@pytest.mark.parametrize("body", [iter([b"a"]), open])
def test_bodies_that_are_not_at_hand_are_refused(
    session: requests.Session, authority: Authority, body: object, tmp_path: Path
) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"x")
    with ScriptedServer(tls=authority.server) as server, file.open("rb") as opened:
        with pytest.raises(InvalidRequestError):
            session.post(server.url(), data=opened if body is open else body)  # type: ignore[arg-type] # on purpose
        assert server.visits == []


def test_streaming_reads_what_has_been_read(session: requests.Session, authority: Authority) -> None:
    with (
        ScriptedServer((ask, say(answer(b"x" * 1000))), tls=authority.server) as server,
        session.get(server.url(), stream=True) as response,
    ):
        assert b"".join(response.iter_content(100)) == b"x" * 1000


def test_only_the_adapter_loads_requests() -> None:
    script = (
        "import sys; from afilnet_protocols.transport import TransportOptions;"
        "from afilnet_protocols.transport.tls.context import context_for; context_for(TransportOptions());"
        "print(sorted({'requests', 'urllib3', 'cryptography', 'zeep', 'lxml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
