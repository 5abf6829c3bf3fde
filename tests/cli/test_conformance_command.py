"""`afilnet conformance`: one test for each exit code, and nothing that did not run looks like a proof."""

from __future__ import annotations

import importlib
import json
import socket
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from afilnet_protocols.conformance import case_player, examination
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.mutants import controls, vacuity
from afilnet_protocols.conformance.reference import differential
from afilnet_protocols.conformance.targets import parse
from afilnet_protocols.registry import connect
from tests.cli.conftest import Run
from tests.tables import table

ONE = ("--case", "SEND-0[1-4]", "--seed", "7", "--plain")

BROKEN = '''
"""A backend that loses the blanks at the end of what it reads."""
import msgspec
from afilnet_protocols import connect

def make(settings):
    chat = connect(settings)
    read = chat.get_messages
    chat.get_messages = lambda **given: [
        msgspec.structs.replace(each, message=each.message.rstrip()) for each in read(**given)
    ]
    return chat

def refuse(settings):
    raise RuntimeError("no such thing")
'''

RAISES = ("sys.exit(0)", "raise GeneratorExit", "raise asyncio.CancelledError", "raise Own('own')")
"""What is no ``Exception``, and would end a run as if all were done, or without a report."""

PLACES = {"while it is imported": 2, "while it says what it can": 2, "while it makes a client": 2,
          "in the middle of a call": 1, "while it is closed": 2}  # fmt: skip
"""Where a backend may raise it, and what the run has to end with."""


def raising(here: str, what: str) -> str:
    does = {place: what if place == here else "pass" for place in PLACES}
    return f"""
import asyncio, sys
from afilnet_protocols import connect
class Own(BaseException): pass
{does["while it is imported"]}
class Make:
    @property
    def capabilities(self):
        {does["while it says what it can"]}
    def __call__(self, settings):
        {does["while it makes a client"]}
        chat = connect(settings)
        real, close = chat.get_chats, chat.close
        def get_chats(**given):
            {does["in the middle of a call"]}
            return real(**given)
        def closed():
            close()
            {does["while it is closed"]}
        chat.get_chats, chat.close = get_chats, closed
        return chat
make = Make()
"""


def ended_by_itself(afilnet: Run, folder: Path, what: str) -> list[str]:
    """Return where a backend ended the run, with a code of its own or with none."""
    found = []
    for where, code in PLACES.items():
        (folder / "raising.py").write_text(raising(where, what), "utf-8")
        importlib.invalidate_caches()
        sys.modules.pop("raising", None)
        run = afilnet("conformance", "run", "entry:raising:make", "--case", "CHATS-01", "--plain")
        found += [where] if run.code != code else []
    return found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@table("what", RAISES)
def test_a_backend_that_ends_the_process_does_not_say_how_the_run_ended(what, afilnet, folder):
    assert ended_by_itself(afilnet, folder, what) == []


def test_standard_output_holds_the_result_alone_also_where_a_person_writes(afilnet, folder, monkeypatch):
    (folder / "printing_between.py").write_text(
        "def make(settings):\n    print('in between')\n    raise ValueError\n", "utf-8"
    )
    (folder / "afilnet.toml").write_text(
        "[profiles.live]\nprotocol = 'http-post'\nbase_url = 'https://127.0.0.1:1'\nuser = 'u'\npassword = 'secret'\n"
    )
    (folder / "afilnet.toml").chmod(0o600)
    monkeypatch.setenv("AFILNET_CONFIG", str(folder / "afilnet.toml"))
    words = ("--case", "CHATS-01", "--party", "ask", "--recipient", "34600000000", "--json")
    run = afilnet("conformance", "run", "entry:printing_between:make", "live", *words)
    assert json.loads(run.out)["verdict"]["exit_code"] == run.code
    assert "in between" in run.err


def test_an_interruption_by_a_backend_is_one(afilnet, folder):
    (folder / "raising.py").write_text(raising("in the middle of a call", "raise KeyboardInterrupt"), "utf-8")
    sys.modules.pop("raising", None)
    assert afilnet("conformance", "run", "entry:raising:make", "--case", "CHATS-01", "--plain").code == 130


