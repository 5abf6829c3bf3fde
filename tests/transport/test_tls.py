"""Bad peers: whatever is wrong with the other side's TLS, no byte of the request is written."""

from __future__ import annotations

import datetime
import gc
import os
import socket
import ssl
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import trustme
from cryptography.x509.oid import ExtendedKeyUsageOID

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import ConfigurationError, NotSentError
from afilnet_protocols.transport import Transport
from afilnet_protocols.transport.options import TransportOptions
from afilnet_protocols.transport.tls import context as tls
from afilnet_protocols.transport.tls import secured_stream
from afilnet_protocols.transport.tls.context import context_for
from afilnet_protocols.transport.tls.secured_stream import SecuredStream
from tests.transport.certificates import DAY, odd_context, server_context
from tests.transport.scripted import (
    Script,
    ScriptedServer,
    answer,
    ask,
    cut,
    drip,
    end,
    hold,
    pause,
    reset,
    say,
    stall,
    take,
)
from tests.transport.wire import SECRET, Authority, post

OK = answer(b"{}")
NOW = datetime.datetime.now(datetime.UTC)
Make = Callable[..., Transport]
Context = Callable[[Authority, Path], ssl.SSLContext]


def _issued(*names: str, **options: object) -> Context:
    return lambda authority, _: server_context(authority.ca.issue_cert(*names, **options))  # type: ignore[arg-type] # as given


def _old(version: ssl.TLSVersion) -> Context:
    def make(authority: Authority, _: Path) -> ssl.SSLContext:
        context = server_context(authority.ca.issue_cert("127.0.0.1"))
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            context.minimum_version = context.maximum_version = version
        return context

    return make


