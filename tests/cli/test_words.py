"""How the words of a command are read, and how its help is laid out."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.cli.commands import COMMANDS, load
from afilnet_protocols.cli.completion import SCRIPTS, candidates
from afilnet_protocols.cli.ending.exits import ExitCode
from afilnet_protocols.cli.options.place import as_a_word
from afilnet_protocols.cli.parser import grammar, kinds, parameters, words
from afilnet_protocols.cli.parser.words import UsageError
from tests.tables import table

FLAG = parameters.Option("--deep/--no-deep", flag=True, help="x")
QUIET = parameters.Option("--quiet", flag=True, help="x")
TEXT = parameters.Option("-t", "--text", kind=kinds.ANYTHING, help="x")
SEVERAL = parameters.Option("--to", "recipients", multiple=True, help="x")
SHARE = parameters.Option("--share", kind=kinds.Number(float, 0, 1), help="x")
FORM = parameters.Option("--form", kind=kinds.Choice(["a", "b"]), help="x")
PLACE = parameters.Parameter("place", metavar="PLACE", kind=kinds.ANYTHING, help="x")
IDS = parameters.Parameter("ids", metavar="[ID]…", kind=kinds.WHOLE, required=False, multiple=True, help="x")
EVERYTHING = [FLAG, QUIET, TEXT, SEVERAL, SHARE, FORM, PLACE, IDS]
UNSET = {"deep": None, "quiet": False, "text": None, "recipients": (), "share": None, "form": None, "ids": ()}


def read(*written: str) -> dict[str, object]:
    got: list[dict[str, object]] = []
    command = grammar.Command("x", lambda **values: got.append(values), about="x", params=EVERYTHING)
    command.main(written, "afilnet x")
    return got[0]


@table(
    ("written", "values"),
    [
        ("p", {}),
        ("p --deep", {"deep": True}),
        ("--no-deep p", {"deep": False}),
        ("--deep p --deep", {"deep": True}),
        ("--quiet p", {"quiet": True}),
        ("p --text=x=y", {"text": "x=y"}),
        ("p --text=", {"text": ""}),
        ("p --text=--deep", {"text": "--deep"}),
        ("p --text --deeper", {"text": "--deeper"}),
        ("p --text -- --quiet", {"text": "--", "quiet": True}),
        ("p -t x", {"text": "x"}),
        ("p -tx", {"text": "x"}),
        ("p --to a --to b", {"recipients": ("a", "b")}),
        ("p --share 0.5", {"share": 0.5}),
        ("p --form a", {"form": "a"}),
        ("p 1 2 --deep 3", {"ids": (1, 2, 3), "deep": True}),
        ("-- p", {}),
        ("-- p -1 -2", {"ids": (-1, -2)}),
    ],
)
def test_words_mean(written: str, values: dict[str, object]) -> None:
    assert read(*written.split()) == UNSET | {"place": "p"} | values


def test_the_beginning_of_several_options_is_none_that_only_resembles_it() -> None:
    known = ["--profile", "--file-type", "--file-url"]
    assert str(words.NoSuchOptionError("--file", known)).endswith("did you mean '--file-url'?")
    assert str(words.NoSuchOptionError("--profle", known)).endswith("did you mean '--profile'?")


@table(
    ("written", "says"),
    [
        ("", "Missing argument 'PLACE'."),
        ("p --txet x", "No such option: --txet: did you mean '--text'?"),
        ("p --tex x", "No such option: --tex: did you mean '--text'?"),
        ("p --te x", "No such option: --te: did you mean '--text'?"),
        ("p --s x", "No such option: --s: did you mean '--share'?"),
        ("p -x", "No such option: -x"),
        ("p -xhunter2", "No such option: -x"),
        ("p -share x", "No such option: -share: did you mean '--share'?"),
        ("p -Quiet", "No such option: -Quiet: did you mean '--quiet'?"),
        ("p -F a", "No such option: -F: did you mean '--form'?"),
        ("p --tex:hunter2", "No such option: --tex: did you mean '--text'?"),
        (
            "p --text:hunter2",
            "Behind --text comes the character U+003A (colon): write a blank or = between an option and its value",
        ),
        (
            "p --text\u2014hunter2",
            "Behind --text comes the character U+2014 (em dash): write a blank or = between an option and its value",
        ),
        ("p 1 \u2014tex=hunter2", "Invalid value for '[ID]…': '\u2014tex=hunter2' is not a whole number."),
        ("p 1 AFILNET_PASSWORD=hunter2", "Invalid value for '[ID]…': 'AFILNET_PASSWORD=…' is not a whole number."),
        ("p --text", "Option '--text' requires an argument."),
        ("p --quiet=1", "Option '--quiet' does not take a value."),
        ("p --no-deep=1", "Option '--no-deep' does not take a value."),
        ("p --share 2", "Invalid value for '--share': 2 is not 0 to 1."),
        ("p --share nan", "Invalid value for '--share': nan is not 0 to 1."),
        ("p --share x", "Invalid value for '--share': 'x' is not a number."),
        ("p --share=", "Invalid value for '--share': '' is not a number."),
        ("p --to=", "Invalid value for '--to': it is empty."),
        ("p --text a --text b", "Option '--text' is given twice, and takes one value."),
        ("p -ta --text=a", "Option '--text' is given twice, and takes one value."),
        ("--share 1 p --share 1", "Option '--share' is given twice, and takes one value."),
        ("--deep p --no-deep", "Give '--deep' or '--no-deep', not both."),
        ("p --form c", "Invalid value for '--form': 'c' is not one of 'a', 'b'."),
        ("p 1 x", "Invalid value for '[ID]…': 'x' is not a whole number."),
    ],
)
def test_wrong_words_are_told(written: str, says: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read(*written.split())
    assert str(refusal.value) == says


@table(
    ("written", "says"),
    [
        ("send", "give --platform, --platform-id, --destination and --message, or rows with --from FILE"),
        ("send --platform webchat --message x", "give --platform-id and --destination, or rows with --from FILE"),
        ("chats --platform webchat", "Missing option '--platform-id'."),
        (
            "messages --destination 34",
            "Missing options '--platform' (webchat, whatsapp, telegram, operator) and '--platform-id'.",
        ),
        ("outbox copy", "Missing arguments 'FILE' and 'TARGET'."),
        ("outbox copy a.db", "Missing argument 'TARGET'."),
    ],
)
def test_all_that_is_missing_is_told_at_once(afilnet, written: str, says: str) -> None:
    assert f"error: {says}\n" in afilnet(*written.split()).err


def test_a_reader_that_lets_the_last_word_win_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_refuse_twice", lambda given: None)
    assert read("p", "--text", "a", "--text", "b")["text"] == "b"


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (("nosuch",), "afilnet"),
        (("send", "--nosuch"), "afilnet send"),
        (("outbox", "nosuch"), "afilnet outbox"),
        (("outbox", "run", "a", "b"), "afilnet outbox run"),
        (("conformance", "run", "sandbox", "--case", "NOSUCH"), "afilnet conformance run"),
        (("config", "lint", "--to", "nosuch"), "afilnet config lint"),
        (("compare", "--from", "a", "--from", "b"), "afilnet compare"),
    ],
)
def test_wrong_words_say_what_to_do_to_people_and_to_programs(afilnet, written: tuple[str, ...], path: str) -> None:
    todo = f"'{path} --help' lists what there is"
    assert f"what to do: {todo}\n" in afilnet(*written).err
    ended = afilnet(*written, "--json")
    assert (ended.code, ended.error["what_to_do"], ended.error["exit_code"]) == (2, todo, 2)
    assert set(ended.error) == set(afilnet("channels", "--json", "--timeout", "x").error)


def whatever_a_value_looks_like(text: str) -> None:
    assert read("p", "--text", text)["text"] == text
    assert read(f"--text={text}", "p")["text"] == text
    assert read("--", text)["place"] == text


@given(st.text())
def test_a_value_may_look_like_anything(text: str) -> None:
    whatever_a_value_looks_like(text)


@table(
    ("word", "command"),
    [
        ("send_message", "send"),
        ("sendmessage", "send"),
        ("sendFile", "send-file"),
        ("get-chat-channels", "channels"),
        ("getunreadmessages", "unread"),
        ("mesages", "messages"),
    ],
)
def test_an_operation_by_its_name_in_python_or_at_the_service_is_known(afilnet, word: str, command: str) -> None:
    assert f"did you mean {command!r}?" in afilnet(word).err


@table(
    ("written", "says"),
    [
        ("channels --url x", "--url: use --base-url (for the protocol json: --json-url and --token-url)"),
        ("channels --token=x", "--token: use --user and password"),
        ("channels --read-timeout 3", "use --timeout"),
        ("channels --format x", "No such option: --format\n"),
        ("channels --verbose", "No such option: --verbose\n"),
        ("sandbox --host x", "No such option: --host\n"),
    ],
)
def test_an_option_of_other_programs_is_answered_with_ours(afilnet, written: str, says: str) -> None:
    assert says in afilnet(*written.split()).err


def test_sabotage_a_build_that_guesses_by_letters_alone_is_noticed(afilnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.cli.options.foreign.foreign", lambda name: None)
    assert "--base-url" not in afilnet("channels", "--url", "x").err


def test_a_text_that_is_none_is_told_by_its_byte(afilnet) -> None:
    run = afilnet("send", "--message", "espa\udcf1a", "--json")
    assert (run.code, run.error["type"]) == (2, "UsageError")
    assert "--message" in run.error["message"]
    assert "it holds the byte f1" in run.error["message"]


def test_a_reader_that_takes_a_value_for_an_option_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the standard library's does: a message may begin with a hyphen."""
    kept = words.taken

    def suspicious(options: object, written: list[str]) -> object:
        taken = list(written)
        if any(word.startswith("-") for word in taken[2:]):
            raise UsageError("expected one argument")
        return kept(options, iter(taken))

    monkeypatch.setattr(grammar, "taken", suspicious)
    with pytest.raises(UsageError):
        whatever_a_value_looks_like("- milk")