def test_sabotage_a_run_in_which_only_exceptions_are_findings_is_noticed(afilnet, folder, monkeypatch):
    for module in (parse, examination, differential, case_player):
        monkeypatch.setattr(module, "ends_the_run", lambda error: not isinstance(error, Exception))
    assert ended_by_itself(afilnet, folder, "sys.exit(0)") == list(PLACES)


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "broken_backend.py").write_text(BROKEN, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("broken_backend", None)
    return "entry:broken_backend:make"


BLANKS = ("--case", "TEXT-0[1-4]", "--seed", "7", "--plain")


def ledger(folder: Path, **changes: str) -> str:
    entry = {
        "case": '"TEXT-*"',
        "backend": '"broken_backend:make"',
        "reason": '"it loses blanks"',
        "link": '"https://example.com/1"',
        "since": "2026-01-01",
        "expires": str(date.today() + timedelta(days=30)),
        "signature": '{ field = "returned[*].message" }',
        **changes,
    }
    file = folder / "known.toml"
    file.write_text("[[deviation]]\n" + "\n".join(f"{name} = {value}" for name, value in entry.items()), "utf-8")
    return str(file)


# 0: proved


def test_0_a_backend_that_does_what_is_asked_is_proved(afilnet: Run) -> None:
    ended = afilnet("conformance", "run", "sandbox:http-post", "--case", "SEND-*", "--seed", "7", "--plain")

    assert (ended.code, ended.err) == (0, "")
    assert "proved" in ended.out
    assert "--seed 7" in ended.out


# 1: a disagreement


def test_1_a_backend_that_loses_blanks_is_found_out(afilnet: Run, broken: str) -> None:
    ended = afilnet("conformance", "run", broken, *BLANKS)

    assert ended.code == 1
    assert "get_messages" in ended.out
    assert "broken_backend:make" in ended.out
    assert ".message" in ended.out


# 2: it could not run, or proves nothing


def test_2_a_case_that_does_not_exist_is_refused_with_a_suggestion(afilnet: Run) -> None:
    ended = afilnet("conformance", "run", "sandbox:soap", "--case", "SEDN-01")

    assert ended.code == 2
    assert "did you mean 'SEND-01'" in ended.err


@pytest.mark.parametrize("pattern", ["", "NOTHING-*"])
def test_2_an_empty_selection_is_refused(afilnet: Run, pattern: str) -> None:
    assert afilnet("conformance", "run", "sandbox:soap", "--case", pattern).code == 2


def test_2_without_a_target_nothing_runs(afilnet: Run) -> None:
    assert afilnet("conformance", "run").code == 2


@pytest.mark.parametrize("target", ["gone", "profile:gone"])
def test_2_a_target_that_cannot_be_reached_ends_the_run_before_a_case(
    afilnet: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setenv("P", "a password")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (tmp_path / "afilnet.toml").write_text(
        f'[profiles.gone]\nprotocol = "http-post"\nbase_url = "https://127.0.0.1:{port}"\nuser = "u"\n'
        'password = { env = "P" }\n',
        "utf-8",
    )
    (tmp_path / "afilnet.toml").chmod(0o600)
    monkeypatch.setenv("AFILNET_CONFIG", str(tmp_path / "afilnet.toml"))
    ended = afilnet("conformance", "run", "sandbox:soap", target, "--json", "--read-only", "--like", "nusoap")

    assert ended.code == 2, ended.err
    assert ended.document["results"] == []
    assert "target gone" in ended.document["void"]


@pytest.mark.parametrize(
    "target", ["sandbox:sopa", "entry:no.such.module:make", "entry:json", "proc:/no/such/program", "proc:", "what:is"]
)
def test_2_a_target_that_is_none_is_refused(afilnet: Run, target: str) -> None:
    ended = afilnet("conformance", "run", target, *ONE)

    assert ended.code == 2
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("--like", "nusoap"),
        ("--party", "ask", "--recipient", "34600000000"),
        ("--recipient", "34600000000"),
        ("--channel", "whatsapp/100"),
        ("--wrong-password",),
        ("--lab",),
    ],
)
def test_2_what_is_for_a_live_service_is_refused_where_there_is_none(afilnet: Run, words: tuple[str, ...]) -> None:
    ended = afilnet("conformance", "run", "sandbox:soap", *ONE, *words)

    assert ended.code == 2
    assert f"{words[0]} is for a live service, and no target is one" in ended.err


@pytest.mark.usefixtures("broken")
def test_2_a_backend_that_cannot_be_made_proves_nothing(afilnet: Run) -> None:
    ended = afilnet("conformance", "run", "entry:broken_backend:refuse", *ONE)

    assert ended.code == 2
    assert "no such thing" in ended.out


def test_2_nothing_that_was_shown_is_no_proof(afilnet: Run) -> None:
    ended = afilnet("conformance", "run", "sandbox:soap", *ONE, "--read-only", "--json")

    assert ended.code == 2
    assert {result["outcome"] for result in ended.document["results"]} == {"unproved"}


# 3: incomplete