def _leaf_as_authority(authority: Authority, folder: Path) -> ssl.SSLContext:
    """The server's certificate is signed by another server's certificate."""
    other = authority.ca.issue_cert("127.0.0.1")
    stand_in = trustme.CA.from_pem(other.cert_chain_pems[0].bytes(), other.private_key_pem.bytes())
    leaf = stand_in.issue_cert("127.0.0.1")
    file = folder / "chain.pem"
    file.write_bytes(leaf.private_key_and_cert_chain_pem.bytes() + other.cert_chain_pems[0].bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


BAD_CERTIFICATES: dict[str, Context] = {
    "expired": _issued("127.0.0.1", not_before=NOW - 10 * DAY, not_after=NOW - DAY),
    "not yet valid": _issued("127.0.0.1", not_before=NOW + DAY, not_after=NOW + 10 * DAY),
    "another host": _issued("www.example.com"),
    "another IP address": _issued("127.0.0.2"),
    "the IP address as a name": lambda authority, folder: odd_context(folder, authority.ca, hosts=["xn--127-0-0-1"]),
    "a common name only": _issued(common_name="127.0.0.1"),
    "unknown authority": lambda _authority, _: server_context(trustme.CA().issue_cert("127.0.0.1")),
    "self-signed": lambda _, folder: odd_context(folder, None),
    "for clients only": lambda authority, folder: odd_context(
        folder, authority.ca, usage=ExtendedKeyUsageOID.CLIENT_AUTH
    ),
    "a weak key": lambda authority, folder: odd_context(folder, authority.ca, weak=True),
    "a leaf as authority": _leaf_as_authority,
    "TLS 1.0": _old(ssl.TLSVersion.TLSv1),
    "TLS 1.1": _old(ssl.TLSVersion.TLSv1_1),
}

BAD_SPEAKERS: dict[str, Script] = {
    "plain HTTP": (say(OK), hold),
    "plain HTTP after the greeting": (take(50), say(OK), hold),
    "garbage": (take(50), say(b"\x16\x03\x03\x00\x20" + b"\xaa" * 32), hold),
    "random bytes": (take(50), say(bytes(range(256))), hold),
    "an alert": (take(50), say(b"\x15\x03\x03\x00\x02\x02\x28"), hold),
    "end at once": (cut,),
    "reset at once": (reset,),
    "end after the greeting": (take(50), end),
    "reset after the greeting": (take(50), reset),
    "silence": (take(50), stall),
    "half a record": (take(50), say(b"\x16\x03\x03"), stall),
    "a dripped handshake": (take(50), drip(b"\x16\x03\x03\x10\x00" + b"\x02" * 4096, 0.05)),
}


@pytest.mark.parametrize("context", BAD_CERTIFICATES.values(), ids=BAD_CERTIFICATES.keys())
def test_nothing_is_sent_to_a_peer_that_cannot_prove_who_it_is(
    context: Context, make_transport: Make, authority: Authority, tmp_path: Path
) -> None:
    with ScriptedServer((ask, say(OK)), tls=context(authority, tmp_path)) as server:
        with pytest.raises(NotSentError, match=r"no secure connection to 127\.0\.0\.1") as caught:
            make_transport().exchange(post(server), deadline=Deadline(5), reuse=False)
        assert server.received == b""
    assert caught.value.__context__ is None
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("script", BAD_SPEAKERS.values(), ids=BAD_SPEAKERS.keys())
def test_nothing_is_sent_to_a_peer_that_does_not_finish_the_handshake(script: Script, make_transport: Make) -> None:
    with ScriptedServer(script) as server:
        request = post(server)
        secure = type(request)("POST", request.url.replace("http://", "https://"), request.headers, request.body)
        with pytest.raises(NotSentError) as caught:
            make_transport().exchange(secure, deadline=Deadline(0.3), reuse=False)
        assert SECRET.encode() not in server.received
        assert b"POST" not in server.received
    assert caught.value.__context__ is None


def test_the_name_is_checked_as_well_as_the_chain(make_transport: Make, authority: Authority) -> None:
    named = server_context(authority.ca.issue_cert("localhost"))
    with ScriptedServer((ask, say(OK)), (ask, say(OK)), tls=named) as server:
        request = post(server)
        with pytest.raises(NotSentError, match="IP address mismatch"):
            make_transport().exchange(request, deadline=Deadline(5), reuse=False)
        by_name = type(request)("GET", server.url(host="localhost"))
        assert make_transport().exchange(by_name, deadline=Deadline(5), reuse=False).status == 200


@pytest.mark.parametrize("host", ["localhost.", "my_host", "My_Host."])
def test_a_whole_name_and_one_with_an_underscore_are_those_of_the_certificate(
    host: str, make_transport: Make, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = socket.getaddrinfo("127.0.0.1", 0, type=socket.SOCK_STREAM)
    looked: list[object] = []
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda name, port, **_: looked.append(name) or [(*each[:4], (each[4][0], port)) for each in there],
    )
    named = odd_context(tmp_path, authority.ca, hosts=[host.lower().removesuffix(".")])
    with ScriptedServer((ask, say(OK)), tls=named) as server:
        request = type(post(server))("GET", server.url(host=host))
        assert make_transport().exchange(request, deadline=Deadline(5), reuse=False).status == 200
    assert looked == [host.lower()]  # a search domain is tried for what is not whole


@pytest.mark.parametrize("name", ["*", "*.localhost", "www.localhost", "localhost.example.com", "local*"])
def test_names_that_only_resemble_the_host_do_not_count(
    name: str, make_transport: Make, authority: Authority, tmp_path: Path
) -> None:
    with ScriptedServer((ask, say(OK)), tls=odd_context(tmp_path, authority.ca, hosts=[name])) as server:
        request = type(post(server))("GET", server.url(host="localhost"))
        with pytest.raises(NotSentError, match="its certificate was refused"):
            make_transport().exchange(request, deadline=Deadline(5), reuse=False)
        assert server.received == b""


def test_the_systems_authorities_do_not_count_beside_ca_file_nor_the_other_way_round(
    make_transport: Make, authority: Authority
) -> None:
    with ScriptedServer((ask, say(OK)), tls=authority.server) as server:
        with pytest.raises(NotSentError, match="ca_file"):
            make_transport(ca_file=None).exchange(post(server), deadline=Deadline(5), reuse=False)
        assert server.received == b""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_evidence_is_what_the_handshake_settled(
    version: ssl.TLSVersion, make_transport: Make, authority: Authority
) -> None:
    context = server_context(authority.ca.issue_cert("127.0.0.1"))
    context.minimum_version = context.maximum_version = version
    with ScriptedServer((hold,), tls=context) as server:
        evidence = make_transport().probe(server.url(), deadline=Deadline(5))
    assert evidence.tls_version == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
    assert evidence.cipher
    assert (evidence.scheme, evidence.host, evidence.loopback) == ("https", "127.0.0.1", True)
    assert (evidence.verified, evidence.pinned, evidence.client_cert) == (True, False, False)


def test_a_pin_that_fits_lets_the_call_through(make_transport: Make, authority: Authority) -> None:
    with ScriptedServer((hold,), (ask, say(OK)), tls=authority.server) as server:
        pin = make_transport().probe(server.url(), deadline=Deadline(5)).spki_sha256()
        pinned = make_transport(pin_sha256=pin)
        assert pinned.exchange(post(server), deadline=Deadline(5), reuse=False).status == 200
        assert pinned.evidence is not None
        assert pinned.evidence.pinned


def test_a_pin_is_the_hash_that_openssl_prints(authority: Authority, make_transport: Make) -> None:
    import hashlib

    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    leaf = authority.ca.issue_cert("127.0.0.1")
    key = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes()).public_key()
    expected = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    with ScriptedServer((hold,), tls=server_context(leaf)) as server:
        assert make_transport().probe(server.url(), deadline=Deadline(5)).spki_sha256() == expected