def test_an_option_is_no_value_of_the_one_before_it() -> None:
    """Taken for a value, an option that holds something back would do the contrary."""
    flag = grammar.option("--dry-run", flag=True, help="x")
    told: list[dict[str, object]] = []

    @grammar.command()
    @grammar.option("--to", required=True, help="x")
    @flag
    def send(**given: object) -> None:
        """Send."""
        told.append(given)

    with pytest.raises(UsageError, match="write --to=--dry-run"):
        send.main(["--to", "--dry-run"], "send")
    send.main(["--to=--dry-run"], "send")
    send.main(["--to", "--dry-runs", "--dry-run"], "send")
    assert told == [{"to": "--dry-run", "dry_run": False}, {"to": "--dry-runs", "dry_run": True}]


def test_one_argument_too_many() -> None:
    with pytest.raises(UsageError, match=r"Got unexpected extra arguments \(b c\)"):
        grammar.Command("x", print, about="x", params=[PLACE]).main(["a", "b", "c"], "x")


@table(
    ("written", "says"),
    [
        (
            "a \u2014text=hunter2",
            "No such option: \u2014text: options begin with hyphens, not with the character U+2014 (em dash)",
        ),
        (
            "a \u2013-text hunter2",
            "No such option: \u2013-text: options begin with hyphens, not with the character U+2013 (en dash)",
        ),
        (
            "a \u2212\u2212o",
            "No such option: \u2212\u2212o: options begin with hyphens, not with the character U+2212 (minus sign)",
        ),
        ("a \u2014 hunter2", "Got unexpected extra arguments (\u2014 hunter2)"),
    ],
)
def test_a_dash_in_place_of_hyphens_is_named_and_no_value_behind_it_is_shown(written: str, says: str) -> None:
    with pytest.raises(UsageError) as refusal:
        grammar.Command("x", print, about="x", params=[PLACE]).main(written.split(), "x")
    assert str(refusal.value) == says


