"""Nothing of an account gets into what a survey prints and writes: of no field, on no dialect, in no encoding."""

from __future__ import annotations

import base64
import codecs
import hashlib
import html
import json
import quopri
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from afilnet_protocols.cli.app import run
from afilnet_protocols.dialects import NAMED
from afilnet_protocols.dialects.dimensions import Dimension
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.survey import asking, reading
from afilnet_protocols.survey.facts import FACTS
from afilnet_protocols.vocabulary import Platform, Protocol
from tests.tables import table

CANARY = "Zoë/Canary-4711"
LINE, READER, WRITER = f"id-{CANARY}", "34611223344", "34655667788"
PARTS = ("Canary", "4711", CANARY, READER, WRITER, LINE, f"user-{CANARY}", f"password-{CANARY}", f"text {CANARY}")

EVERYBODY = ["--wrong-password", "--send-to", f"whatsapp/{LINE}/{READER}", "--party", f"whatsapp/{LINE}/{WRITER}"]


def forms(text: str) -> Iterator[str]:
    """Yield a text as it stands, and as encodings write it."""
    yield from (text, text[::-1], codecs.encode(text, "rot13"), json.dumps(text)[1:-1], html.escape(text))
    yield "".join(f"&#{ord(character)};" for character in text)
    for raw in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("latin-1")):
        yield from (raw.hex(), raw.hex(" "), raw.hex(":"), repr(raw)[2:-1], base64.b32encode(raw).decode().rstrip("="))
        yield from (quote(raw), quote(raw, safe=""), "".join(f"%{byte:02x}" for byte in raw))
        yield quopri.encodestring(raw).decode().rstrip("=\n")
        for padding in range(3):
            # Wherever it stands in a longer text: what only its own bytes decide of the base64.
            whole = base64.b64encode(b"." * padding + raw).decode().rstrip("=")
            inner = whole[-(-padding * 4 // 3) : len(whole) - 1]
            yield from (inner, inner.translate(str.maketrans("+/", "-_")))
        for name in ("md5", "sha1", "sha256"):
            yield hashlib.new(name, raw, usedforsecurity=False).hexdigest()


def leaks(written: str, *further: str) -> list[str]:
    """Return what of the account stands in a text; what is shorter than four characters tells nothing."""
    folded = written.casefold()
    return [form for part in (*PARTS, *further) for form in forms(part) if len(form) > 3 and form.casefold() in folded]


def surveyed(
    dialect: str, protocol: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[str, list[str]]:
    """Survey an account all of whose fields hold a canary, with everything permitted.

    Returns:
        What was printed and written, and what else is the account's own.
    """
    monkeypatch.setattr(asking, "PAUSE", 0.0)
    name = f"name {CANARY}"
    channels = [Channel(LINE, Platform.WHATSAPP, name), Channel(f"bot-{CANARY}", Platform.TELEGRAM, name)]
    with Sandbox(like=dialect) as sandbox:
        account = sandbox.account(f"user-{CANARY}", password=f"password-{CANARY}", channels=channels)

        def write(*_: object) -> None:
            where = {"platform": "whatsapp", "platform_id": LINE, "destination": WRITER}
            account.receive(**where, message=f"text {CANARY}")

        write()
        settings = sandbox.settings(protocol, account=account)
        names = ("protocol", "base_url", "user", "password", "client_id", "client_secret", "ca_file")
        for name in (*names, "soap_wsdl", "soap_endpoint", "json_url", "token_url"):
            value = getattr(settings, name)
            monkeypatch.setenv(f"AFILNET_{name.upper()}", value.reveal() if isinstance(value, Secret) else str(value))
        monkeypatch.setenv("AFILNET_MINIMUM_SECURITY", str(settings.minimum_security))
        monkeypatch.setattr("afilnet_protocols.cli.survey.pause", write)
        file = folder / "dialect.toml"
        assert run(["survey", *EVERYBODY, "--output", str(file)]) == 0
        assert run(["survey", *EVERYBODY, "--json"]) == 0
        told = capsys.readouterr()
        own = [str(settings.client_id), str(settings.client_secret.reveal()), sandbox.base_url[8:]]
    return told.out + told.err + file.read_text("utf-8"), own


@pytest.mark.parametrize(("dialect", "protocol"), list(zip(NAMED, [*Protocol, Protocol.SOAP], strict=True)))
def test_nothing_of_the_account_occurs_in_any_output(
    dialect: str,
    protocol: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    written, own = surveyed(dialect, protocol, tmp_path, monkeypatch, capsys)
    seen = re.search(r"(\d+) of \d+ facts seen", written)
    assert seen is not None
    assert int(seen[1]) >= len(FACTS) - 5  # it has been everywhere
    assert leaks(written, *own) == []


@pytest.mark.proof("test_nothing_of_the_account_occurs_in_any_output")
@pytest.mark.long
@pytest.mark.parametrize("dialect", NAMED)
@pytest.mark.parametrize("protocol", list(Protocol))
def test_nothing_of_the_account_occurs_whatever_the_protocol(
    dialect: str,
    protocol: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    written, own = surveyed(dialect, protocol, tmp_path, monkeypatch, capsys)
    assert leaks(written, *own) == []


# ---- What cannot fail proves nothing --------------------------------------------------------------------------------


@table(
    "hidden",
    [
        quote(CANARY),
        CANARY[::-1],
        READER.encode().hex(),
        base64.b64encode(f"fact: {CANARY}".encode()).decode(),
        base64.urlsafe_b64encode(f"a{CANARY}z".encode()).decode(),
        hashlib.sha256(WRITER.encode()).hexdigest(),
        json.dumps(CANARY.encode("utf-16-le").hex()),
        quopri.encodestring(CANARY.encode()).decode(),
    ],
)
def test_sabotage_what_is_hidden_by_an_encoding_is_noticed(hidden: str) -> None:
    assert leaks(f"fact: {hidden}")


def test_sabotage_a_survey_that_tells_what_the_service_said_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # As if the word of a record went into the report instead of its kind: it is none of the fact's own words.
    monkeypatch.setattr(reading, "id_manner", lambda rows: [("records.names", str(rows[0]["name"]))])
    assert not leaks(surveyed("samples", "http-post", tmp_path, monkeypatch, capsys)[0])
    monkeypatch.setattr(Dimension, "value", lambda self, answer: answer)
    monkeypatch.setattr("afilnet_protocols.dialects.dialect.wrong_value", lambda dimension, answer: "")
    monkeypatch.setattr("afilnet_protocols.dialects.dumps", lambda dialect: "")
    assert leaks(surveyed("samples", "http-post", tmp_path, monkeypatch, capsys)[0])
