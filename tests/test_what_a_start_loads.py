"""What `connect` and the command line load before there is anything to do with it: every process pays for its start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from afilnet_protocols.records import Message
from afilnet_protocols.vocabulary import Addressee

CONNECT = """
import sys
from afilnet_protocols import connect
connect(
    protocol=sys.argv[1], user="u", password="p", minimum_security="low", client_id="c", client_secret="s",
    token_url="https://a.example/token", json_url="https://a.example/json", soap_wsdl="schemas/afilnet-chat.wsdl",
)
"""
CHANNELS = """
import os, sys
os.environ |= {"AFILNET_USER": "u", "AFILNET_PASSWORD": "p", "AFILNET_MINIMUM_SECURITY": "none"}
os.environ["AFILNET_BASE_URL"] = "http://127.0.0.1:9"
from afilnet_protocols.cli.app import run
run(["channels"])
"""
LISTED = """
import os
os.environ.pop("COLUMNS", None)
from afilnet_protocols.cli.commands import load
from afilnet_protocols.cli.terminal.output import print_table
load("channels")
print_table(["name"], [["Operator"]])
"""
SEND = """
from afilnet_protocols import NotSentError
chat = connect(user="u", password="p", base_url="http://127.0.0.1:9", minimum_security="none")
try:
    chat.send_message(platform="whatsapp", platform_id="1", destination="1", message="m")
except NotSentError:
    pass
"""
TOLD = "\nimport sys; print(*sys.modules)"

OF_ENCRYPTION = {"ssl", "certifi", "cryptography"}
"""What the first ``https`` connection loads."""
OF_HTTP = {"h11", "http.client", "requests", "urllib3", "requests_oauthlib", "oauthlib", "email"}
"""What an odd answer or a token loads."""
OF_XML = {"lxml", "zeep", "xml"}
OF_COMPILERS = {"dataclasses", "inspect", "ast", "dis"}
"""What writes code at every start."""
OF_COMMANDS = {"argparse", "optparse", "shutil", "subprocess", "tempfile", "asyncio", "concurrent.futures", "sqlite3"}
OF_CHANCE = {"random", "hashlib", "hmac", "secrets"}
OF_FILES = {"tomllib", "platformdirs", "pathlib"}
OF_LISTENERS = {"logging", "traceback"}
"""What is loaded by whoever says where log lines go."""
OF_ODD_ADDRESSES = {"urllib.parse", "ipaddress"}
OF_ODD_TEXTS = {"unicodedata", "base64", "json"}
OF_ODD_CALLS = {"copy", "queue", "heapq"}
OF_PRIVATE_ONES = {"weakref", "contextvars"}
"""Modules of which all that is needed comes from the ones below them."""
OF_ODD_SETTINGS = {
    f"afilnet_protocols.{name}"
    for name in ("extras", "settings.near_miss", "settings.parameters", "settings.secret_reference")
}
"""What slips of the pen, references to secrets and parameters of a token request load."""
OF_PROFILES = {f"afilnet_protocols.settings.{name}" for name in ("profile_file", "chosen_profile")}
OF_SENDS = {"afilnet_protocols.backends.sending", "afilnet_protocols.calls.recovery"}
OF_RESUMPTION = {"afilnet_protocols.transport.tls.sessions"}
OF_LISTS = {"afilnet_protocols.wire.soap.answers.rows"}
"""What reads lists quicker than the parser, from the second on."""
OF_TROUBLE = {"afilnet_protocols.cli.advice", "afilnet_protocols.cli.ending.interruption"}
OF_TERMINALS = {"afilnet_protocols.cli.terminal.fitting"}
WATCHED = {
    *(OF_ENCRYPTION | OF_HTTP | OF_XML | OF_COMPILERS | OF_COMMANDS | OF_CHANCE | OF_FILES),
    *(OF_LISTENERS | OF_ODD_ADDRESSES | OF_ODD_TEXTS | OF_ODD_CALLS | OF_PRIVATE_ONES),
    *(OF_ODD_SETTINGS | OF_PROFILES | OF_SENDS | OF_RESUMPTION | OF_LISTS | OF_TROUBLE | OF_TERMINALS),
}


def loaded(source: str, *words: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", source + TOLD, *words], capture_output=True, text=True, check=True)
    return WATCHED & set(done.stdout.splitlines()[-1].split())


@pytest.fixture(scope="module")
def beneath() -> set[str]:
    """What msgspec loads by itself: where typing_extensions is installed, that, which loads inspect."""
    return loaded("import msgspec")


@pytest.mark.parametrize(
    ("protocol", "needed"),
    [
        ("http-get", set()),
        ("http-post", set()),
        ("basic", set()),
        ("json", set()),
        # a description is a document
        ("soap", {"lxml"}),
    ],
)
def test_connect_loads_what_its_protocol_needs_and_no_more(protocol, needed, beneath):
    assert loaded(CONNECT, protocol) - beneath <= needed


BEFORE_A_START = """
import re, sys
real, compiled = re.compile, set()
def compile(pattern, flags=0):
    compiled.add(sys._getframe(1).f_globals["__name__"])
    return real(pattern, flags)
