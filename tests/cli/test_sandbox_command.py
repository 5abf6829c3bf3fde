"""`afilnet sandbox`: one line when it is ready, the vendor's own requests answered, and a clean end."""

from __future__ import annotations

import http.client
import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from afilnet_protocols.cli.ending.exits import ExitCode
from tests.time_limit import HANGS

KEYS = (
    "base_url plain_url ca_file user password client_id client_secret token_url json_url soap_url wsdl_url control_url"
    " page_url"
)


@contextmanager
def running(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "afilnet_protocols", "sandbox", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            yield process, line
        finally:
            process.kill()


@contextmanager
def hangups(handled: signal.Handlers) -> Iterator[None]:
    """Have what is started inherit this, whatever whoever runs the tests has set."""
    before = signal.signal(signal.SIGHUP, handled)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_prints_one_json_line_serves_the_vendor_s_sample_and_ends_well(number):
    with hangups(signal.SIG_DFL), running("--json") as (process, line):
        described = json.loads(line)
        assert list(described) == KEYS.split()
        assert (described["user"], described["password"]) == ("user", "password")
        address = urlsplit(described["base_url"])
        trust = ssl.create_default_context(cafile=described["ca_file"])
        connection = http.client.HTTPSConnection(address.hostname, address.port, context=trust, timeout=HANGS)
        # The vendor's Node sample: everything in the query of a POST without a body.
        connection.request("POST", "/api/http/?class=chat&method=getchatchannels&user=user&password=password")
        answer = json.load(connection.getresponse())
        connection.close()
        assert answer["status"] == "SUCCESS"
        assert {"platform": "whatsapp", "platformid": "100"}.items() <= answer["result"]["list"][1].items()
        process.send_signal(number)
        out, err = process.communicate(timeout=300)
        assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("words", [("--json",), ()])
def test_it_ends_where_nobody_can_be_told_where_it_serves(words):
    command = [sys.executable, "-m", "afilnet_protocols", "sandbox", *words]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=HANGS, check=False)
    assert (ended.returncode, ended.stderr) == (ExitCode.UNTOLD, b"")


def test_for_people_it_prints_commands_that_work_and_all_that_the_next_ones_need(tmp_path):
    with running() as (process, line):
        assert line.split() == ["what", "value"]
        shown = ""
        while "Ctrl-C" not in shown:
            shown += process.stdout.readline()
        commands = [line for line in shown.splitlines() if line.startswith("  ")]
        assert [line.split()[0] for line in commands] == ["export"] * 4 + ["afilnet"] * 2
        program(tmp_path / "afilnet")
        ended = subprocess.run(
            # Whoever has given the shell these lines needs no option any more, over whichever protocol.
            [
                "bash",
                "-euc",
                "\n".join([*commands, "afilnet chats --platform whatsapp --platform-id 100 --protocol basic"]),
            ],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        assert "WhatsApp" in ended.stdout
        assert "hola" in ended.stdout
        process.send_signal(signal.SIGINT)
        assert process.wait(HANGS) == 0


def program(file):
    """Write the command of this interpreter to a file that a shell can run."""
    file.write_text(f'#!/bin/sh\nexec {sys.executable} -m afilnet_protocols "$@"\n')
    file.chmod(0o700)


def test_a_file_keeps_the_state_over_a_restart(tmp_path):
    said = []
    for _ in range(2):
        with running("--json", "--db", str(tmp_path / "state.db")) as (process, line):
            address = urlsplit(json.loads(line)["plain_url"])
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=HANGS)
            here = "&platform=whatsapp&platformid=100&destination=34"
            for method in ("sendmessage", "getmessages"):
                path = f"/api/http/?class=chat&method={method}&user=user&password=password{here}&message=hola"
                connection.request("GET", path)
                answer = json.load(connection.getresponse())
            connection.close()
            said.append(len(answer["result"]["list"]))
            process.send_signal(signal.SIGINT)
            assert process.wait(HANGS) == 0
    assert said == [1, 2]


def test_a_port_that_is_taken_is_an_error_with_its_code():
    with running("--json") as (_, line):
        port = str(urlsplit(json.loads(line)["base_url"]).port)
        command = [sys.executable, "-m", "afilnet_protocols", "sandbox", "--json", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert ended.returncode == 2
        assert json.loads(ended.stderr)["error"]["type"] == "ConfigurationError"


def test_two_ports_that_are_the_same_are_refused():
    words = [sys.executable, "-m", "afilnet_protocols", "sandbox", "--port", "4567", "--page-port", "4567"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 2
    assert "give each its own" in ended.stderr


def test_a_terminal_that_is_closed_is_no_end_for_who_was_told_not_to_mind_it():
    with hangups(signal.SIG_IGN), running("--json") as (process, line):
        process.send_signal(signal.SIGHUP)
        address = urlsplit(json.loads(line)["plain_url"])
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=HANGS)
        connection.request("GET", "/api/http/?class=chat&method=getchatchannels&user=user&password=password")
        assert connection.getresponse().status == 200
        connection.close()
