"""Proxies: only the settings name one, and what it refuses was not sent."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Callable

import pytest

from afilnet_protocols import Settings, catalogue
from afilnet_protocols.calls.retry import may_repeat
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import ConfigurationError, NotSentError, SecurityPolicyError
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.transport.options import Proxy, read_proxy
from afilnet_protocols.transport.proxy import wanted
from afilnet_protocols.wire import Request
from tests.tables import table
from tests.time_limit import HANGS
from tests.transport.scripted import Peer, Script, ScriptedServer, answer, ask, cut, drip, end, hold, reset, say
from tests.transport.wire import Authority, post

OK = answer(b"{}")
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
IN_TIME = r"in time.* \(raise connect_timeout or timeout\)"
Make = Callable[..., Transport]


def tunnel_to(port: int) -> Callable[[Peer], None]:
    """Connect to a port, say so, and copy bytes both ways until either side ends."""

    def step(peer: Peer) -> None:
        with socket.create_connection(("127.0.0.1", port)) as onward:
            peer.socket.sendall(ESTABLISHED)

            def back() -> None:
                # A client that has refused the certificate is gone, while something may still be on its way to it.
                with contextlib.suppress(OSError):
                    while data := onward.recv(65536):
                        peer.socket.sendall(data)

            copying = threading.Thread(target=back, daemon=True)
            copying.start()
            try:
                while data := peer.socket.recv(65536):
                    onward.sendall(data)
            finally:
                # To close it is not enough: it stays open for as long as the other thread waits in it.
                with contextlib.suppress(OSError):
                    onward.shutdown(socket.SHUT_RDWR)

    return step


def proxy_at(server: ScriptedServer, credentials: str = "") -> Proxy:
    proxy = read_proxy(f"http://{credentials}127.0.0.1:{server.port}")
    assert isinstance(proxy, Proxy)
    return proxy


def test_https_goes_through_a_tunnel_that_the_proxy_cannot_look_into(
    make_transport: Make, authority: Authority
) -> None:
    with (
        ScriptedServer((ask, say(OK), ask, say(OK), hold), tls=authority.server) as service,
        ScriptedServer((ask, tunnel_to(service.port))) as proxy,
    ):
        transport = make_transport(proxy=proxy_at(proxy, "user:pa%3Ass@"))
        for _ in range(2):
            assert transport.exchange(post(service), deadline=Deadline(5), reuse=True).status == 200
        assert len(service.processed) == 2
        transport.close()
        (asked,) = proxy.processed
        lines = asked.split(b"\r\n")
        assert lines[0] == b"CONNECT 127.0.0.1:%d HTTP/1.1" % service.port
        assert b"Proxy-Authorization: Basic " + base64.b64encode(b"user:pa:ss") in lines
        assert b"Proxy-Authorization" not in service.processed[0]


def test_the_certificate_of_the_service_is_checked_through_the_tunnel(
    make_transport: Make, authority: Authority
) -> None:
    with (
        ScriptedServer((ask, say(OK)), tls=authority.server) as service,
        ScriptedServer((ask, tunnel_to(service.port))) as proxy,
    ):
        transport = make_transport(proxy=proxy_at(proxy), ca_file=None)
        with pytest.raises(NotSentError, match="certificate"):
            transport.exchange(post(service), deadline=Deadline(5), reuse=True)
        assert service.received == b""


REFUSALS: dict[str, tuple[Script, str]] = {
    "407": ((ask, say(answer(b"", status=b"407 Proxy Authentication Required"))), "user name and password"),
    "403": ((ask, say(answer(b"", status=b"403 Forbidden"))), "HTTP 403"),
    "502": ((ask, say(answer(b"", status=b"502 Bad Gateway"))), "HTTP 502"),
    "a redirect": ((ask, say(answer(b"", status=b"302 Found", headers=[b"Location: http://x/"]))), "HTTP 302"),
    "bytes of its own": ((ask, say(ESTABLISHED + b"x")), "bytes of its own"),
    "garbage": ((ask, say(b"garbage\r\n\r\n")), "not valid HTTP"),
    "informational and no more": ((ask, say(b"HTTP/1.1 100 Continue\r\n\r\n"), end), "opened no way"),
    "endless hints": ((ask, say(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 2_000)), "opened no way"),
    "another protocol": ((ask, say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")), "opened no way"),
    "a refusal after a hint": (
        (ask, say(b"HTTP/1.1 102 Processing\r\n\r\n" + answer(b"", status=b"502 Bad Gateway"))),
        "HTTP 502",
    ),
    "endless headers": ((ask, say(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000)), "opened no way"),
    "its end": ((ask, end), "without an answer"),
    "a cut": ((ask, say(b"HTTP/1.1 200"), cut), "not valid HTTP"),
    "a reset": ((ask, reset), "opened no way"),
    "silence": ((ask, hold), IN_TIME),
    "a drip": ((ask, drip(ESTABLISHED, 0.05)), IN_TIME),
}


@pytest.mark.parametrize(("script", "reason"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_a_proxy_refuses_was_not_sent(
    script: Script, reason: str, make_transport: Make, authority: Authority
) -> None:
    with ScriptedServer((ask,), tls=authority.server) as service, ScriptedServer(script) as proxy:
        transport = make_transport(proxy=proxy_at(proxy, "user:pa55-word@"))
        seconds = 0.3 if reason == IN_TIME else HANGS
        with pytest.raises(NotSentError, match=reason) as caught:
            transport.exchange(post(service), deadline=Deadline(seconds), reuse=False)
        assert service.visits == []
    assert "pa55" not in str(caught.value)
    assert caught.value.__context__ is None


def refused(script: Script, make_transport: Make) -> NotSentError:
    with ScriptedServer(script) as proxy:
        transport = make_transport(proxy=proxy_at(proxy, "user:pa55-word@"))
        with pytest.raises(NotSentError) as caught:
            transport.exchange(Request("POST", "https://127.0.0.1:9/"), deadline=Deadline(HANGS), reuse=False)
    return caught.value


@pytest.mark.parametrize(
    ("status", "lasting"),
    [
        (b"301 Moved", True),
        (b"401 No", True),
        (b"403 Forbidden", True),
        (b"405 No", True),
        (b"407 No", True),
        (b"408 Late", False),
        (b"425 Early", False),
        (b"429 Slowly", False),
        (b"500 No", False),
        (b"503 Down", False),
    ],
)
def test_what_a_proxy_would_refuse_again_is_not_asked_for_again(
    status: bytes, lasting: bool, make_transport: Make
) -> None:
    """Three attempts with a wrong password lock the account of whoever has it at the proxy."""
    error = refused((ask, say(answer(b"", status=status, headers=[b"Retry-After: 7"]))), make_transport)
    assert error.lasting is lasting
    assert may_repeat(catalogue.GET_CHAT_CHANNELS, error) is not lasting
    assert error.retry_after == (None if status[:3] in (b"401", b"407") else 7.0)


def test_when_a_proxy_wants_to_be_asked_again_is_told_by_its_own_clock(make_transport: Make) -> None:
    said = [b"Retry-After: Wed, 21 Oct 2015 07:28:00 GMT", b"Date: Wed, 21 Oct 2015 07:27:00 GMT"]
    error = refused((ask, say(answer(b"", status=b"503 Down", headers=said))), make_transport)
    assert error.retry_after == 60.0


@table(
    ("challenges", "told"),
    [
        ("", "a user name and password"),
        ("Basic realm=proxy", "a user name and password"),
        ('Negotiate, NTLM, Basic realm="a, b"', "a user name and password"),
        ('Digest realm="basic x", nonce="y"', "wants Digest, and only Basic"),
        ("NTLM", "wants NTLM, and only Basic"),
        ("Negotiate, NTLM", "wants NTLM or Negotiate, and"),
        ("Negotiate YWJj", "wants Negotiate, and"),
        ("Secret-Word x=y", "wants another kind of credentials, and"),
    ],
)
def test_what_a_proxy_wants_is_said(challenges: str, told: str) -> None:
    assert told in wanted(challenges)


def through_a_proxy_that_says_more(before: bytes, make_transport: Make, authority: Authority) -> None:
    with (
        ScriptedServer((ask, say(OK)), tls=authority.server) as service,
        ScriptedServer((ask, say(before), tunnel_to(service.port))) as proxy,
    ):
        transport = make_transport(proxy=proxy_at(proxy))
        assert transport.exchange(post(service), deadline=Deadline(5), reuse=False).status == 200
        transport.close()


@pytest.mark.parametrize("status", [b"100 Continue", b"102 Processing", b"103 Early Hints", b"199 x"])
def test_what_a_proxy_says_before_its_final_answer_is_read_over(
    status: bytes, make_transport: Make, authority: Authority
) -> None:
    through_a_proxy_that_says_more(b"HTTP/1.1 %b\r\n\r\n" % status, make_transport, authority)
    through_a_proxy_that_says_more(b"HTTP/1.1 %b\r\nX: y\r\n\r\n" % status * 3, make_transport, authority)


def test_a_client_that_takes_it_for_the_answer_would_be_found_out(
    make_transport: Make, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afilnet_protocols.transport.proxy._final", lambda parser: parser.next_event())
    with pytest.raises(NotSentError, match="no final answer"):
        through_a_proxy_that_says_more(b"HTTP/1.1 100 Continue\r\n\r\n", make_transport, authority)


def test_plain_http_is_written_for_the_proxy_with_the_whole_address(make_transport: Make) -> None:
    with ScriptedServer((ask, say(OK))) as proxy:
        transport = make_transport(proxy=proxy_at(proxy, "user:secret@"))
        transport.exchange(Request("GET", "http://127.0.0.1:9/a?b=c"), deadline=Deadline(5), reuse=False)
        lines = proxy.processed[0].split(b"\r\n")
    assert lines[0] == b"GET http://127.0.0.1:9/a?b=c HTTP/1.1"
    assert b"Host: 127.0.0.1:9" in lines
    assert any(line.startswith(b"Proxy-Authorization: ") for line in lines)


CHALLENGE = answer(b"", status=b"407 No", headers=[b"Proxy-Authenticate: Basic realm=x"])


def test_a_proxy_that_asks_for_credentials_and_was_given_none_has_sent_nothing(make_transport: Make) -> None:
    with ScriptedServer((ask, say(CHALLENGE))) as proxy:
        transport = make_transport(proxy=proxy_at(proxy))
        with pytest.raises(NotSentError, match="proxy_user") as caught:
            transport.exchange(Request("POST", "http://127.0.0.1:9/"), deadline=Deadline(5), reuse=False)
    assert caught.value.lasting


@pytest.mark.parametrize(
    ("credentials", "said"),
    [("user:password@", CHALLENGE), ("", answer(b"", status=b"407 No")), ("", answer(b"", status=b"401 No"))],
    ids=["credentials were given", "no challenge", "401"],
)
def test_what_may_be_another_ones_407_is_an_answer(make_transport: Make, credentials: str, said: bytes) -> None:
    with ScriptedServer((ask, say(said))) as proxy:
        transport = make_transport(proxy=proxy_at(proxy, credentials))
        reply = transport.exchange(Request("POST", "http://127.0.0.1:9/"), deadline=Deadline(5), reuse=False)
    assert reply.status in (401, 407)


def test_inside_a_tunnel_a_407_is_the_services(make_transport: Make, authority: Authority) -> None:
    with ScriptedServer((ask, say(CHALLENGE)), tls=authority.server) as service:
        with ScriptedServer((ask, tunnel_to(service.port))) as proxy:
            transport = make_transport(proxy=proxy_at(proxy))
            reply = transport.exchange(post(service), deadline=Deadline(5), reuse=False)
        assert reply.status == 407
        assert len(service.processed) == 1


def test_plain_http_never_leaves_for_a_proxy_on_another_machine(make_transport: Make) -> None:
    proxy = read_proxy("http://proxy.example:3128")
    with pytest.raises(SecurityPolicyError):
        make_transport(proxy=proxy).exchange(Request("GET", "http://127.0.0.1:9/"), deadline=Deadline(5), reuse=False)


@table(
    "url",
    [
        "",
        "proxy.example:3128",
        "https://proxy.example:3128",
        "socks5://proxy.example:1080",
        "http://",
        "http://proxy.example:0",
        "http://proxy.example:3128/path",
        "http://proxy.example:3128/?q",
        "http://user:secret@",
        "http://user:sec@ret@proxy.example/x",
        "http://proxy.example\r\nX: y",
    ],
)
def test_proxies_that_are_none_are_refused_without_being_repeated(url: str) -> None:
    outcome = read_proxy(url)
    assert isinstance(outcome, ConfigurationError)
    assert "secret" not in str(outcome)


def test_the_credentials_of_a_proxy_show_in_no_repr(make_transport: Make) -> None:
    proxy = read_proxy("http://user:secret@proxy.example:3128")
    transport = make_transport(proxy=proxy)
    encoded = base64.b64encode(b"user:secret").decode()
    for shown in (repr(proxy), repr(transport), repr(transport.options)):
        assert "secret" not in shown
        assert encoded not in shown


def test_user_and_password_of_a_proxy_are_settings_of_their_own() -> None:
    account = {"user": "me", "password": "account password"}
    settings = Settings(**account, proxy="http://proxy.example:3128", proxy_user="user", proxy_password="pa:ss wörd €")
    proxy = TransportOptions.of(settings).proxy
    assert proxy is not None
    assert proxy.authorization is not None
    assert proxy.authorization.reveal() == "Basic " + base64.b64encode("user:pa:ss wörd €".encode()).decode()
    assert "pa:ss" not in repr(settings)
    assert "pa:ss" not in repr(proxy)


@table(
    ("fields", "named"),
    [
        ({"proxy": "http://user:secret@proxy.example:3128"}, "proxy_user and proxy_password"),
        ({"proxy_user": "user"}, "proxy_user has no use without proxy"),
        ({"proxy_password": "secret"}, "proxy_password has no use without proxy"),
        ({"proxy": "http://proxy.example:3128", "proxy_password": "secret"}, "proxy_user is needed"),
        ({"proxy": "http://proxy.example:3128", "proxy_user": "a:b", "proxy_password": "secret"}, "RFC 7617"),
    ],
)
def test_what_does_not_go_together_is_refused_when_settings_are_made(fields: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as caught:
        Settings(user="me", password="account password", **fields)  # type: ignore[arg-type] # settings by name
    assert "secret" not in str(caught.value)
