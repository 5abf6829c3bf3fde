"""`afilnet demo`: thirty answers that agree, and an exit code that is not always 0."""

from __future__ import annotations

import importlib

import pytest

from afilnet_protocols import catalogue
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.cli import demo_story as performance
from afilnet_protocols.errors import NotSentError, OutcomeUnknownError
from afilnet_protocols.vocabulary import Protocol

LEVELS = {"http-get": "low", "http-post": "medium", "basic": "medium", "soap": "medium_high", "json": "high"}


def test_all_thirty_answers_agree(afilnet):
    ended = afilnet("demo", "--json")
    assert ended.code == 0
    document = ended.document
    assert (document["agree"], document["cells"], document["agreeing"]) == (True, 30, 30)
    assert {row["protocol"]: row["level"] for row in document["rows"]} == LEVELS
    for row in document["rows"]:
        assert [cell["operation"] for cell in row["cells"]] == [operation.name for operation in catalogue.OPERATIONS]


def test_the_table_has_a_line_for_each_protocol_and_a_verdict(afilnet):
    ended = afilnet("demo")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert [line.split()[0] for line in lines[2:7]] == list(Protocol)
    assert all(line.split().count("ok") == 6 for line in lines[2:7])
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "30 of 30 answers agree: one behaviour"


def _altered(protocol, method, alter):
    """Return a backend class whose method returns something else than it should."""

    def call(self, **arguments):
        return alter(getattr(WireBackend, method)(self, **arguments))

    module = importlib.import_module(f"afilnet_protocols.backends.{protocol.replace('-', '_')}")
    name = next(name for name in vars(module) if name.lower() == protocol.replace("-", "") + "backend")
    original = getattr(module, name)
    return module, name, type(name, (original,), {method: call})


def _raise(_result):
    raise OutcomeUnknownError("lost")


@pytest.mark.parametrize(
    ("protocol", "method", "alter"),
    [
        ("http-get", "get_messages", lambda records: records[:1]),
        ("json", "get_messages", lambda records: records[::-1]),
        (
            "soap",
            "get_messages",
            lambda records: [type(r)(**{**_fields(r), "message": r.message.replace("\r", "")}) for r in records],
        ),
        ("http-post", "get_chats", lambda records: records[0]),
        ("basic", "get_unread_messages", lambda records: [type(r)(**{**_fields(r), "sent": 0}) for r in records]),
        (
            "soap",
            "get_chat_channels",
            lambda records: [type(r)(int(r.platform_id), r.platform, r.name) for r in records],
        ),
        ("json", "send_message", lambda _: True),
        ("http-get", "send_file", _raise),
    ],
)
def test_a_protocol_that_behaves_otherwise_is_named(afilnet, monkeypatch, protocol, method, alter):
    monkeypatch.setattr(*_altered(protocol, method, alter))
    ended = afilnet("demo")
    assert ended.code == 1
    assert ended.out.splitlines()[-1].endswith(f"answers agree: odd one out: {protocol}")
    assert f"\n{protocol}, {method}: " in ended.out


def _fields(record):
    return {name: getattr(record, name) for name in record.__struct_fields__}


def test_text_that_one_codec_damages_is_noticed(afilnet, monkeypatch):
    """All five codecs damage it in the same way: agreement among themselves is not enough."""
    original = WireBackend.send_message

    def folded(self, *, message, **here):
        original(self, message=message.replace("\r\n", "\n"), **here)

    monkeypatch.setattr(WireBackend, "send_message", folded)
    ended = afilnet("demo")
    assert ended.code == 1
    assert ended.out.splitlines()[-1] == "25 of 30 answers agree: none of the five is as it has to be"


def test_what_raised_says_so_in_its_own_words(afilnet, monkeypatch):
    def fail(self):
        raise NotSentError("no connection to nowhere")

    monkeypatch.setattr(WireBackend, "get_chat_channels", fail)
    ended = afilnet("demo")
    assert "soap, get_chat_channels: NotSentError: no connection to nowhere\n" in ended.out


def test_the_message_holds_what_could_be_damaged():
    for part in ("😀", "\r\n", "+", "&", "%", "<b>", "]]>", "  ", "שלום", "مرحبا"):
        assert part in performance.TEXT