def test_a_pin_that_does_not_fit_stops_the_call_even_with_a_good_chain(
    make_transport: Make, authority: Authority
) -> None:
    with ScriptedServer((ask, say(OK)), tls=authority.server) as server:
        with pytest.raises(NotSentError, match="pin_sha256"):
            make_transport(pin_sha256="0" * 64).exchange(post(server), deadline=Deadline(5), reuse=False)
        assert server.received == b""


def test_a_certificate_that_changes_between_connections_stops_the_second(
    make_transport: Make, authority: Authority
) -> None:
    context = server_context(authority.ca.issue_cert("127.0.0.1"))
    transport = make_transport()
    with ScriptedServer((ask, say(OK), cut), tls=context) as server:
        assert transport.exchange(post(server), deadline=Deadline(5), reuse=False).status == 200
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
        with pytest.raises(NotSentError):
            transport.exchange(post(server), deadline=Deadline(5), reuse=False)
        assert len(server.processed) == 1


def _client_file(ca: trustme.CA, folder: Path) -> str:
    leaf = ca.issue_cert("client@example.com")
    file = folder / "client.pem"
    file.write_bytes(leaf.private_key_and_cert_chain_pem.bytes())
    return str(file)


def _demanding(authority: Authority) -> ssl.SSLContext:
    context = server_context(authority.ca.issue_cert("127.0.0.1"))
    context.verify_mode = ssl.CERT_REQUIRED
    authority.ca.configure_trust(context)
    return context


def test_a_client_certificate_is_shown_to_who_asks_for_it(
    make_transport: Make, authority: Authority, tmp_path: Path
) -> None:
    with ScriptedServer((ask, say(OK)), tls=_demanding(authority)) as server:
        transport = make_transport(client_cert=_client_file(authority.ca, tmp_path))
        assert transport.exchange(post(server), deadline=Deadline(5), reuse=False).status == 200
        assert transport.evidence is not None
        assert transport.evidence.client_cert


