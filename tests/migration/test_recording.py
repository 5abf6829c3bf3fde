"""A recording holds an application's calls, without what people wrote, and can be replayed."""

from __future__ import annotations

import inspect
import os
import re
import stat
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import ConfigurationError, connect
from afilnet_protocols.comparison.steps import Step, dumps
from afilnet_protocols.migration import recording
from afilnet_protocols.migration.recording import Recorder, hashed, read_recording
from tests.migration.planted import HERE
from tests.migration.test_canary import Fine
from tests.tables import table

TEXT = "Hola María, tu código es 4711 😀 + 1\r\n"


@pytest.fixture
def chat(sandbox):
    with connect(sandbox.settings("http-post", account=sandbox.account(), plain=True)) as made:
        yield made


def test_every_call_is_written_once_and_carried_out(chat, tmp_path):
    file = tmp_path / "calls.jsonl"
    recorder = Recorder(chat, file, texts="kept")
    recorder.send_message(**HERE, message=TEXT)
    recorder.send_file(**HERE, file_type="image", file_url="https://www.example.com/i.jpg?key=1")
    assert recorder.get_messages(**HERE)[0].message == TEXT
    recorder.get_chat_channels()
    assert recorder.protocol == "http-post"
    recorder.close()
    assert [step.do for step in read_recording(file)] == [
        "send_message",
        "send_file",
        "get_messages",
        "get_chat_channels",
    ]
    assert read_recording(file)[0] == Step("send_message", {**HERE, "message": TEXT})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("texts", ["hashed", "omitted"])
def test_texts_and_keys_of_files_are_not_kept(chat, tmp_path, texts):
    file = tmp_path / "calls.jsonl"
    with Recorder(chat, file, texts=texts) as recorder:
        recorder.send_message(**HERE, message=TEXT)
        recorder.send_file(
            **HERE, file_type="image", file_url="https://www.example.com/i.jpg?key=4711", message="María"
        )
    written = file.read_text()
    for private in ("Hola", "Mar", "4711"):
        assert private not in written
    assert len(read_recording(file)[1].arguments["file_url"]) == len("https://www.example.com/i.jpg?key=4711")


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_a_hashed_text_is_as_long_in_every_encoding(text):
    other = hashed(text, b"key")
    assert len(other) == len(text)
    assert len(other.encode()) == len(text.encode())
    assert len(quote_plus(other)) == len(quote_plus(text))
    assert hashed(text, b"key") == other


def test_a_call_does_not_fail_because_it_cannot_be_recorded(chat, tmp_path):
    recorder = Recorder(chat, tmp_path / "calls.jsonl", most=1)
    for _ in range(3):
        assert len(recorder.get_chat_channels()) == 4
    assert len(read_recording(tmp_path / "calls.jsonl")) == 1
    recorder._left, recorder._file = 9, 10**6
    assert len(recorder.get_chat_channels()) == 4
    recorder._file = None


SENT = {**HERE, "message": "Hola"}


@pytest.mark.parametrize(("texts", "kept"), [("kept", {"Hola"}), ("omitted", {"text"}), ("hashed", set())])
def test_what_becomes_of_a_text_is_as_it_was_asked_for(tmp_path, texts, kept):
    with Recorder(Fine(), tmp_path / "r", texts=texts) as recorder:
        for _ in range(2):
            recorder.send_message(**SENT)
    written = [step.arguments["message"] for step in read_recording(tmp_path / "r")]
    assert written[0] == written[1]
    assert set(written) == kept or (texts == "hashed" and len(written[0]) == 4 and written[0] not in ("Hola", "text"))


def test_only_letters_and_digits_are_replaced_and_by_others_of_their_length():
    assert re.fullmatch(r"[0-9a-f]{3} [0-9a-f]\+€ñ€😀😂", hashed("aB1 2+€é中𐍈😂", b"key"))
    assert hashed("a" * 99, b"key") != hashed("a" * 99, b"other")
    assert len(hashed("a" * 99, b"key")) == 99


def test_no_more_calls_are_written_than_were_asked_for_and_none_once_it_is_closed(tmp_path):
    recorder = Recorder(Fine(), tmp_path / "r", most=3)
    for _ in range(5):
        recorder.get_chat_channels()
    assert len(read_recording(tmp_path / "r")) == 3
    recorder = Recorder(Fine(), tmp_path / "r")
    file = recorder._file
    recorder.close()
    recorder.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)
    recorder.get_chat_channels()
    assert len(read_recording(tmp_path / "r")) == 3
    assert inspect.signature(Recorder).parameters["most"].default == 100_000


def test_that_a_call_could_not_be_recorded_is_told_by_the_name_of_what_was_raised(tmp_path, caplog, monkeypatch):
    def full(*_):
        raise OSError(28, "hunter2")

    with Recorder(Fine(), tmp_path / "r") as recorder:
        monkeypatch.setattr(recording.os, "write", full)
        recorder.get_chat_channels()
    assert "a call could not be recorded: OSError" in caplog.text
    assert "hunter2" not in caplog.text


