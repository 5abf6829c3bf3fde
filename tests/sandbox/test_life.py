"""Start, stop, addresses, settings, logs, plug-in: what a sandbox is from the outside."""

from __future__ import annotations

import contextlib
import gc
import logging
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from afilnet_protocols.errors import AfilnetError, ConfigurationError
from afilnet_protocols.registry import connect
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.state.service import Service
from afilnet_protocols.security.secret import Secret
from tests.nested import ONLY_OURS
from tests.sandbox.speak import CONVERSATION, FORM, SPEAKERS, PostForm, fields, http_call, token_request
from tests.tables import table
from tests.time_limit import HANGS

pytest_plugins = ["pytester"]

KEYS = [
    "base_url",
    "plain_url",
    "ca_file",
    "user",
    "password",
    "client_id",
    "client_secret",
    "token_url",
    "json_url",
    "soap_url",
    "wsdl_url",
    "control_url",
    "page_url",
]


def test_it_describes_itself(sandbox):
    told = sandbox.describe()
    assert list(told) == KEYS
    assert (told["user"], told["password"]) == ("user", "password")
    assert told["base_url"].startswith("https://127.0.0.1:")
    assert told["plain_url"].startswith("http://127.0.0.1:")
    for name in ("token_url", "json_url", "soap_url", "wsdl_url"):
        assert told[name].startswith(told["base_url"] + "/")
    assert Path(told["ca_file"]).read_text().startswith("-----BEGIN CERTIFICATE-----")


def test_it_answers_as_soon_as_it_has_started():
    with Sandbox() as sandbox:
        assert http_call(sandbox.plain_url, "GET", "/_sandbox/health").status == 200
        assert http_call(sandbox.base_url, "GET", "/_sandbox/health", ca_file=sandbox.ca_file).status == 200


def test_its_certificate_is_trusted_by_its_own_authority_only(sandbox):
    with pytest.raises(ssl.SSLCertVerificationError):
        http_call(sandbox.base_url, "GET", "/_sandbox/health")
    with Sandbox() as other, pytest.raises(ssl.SSLCertVerificationError):
        http_call(sandbox.base_url, "GET", "/_sandbox/health", ca_file=other.ca_file)


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are counted through /proc")
def test_it_leaves_nothing_behind():
    with Sandbox() as sandbox:
        directory = Path(sandbox.ca_file).parent
    gc.collect()
    threads, before = threading.active_count(), descriptors()
    for _ in range(5):
        with Sandbox() as sandbox:
            host = urlsplit(sandbox.plain_url)
            idle = socket.create_connection((host.hostname, host.port))
            half = socket.create_connection((host.hostname, urlsplit(sandbox.base_url).port))
            half.sendall(b"\x16\x03\x01")
            http_call(sandbox.plain_url, "GET", "/_sandbox/health")
        idle.close()
        half.close()
    gc.collect()
    assert threading.active_count() <= threads
    # The session's own sandbox may still be closing connections of earlier tests: fewer is fine, more is a leak.
    assert descriptors() <= before
    assert not directory.exists()


def test_closing_waits_for_nobody_and_is_idempotent_and_final():
    sandbox = Sandbox().start()
    host = urlsplit(sandbox.plain_url)
    with socket.create_connection((host.hostname, host.port), timeout=HANGS) as open_:
        open_.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b"nothing here\n"):
            answer += open_.recv(4096)
        sandbox.close()
        assert open_.recv(1) == b""
    sandbox.close()
    with pytest.raises(ConfigurationError, match="make another"):
        sandbox.start()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host.hostname, host.port), timeout=HANGS)


def test_starting_twice_is_once():
    with Sandbox() as sandbox:
        assert sandbox.start() is sandbox
        assert sandbox.base_url == sandbox.start().base_url


def test_a_port_that_is_taken_is_told(sandbox):
    threads = threading.active_count()
    for taken in ({"port": urlsplit(sandbox.base_url).port}, {"plain_port": urlsplit(sandbox.plain_url).port}):
        with pytest.raises(ConfigurationError, match="choose another for"):
            Sandbox(**taken).start()
    assert threading.active_count() == threads


