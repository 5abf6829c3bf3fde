"""What the page is made of, without a browser: exact text, masks, the rosetta, words, bounds, files of state."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import AuthenticationError, ConfigurationError, connect
from afilnet_protocols.catalogue import by_name
from afilnet_protocols.dialects.named import NAMED
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.faults.fault_kind import Processed, Stage
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.page import faults_in_spanish, masking, translations
from afilnet_protocols.sandbox.page.call_page import travelled
from afilnet_protocols.sandbox.page.exact import exact
from afilnet_protocols.sandbox.page.masking import MASK
from afilnet_protocols.sandbox.page.rosetta import Saying, marked, sayings
from afilnet_protocols.sandbox.server import wire_log
from afilnet_protocols.vocabulary import Protocol
from tests.sandbox.page.conftest import PERSON
from tests.tables import table
from tests.vectors.test_vectors import FILES, canonical_xml

PAGE = Path(translations.__file__).parent
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


class Reading(HTMLParser):
    """Reads HTML as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.elements: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(TEXTS)
def test_exact_text_is_read_as_it_was(text: str) -> None:
    reading = Reading()
    reading.feed(str(exact(text)))
    reading.close()
    assert reading.text == text
    assert reading.elements <= {"span"}
    assert "\r" not in exact(text)


# The rosetta is held to the bytes that client and service are held to.

VECTORS = [
    pytest.param(protocol, vector, id=f"{protocol}: {vector['id']}")
    for protocol, file in (
        (Protocol.HTTP_GET, "http-get"),
        (Protocol.HTTP_POST, "http-post"),
        (Protocol.BASIC, "basic-post"),
        (Protocol.SOAP, "soap"),
        (Protocol.JSON, "json"),
    )
    for vector in FILES[file]["requests"]
]


def said(protocol: Protocol, vector: dict) -> Saying:
    operation = by_name(vector["operation"])
    assert operation is not None
    given_values = {name: value for name, value in vector["arguments"].items() if value is not None}
    arguments = {operation.parameter(name).wire: value for name, value in given_values.items()}
    return {each.protocol: each for each in sayings(operation, arguments, user="user", password=MASK)}[protocol]


def pairs(text: str) -> set[str]:
    """Return the pairs of a form, without the one that keeps requests over GET from being alike."""
    return {
        pair for pair in text.replace("password=password", f"password={MASK}").split("&") if not pair.startswith("_=")
    }


@table(("protocol", "vector"), VECTORS)
def test_the_rosetta_says_what_the_vectors_say(protocol: Protocol, vector: dict) -> None:
    saying, wanted = said(protocol, vector), vector["request"]
    assert saying.method == wanted["method"]
    path, _, query = saying.target.partition("?")
    wanted_path, _, wanted_query = wanted["target"].partition("?")
    assert path == wanted_path
    assert pairs(query) == pairs(wanted_query)
    for name, value in saying.headers:
        if name != "authorization":
            assert wanted["headers"][name] == value
    if protocol is Protocol.SOAP:
        body = wanted["body"].replace("<password>password<", f"<password>{MASK}<")
        assert canonical_xml(saying.body.encode()) == canonical_xml(body.encode())
    elif protocol is Protocol.JSON:
        assert json.loads(saying.body) == json.loads(wanted["body"])
    else:
        assert pairs(saying.body) == pairs(wanted["body"])


def test_the_marks_leave_the_line_as_it_is() -> None:
    line = f"platform=whatsapp&message=a+b&password={MASK}&platformid=1&x=10"
    pieces = marked(line, {"platform": "whatsapp", "message": "a b", "platformid": "1"})
    assert "".join(piece.text for piece in pieces) == line
    assert [piece.text for piece in pieces if piece.kind == "value"] == ["whatsapp", "a+b", "1"]
    assert [piece.text for piece in pieces if piece.kind == "secret"] == [MASK]


# Secrets

SECRET = "s3cret/+&<é> of some length"