re.compile = compile
"""
WRITTEN = """
import json
ours = [module for name, module in sys.modules.items() if name.startswith("afilnet_protocols.")]
tuples = [each.__name__ for module in ours for each in vars(module).values()
          if isinstance(each, type) and issubclass(each, tuple) and hasattr(each, "_fields")
          and each.__module__ == module.__name__]
ahead = [name for name in compiled if name.startswith("afilnet_protocols.") and not name.endswith(".patterns")]
print(json.dumps({"named tuples": sorted(tuples), "expressions": sorted(ahead)}))
"""

OF_A_COMMAND = """
from afilnet_protocols.cli.commands import load
load("channels")
"""


def written(source: str, protocol: str, start: str = CONNECT) -> dict[str, list[str]]:
    """Return what a start lets Python write and compile: named tuples, and expressions before one is used."""
    program = BEFORE_A_START + source + start + WRITTEN
    done = subprocess.run([sys.executable, "-c", program, protocol], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("protocol", ["http-post", "json", "soap"])
def test_a_start_writes_no_code_and_compiles_nothing_ahead(protocol):
    assert written("", protocol) == {"named tuples": [], "expressions": []}


def late_expressions(protocol: str, planted: str = "") -> bool:
    """Return whether a start compiles one of the expressions that are for what hardly ever comes."""
    program = f"{BEFORE_A_START}{planted}{CONNECT}\nprint('afilnet_protocols.patterns' in compiled)"
    done = subprocess.run([sys.executable, "-c", program, protocol], capture_output=True, text=True, check=True)
    return done.stdout == "True\n"


@pytest.mark.parametrize("protocol", ["http-post", "json", "soap"])
def test_usual_settings_need_no_expression(protocol):
    assert not late_expressions(protocol)


def test_a_build_that_needs_an_expression_for_usual_settings_is_found():
    """Sabotage: no address is a usual one."""
    planted = "import afilnet_protocols.security.endpoints as module\nmodule.usual_parts = lambda url: None"
    assert late_expressions("http-post", planted)


def test_a_command_writes_no_code():
    listing = CHANNELS.replace('run(["channels"])', "import afilnet_protocols.cli.terminal.fitting") + OF_A_COMMAND
    assert written("", "", listing)["named tuples"] == []


def test_a_build_that_writes_code_and_compiles_ahead_is_found():
    """Sabotage: a module of every start declares a named tuple, and an expression for what hardly ever comes."""
    planted = """