def test_without_one_nothing_is_processed(make_transport: Make, authority: Authority) -> None:
    context = _demanding(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with ScriptedServer((ask, say(OK)), tls=context) as server:
        with pytest.raises(NotSentError):
            make_transport().exchange(post(server), deadline=Deadline(5), reuse=False)
        assert server.processed == []


def test_a_key_with_a_password_does_not_make_openssl_ask_on_the_terminal(
    make_transport: Make, authority: Authority, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization

    leaf = authority.ca.issue_cert("client@example.com")
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    file = tmp_path / "locked.pem"
    file.write_bytes(locked + leaf.cert_chain_pems[0].bytes())
    with (
        ScriptedServer((hold,), tls=authority.server) as server,
        pytest.raises(ConfigurationError, match="client_cert"),
    ):
        make_transport(client_cert=str(file)).exchange(post(server), deadline=Deadline(5), reuse=False)


@pytest.mark.parametrize("content", [b"", b"no pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
@pytest.mark.parametrize("setting", ["ca_file", "client_cert"])
def test_files_without_certificates_are_refused_by_name(
    setting: str, content: bytes, make_transport: Make, authority: Authority, tmp_path: Path
) -> None:
    file = tmp_path / "file.pem"
    file.write_bytes(content)
    with ScriptedServer((hold,), tls=authority.server) as server:
        with pytest.raises(ConfigurationError, match=setting) as caught:
            make_transport(**{setting: str(file)}).exchange(post(server), deadline=Deadline(5), reuse=False)
        assert server.visits == []
    assert caught.value.__context__ is None


@pytest.mark.parametrize("setting", ["ca_file", "client_cert"])
def test_files_that_are_not_there_are_refused_at_once(setting: str, make_transport: Make) -> None:
    with pytest.raises(ConfigurationError, match=setting):
        make_transport(**{setting: "/nowhere/at/all.pem"})


@pytest.mark.parametrize("pin", ["", "00", "0" * 63, "g" * 64, "00:" * 31 + "00", "A" * 64])
def test_pins_that_are_none_are_refused_at_once(pin: str, make_transport: Make) -> None:
    with pytest.raises(ConfigurationError, match="pin_sha256"):
        make_transport(pin_sha256=pin)


def test_one_context_serves_all_connections_of_a_client(
    make_transport: Make, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    real = tls.context_for
    monkeypatch.setattr(tls, "context_for", lambda options: made.append(1) or real(options))
    transport = make_transport()
    with ScriptedServer((ask, say(OK)), tls=authority.server) as server:
        for _ in range(3):
            transport.exchange(post(server), deadline=Deadline(5), reuse=False)
    assert made == [1]


def test_sabotage_without_verification_the_bad_peers_would_be_served(
    make_transport: Make, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tls.context_for

    def careless(options: object) -> ssl.SSLContext:
        context = real(options)  # type: ignore[arg-type] # the options that the dialer gives
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    monkeypatch.setattr(tls, "context_for", careless)
    served = []
    for name in ("expired", "another host", "unknown authority", "self-signed", "for clients only"):
        with ScriptedServer((ask, say(OK)), tls=BAD_CERTIFICATES[name](authority, tmp_path)) as server:
            make_transport().exchange(post(server), deadline=Deadline(5), reuse=False)
            served.append(bool(server.processed))
    assert served == [True] * 5


def test_pause_is_not_needed_for_a_slow_but_honest_handshake(make_transport: Make, authority: Authority) -> None:
    with ScriptedServer((pause(0.05), ask, pause(0.05), say(OK)), tls=authority.server) as server:
        assert make_transport().exchange(post(server), deadline=Deadline(5), reuse=False).status == 200


def test_a_connection_that_was_reset_before_the_handshake_is_closed_and_not_lost() -> None:
    context = context_for(TransportOptions())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = socket.create_connection(listener.getsockname())
        connection.setblocking(False)
        peer, _ = listener.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        with warnings.catch_warnings(record=True) as unclosed:
            warnings.simplefilter("always")
            with pytest.raises(ConnectionResetError):
                context.wrap_socket(connection, server_hostname="localhost", do_handshake_on_connect=False)
            gc.collect()
        assert [str(warning.message) for warning in unclosed if "SSLSocket" in str(warning.message)] == []


def written_after_its_end(transport: Transport, server: ScriptedServer) -> bytes:
    """Close a connection, give its number to another socket, and return what it then writes to that one."""
    assert transport.exchange(post(server), deadline=Deadline(5), reuse=True).status == 200
    ((connection,),) = transport._pool.idle.values()
    stream = connection._stream
    number = stream._descriptor.number
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        connection.close()
        os.dup2(ours.fileno(), number)
        try:
            stream.send_at_once(memoryview(SECRET.encode()))
            stream.receive_at_once(Deadline(5))
            return theirs.recv(1000)
        except BlockingIOError:
            return b""
        finally:
            os.close(number)


def test_a_closed_connection_leaves_what_has_its_number_now_alone(make_transport: Make, authority: Authority) -> None:
    with ScriptedServer((ask, say(OK), hold), tls=authority.server) as server:
        assert written_after_its_end(make_transport(), server) == b""


def test_where_the_connection_of_openssl_is_out_of_sight_its_socket_proves_and_speaks_alike(
    make_transport: Make, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved = []
    for _ in range(2):
        transport = make_transport()
        with ScriptedServer((ask, say(OK), hold), tls=authority.server) as server:
            assert written_after_its_end(transport, server) == b""
        proved.append(msgspec.structs.replace(transport.evidence, port=0))
        monkeypatch.setattr(secured_stream, "getattr", lambda *_: None, raising=False)
    assert proved[0] == proved[1]


def test_sabotage_a_closed_connection_that_still_speaks_is_found(
    make_transport: Make, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer((ask, say(OK), hold), tls=authority.server) as server:
        monkeypatch.setattr(SecuredStream, "_fall_silent", lambda stream: None)
        assert written_after_its_end(make_transport(), server) != b""
