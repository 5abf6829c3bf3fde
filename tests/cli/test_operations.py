"""The six operations on the command line: derived from the catalogue, tables for people, JSON for programs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from afilnet_protocols import catalogue
from afilnet_protocols.cli import operations
from afilnet_protocols.cli.commands import COMMANDS as ENTRIES
from afilnet_protocols.cli.commands import load
from afilnet_protocols.cli.ending.exits import EPILOG, ExitCode
from afilnet_protocols.cli.operations import COMMANDS
from afilnet_protocols.cli.terminal.output import visible
from afilnet_protocols.conformance.results.outcome import ExitCode as RunExitCode
from afilnet_protocols.records import Channel
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.vocabulary import ListedPlatform, Protocol
from tests.tables import table

HERE = ("--platform", "whatsapp", "--platform-id", "100", "--destination", "34600000000")
RIGHT_TO_LEFT = "\u05e9\u05dc\u05d5\u05dd"
TEXT = f"¡Hola! 😀 + & % <b>\r\n{RIGHT_TO_LEFT}"

ROWS = {"send": {"--from", "--outbox", "--rate", "--keep-repeats", "--as-written"}}

commands = {name: load(name) for name in ENTRIES}


def options_of(name: str) -> dict[str, object]:
    return {option: parameter for parameter in commands[name].params for option in parameter.opts}


# Derived from the catalogue and the settings


def test_there_is_one_command_for_each_operation():
    assert sorted(operation.name for operation in COMMANDS.values()) == sorted(
        operation.name for operation in catalogue.OPERATIONS
    )


@table(("name", "operation"), COMMANDS.items())
def test_a_command_s_options_are_its_operation_s_parameters(name, operation):
    options = options_of(name)
    connection = {"--profile", *(field.option for field in FIELDS)}
    own = set(options) - connection - {"--json", "--help", "-h"} - ROWS.get(name, set())
    assert own == {"--" + parameter.name.replace("_", "-") for parameter in operation.parameters}
    for parameter in operation.parameters:
        option = options["--" + parameter.name.replace("_", "-")]
        # Where rows of a file may give it, the command itself asks for what is missing.
        assert option.required == (parameter.compulsory and name not in ROWS)
        assert parameter.about in option.help


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        (name, parameter)
        for name, operation in COMMANDS.items()
        for parameter in operation.parameters
        if parameter.values and parameter.name != "platform"
    ],
)
def test_the_allowed_values_are_the_catalogue_s(afilnet, name, parameter):
    given = {f"--{other.name.replace('_', '-')}": (other.values or ("x",))[0] for other in COMMANDS[name].parameters}
    given[f"--{parameter.name.replace('_', '-')}"] = "nothing known"
    ended = afilnet(name, *(word for pair in given.items() for word in pair))
    assert ended.code == 2
    assert all(value in ended.err for value in parameter.values)


@table("name", commands)
def test_no_command_has_an_option_for_a_secret(name):
    secrets = {field.name for field in FIELDS if field.secret}
    for parameter in commands[name].params:
        assert parameter.name not in secrets
        # A flag such as --wrong-password takes nothing, so no secret either.
        flag = getattr(parameter, "flag", False)
        assert flag or not any(word in option for option in parameter.opts for word in ("password", "secret"))
        assert not getattr(parameter, "envvar", None)


@table("name", [*COMMANDS, "config", "doctor"])
def test_every_setting_but_the_secrets_is_an_option_of_every_command_with_a_connection(name):
    assert {field.option for field in FIELDS if not field.secret} <= set(options_of(name))


@table("name", ["", *commands])
def test_help_documents_every_exit_code(afilnet, name):
    ended = afilnet(*filter(None, [name]), "--help")
    assert ended.code == 0
    shown = " ".join(ended.out.split())
    if name == "conformance":  # a run of the contract has meanings of its own
        assert all(f"{code.value} " in shown.partition("Exit codes:")[2] for code in RunExitCode)
        return
    assert EPILOG in shown
    assert all(f"{code.value} {code.about}" in shown for code in ExitCode)


def test_help_imports_none_of_the_heavy_libraries():
    check = (
        "import sys; from afilnet_protocols.cli.app import run; run(['send', '--help']); "
        "print([name for name in ('requests', 'zeep', 'lxml', 'uvicorn', 'starlette', 'hypothesis', 'h11') "
        "if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines()[-1] == "[]"


# Doing it


@pytest.mark.parametrize("protocol", Protocol)
def test_all_six_over_each_protocol(afilnet, account, sandbox, protocol):
    over = ("--protocol", protocol, "--minimum-security", "low", "--json")
    assert afilnet("send", *over, *HERE, "--message", "-", stdin=f"{TEXT}\n".encode()).document == {
        "operation": "send_message",
        "accepted": True,
    }
    sandbox.receive(platform="whatsapp", platform_id="100", destination="34600000000", message="¿?", account=account)
    file = ("--file-type", "image", "--file-url", "https://www.example.com/i.jpg", "--message", "foto")
    assert afilnet("send-file", *over, *HERE, *file).code == 0
    channels = afilnet("channels", *over).document
    assert {"platform": "whatsapp", "platform_id": "100"}.items() <= channels[1].items()
    messages = afilnet("messages", *over, *HERE).document
    assert [message["message"] for message in messages] == [TEXT, "¿?", "foto"]
    assert [message["sent"] for message in messages] == [True, False, True]
    assert set(messages[0]) == {field.name for field in catalogue.GET_MESSAGES.fields}
    assert "T" in messages[0]["timestamp"]
    assert afilnet("chats", *over, *HERE[:4]).document[0]["message_id"] == messages[2]["message_id"]
    assert [message["message"] for message in afilnet("unread", *over, *HERE).document] == ["¿?"]


def test_a_table_has_one_line_for_each_record_and_no_colour_when_piped(afilnet, account):
    text = "long " * 60 + "[bold]end"
    assert afilnet("send", *HERE, "--message", text).out == "accepted by the service\n"
    afilnet("send", *HERE, "--message", TEXT)
    out = afilnet("messages", *HERE).out
    heading, line, first, second = out.splitlines()
    assert heading.split() == [field.name for field in catalogue.GET_MESSAGES.fields]
    assert set(line) == {"─"}
    assert text in first
    assert f"<b>\\r\\n{RIGHT_TO_LEFT}" in second
    assert "\x1b" not in out


def test_text_that_could_disturb_a_terminal_is_shown_escaped():
    assert visible("a\x1b[31mb\x07\x9b") == "a\\x1b[31mb\\x07\\x9b"
    for turning in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":  # Unicode: Bidi_Control
        assert visible(f"exe.{turning}gpj") == f"exe.\\u{ord(turning):04x}gpj"
    for harmless in (RIGHT_TO_LEFT, "😀 ñ\u00a0", "👨\u200d👩"):
        assert visible(harmless) == harmless
    assert visible("\udc80") == "\\udc80"


def test_stdin_that_is_not_utf_8_is_refused(afilnet, account):
    ended = afilnet("send", *HERE, "--message", "-", "--json", stdin=b"\xff")
    assert (ended.code, ended.out) == (2, "")
    assert "UTF-8" in ended.error["message"]


@pytest.mark.parametrize(
    ("stdin", "sent"),
    [
        (b"a\n", "a"),
        (b"a\r\n", "a"),
        (b"a\n\n", "a\n"),
        (b" a", " a"),
        (b"\xef\xbb\xbfa", "a"),
        (b"a\xef\xbb\xbf", "a\ufeff"),
    ],
)
def test_one_line_end_and_an_editors_byte_order_mark_are_dropped_from_stdin(afilnet, account, sandbox, stdin, sent):
    afilnet("send", *HERE, "--message", "-", stdin=stdin)
    assert afilnet("messages", *HERE, "--json").document[0]["message"] == sent


def test_a_command_line_never_holds_a_secret(afilnet, account, sandbox):
    """What a command is started with works without its words naming a secret: they are what other users see."""
    account_made = next(made for made in sandbox.accounts() if made.user == account)
    words = [sys.executable, "-m", "afilnet_protocols", "channels", "--json"]
    shown = subprocess.run(words, capture_output=True, text=True, check=True)
    assert len(json.loads(shown.stdout)) == 4
    assert account_made.password not in " ".join(words) + shown.stdout + shown.stderr


# Failing


@pytest.mark.parametrize(
    ("words", "code", "kind", "delivery"),
    [
        (("channels", "--timeout", "0"), 2, "ConfigurationError", "not_sent"),
        (("channels", "--protocol", "http-get"), 2, "SecurityPolicyError", "not_sent"),
        (("channels", "--protocol", "htp-get"), 2, "ConfigurationError", "not_sent"),
        (("channels", "--profile", "none"), 2, "ConfigurationError", "not_sent"),
        (("channels", "--base-url", "https://127.0.0.1:1"), 3, "NotSentError", "not_sent"),
        (("channels", "--user", "somebody"), 4, "AuthenticationError", "rejected"),
        (("messages", *HERE), 4, "NotFoundError", "rejected"),
        (("send", *HERE, "--message", "\x01"), 2, "UnsupportedTextError", "not_sent"),
        (("send", *HERE, "--message", ""), 2, "InvalidRequestError", "not_sent"),
        (
            ("send-file", *HERE, "--file-type", "image", "--file-url", "http://10.0.0.1/"),
            2,
            "InvalidFileUrlError",
            "not_sent",
        ),
    ],
)
def test_an_error_says_what_happened_and_leaves_with_its_code(afilnet, account, words, code, kind, delivery):
    ended = afilnet(*words, "--json")
    assert (ended.code, ended.out) == (code, "")
    assert ended.error["type"] == kind
    assert ended.error["delivery"] == delivery
    assert ended.error["exit_code"] == code
    assert ended.error["message"]
    assert ended.error["what_to_do"]
    plain = afilnet(*words)
    assert (plain.code, plain.out) == (code, "")
    assert plain.err.startswith("error: ")
    assert f"\ndelivery: {delivery}: " in plain.err
    assert "\nwhat to do: " in plain.err


def test_an_unknown_outcome_has_a_code_of_its_own(afilnet, account, sandbox):
    with sandbox.answer("SOMETHING_NEW", account=account):
        ended = afilnet("send", *HERE, "--message", "hola", "--json")
    assert ended.code == 5
    assert ended.error["delivery"] == "unknown"
    assert "before you send anything again" in ended.error["what_to_do"]


@pytest.mark.parametrize(
    "words", [("send",), ("sent",), ("send", *HERE, "--mesage", "x"), ("messages", "--platform", "irc")]
)
def test_wrong_words_leave_with_2(afilnet, words):
    ended = afilnet(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ")
    if words != ("sent",):
        assert afilnet(*words, "--json").error["exit_code"] == 2


@pytest.mark.parametrize("option", ["--password", "--client-secret", "-password", "--pasword", "--client_secret"])
@pytest.mark.parametrize("join", ["=", " ", ":"])
def test_whoever_tries_to_give_a_secret_is_told_where_it_belongs_and_it_is_not_repeated(afilnet, option, join):
    ended = afilnet("channels", *f"{option}{join}hunter2".split(" "))
    assert ended.code == 2
    assert ("AFILNET_PASSWORD_FILE" if "pas" in option else "AFILNET_CLIENT_SECRET_FILE") in ended.err
    assert "hunter2" not in ended.err


def test_nothing_but_the_error_is_on_stderr(afilnet, account):
    """The library logs failures too; a command must not print them twice, nor break its JSON with them."""
    words = [sys.executable, "-m", "afilnet_protocols", "messages", *HERE, "--json"]
    shown = subprocess.run(words, capture_output=True, text=True, check=False)
    assert shown.returncode == 4
    assert json.loads(shown.stderr)["error"]["code"] == "CHAT_NOT_FOUND"


# Colours


def _on_a_terminal(words: list[str], **environ: str) -> bytes:
    """Run a command on a pseudo-terminal and return what it writes there."""
    import os
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", **environ}
        os.execv(sys.executable, [sys.executable, "-m", "afilnet_protocols", *words])
    written = b""
    try:
        while piece := os.read(terminal, 65536):
            written += piece
    except OSError:
        pass  # a terminal ends with EIO where a pipe ends with nothing
    os.waitpid(pid, 0)
    os.close(terminal)
    return written


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_colours_are_for_terminals_and_no_color_is_obeyed(afilnet):
    words = ["channels", "--timeout", "0"]
    assert b"\x1b[1;31m" in _on_a_terminal(words)
    assert b"\x1b[1;31m" not in _on_a_terminal(words, NO_COLOR="1")


def test_version(afilnet):
    assert afilnet("--version").out.startswith("afilnet-protocols ")


def test_the_overview_says_of_each_operation_what_the_catalogue_says():
    assert {name: ENTRIES[name].summary for name in COMMANDS} == {
        name: f"{operation.about}." for name, operation in COMMANDS.items()
    }


def test_a_misspelt_platform_is_refused_and_one_that_may_exist_is_asked_for(afilnet, account, sandbox):
    for platform, code, says in [("whatsap", 2, "did you mean 'whatsapp'"), ("signal", 4, "CHANNEL_NOT_FOUND")]:
        ended = afilnet("chats", "--platform", platform, "--platform-id", "100")
        assert (ended.code, says in ended.err) == (code, True)


class Listing:
    """A client of a service with a channel on a platform whose name looks like a known one, misspelt."""

    def get_chat_channels(self):
        return [Channel(platform="WhatsApp", platform_id="7", name="n")]


@pytest.mark.parametrize(
    ("platform", "listed"), [("WhatsApp", True), ("whatsap", False), ("whatsapp", False), ("signal", False)]
)
def test_a_platform_that_looks_misspelt_is_looked_for_among_those_that_the_service_lists(platform, listed):
    given = operations._listed(Listing(), {"platform": platform})["platform"]
    assert (given, isinstance(given, ListedPlatform)) == (platform, listed)
