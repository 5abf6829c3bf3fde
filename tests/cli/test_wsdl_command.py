"""`afilnet wsdl bundle`: one file out of several documents, its digest, and what is refused on the way."""

from __future__ import annotations

import contextlib
import hashlib
import re
import resource
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from afilnet_protocols import connect
from tests.cli.conftest import Run
from tests.wire.soap.description.test_policies import described
from tests.wire.soap.description.test_wsdl_bundle import SHAPES, imported, requests_of

PLAIN = ("--minimum-security", "none")


class Place:
    """A server of documents by path and query, which notes who was asked for."""

    def __init__(self) -> None:
        self.documents: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        place = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place.asked.append(self.path)
                status, body = place.documents.get(self.path, (404, b""))
                self.send_response(status)
                self.send_header("Content-Type", "text/xml; charset=ISO-8859-1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def offer(self, path: str, text: str, status: int = 200) -> None:
        self.documents[path] = (status, text.encode())


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def java(place: Place) -> Place:
    """A service that keeps its schema in a document of its own."""
    root, schema = imported("document").values()
    place.offer("/soap/chat?wsdl", root)
    place.offer("/soap/chat?xsd=1", schema)
    return place


def test_the_documents_become_a_file_that_binds_and_can_be_pinned(afilnet: Run, java: Place, tmp_path: Path) -> None:
    ended = afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", "chat.wsdl", "--json", *PLAIN)
    assert (ended.code, ended.err) == (0, "")
    document = (tmp_path / "chat.wsdl").read_bytes()
    digest = hashlib.sha256(document).hexdigest()
    assert ended.document == {
        "file": "chat.wsdl",
        "sha256": digest,
        "documents": [f"{java.url}/soap/chat?wsdl", f"{java.url}/soap/chat?xsd=1"],
        "soap_endpoint": "https://soap.example.com/chat/",
        "binds": True,
    }
    assert requests_of(document) == requests_of(SHAPES["document"].encode())
    assert java.asked == ["/soap/chat?wsdl", "/soap/chat?xsd=1"]
    account = {"user": "user", "password": "a-password-of-some-length"}
    connect(protocol="soap", soap_wsdl="chat.wsdl", soap_wsdl_sha256=digest, **account).close()


def test_people_are_told_what_to_set(afilnet: Run, java: Place) -> None:
    ended = afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", "chat.wsdl", *PLAIN)
    assert "2 documents in one; it binds" in ended.out
    assert 'soap_wsdl = "chat.wsdl"' in ended.out
    assert "soap_wsdl_sha256 = " in ended.out


def test_what_is_to_be_set_can_be_copied_whatever_the_file_is_called(afilnet: Run, tmp_path: Path) -> None:
    """And no name of a file disturbs a terminal."""
    odd, made = 'a"b\\c\x1b[31m\x7fñ.wsdl', "again-"
    (tmp_path / odd).write_text(SHAPES["document"], "utf-8")
    ended = afilnet("wsdl", "bundle", odd, "-o", made + odd)
    assert (ended.code, "\x1b" in ended.out, "\x7f" in ended.out) == (0, False, False)
    lines = [line for line in ended.out.splitlines() if line.startswith("soap_")]
    assert tomllib.loads("\n".join(lines))["soap_wsdl"] == made + odd


def test_a_profile_of_a_high_level_can_make_the_file_that_it_needs(
    afilnet: Run, sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFILNET_MINIMUM_SECURITY", "maximum")
    monkeypatch.setenv("AFILNET_REQUIRE", "tls13,G6")
    ended = afilnet("wsdl", "bundle", sandbox.wsdl_url, "-o", "chat.wsdl", "--ca-file", sandbox.ca_file)
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize(
    ("reference", "code", "words"),
    [
        ("https://evil.example/x.xsd", 2, "https://evil.example/x.xsd, which is of another origin"),
        ("//127.0.0.1:1/x.xsd", 2, "another origin"),
        ("file:///etc/passwd", 2, "another origin"),
        ("missing.xsd", 2, "HTTP 404"),
        ("moved.xsd", 2, "HTTP 302"),
        ("broken.xsd", 3, "HTTP 503"),
        ("page.xsd", 2, "a web page"),
    ],
)
def test_what_cannot_be_had_is_refused_and_nothing_is_written(
    afilnet: Run, java: Place, tmp_path: Path, reference: str, code: int, words: str
) -> None:
    java.offer("/soap/moved.xsd", "", 302)
    java.offer("/soap/broken.xsd", "", 503)
    java.offer("/soap/page.xsd", "<html></html>")
    text = next(iter(imported("document").values())).replace("chat?xsd=1", reference)
    java.offer("/soap/chat?wsdl", text)
    ended = afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", "chat.wsdl", *PLAIN)
    assert ended.code == code
    assert words in ended.err
    assert not (tmp_path / "chat.wsdl").exists()
    assert "carried out" not in ended.err


def test_a_description_without_an_operation_is_not_written(afilnet: Run, java: Place, tmp_path: Path) -> None:
    _, text = java.documents["/soap/chat?wsdl"]
    java.offer("/soap/chat?wsdl", re.sub('(?i)name="(chat)?getchats"', 'name="getcats"', text.decode()))
    ended = afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", "chat.wsdl", *PLAIN)
    assert ended.code == 2
    assert "getchats" in ended.err
    assert not (tmp_path / "chat.wsdl").exists()


@pytest.mark.parametrize("words", [("chat.wsdl", "-o", "x"), ("http://example.com/chat?wsdl", "-o", "x")])
def test_what_is_no_safe_address_is_refused(afilnet: Run, words: tuple[str, ...]) -> None:
    assert afilnet("wsdl", "bundle", *words, *PLAIN).code == 2


def test_a_file_that_cannot_be_written_is_named(afilnet: Run, java: Place) -> None:
    ended = afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", "/dev/null/chat.wsdl", *PLAIN)
    assert ended.code == 2
    assert "/dev/null" in ended.err


def test_folders_that_are_missing_are_made_as_for_every_option_that_names_a_file_to_write(
    afilnet: Run, java: Place, tmp_path: Path
) -> None:
    file = tmp_path / "new/folder/chat.wsdl"
    assert afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", str(file), *PLAIN).code == 0
    assert file.stat().st_size


@pytest.mark.parametrize("there", [True, False])
def test_on_a_full_disk_the_file_that_was_there_stays_whole(
    afilnet: Run, java: Place, tmp_path: Path, there: bool
) -> None:
    if there:
        (tmp_path / "chat.wsdl").write_text("as it was")
    with full_disk():
        ended = afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", "chat.wsdl", *PLAIN)
    assert ended.code == 2
    assert "File too large" in ended.err
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == ({"chat.wsdl": "as it was"} if there else {})


def test_sabotage_a_build_that_writes_over_the_old_file_is_noticed(
    afilnet: Run, java: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chat.wsdl").write_text("as it was")
    monkeypatch.setattr("afilnet_protocols.cli.options.output_file._replaced", lambda path, content: False)
    with full_disk():
        assert afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", "chat.wsdl", *PLAIN).code == 2
    assert (tmp_path / "chat.wsdl").read_text() != "as it was"


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let no file become longer than a block."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_is_replaced_keeps_its_mode_and_a_link_leads_to_it_still(
    afilnet: Run, java: Place, tmp_path: Path
) -> None:
    (tmp_path / "behind").write_text("as it was")
    (tmp_path / "behind").chmod(0o640)
    (tmp_path / "chat.wsdl").symlink_to("behind")
    assert afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", "chat.wsdl", *PLAIN).code == 0
    assert (tmp_path / "chat.wsdl").is_symlink()
    assert (tmp_path / "behind").stat().st_mode & 0o777 == 0o640
    assert b"definitions" in (tmp_path / "behind").read_bytes()


def test_a_file_that_is_mounted_by_itself_is_written_to_and_not_replaced_which_the_system_would_refuse(
    afilnet: Run, java: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "chat.wsdl"
    file.write_text("as it was")
    before = file.stat().st_ino
    monkeypatch.setattr("afilnet_protocols.cli.options.output_file.is_mounted", lambda path: path == file)
    assert afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", "chat.wsdl", *PLAIN).code == 0
    assert (file.stat().st_ino, b"definitions" in file.read_bytes()) == (before, True)


def test_what_is_no_file_is_written_to_and_not_replaced(afilnet: Run, java: Place) -> None:
    assert afilnet("wsdl", "bundle", f"{java.url}/soap/chat?wsdl", "-o", "/dev/null", *PLAIN).code == 0
    assert Path("/dev/null").is_char_device()


def test_files_that_refer_to_one_another_are_joined(afilnet: Run, tmp_path: Path) -> None:
    root, schema = imported("document").values()
    folder = tmp_path / "of the vendor" / "wsdl"
    for place, text in (("wsdl/chat.wsdl", root), ("xsd/chat.xsd", schema)):
        file = folder.parent / place
        file.parent.mkdir(parents=True)
        file.write_text(text.replace("chat?xsd=1", "../xsd/chat.xsd"))
    ended = afilnet("wsdl", "bundle", str(folder / "chat.wsdl"), "-o", "chat.wsdl")
    assert (ended.code, ended.err) == (0, "")
    assert "2 documents in one; it binds" in ended.out
    assert requests_of((tmp_path / "chat.wsdl").read_bytes()) == requests_of(SHAPES["document"].encode())


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("/etc/hostname", "not among its files"),
        ("../../other.xsd", "not among its files"),
        ("http://127.0.0.1:9/x.xsd", "not among its files"),
        ("missing.xsd", "cannot be read"),
        ("loop.xsd", "Too many levels of symbolic links"),
        (".", "cannot be read"),
    ],
)
def test_a_file_that_is_elsewhere_or_nowhere_is_not_joined(
    afilnet: Run, tmp_path: Path, reference: str, words: str
) -> None:
    file = tmp_path / "of" / "a" / "vendor" / "chat.wsdl"
    file.parent.mkdir(parents=True)
    (file.parent / "loop.xsd").symlink_to("loop.xsd")
    (tmp_path / "of" / "other.xsd").write_text(imported("document").popitem()[1])
    file.write_text(next(iter(imported("document").values())).replace("chat?xsd=1", reference))
    ended = afilnet("wsdl", "bundle", str(file), "-o", "chat.wsdl")
    assert ended.code == 2
    assert words in ended.err
    assert not (tmp_path / "chat.wsdl").exists()


def test_a_link_that_leads_back_to_itself_is_no_description(afilnet: Run, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    ended = afilnet("wsdl", "bundle", str(tmp_path / "loop"), "-o", "chat.wsdl")
    assert (ended.code, "Too many levels of symbolic links" in ended.err) == (2, True)


def test_policies_that_nobody_enforces_are_left_out_by_one_command(afilnet: Run, tmp_path: Path) -> None:
    (tmp_path / "given.wsdl").write_text(described("<sp:SymmetricBinding/>", alone=True))
    refused = afilnet("wsdl", "bundle", "given.wsdl", "-o", "chat.wsdl")
    assert refused.code == 2
    assert "'afilnet wsdl bundle URL -o FILE --without-policies'" in " ".join(refused.err.split())
    assert not (tmp_path / "chat.wsdl").exists()
    ended = afilnet("wsdl", "bundle", "given.wsdl", "-o", "chat.wsdl", "--without-policies")
    assert (ended.code, ended.err) == (0, "")
    assert "its policies are left out" in ended.out
    with connect(protocol="soap", user="user", password="password", soap_wsdl=str(tmp_path / "chat.wsdl")):
        assert "Policy" not in (tmp_path / "chat.wsdl").read_text().replace("ws/2004/09/policy", "")