@table(
    ("wrong", "told"),
    [
        ({"chat": None}, "Recorder: chat is a client, not NoneType"),
        ({"most": -1}, "Recorder: most is a whole number that is not negative"),
        ({"most": 1.0}, "Recorder: most is a whole number that is not negative"),
        ({"texts": "keep"}, "Recorder: texts: did you mean 'kept'?"),
        ({"path": b"x"}, "path is the path of a file"),
    ],
)
def test_what_can_be_no_recorder_is_refused(tmp_path_factory, wrong, told):
    folder = tmp_path_factory.mktemp("place")
    given = {"chat": Fine(), "path": folder / "r", **wrong}
    with pytest.raises(ConfigurationError) as refused:
        Recorder(given.pop("chat"), given.pop("path"), **given)
    assert told in str(refused.value)
    assert list(folder.iterdir()) == []
    Recorder(Fine(), folder / "r", most=0).close()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no call"),
        ('{"do": "get_chat_channels"}\n{"do": "nothing"}', "line 2"),
        ("not json", "line 1"),
        ("[" * 5000, "is no recording"),
    ],
)
def test_what_is_no_recording_is_told(tmp_path, content, reason):
    (tmp_path / "r").write_text(content)
    with pytest.raises(ConfigurationError, match=reason):
        read_recording(tmp_path / "r")


@table(
    ("step", "reason"),
    [
        ('{"do": "send_message"}', "send_message lacks platform, platform_id, destination, message"),
        ('{"do": "get_chats", "arguments": {"platform": "whatsapp"}}', "get_chats lacks platform_id"),
        ('{"do": "get_chat_channels", "arguments": {"platfrom": "x"}}', "get_chat_channels has no 'platfrom'; none is"),
        ('{"do": "receive", "arguments": {"platform": "x"}}', "receive lacks platform_id, destination, message"),
        (
            f'{{"do": "get_chats", "arguments": {{"platform": "x", "platform_id": "1", "{"x" * 9000}": "1"}}}}',
            "get_chats has no 'xxx",
        ),
        ('{"do": "get_chats", "arguments": []}', "the arguments of a step are"),
        ('{"do": "get_chats", "arguments": {"platform": 1.5}}', "the arguments of a step are"),
        ('{"arguments": {}}', "a step is an object"),
        ("7", "a step is an object"),
    ],
)
def test_a_step_that_nobody_could_make_is_refused_with_its_line(tmp_path, step, reason):
    for content, where in ((f'{{"do": "get_chat_channels"}}\n\n{step}\n', "line 3: "), (f"[{step}]", "")):
        (tmp_path / "r").write_text(content)
        with pytest.raises(ConfigurationError) as refused:
            read_recording(tmp_path / "r")
        assert f"is no recording ({where}{reason}" in str(refused.value)
        assert len(str(refused.value)) < 400 + len(str(tmp_path))


def test_steps_of_the_world_and_arguments_that_may_be_absent_are_read(tmp_path):
    kept = [
        Step("expire_tokens"),
        Step("advance_clock", {"seconds": 3}),
        Step("receive", {**HERE, "message": "hola"}),
        Step("send_file", {**HERE, "file_type": "image", "file_url": "https://x.example/i.jpg"}),
        Step("send_file", {**HERE, "file_type": "image", "file_url": None, "message": None}),
    ]
    (tmp_path / "r").write_text(dumps(kept))
    assert read_recording(tmp_path / "r") == kept


def test_a_recording_that_is_too_long_is_refused_and_not_cut(tmp_path, monkeypatch):
    assert recording._LARGEST == 64 * 1024 * 1024
    line = '{"do": "get_chat_channels"}\n'
    monkeypatch.setattr(recording, "_LARGEST", 2 * len(line))
    (tmp_path / "r").write_text(2 * line)
    assert len(read_recording(tmp_path / "r")) == 2
    (tmp_path / "r").write_text(3 * line)
    with pytest.raises(ConfigurationError, match=f"longer than {2 * len(line)} bytes: record fewer calls"):
        read_recording(tmp_path / "r")


def test_a_pipe_that_nobody_reads_is_refused_without_waiting(chat, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        Recorder(chat, tmp_path / "pipe")
    (tmp_path / "link").symlink_to("there")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        Recorder(chat, tmp_path / "link")


def test_a_line_ends_where_json_lines_end_and_a_byte_order_mark_is_an_editors(tmp_path):
    where = '"platform": "whatsapp", "platform_id": "1", "destination": "7"'
    line = f'{{"do": "send_message", "arguments": {{{where}, "message": "one\u2028two\x85three"}}}}'
    (tmp_path / "r").write_text(f"{line}\r\n\n{line}\n", "utf-8-sig", newline="")
    assert [step.arguments["message"] for step in read_recording(tmp_path / "r")] == ["one\u2028two\x85three"] * 2


def test_a_recording_is_replayed_in_the_sandbox(afilnet, tmp_path, chat):
    steps = [
        Step("send_message", {**HERE, "platform_id": "777", "message": "hola"}),
        Step("get_messages", {**HERE, "platform_id": "777"}),
    ]
    (tmp_path / "r.json").write_text(dumps(steps))
    words = ["compare", "--from", "sandbox:basic", "--to", "sandbox:soap", "--recording", "r.json", "--json"]
    document = afilnet(*words).document
    assert (document["verdict"], document["calls"]) == ("go", {"send_message": 1, "get_messages": 1})
    refused = afilnet(*words, "--calls", "5")
    assert (refused.code, "--calls is for calls that are drawn" in refused.err) == (2, True)
    with pytest.raises(ConfigurationError, match="kept"):
        Recorder(chat, tmp_path / "x", texts="keep")