def test_sabotage_a_build_that_takes_every_dash_for_a_word_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_DASHES", "")
    with pytest.raises(UsageError, match="hunter2"):
        grammar.Command("x", print, about="x", params=[PLACE]).main(["a", "\u2014text=hunter2"], "x")


def test_an_option_of_a_group_before_its_command_is_not_silently_dropped(afilnet) -> None:
    ended = afilnet("config", "--profile", "x", "lint", "--to", "json")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "error: Give --profile behind 'lint', whose option it is.")


@pytest.mark.parametrize("written", ["--json channels", "--user x channels", "outbox --json status x.db"])
def test_an_option_before_its_command_is_to_be_written_behind_it(afilnet, written: str) -> None:
    run = afilnet(*written.split())
    option, command = next(word for word in written.split() if word.startswith("--")), written.split()[-1]
    command = command if command == "channels" else "outbox status"
    assert run.code == 2
    assert f"if {command.split()[-1]!r} has it, write it behind: afilnet {command} {option}" in run.err


def test_sabotage_an_option_whose_place_is_not_told_is_noticed(afilnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar.Group, "_taken", lambda self, given, _: words.taken(self.options, given))
    assert "write it behind" not in afilnet("--json", "channels").err


def test_help_is_no_wider_than_a_terminal(afilnet, monkeypatch: pytest.MonkeyPatch) -> None:
    for width in (60, 80, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = afilnet("compare", "--help").out.splitlines()
        assert max(map(len, lines)) <= min(width, 80)


@pytest.mark.parametrize("width", [40, 60])
def test_help_for_a_narrow_terminal_is_no_wider_than_that(afilnet, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for path in ((), ("channels",), ("outbox", "run"), ("sandbox",), ("wsdl", "bundle"), ("conformance", "run")):
        told = afilnet(*path, "--help").out.splitlines()
        # What is to be written stays whole.
        assert [line for line in told if len(line) > width and not line.startswith(("Usage:", "  -"))] == []


def test_sabotage_a_second_column_without_room_is_noticed(afilnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("afilnet_protocols.cli.parser.help._LEAST", 0)
    assert any(len(line) > 40 and line.startswith("   ") for line in afilnet("channels", "--help").out.splitlines())


def test_help_comes_before_what_is_missing(afilnet) -> None:
    assert afilnet("messages", "--platform", "x", "--help").out == afilnet("messages", "--help").out


@table("name", COMMANDS)
def test_every_parameter_is_told_about(name: str) -> None:
    for parameter in load(name).params:
        assert parameter.help.endswith((".", ")")), parameter.name


# Completion


@table(
    ("written", "found"),
    [
        ([], list(COMMANDS)),
        (["cha"], ["channels", "chats"]),
        (["outbox", "re"], ["reconcile", "requeue"]),
        (["outbox", "retry", "--st"], ["--state"]),
        (["send", "--platform", "t"], ["telegram"]),
        (["send", "--message", "-"], []),
        (["send", "--message", "--platform", "--destin"], ["--destination"]),
        (["channels", "--unique-g"], ["--unique-get"]),
        (["channels", "--no-unique-g"], ["--no-unique-get"]),
        (["nothing", "known"], []),
        (["nothing", ""], []),
        (["nothing", "-"], []),
        (["--v"], ["--version"]),
        (["channels", "--protocol", "b"], ["basic"]),
        (["channels", "--http-verb", ""], ["POST", "GET"]),
        (["channels", "--protocol=b"], ["--protocol=basic"]),
        (["channels", "--protocol", "=", "b"], ["basic"]),
        (["channels", "--http-verb", "="], ["POST", "GET"]),
        (["channels", "--profile", ""], ["office", "shop"]),
        (["survey", "sh"], ["shop"]),
        (["survey", "--explain", "sends.t"], ["sends.twice"]),
        (["survey", "shop", "--dry"], ["--dry-run"]),
        (["sandbox", "--like", "nus"], ["nusoap"]),
        (["sandbox", "--mutant", "S0"], [f"S0{number}" for number in range(1, 10)]),
        (["compare", "--from", "sandbox:so"], ["sandbox:soap"]),
        (["compare", "--from", "sandbox", ":", "so"], ["soap"]),
        (["conformance", "run", "sandbox:soap", "of"], ["office"]),
        (["conformance", "explain", "SEND-01"], ["SEND-01"]),
        (["outbox", "list", "o.db", "--state", "unk"], ["unknown"]),
        (["outbox", "run", ""], []),
        (["outbox", "run", "o.db", "--waits"], []),
        (["outbox", "run", "o.db", "--wai"], ["--wait"]),
        (["completion", "f"], ["fish"]),
    ],
)
def test_completion(written: list[str], found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles = tmp_path / "afilnet.toml"
    profiles.write_text('[profiles.office]\nuser = "a"\n[profiles.shop]\nuser = "b"\n')
    profiles.chmod(0o600)
    monkeypatch.setenv("AFILNET_CONFIG", str(profiles))
    assert candidates(tuple(written)) == found


def test_a_settings_file_that_is_wrong_is_no_matter_while_one_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFILNET_CONFIG", str(tmp_path / "none.toml"))
    assert candidates(("channels", "--profile", "")) == []


def test_every_value_that_is_offered_is_taken() -> None:
    """Of every option and argument with known values, whatever command it is of."""
    todo = [load(name) for name in COMMANDS]
    offered = 0
    while todo:
        command = todo.pop()
        if isinstance(command, grammar.Group):
            todo += [found for name in command.names() if (found := command.find(name))]
        for parameter in command.params:
            for value in parameter.kind.known():
                assert parameter.kind.read(value) == value
                offered += 1
    assert offered > 100


def test_a_shell_that_is_offered_no_values_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds.Known, "known", lambda self: ())
    with pytest.raises(AssertionError):
        test_completion.__wrapped__(["survey", "sh"], ["shop"], tmp_path, monkeypatch)


ASKED = {
    "bash": (
        "{script}COMP_WORDS=(afilnet {written}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _afilnet; "
        'printf "%s\\n" "${{COMPREPLY[@]}}"'
    ),
    "zsh": (
        # What stands for its own says what it is given; it completes in a terminal only.
        "compdef() {{ }}; compset() {{ }}; _files() {{ print files }}; compadd() {{ shift; print -l -- $@ }}; "
        "{script}words=(afilnet {written}); CURRENT=$#words; _afilnet"
    ),
    "fish": "{script}complete -C 'afilnet {typed}'",
}
"""How each shell is asked what a word may become, without a terminal."""

WITHOUT_START_FILES = {"bash": "--norc", "zsh": "-f", "fish": "--no-config"}


def completed(shell: str, written: str, folder: Path) -> list[str]:
    """Return what a shell offers for words, the last of which is not begun if it is two quotation marks."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    (folder / "afilnet").write_text(f'#!/bin/sh\nexec {sys.executable} -m afilnet_protocols "$@"\n')
    (folder / "afilnet").chmod(0o755)
    (folder / "rows.csv").touch()
    script = ASKED[shell].format(script=SCRIPTS[shell], written=written, typed=written.removesuffix('""'))
    environ = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}
    done = subprocess.run(
        [program, WITHOUT_START_FILES[shell], "-c", script],
        capture_output=True, text=True, check=True, env=environ, cwd=folder,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("shell", SCRIPTS)
@table(
    ("written", "found"),
    [
        ("unread --plat", ["--platform", "--platform-id"]),
        ('outbox ""', ["copy", "health", "list"]),
        ('config lint --to ""', ["basic", "http-get", "http-post", "json", "soap"]),
    ],
)
def test_a_shell_completes(shell: str, tmp_path: Path, written: str, found: list[str]) -> None:
    assert sorted(completed(shell, written, tmp_path))[: len(found)] == found


def test_fish_offers_files_where_nothing_else_is_known(tmp_path: Path) -> None:
    assert completed("fish", "send --from ro", tmp_path) == ["rows.csv"]


def test_zsh_offers_files_where_nothing_else_is_known(tmp_path: Path) -> None:
    assert completed("zsh", "send --from ro", tmp_path) == ["files"]


def test_sabotage_a_shell_that_offers_files_beside_what_is_known_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCRIPTS, "fish", SCRIPTS["fish"].replace(" -f ", " "))
    assert "rows.csv" in completed("fish", 'config lint --to ""', tmp_path)


def test_sabotage_a_word_that_is_not_begun_yet_and_is_refused_is_noticed(afilnet, monkeypatch) -> None:
    (argument,) = (each for each in load("completion").arguments if each.multiple)
    monkeypatch.setattr(argument, "kind", kinds.TEXT)
    assert afilnet("completion", "words", "--", "outbox", "").code == 2


@table(
    ("path", "word"),
    [
        ("o.db", "o.db"),
        ("my list.csv.outbox.db", '"my list.csv.outbox.db"'),
        ("postgresql://a.example/db?sslmode=require&application_name=b", None),
        ("año.db", None),
        ("", None),
        ("it's.db", None),
        ("$HOME/`o`.db", None),
        ('a"b.db', None),
        ("a\\b.db", None),
        ("a!b.db", None),
        ("a\nb.db", None),
    ],
)
def test_a_place_in_a_command_that_is_told_is_one_word_to_a_shell(path: str, word: str | None) -> None:
    told = as_a_word(path)
    assert word in (told, None)
    assert shlex.split(told) == [path]
    printed = subprocess.run(["sh", "-c", f"printf %s {told}"], capture_output=True, text=True, check=True).stdout
    assert printed == path


def test_commands_that_are_told_can_be_copied(afilnet, account, tmp_path) -> None:
    (tmp_path / "my list.csv").write_text("destination,message\n34600000000,hola\n", "utf-8")
    where = ("--platform", "webchat", "--platform-id", "1")
    put = afilnet("outbox", "put", "my o.db", "--from", "my list.csv", *where).out
    assert put.endswith('1 of 1 row is new: afilnet outbox run "my o.db"\n')
    missing = afilnet("outbox", "run", "no o.db").err
    assert "there is no outbox 'no o.db': 'afilnet outbox put' makes one" in missing


def test_sabotage_a_place_that_is_told_as_it_is_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "as_a_word", str)
    with pytest.raises(BaseException):  # noqa: B017 -- the first row that is not one word
        test_a_place_in_a_command_that_is_told_is_one_word_to_a_shell()


@table(
    ("word", "meant"),
    [("version", "--version"), ("help", "--help"), ("sned", "send"), ("outbx", "outbox")],
)
def test_a_command_that_is_none_names_what_was_meant(afilnet, word, meant):
    """Other tools have ``help`` and ``version`` as commands."""
    ended = afilnet(word)
    assert ended.code == ExitCode.USAGE
    assert f"No such command {word!r}: did you mean {meant!r}?" in ended.err