def test_3_a_control_that_passes_the_chosen_cases_too_is_told(afilnet: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # A control that does everything right passes whatever is asked: no case can be named that would catch it.
    right = controls.Control("C99", "does everything right", connect)
    monkeypatch.setattr(vacuity, "CONTROLS", (right,))
    monkeypatch.setattr(vacuity, "CASES", CASES[:20])
    ended = afilnet("conformance", "run", "sandbox:http-post", *ONE)

    assert ended.code == 3
    assert "the control C99" in ended.out
    assert "add --case" not in ended.out


ADAPTER = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    hello = {"protocol": 1, "name": "mine", "capabilities": []}
    if "hello" in request:
        print(json.dumps({"id": request["id"], "hello": hello}), flush=True)
    else:
        sys.exit("a mistake of its own")
"""


def test_2_what_an_adapter_said_last_and_its_exit_code_are_told_once_for_all_cases(
    afilnet: Run, tmp_path: Path
) -> None:
    adapter = tmp_path / "adapter.py"
    adapter.write_text(ADAPTER, encoding="utf-8")
    report = tmp_path / "report.json"
    words = ("--case", "CHATS-*,MSGS-01", "--plain", "--report", f"json={report}")
    ended = afilnet("conformance", "run", f"proc:{sys.executable} {adapter}", *words)

    assert ended.code == 2
    assert "ended with code 1; it said: a mistake of its own" in ended.out
    assert ended.out.count("a mistake of its own") <= 2 * ended.out.count("setup-failed\n")
    assert "a mistake of its own" in report.read_text("utf-8")


def test_a_factory_in_the_current_folder_is_found_and_leaves_the_path_as_it_was(
    afilnet: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_backend_of_mine.py").write_text(
        "from afilnet_protocols import connect\ndef make(settings): return connect(settings)\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    assert afilnet("conformance", "run", "entry:a_backend_of_mine:make", *ONE).code == 0
    assert sys.path == before
    assert not (tmp_path / ".hypothesis").exists()


def test_3_cases_that_could_not_be_shown_leave_it_incomplete(afilnet: Run) -> None:
    ended = afilnet(
        *(
            "conformance",
            "run",
            "sandbox:http-post",
            "--case",
            "CHAN-*,SEND-01",
            "--seed",
            "7",
            "--plain",
            "--read-only",
        )
    )

    assert ended.code == 3
    assert "unproved" in ended.out


# 4: the ledger


def test_0_a_failure_that_the_ledger_knows_is_no_disagreement(afilnet: Run, broken: str, tmp_path: Path) -> None:
    failing = afilnet("conformance", "run", broken, *BLANKS, "--json").document["results"]
    cases = ",".join(each["case"] for each in failing if each["outcome"] == "fail")
    words = ("conformance", "run", broken, "--case", cases, "--seed", "7", "--plain")
    known = ledger(tmp_path, case='"TEXT-*"', signature='{ field = "*" }')

    assert afilnet(*words).code == 1
    ended = afilnet(*words, "--known", known)
    assert ended.code == 0
    assert "known-deviation" in ended.out


def test_4_a_failure_that_is_gone_makes_its_entry_stale(afilnet: Run, tmp_path: Path) -> None:
    known = ledger(tmp_path, case='"SEND-02"', backend='"http-post"')
    ended = afilnet("conformance", "run", "sandbox:http-post", *ONE, "--known", known)

    assert ended.code == 4
    assert "stale" in ended.out


def test_4_an_entry_that_matches_nothing_is_red_and_gets_a_suggestion(afilnet: Run, tmp_path: Path) -> None:
    known = ledger(tmp_path, case='"SEND-1"', backend='"http-post"')
    ended = afilnet("conformance", "run", "sandbox:http-post", *ONE, "--known", known)

    assert ended.code == 4
    assert "did you mean" in ended.out


def test_4_an_entry_that_has_expired_is_red(afilnet: Run, tmp_path: Path) -> None:
    known = ledger(tmp_path, case='"SEND-02"', backend='"http-post"', expires="2026-01-02")

    assert afilnet("conformance", "run", "sandbox:http-post", *ONE, "--known", known).code == 4


# What else it does


def test_reports_are_written_and_hold_the_command_that_runs_it_again(afilnet: Run, tmp_path: Path) -> None:
    kinds = "junit=r/a.xml,json=r/a.json,md=r/a.md,html=r/a.html"
    ended = afilnet("conformance", "run", "sandbox:http-post", *ONE, "--report", kinds)

    assert ended.code == 0
    for name in ("a.xml", "a.json", "a.md", "a.html"):
        assert "--plain" in (tmp_path / "r" / name).read_text("utf-8")
    assert afilnet("conformance", "run", "sandbox:soap", *ONE, "--report", "htm=x").code == 2
    assert afilnet("conformance", "run", "sandbox:soap", *ONE, "--report", "html").code == 2


@pytest.fixture
def unreached(tmp_path: Path, afilnet: Run) -> str:
    """A profile of a service that nobody reaches."""
    profiles = (
        '[profiles.far]\nbase_url = "https://far.example.com"\nuser = "u"\npassword = "a password"\n'
        '[profiles.bare]\nuser = "u"\n'
        '[profiles.weak]\nprotocol = "http-get"\nminimum_security = "high"\nuser = "u"\npassword = "a password"\n'
    )
    (tmp_path / "config" / "afilnet").mkdir(parents=True)
    file = tmp_path / "config" / "afilnet" / "afilnet.toml"
    file.write_text(profiles, "utf-8")
    file.chmod(0o600)
    return "far"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_dry_run_lists_the_calls_and_opens_nothing(afilnet: Run, unreached: str, no_network: None) -> None:
    words = ("conformance", "run", unreached, "--dry-run", "--recipient", "34600000000", "--max-sends", "2")
    ended = afilnet(*words, "--json")
    assert ended.err == ""
    document = ended.document

    assert document["sends"] == 2
    sent = {
        call["arguments"]["destination"]
        for case in document["cases"]
        for call in case["calls"]
        if call["do"].startswith("send") and call["arguments"]["platform_id"] != "999"  # a channel that there is not
    }
    assert sent == {"34600000000"}
    assert afilnet(*words).code == 0


WRONG_TARGETS = (
    ("no-such-profile",),
    ("profile:no-such-profile",),
    ("bare",),
    ("weak",),
    ("sandbox:sopa",),
    ("sandbox:soap", "sandbox"),
    ("entry:no.such.module:make",),
    ("entry:json",),
    ("proc:",),
    ("proc:'",),
    ("proc:/no/such/program",),
    ("sandbax:soap",),
)


@pytest.mark.parametrize("targets", WRONG_TARGETS, ids=" ".join)
def test_a_dry_run_refuses_the_targets_that_a_run_would(
    afilnet: Run, unreached: str, no_network: None, targets: tuple[str, ...]
) -> None:
    told = []
    for more in ((), ("--dry-run",)):
        ended = afilnet("conformance", "run", *targets, *ONE, *more)
        assert (ended.code, ended.out) == (2, "")
        told.append(ended.err)
    if targets[0] != "proc:/no/such/program":
        assert told[0] == told[1]
    assert "unknown key" not in told[0]


def test_a_dry_run_that_looks_at_no_target_is_found(
    afilnet: Run, unreached: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afilnet_protocols.cli.conformance.run_steps.check_targets", lambda _: None)
    assert {afilnet("conformance", "run", *targets, "--dry-run", *ONE).code for targets in WRONG_TARGETS} == {0}


def test_a_dry_run_that_is_read_only_sends_nothing(afilnet: Run, unreached: str) -> None:
    words = ("conformance", "run", unreached, "--dry-run", "--recipient", "34600000000", "--read-only", "--json")

    assert afilnet(*words).document["sends"] == 0


def test_every_case_is_listed_and_can_be_explained(afilnet: Run) -> None:
    listed = afilnet("conformance", "list", "--json").document

    assert [case["id"] for case in listed] == [case.id for case in CASES]
    assert all(case["requirement"] and case["provenance"] for case in listed)
    told = afilnet("conformance", "explain", CASES[0].id)
    assert "``" not in afilnet("conformance", "explain", "SEND-01").out
    assert told.code == 0
    assert CASES[0].title in told.out
    assert afilnet("conformance", "explain", "SEND-99").code == 2


def test_a_sequence_recorded_on_the_command_line_runs_elsewhere(afilnet: Run, tmp_path: Path, broken: str) -> None:
    from afilnet_protocols.comparison.steps import Step
    from afilnet_protocols.conformance import replay
    from afilnet_protocols.conformance.targets import parse as targets

    where = {"platform": "whatsapp", "platform_id": "100", "destination": "7"}
    steps = [Step("send_message", {**where, "message": "hola "}), Step("get_messages", where)]
    with targets.opened(["sandbox:soap"], plain=True) as (target,):
        (tmp_path / "found.json").write_text(replay.record(target, steps).dumps(), "utf-8")

    assert afilnet("conformance", "replay", "found.json", "--on", "sandbox:json", "--on", "sandbox:http-get").code == 0
    ended = afilnet("conformance", "replay", "found.json", "--on", broken)
    assert ended.code == 1
    assert "get_messages" in ended.out
    assert afilnet("conformance", "replay", "missing.json").code == 2


def test_what_is_not_installed_is_said(afilnet: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.extras._is_there", lambda module: False)
    ended = afilnet("conformance", "list")

    assert ended.code == 2
    assert "afilnet-protocols[conformance]" in ended.err


def test_the_schema_is_printed(afilnet: Run) -> None:
    assert json.loads(afilnet("conformance", "schema").out)["title"]