import afilnet_protocols.wire.freshness as module
exec("import re, typing\\nclass Kept(typing.NamedTuple):\\n    age: int\\nKEPT = re.compile('hit')", vars(module))
"""
    found = written(planted, "http-post")
    assert found["named tuples"] == ["Kept"]
    assert "afilnet_protocols.wire.freshness" in found["expressions"]


OF_CLIENTS = {"msgspec", "socket"}
"""What the first client loads, and whoever asks for ``Settings`` or a record."""


@pytest.mark.parametrize(("name", "loads"), [("NotSentError", False), ("Platform", False), ("Settings", True)])
def test_words_and_errors_load_nothing_of_what_clients_need(name, loads):
    began = "import sys; bare = set(sys.modules)"
    program = f"{began}; import afilnet_protocols; afilnet_protocols.{name}; print(*set(sys.modules) - bare)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert bool(OF_CLIENTS & set(done.stdout.split())) is loads


def test_a_command_loads_what_its_call_needs_and_no_more(beneath):
    # there is no service, and what to do about that is said
    assert loaded(CHANNELS) - beneath == {"afilnet_protocols.cli.advice"}
    assert loaded(LISTED) - beneath == set()


OTHERS_LOOK = """
print("typing_extensions" in sys.modules)
import typing_extensions
print(typing_extensions.PLANTED)
"""


def others_find(tmp_path: Path, before: str = "") -> list[str]:
    """Return whether a command has loaded a typing_extensions that is there, and whether others then find it."""
    (tmp_path / "typing_extensions.py").write_text("from typing import *\nPLANTED = 'found'\n")
    found = subprocess.run(
        [sys.executable, "-c", before + CHANNELS + OTHERS_LOOK],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.splitlines()[-2:]


ANOTHER_THREAD = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()\n"


def test_a_command_loads_no_typing_extensions_and_hides_none(tmp_path):
    assert others_find(tmp_path) == ["False", "found"]


def test_a_command_that_loads_typing_extensions_is_found(tmp_path):
    """Sabotage: msgspec is loaded with all that it finds."""
    early = "import afilnet_protocols.cli.commands as commands\ncommands.load_msgspec = lambda: None\n"
    assert others_find(tmp_path, early) == ["True", "found"]


def test_another_thread_may_be_looking_for_typing_extensions(tmp_path):
    assert others_find(tmp_path, ANOTHER_THREAD) == ["True", "found"]


COUNTS_TEXTS = """
import builtins
real, texts = compile, []
def counted(text, *how, **more):
    if isinstance(text, str):  # and not the bytes of a module that has no bytecode yet
        texts.append(text)
    return real(text, *how, **more)
builtins.compile = counted
"""
TEXTS = """
import typing
print(list(texts), typing.ForwardRef("int").__forward_code__ is None, "compile" in vars(typing))
"""


def compiled_texts(before: str = "") -> str:
    """Return which texts a command compiles, whether annotations are left alone then, and what is left of that."""
    program = before + COUNTS_TEXTS + CHANNELS + TEXTS
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_a_command_compiles_no_text_and_others_compile_theirs():
    assert compiled_texts() == "[] False False"


def test_a_command_that_compiles_what_msgspec_tries_out_is_found():
    """Sabotage: msgspec is loaded with all that it tries out."""
    early = "import afilnet_protocols.cli.commands as commands\ncommands.load_msgspec = lambda: None\n"
    assert compiled_texts(early) == "['Foo'] False False"


def test_another_thread_may_be_compiling():
    assert compiled_texts(ANOTHER_THREAD) == "['Foo'] False False"


IN_VAIN = {
    *("textwrap", "msgspec.inspect", "msgspec.msgpack", "msgspec.toml", "msgspec.yaml"),
    *("array", "selectors"),
    *(["platform"] if sys.version_info < (3, 13) else []),  # since then `uuid` does not ask for it on Linux
}
"""What msgspec and ``socket`` load for what a command does not do."""
LOADED_IN_VAIN = """
import json, os
print(json.dumps([name for name in sys.modules if name in %r]))
print(getattr(sys.modules["uuid"], "_platform_system", os.uname().sysname) == os.uname().sysname)
import msgspec, platform, selectors, socket, textwrap, uuid
told = msgspec.json.schema(msgspec.defstruct("Told", [("text", str)]))
assert told["$defs"]["Told"]["properties"] == {"text": {"type": "string"}}, told
assert msgspec.inspect.type_info(int) == __import__("msgspec.inspect").inspect.IntType()
assert msgspec.msgpack.decode(msgspec.msgpack.encode(1)) == 1
assert getattr(uuid, "platform", platform).machine() == platform.machine()
assert socket.selectors.PollSelector is selectors.PollSelector
assert all(type(each) is type(sys) for each in (platform, selectors, textwrap, sys.modules["msgspec.inspect"]))
""" % (IN_VAIN,)  # noqa: UP031 -- what is printed has braces


def loaded_in_vain(before: str = "") -> list[str]:
    """Return what a command has loaded in vain; all of it is there for whoever asks for it then."""
    program = before + CHANNELS + LOADED_IN_VAIN
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    names, system = done.stdout.splitlines()[-2:]
    assert system == "True"
    return sorted(json.loads(names))


def test_a_command_loads_nothing_in_vain_and_hides_nothing():
    assert loaded_in_vain() == []


@pytest.mark.parametrize(
    "planted",
    [
        ANOTHER_THREAD,
        "import afilnet_protocols.cli.foreign_modules as module\nmodule._OF_MSGSPEC = module._OF_SOCKETS = ()\n",
    ],
    ids=["not alone", "sabotage"],
)
def test_a_command_that_loads_in_vain_is_found(planted):
    """Sabotage: nothing is put off; nor is it where another thread may be importing."""
    assert set(loaded_in_vain(planted)) == IN_VAIN


def test_what_an_importer_uses_at_once_is_loaded_for_it():
    program = """
