"""Nothing in the environment changes what the transport does."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest
import trustme

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import ConfigurationError, NotSentError
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.transport.tls.context import context_for, trust_system
from tests.transport.certificates import server_context
from tests.transport.scripted import ScriptedServer, answer, ask, say
from tests.transport.wire import Authority, post

OK = answer(b"{}")
Make = Callable[..., Transport]
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def test_proxies_in_the_environment_see_nothing(
    make_transport: Make, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer((ask, say(OK)), tls=authority.server) as service, ScriptedServer() as proxy:
        for name in PROXIES:
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        assert make_transport().exchange(post(service), deadline=Deadline(5), reuse=False).status == 200
        assert proxy.visits == []


def test_bundles_in_the_environment_vouch_for_nobody(
    make_transport: Make, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variables name the very authority that signed the server's certificate, and it still does not count."""
    for name in BUNDLES:
        monkeypatch.setenv(name, str(authority.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(authority.file.parent))
    with ScriptedServer((ask, say(OK)), tls=authority.server) as server:
        with pytest.raises(NotSentError, match="certificate"):
            make_transport(ca_file=None).exchange(post(server), deadline=Deadline(5), reuse=False)
        assert server.received == b""


def test_sabotage_the_standard_context_would_have_believed_the_environment(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    subjects = [each["subject"] for each in ssl.create_default_context().get_ca_certs()]
    assert any("trustme" in str(subject) for subject in subjects)


def test_variables_that_name_nothing_do_not_break_trust(make_transport: Make, authority: Authority) -> None:
    script = (
        "from afilnet_protocols.transport.tls.context import context_for\n"
        "from afilnet_protocols.transport import TransportOptions\n"
        "context = context_for(TransportOptions())\n"
        "assert context.keylog_filename is None\n"
        "print('fine')"
    )
    environment = dict.fromkeys((*BUNDLES, "SSL_CERT_DIR"), "/nowhere") | {"SSLKEYLOGFILE": "/nowhere/keys"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "fine\n"


def test_no_keys_are_logged(
    make_transport: Make, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    with ScriptedServer((ask, say(OK)), tls=authority.server) as server:
        make_transport().exchange(post(server), deadline=Deadline(5), reuse=False)
    assert not log.exists()
    assert ssl.create_default_context().keylog_filename == str(log)  # as the standard one would have


def test_the_context_is_strict() -> None:
    context = context_for(TransportOptions())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.hostname_checks_common_name
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.keylog_filename is None


class _Places:
    def __init__(self, folder: Path, bundle: Path) -> None:
        self.openssl_capath = str(folder)
        self.openssl_cafile = str(bundle)


@pytest.mark.parametrize("place", ["folder", "bundle", "certifi"])
def test_the_systems_store_is_found_wherever_openssl_was_built_to_look(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = trustme.CA()
    folder, bundle = tmp_path / "certs", tmp_path / "cert.pem"
    folder.mkdir()
    if place == "folder":
        pem = tmp_path / "ca.pem"
        ca.cert_pem.write_to_path(str(pem))
        made = subprocess.run(
            ["openssl", "x509", "-subject_hash", "-noout", "-in", str(pem)], capture_output=True, text=True, check=False
        )
        if made.returncode:
            pytest.skip("the openssl command is not installed")
        pem.rename(folder / f"{made.stdout.strip()}.0")
    if place == "bundle":
        ca.cert_pem.write_to_path(str(bundle))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: _Places(folder, bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust_system(context)
    if place == "certifi":
        assert context.cert_store_stats()["x509_ca"] > 50
        return
    with ScriptedServer((ask, say(OK)), tls=server_context(ca.issue_cert("127.0.0.1"))) as server:
        transport = Transport(TransportOptions())
        assert transport.exchange(post(server), deadline=Deadline(5), reuse=False).status == 200
        transport.close()


@pytest.fixture
def without_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system that has no authorities, where certifi's code is in an archive; return where its file is instead."""
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: _Places(tmp_path / "certs", tmp_path / "cert.pem"))
    monkeypatch.setattr(certifi, "__file__", str(tmp_path / "lib.zip" / "certifi" / "__init__.py"))
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "cacert.pem"))
    return tmp_path / "cacert.pem"


def test_certifis_file_is_found_where_its_code_is_in_an_archive(without_store: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(without_store))
    assert context_for(TransportOptions()).cert_store_stats()["x509_ca"] == 1


def refused(make: Callable[[TransportOptions], object] = context_for) -> bool:
    """Return whether one who has no authorities is told so."""
    try:
        make(TransportOptions())
    except ConfigurationError as error:
        return "ca_file" in str(error) and error.__context__ is None
    except OSError:
        return False
    return False


def test_a_process_without_any_authorities_is_told_what_to_set(without_store: Path) -> None:
    assert refused()


def test_sabotage_a_file_that_is_not_there_is_noticed(without_store: Path) -> None:
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert not refused(lambda _: bare.load_verify_locations(cafile=str(without_store)))