def shown(sandbox: Sandbox) -> str:
    return "".join(str(travelled(wire, sandbox, sandbox._wires)) for wire in sandbox._wires.all())


def made_calls(sandbox: Sandbox) -> None:
    account = sandbox.account("somebody", password=SECRET)
    for protocol in Protocol:
        with connect(account.settings(protocol)) as chat:
            chat.send_message(**PERSON, message="hello")


def test_no_secret_is_shown_of_any_call() -> None:
    with Sandbox() as sandbox:
        made_calls(sandbox)
        account = sandbox._find("somebody")
        tokens = [row[0] for row in sandbox._store.rows("SELECT token FROM tokens")]
        text = shown(sandbox)
        assert "hello" in text
        for secret in (SECRET, account.client_secret, *tokens):
            for written in masking._written(secret):
                assert written not in text


def test_a_build_that_masks_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from afilnet_protocols.sandbox.page import call_page

    monkeypatch.setattr(call_page, "masked", lambda text, secrets: text)
    with Sandbox() as sandbox:
        made_calls(sandbox)
        assert any(written in shown(sandbox) for written in masking._written(SECRET))


@pytest.mark.parametrize(
    "text",
    [
        "a=1&password=KEPT&b=2",
        '{"password" : "KE\\"PT", "x": 1}',
        "<ns:password xsi:type='x'>KEPT</ns:password>",
        "<password><![CDATA[KEPT]]></password>",
        'Content-Disposition: form-data; name="password"\r\n\r\nKEPT\r\n--b',
        "<password>KEPT",
        '{"access_token":"KEPT',
        "grant_type=x&refresh_token=KEPT",
    ],
)
def test_secrets_go_by_their_names_in_every_format(text: str) -> None:
    assert "KEPT" not in masking.masked(text)
    assert "PT" not in masking.masked(text)


# Words


def test_every_word_of_the_templates_is_in_the_catalogue() -> None:
    used: set[str] = set()
    for template in (PAGE / "templates").glob("*.html"):
        used |= set(re.findall(r"""\bt\(["']([^"']+(?:'[a-z][^"']*)?)["']\)""", template.read_text("utf-8")))
    assert len(used) > 80
    assert used - set(translations.SPANISH) == set()


NUMBERS = re.compile(r"`[^`]*`|[0-9][0-9,.]*")
"""What a translation of what a fault does takes over as it is: details, codes and figures."""


def badly_translated(about: Mapping[str, str]) -> list[str]:
    """Return the kinds of faults that a translation lacks, has though there are none, or says something else of."""
    return sorted(KINDS.keys() ^ about.keys()) + [
        name
        for name, kind in KINDS.items()
        if name in about
        and (
            NUMBERS.findall(kind.about) != NUMBERS.findall(about[name])
            or (about[name] == kind.about and not re.fullmatch(r"HTTP [0-9]+( `\w+`)?", kind.about))
        )
    ]


def test_every_fault_is_explained_in_spanish() -> None:
    assert badly_translated(faults_in_spanish.ABOUT) == []
    assert set(faults_in_spanish.STAGES) == set(Stage)
    assert set(faults_in_spanish.PROCESSED) == set(Processed)
    assert {dialect.title for dialect in NAMED.values()} <= translations.SPANISH.keys()


def test_a_translation_that_lacks_one_or_says_another_figure_is_found() -> None:
    good = faults_in_spanish.ABOUT
    without = {name: text for name, text in good.items() if name != "gzip_bomb"}
    assert badly_translated(without) == ["gzip_bomb"]
    assert badly_translated({**good, "gzip_bomb": good["gzip_bomb"].replace("256", "265")}) == ["gzip_bomb"]
    assert badly_translated({**good, "silence": KINDS["silence"].about}) == ["silence"]


def test_languages_are_chosen_by_the_reader_then_by_the_browser() -> None:
    assert translations.preferred("es-ES,es;q=0.9,en;q=0.8", None) == "es"
    assert translations.preferred("de,en;q=0.8", None) == "en"
    assert translations.preferred("", None) == "en"
    assert translations.preferred("es", "en") == "en"
    assert translations.preferred("es", "xx") == "es"