def test_a_fixed_port_can_be_used_again_at_once():
    with Sandbox() as sandbox:
        port, plain_port = urlsplit(sandbox.base_url).port, urlsplit(sandbox.plain_url).port
        http_call(sandbox.plain_url, "GET", "/_sandbox/health")
    with Sandbox(port=port, plain_port=plain_port) as sandbox:
        assert (urlsplit(sandbox.base_url).port, urlsplit(sandbox.plain_url).port) == (port, plain_port)


@pytest.mark.parametrize("fault", ["silence", "late_answer", "dripped_body"])
def test_to_stop_with_a_call_in_hand_is_nothing_to_tell_of(fault, caplog):
    with Sandbox() as sandbox, connect(sandbox.settings("http-post", plain=True)) as chat:
        armed = sandbox.fault(fault)
        calling = threading.Thread(target=_left_alone, args=(chat,))
        calling.start()
        while not armed.hits and calling.is_alive():
            time.sleep(0.001)
        sandbox.close()
        calling.join(HANGS)
    assert [record for record in caplog.records if record.levelno > logging.WARNING] == []
    assert [record.name for record in caplog.records if record.name.startswith("uvicorn")] == []


def _left_alone(chat):
    with contextlib.suppress(AfilnetError):
        chat.get_chat_channels()


@pytest.mark.parametrize("wrong", [{"token_lifetime": 0}, {"journal_size": 0}])
def test_wrong_arguments_are_told(wrong):
    with pytest.raises(ConfigurationError):
        Sandbox(**wrong)


@pytest.mark.parametrize("protocol", ["http-get", "http-post", "basic", "soap", "json"])
def test_settings_lead_here(sandbox, account, protocol):
    made = sandbox.settings(protocol, account=account)
    assert (made.protocol, made.base_url, made.ca_file) == (protocol, sandbox.base_url, sandbox.ca_file)
    assert (made.user, made.password) == (account.user, Secret(account.password))
    assert (made.client_id, made.client_secret) == (account.client_id, Secret(account.client_secret))
    assert (made.json_url, made.token_url) == (sandbox.json_url, sandbox.token_url)
    assert made.soap_endpoint == sandbox.soap_url
    assert made.minimum_security == ("low" if protocol == "http-get" else "medium")
    assert made.soap_wsdl is not None
    assert sandbox.soap_url in Path(made.soap_wsdl).read_text()