import sys
from afilnet_protocols.cli import foreign_modules
with foreign_modules._later(["textwrap"]):
    import textwrap
    print(textwrap.dedent("  used"))
import textwrap
print(type(textwrap) is type(sys))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["used", "True"]


FIRST_LINE = """
import gc, sys
sys.argv[0] = "/usr/bin/afilnet"
import afilnet_protocols.{module}
print(gc.get_threshold()[0] == 50_000)
"""


@pytest.mark.parametrize(("module", "large"), [("cli", "True"), ("errors", "False")])
def test_the_command_looks_for_garbage_in_large_steps_from_its_first_line_on_and_nobody_else_does(module, large):
    program = FIRST_LINE.format(module=module)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [large]


RECORDS_WHAT_IS_TAKEN = """
import typing
TAKEN = []
def __getattr__(name):
    TAKEN.append(name)
    return getattr(typing, name)
"""


def test_msgspec_takes_nothing_from_typing_extensions_that_typing_has_not(tmp_path):
    extensions = pytest.importorskip("typing_extensions")
    (tmp_path / "typing_extensions.py").write_text(RECORDS_WHAT_IS_TAKEN)
    program = "import msgspec, typing_extensions; print(*typing_extensions.TAKEN)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    taken = {name for name in done.stdout.split() if not name.startswith("__")}
    assert taken <= {"Required", "NotRequired", "get_type_hints"}
    assert extensions.Required is typing.Required
    assert extensions.NotRequired is typing.NotRequired
    for kind in (Message, Addressee):
        found = extensions.get_type_hints(kind, include_extras=True)
        assert found == typing.get_type_hints(kind, include_extras=True)


def test_the_first_send_loads_what_sends_need(beneath):
    assert OF_SENDS - loaded(CONNECT + SEND, "http-post") == set()


GARBAGE = """
import gc
from afilnet_protocols.cli import main
def looks():
    return sum(each["collections"] for each in gc.get_stats())
began = looks()
try:
    main(["channels"])
except SystemExit:
    print(looks() - began)
"""


def looks_for_garbage(before: str = "") -> int:
    """Return how often a command that lists channels looks for garbage."""
    source = before + CHANNELS.partition("from afilnet_protocols")[0] + GARBAGE
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_short_command_looks_for_no_garbage():
    assert looks_for_garbage() == 0


def test_a_command_that_looks_for_garbage_is_found():
    """Sabotage: the step is Python's own."""
    assert looks_for_garbage("import afilnet_protocols.cli as cli\ncli._STEP = 700\n") > 9


@pytest.mark.parametrize(
    ("protocol", "module", "planted", "found"),
    [
        ("http-post", "afilnet_protocols.transport.dial", "import afilnet_protocols.transport.tls.context", "ssl"),
        ("http-post", "afilnet_protocols.settings", "from dataclasses import dataclass", "dataclasses"),
        ("http-post", "afilnet_protocols.journal", "import logging", "logging"),
        ("http-post", "afilnet_protocols.wire.redirect", "from urllib.parse import urlsplit", "ipaddress"),
        ("http-post", "afilnet_protocols.waiting.places", "import copy", "copy"),
        ("http-post", "afilnet_protocols.wire.strict_json", "import json", "json"),
        (
            "http-post",
            "afilnet_protocols.backends.base",
            "import afilnet_protocols.backends.sending",
            "afilnet_protocols.calls.recovery",
        ),
        ("json", "afilnet_protocols.oauth", "import requests_oauthlib", "requests"),
        ("json", "afilnet_protocols.oauth.source", "import afilnet_protocols.oauth.cache", "hashlib"),
    ],
)
def test_a_build_that_imports_too_early_is_found(protocol, module, planted, found, beneath):
    """Sabotage: a module of the start imports at its top what it needs later."""
    early = f"""
import importlib.machinery as machinery
real = machinery.SourceFileLoader.exec_module
def exec_module(self, module):
    real(self, module)
    if module.__name__ == {module!r}:
        exec({planted!r}, vars(module))
machinery.SourceFileLoader.exec_module = exec_module
"""
    assert found not in loaded(CONNECT, protocol) - beneath
    assert found in loaded(early + CONNECT, protocol)