# Bounds


def test_only_so_many_exchanges_and_bytes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_log, "MOST", 5)
    with Sandbox() as sandbox, connect(sandbox.settings("http-post")) as chat:
        for _ in range(9):
            chat.get_chat_channels()
        kept = sandbox._wires.all()
        assert [wire.number for wire in kept] == [5, 6, 7, 8, 9]
        assert sandbox._wires._bytes == sum(wire.size for wire in kept)
        monkeypatch.setattr(wire_log, "MOST_BYTES", 1000)
        chat.send_message(**PERSON, message="x" * 5000)
        assert len(sandbox._wires.all()) == 1


# State files


def test_a_state_goes_out_and_comes_back(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        sandbox.account("other", password="another").receive(**PERSON, message="kept")
        with connect(sandbox.settings("json")) as chat:
            chat.get_chat_channels()
        state = sandbox.export_state()
    assert b"kept" in state
    with Sandbox(db=tmp_path / "state.db") as sandbox:
        sandbox.receive(**PERSON, message="replaced")
        sandbox.import_state(state)
        assert [account.user for account in sandbox.accounts()] == ["user", "other"]
        with connect(sandbox.settings("soap", account="other")) as chat:
            assert [message.message for message in chat.get_messages(**PERSON)] == ["kept"]
        assert sandbox._store.rows("SELECT * FROM tokens") == []
    file = tmp_path / "exported.db"
    file.write_bytes(state)
    with Sandbox(db=file) as sandbox:
        assert len(sandbox.accounts()) == 2


def test_what_was_there_before_a_state_came_is_forgotten() -> None:
    """A message that was to appear later, tokens that were counted, calls of nobody: none is of the new state."""
    with Sandbox() as other:
        other.receive(**PERSON, message="kept")
        state = other.export_state()
    with Sandbox() as sandbox:
        sandbox.receive(**PERSON, message="later", appears_after=3600)
        with connect(sandbox.settings("json")) as chat:
            chat.get_chat_channels()
        with connect(sandbox.settings("http-post", user="nobody")) as chat, pytest.raises(AuthenticationError):
            chat.get_chat_channels()
        sandbox.import_state(state)
        assert (sandbox.tokens_issued(), sandbox.journal(everything=True)) == (0, [])
        with connect(sandbox.settings("http-post")) as chat:
            assert [message.message for message in chat.get_messages(**PERSON)] == ["kept"]


@pytest.mark.parametrize("given_bytes", [b"", b"nonsense", b"SQLite format 3\0" + b"\0" * 4000])
def test_what_is_no_state_changes_nothing(given_bytes: bytes) -> None:
    with Sandbox() as sandbox:
        sandbox.receive(**PERSON, message="kept")
        with pytest.raises(ConfigurationError):
            sandbox.import_state(given_bytes)
        assert sandbox._store.rows("SELECT message FROM messages") == [("kept",)]


def test_a_state_with_a_trigger_is_refused(tmp_path: Path) -> None:
    import contextlib
    import sqlite3

    with Sandbox() as sandbox:
        file = tmp_path / "planted.db"
        file.write_bytes(sandbox.export_state())
        with contextlib.closing(sqlite3.connect(file)) as db:
            db.execute("CREATE TRIGGER planted AFTER INSERT ON messages BEGIN DELETE FROM accounts; END")
            db.commit()
        with pytest.raises(ConfigurationError, match="other tables"):
            sandbox.import_state(file.read_bytes())


def test_the_page_is_loaded_when_somebody_asks_for_it() -> None:
    import subprocess
    import sys

    source = (
        "import sys\nfrom afilnet_protocols.sandbox import Sandbox\n"
        "with Sandbox() as sandbox:\n    print('jinja2' in sys.modules)\n"
        "    import urllib.request; urllib.request.urlopen(sandbox.page_url).read()\n"
        "    print('jinja2' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