@table(
    ("given", "said"),
    [
        ({"acount": 1}, "unknown setting 'acount' (settings()): did you mean 'account'?"),
        ({"plian": True}, "did you mean 'plain'?"),
        ({"tiemout": 1}, "did you mean 'timeout'?"),
        ({"require": "tls13"}, "require must be a list of names, not 'tls13'"),
        ({"require": None}, "require must be a list of names, not NoneType"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_in_words(sandbox, given, said):
    with pytest.raises(ConfigurationError) as refused:
        sandbox.settings("soap", **given)
    assert said in str(refused.value)


def test_settings_over_plain_http_and_with_overrides(sandbox):
    made = sandbox.settings("soap", plain=True, timeout=5, require=[])
    assert (made.base_url, made.minimum_security, made.timeout) == (sandbox.plain_url, "none", 5)
    assert made.ca_file is None
    assert made.soap_endpoint.startswith(sandbox.plain_url)
    assert sandbox.settings(protocol="basic").protocol == "basic"
    assert sandbox.settings(protocol="http-get").minimum_security == "low"


@pytest.mark.parametrize("path", ["/api/soap/", "/api/soap/rpc/", "/api/soap/generic/"])
def test_it_serves_its_descriptions(sandbox, path):
    for target in (path + "?wsdl", path + "?WSDL"):
        answer = http_call(sandbox.base_url, "GET", target, ca_file=sandbox.ca_file)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        assert f'location="{sandbox.base_url}{path}"'.encode() in answer.body
    assert http_call(sandbox.plain_url, "GET", path).status == 405
    answer = http_call(sandbox.plain_url, "GET", "/openapi.json")
    assert answer.json()["servers"] == [{"url": sandbox.plain_url}]


def test_no_secret_reaches_a_log(sandbox, account, caplog):
    with caplog.at_level(logging.DEBUG):
        for speaker in SPEAKERS.values():
            speaker(sandbox).send(fields(account, "getchatchannels"))
        token = token_request(sandbox, account).json()["access_token"]
        http_call(sandbox.plain_url, "GET", f"/api/http/?password={account.password}%zz")
        http_call(
            sandbox.plain_url, "POST", "/oauth/token", body=b"client_secret=s3cr3t", headers={"Content-Type": FORM}
        )
    for secret in (account.password, account.client_secret, token, "s3cr3t"):
        assert secret not in caplog.text


def test_a_defect_is_answered_without_a_traceback(caplog):
    class Broken(Service):
        def get_chat_channels(self, account, fields):
            raise RuntimeError(fields["password"])

    with Sandbox(components=Components(service=Broken)) as sandbox:
        answer = PostForm(sandbox).call(fields(sandbox.accounts()[0], "getchatchannels"))
    assert answer.status == 500
    assert b"Traceback" not in answer.body
    assert "a defect" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "password" not in caplog.text


def test_one_part_exchanged_makes_a_mutant():
    class Forgetful(Service):
        def append_sent(self, *arguments):
            pass

    with Sandbox(components=Components(service=Forgetful)) as sandbox:
        sandbox.receive(platform="whatsapp", platform_id="100", destination="34600000000", message="x")
        speaker, user = PostForm(sandbox), sandbox.accounts()[0]
        speaker.send(fields(user, "sendmessage", {**CONVERSATION, "message": "lost"}))
        assert len(speaker.send(fields(user, "getmessages", CONVERSATION))) == 1


def test_the_plug_in_is_cheap_to_import():
    look = (
        "import sys, afilnet_protocols.sandbox.pytest_plugin;"
        "print(sorted({'starlette', 'uvicorn', 'lxml', 'zeep', 'requests', 'oauthlib', 'trustme'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.strip() == "[]"


def test_the_fixtures_work_and_check_their_faults(pytester):
    pytester.makepyfile(
        """
        import urllib.request

        def test_one(afilnet_sandbox, afilnet_account):
            with urllib.request.urlopen(afilnet_sandbox.control_url + "health") as answer:
                assert answer.status == 200
            assert afilnet_account in afilnet_sandbox.accounts()

        def test_other(afilnet_sandbox, afilnet_account):
            assert len(afilnet_sandbox.accounts()) == 2
            afilnet_sandbox.answer("X", account=afilnet_account)
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", *ONLY_OURS)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*FaultNotFiredError*never fired*"])


def test_before_it_starts_it_says_so():
    with pytest.raises(AttributeError, match="before it starts"):
        Sandbox().describe()


WHILE_IT_RUNS = (
    lambda sandbox: sandbox.settings("soap"),
    lambda sandbox: sandbox.receive(platform="whatsapp", platform_id="100", destination="341", message="hola"),
    lambda sandbox: sandbox.account(),
    lambda sandbox: sandbox.reset(),
    lambda sandbox: sandbox.export_state(),
    lambda sandbox: sandbox.fault("silence"),
    lambda sandbox: sandbox.fault("full_backlog"),
    lambda sandbox: sandbox.answer("X"),
)
BEFORE_TOO = (
    lambda sandbox: sandbox.journal(),
    lambda sandbox: sandbox.tokens_issued(),
    lambda sandbox: sandbox.speak_like("tidy"),
    lambda sandbox: sandbox.page_url,
)


def test_what_is_asked_of_it_outside_of_its_block_is_refused_with_what_to_do():
    sandbox = Sandbox()
    for ask in (*WHILE_IT_RUNS, *BEFORE_TOO):
        with pytest.raises(ConfigurationError, match="in a with block"):
            ask(sandbox)
    with sandbox:
        pass
    for ask in WHILE_IT_RUNS:
        with pytest.raises(ConfigurationError, match="was closed: make another"):
            ask(sandbox)
    assert sandbox.journal() == []  # what has come is told afterwards too


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_its_memory_is_flat(request):
    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    count = 100_000 if request.config.getoption("--long") else 4_000
    with Sandbox(journal_size=500) as sandbox:
        body = b"class=chat&method=getchatchannels&user=user&password=password"
        head = f"POST /api/http/ HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
        host = urlsplit(sandbox.plain_url)
        with socket.create_connection((host.hostname, host.port), timeout=HANGS) as connection:

            def ask(times):
                for _ in range(times):
                    connection.sendall(head.encode() + body)
                    answer = b""
                    while not answer.endswith(b"]}}"):
                        answer += connection.recv(65536)

            ask(1_000)
            before = resident()
            ask(count)
            assert resident() - before < 4_000_000
        assert len(sandbox.journal()) == 500
