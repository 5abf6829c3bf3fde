"""Imports point one way, names say what a file is about, and choosing a client costs only what it needs."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

import afilnet_protocols
from afilnet_protocols.extras import EXTRAS
from afilnet_protocols.registry import _BUILT_IN
from tests.tables import table

PACKAGE = Path(afilnet_protocols.__file__).parent
NAME = PACKAGE.name

BASE = {"vocabulary", "errors", "retold", "suggestion", "seconds", "callers", "plural", "clock", "process"}
CONTRACT = {*BASE, "catalogue", "records", "operations"}
ARROWS: dict[str, set[str]] = {
    # what the interface is made of
    "vocabulary": set(),
    "errors": {"vocabulary"},
    "retold": set(),
    "clock": set(),
    "process": {"clock", "errors", "retold", "vocabulary"},
    "suggestion": {"plural"},
    "docstring": set(),
    "plural": set(),
    "dialects": {*BASE, "catalogue"},
    "journal": set(),
    "extras": {"errors"},
    "seconds": {"errors", "suggestion"},
    "callers": {"clock", "errors", "seconds", "suggestion"},
    "begun": {"clock"},
    "deadline": {"begun", "clock", "errors", "seconds"},
    "call_time": {"begun", "clock", "deadline"},
    "records": {"vocabulary"},
    "catalogue": {*BASE, "records"},
    "operations": {*BASE, "records"},
    "forwarding": {*CONTRACT, "security"},
    # one call, without and with I/O
    "security": {"catalogue", "patterns", *BASE},
    "patterns": set(),
    "settings": {"docstring", "extras", "patterns", "security", *BASE},
    "wire": {"catalogue", "patterns", "records", "security", *BASE},
    # what is waited for, and who waits
    "waiting": {"begun", "call_time", "clock", "deadline", "errors", "process", "retold"},
    "transport": {"deadline", "patterns", "security", "settings", "waiting", "wire", *BASE},
    "oauth": {
        *BASE,
        "calls",
        "deadline",
        "patterns",
        "security",
        "settings",
        "transport",
        "waiting",
        "wire",
    },
    "observation": {*BASE, "begun", "journal"},
    "telemetry": {"extras", "process", "observation"},
    "calls": {*BASE, "catalogue", "deadline", "patterns", "records", "security", "waiting", "wire"},
    "breaker": {*BASE, "deadline"},
    # what is chosen by name
    "backends": {
        *CONTRACT,
        "forwarding",
        "calls",
        "begun",
        "breaker",
        "call_time",
        "deadline",
        "oauth",
        "observation",
        "waiting",
        "security",
        "settings",
        "transport",
        "wire",
    },
    "registry": {
        *BASE,
        "breaker",
        "migration",
        "observation",
        "operations",
        "security",
        "settings",
    },
    "late_client": {"deadline", "errors", "process", "operations", "waiting"},
    "coroutines": {*CONTRACT, "begun", "deadline", "forwarding", "late_client", "observation", "security", "waiting"},
    "aio": {
        "coroutines",
        "catalogue",
        "forwarding",
        *BASE,
        "begun",
        "breaker",
        "call_time",
        "waiting",
        "deadline",
        "late_client",
        "observation",
        "operations",
        "registry",
        "security",
        "settings",
    },
    "outbox": {
        "coroutines",
        "waiting",
        *CONTRACT,
        "deadline",
        "extras",
        "calls",
        "registry",
        "security",
        "settings",
        "wire",
    },
    "inbox": {
        *CONTRACT,
        *(
            "deadline",
            "coroutines",
            "waiting",
            "journal",
            "outbox",
            "registry",
            "security",
            "settings",
            "wire",
        ),
    },
    "celery": {*CONTRACT, "extras", "journal", "outbox", "registry", "security", "settings"},
    "": {
        *BASE,
        "aio",
        "coroutines",
        "breaker",
        "deadline",
        "inbox",
        "migration",
        "operations",
        "outbox",
        "records",
        "registry",
        "security",
        "settings",
    },
    # the other side, and what holds both sides to the contract
    "render": {*BASE, "catalogue", "records", "security", "settings"},
    "sandbox": {
        *BASE,
        "catalogue",
        "deadline",
        "dialects",
        "extras",
        "journal",
        "operations",
        "calls",
        "records",
        "registry",
        "render",
        "settings",
    },
    "survey": {*BASE, "catalogue", "deadline", "dialects", "oauth", "security", "settings", "transport", "wire"},
    "testing": {*BASE, "observation", "calls"},
    # what a call did, in a form that can be compared
    "comparison": {*CONTRACT, "security"},
    "conformance": {
        "",  # the version
        *CONTRACT,
        "comparison",
        "deadline",
        "dialects",
        "docstring",
        "extras",
        "forwarding",
        "migration",
        "oauth",
        "registry",
        "sandbox",
        "security",
        "settings",
        "transport",
        "waiting",
        "wire",
    },
    # moving from one protocol to another, under the same contract
    "migration": {
        *CONTRACT,
        *(
            "comparison",
            "deadline",
            "forwarding",
            "journal",
            "late_client",
            "registry",
            "calls",
            "security",
            "settings",
            "waiting",
        ),
    },
    # the front door
    "cli": {"*"},
    "__main__": {"cli"},
}
"""Which part may import which, by first name below the package; ``""`` is the package itself. Every part may import
itself, and nothing but ``__main__`` imports the command line."""

NARROW: dict[tuple[str, str], set[str]] = {
    ("transport", "wire"): {"wire", "wire.waits"},
    ("oauth", "wire"): {
        "wire",
        "wire.document.assent",
        "wire.envelope",
        "wire.freshness",
        "wire.headers_beside",
        "wire.names",
        "wire.redirect",
        "wire.strict_json",
        "wire.verdict",
        "wire.what_answered",
        "wire.whose_word",
    },
    # what is put into the queue passes the checks of a call, and those only
    ("outbox", "wire"): {"wire.arguments", "wire.text"},
    # what is handed through is not shown on the way
    ("forwarding", "security"): {"security.safe_repr"},
    ("coroutines", "security"): {"security.safe_repr"},
    ("aio", "security"): {"security.policy", "security.report"},
    ("outbox", "security"): {"security.safe_repr"},
    # what a handler in another program said is kept, and what a receiver asks for is read as the service's word is
    ("inbox", "security"): {"security.redaction", "security.safe_repr"},
    ("inbox", "wire"): {"wire.waits"},
    ("celery", "security"): {"security.safe_repr"},
    ("calls", "security"): {"security.safe_repr"},
    # auxiliary exchanges are no calls, and pause as these do
    ("oauth", "calls"): {"calls.auxiliary", "calls.pauses"},
    # the service's side shares nothing with a call but that tests turn pauses off
    ("sandbox", "calls"): {"calls.pauses"},
    # what is shown of a foreign error hides secrets
    ("comparison", "security"): {"security.redaction"},
    ("conformance", "security"): {
        "security.redaction",
        # a comparison says what a change of protocol gains and loses, and prints no secret of its own
        "security.levels",
        "security.policy",
        "security.secret",
        # a relay forwards under the rules of the profile behind it
        "security.endpoints",
        "security.gate",
    },
    # a relay stands before the token endpoint that an issuer names, too
    ("conformance", "oauth"): {"oauth.discovery"},
    ("conformance", "waiting"): {"waiting"},
    ("conformance", "transport"): {"transport", "transport.outgoing"},
    ("conformance", "wire"): {"wire"},
    ("registry", "migration"): {"migration.configured"},
}
"""Where only certain modules of a part may be imported: the seam, not what is behind it."""

BACKENDS = {path.partition(":")[0].removeprefix(f"{NAME}.") for path in _BUILT_IN.values()}
"""The modules of the five backends. They share what stands beside them, and never import one another."""

BANNED_NAMES = ("util", "helper", "common", "manager", "misc")
HEAVY = (
    "zeep",
    "lxml",
    "requests",
    "requests_oauthlib",
    "oauthlib",
    "starlette",
    "uvicorn",
    "rich",
    "hypothesis",
)


def part_of(module: str) -> str:
    """Return the part that a dotted name below the package belongs to."""
    return module.partition(".")[0]


def wrong_arrows(module: str, source: str) -> list[str]:
    """Return the imports of a module that the table does not allow.

    Args:
        module: its dotted name below the package.
        source: its text.
    """
    part = part_of(module)
    wrong = []
    for target in imported(module, source):
        other = part_of(target)
        if other == part:
            allowed = target not in BACKENDS
        elif "*" in ARROWS[part]:
            allowed = True
        else:
            narrow = NARROW.get((part, other))
            allowed = other in ARROWS[part] and (narrow is None or target in narrow)
        if not allowed:
            wrong.append(f"{NAME}.{module} imports {NAME}.{target}".replace("..", "."))
    return wrong


@functools.cache  # several laws ask of the same modules
def imported(module: str, source: str) -> frozenset[str]:
    """Return the dotted names below the package of all modules that a source imports, wherever it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError(f"{module}: imports are absolute here")
            base = node.module or ""
            found.update(f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(f"{NAME}."):
            # A module that is imported by its name in a string, as the registry does.
            target = node.value.partition(":")[0]
            if ":" in node.value and is_module(target) and module != "registry":
                found.add(target)
    return frozenset(name.removeprefix(NAME).removeprefix(".") for name in found if name.partition(".")[0] == NAME)


@functools.cache
def is_module(dotted: str) -> bool:
    path = PACKAGE.parent.joinpath(*dotted.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def modules() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


MODULES = modules()


@table(("module", "path"), [pytest.param(*each, id=each[0] or NAME) for each in MODULES])
def test_imports_follow_the_arrows(module: str, path: Path) -> None:
    assert part_of(module) in ARROWS, f"{module}: give the new part its place in the table of arrows"
    assert wrong_arrows(module, path.read_text(encoding="utf-8")) == []


@table(
    ("module", "source"),
    [
        ("sandbox.protocols.http", "from afilnet_protocols.wire.form import FormCodec"),
        ("sandbox.server.server", "import afilnet_protocols.transport.transport"),
        ("sandbox.server.server", "def late():\n    from afilnet_protocols import wire"),
        ("conformance.reference.model", "from afilnet_protocols.backends import base"),
        ("conformance.targets.stage", "from afilnet_protocols.calls.flow import call"),
        ("conformance.targets.stage", "NAME = 'afilnet_protocols.backends.soap:SoapBackend'"),
        ("backends.soap", "from afilnet_protocols.backends.basic import BasicBackend"),
        ("backends.soap", "from afilnet_protocols.cli import main"),
        ("catalogue", "from afilnet_protocols.wire import Request"),
        ("errors", "from afilnet_protocols.catalogue import CLASS"),
        ("wire.form", "from afilnet_protocols.transport import Transport"),
        ("transport.pool", "from afilnet_protocols.wire.envelope import read"),
        ("registry", "from afilnet_protocols.backends.soap import SoapBackend"),
        ("registry", "from afilnet_protocols import backends"),
        ("outbox.worker", "from afilnet_protocols.backends.base import WireBackend"),
        ("outbox.outbox", "from afilnet_protocols.wire import Request"),
        ("outbox.outbox", "from afilnet_protocols.inbox import Inbox"),
        ("inbox.polling.poller", "from afilnet_protocols.wire import Request"),
    ],
)
def test_a_planted_wrong_arrow_is_found(module: str, source: str) -> None:
    assert len(wrong_arrows(module, source)) == 1


def test_right_arrows_are_not_found_wrong() -> None:
    source = "import json\nfrom afilnet_protocols.wire import Request\nfrom afilnet_protocols import errors"
    assert wrong_arrows("transport.pool", source) == []
    assert wrong_arrows("backends.soap", "from afilnet_protocols.backends.base import WireBackend") == []


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Return the circles that a search in depth comes upon, each by the modules on it."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> None:
        if module in path:
            found.append(path[path.index(module) :])
        elif module not in done:
            for target in sorted(arrows.get(module, ())):
                visit(target, [*path, module])
            done.add(module)

    for module in sorted(arrows):
        visit(module, [])
    return found


def arrows_in(room: str) -> dict[str, set[str]]:
    """Return what each module of a room needs of it."""
    return {
        module: {
            name for name in imported(module, path.read_text(encoding="utf-8")) if f"{name}.".startswith(f"{room}.")
        }
        for module, path in MODULES
        if f"{module}.".startswith(f"{room}.")
    }


@pytest.mark.parametrize(
    ("room", "modules"),
    [
        ("sandbox", 40),
        ("conformance", 40),
        ("cli", 40),
        ("settings", 17),
        ("migration", 14),
        ("inbox", 40),
        ("wire", 60),
    ],
)
def test_the_modules_of_a_room_need_one_another_in_no_circle(room: str, modules: int) -> None:
    """Not for their types either: whoever reads one of them need not have read the one that uses it."""
    arrows = arrows_in(room)
    assert len(arrows) >= modules
    assert circles(arrows) == []


def as_one(inner: str, arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the arrows of a room with all modules of an inner room as one of them."""
    found: dict[str, set[str]] = {}
    for module, needed in arrows.items():
        own, *others = (inner if f"{name}.".startswith(f"{inner}.") else name for name in (module, *needed))
        found.setdefault(own, set()).update({*others} - {own})
    return found


@pytest.mark.parametrize("inner", ["inbox.polling", "wire.document", "wire.soap.description", "wire.soap.answers"])
def test_a_room_in_a_room_needs_nothing_that_needs_it(inner: str) -> None:
    arrows = as_one(inner, arrows_in(inner.rpartition(".")[0]))
    assert arrows[inner]
    assert circles(arrows) == []


def test_a_planted_way_back_into_a_room_is_found() -> None:
    arrows = {"a.b.x": {"a.c"}, "a.c": {"a.b.y"}, "a.b.y": set()}
    assert circles(arrows) == []
    assert circles(as_one("a.b", arrows)) == [["a.b", "a.c"]]


def test_a_planted_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}) == []


def test_no_file_is_named_after_nothing() -> None:
    for module, _ in MODULES:
        assert not [word for word in BANNED_NAMES if word in module.lower()], module


def test_every_module_says_what_it_is() -> None:
    for module, path in MODULES:
        assert re.match(r'"""[^\s"]', path.read_text(encoding="utf-8")), module


def test_importing_the_package_loads_no_protocol_library() -> None:
    shown = f"import sys, {NAME}; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_choosing_a_protocol_loads_only_its_own_libraries() -> None:
    source = (
        f"import sys; from {NAME} import connect\n"
        "connect(protocol='http-post', user='u', password='p').close()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# Three parts that could be three distributions

TESTED = {"sandbox": ("sandbox", "render"), "conformance": ("conformance",)}
"""The parts that production does not need, by the extra that brings their packages."""
ABOVE = {"base": set(), "sandbox": {"sandbox"}, "conformance": {"sandbox", "conformance"}}
"""What each of the three may import beside the base."""
FRONT_DOORS = {"cli", "__main__"}
"""The command line starts what is asked for, and asks first whether it is installed."""


def distribution_of(module: str) -> str:
    return next((name for name, parts in TESTED.items() if part_of(module) in parts), "base")


def upwards(module: str, source: str) -> list[str]:
    """Return what a module imports that stands above its distribution."""
    if part_of(module) in FRONT_DOORS:
        return []
    own = distribution_of(module)
    return [name for name in sorted(imported(module, source)) if distribution_of(name) not in {"base", *ABOVE[own]}]


def test_base_sandbox_and_conformance_import_one_another_downwards_only() -> None:
    found = {module: upwards(module, path.read_text(encoding="utf-8")) for module, path in MODULES}
    assert {module: names for module, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("migration.canary", "def late():\n    from afilnet_protocols.conformance.cases import CASES"),
        ("testing", "from afilnet_protocols.sandbox import Sandbox"),
        ("registry", "from afilnet_protocols.render import wsdl"),
        ("sandbox.sandbox", "from afilnet_protocols.conformance.runner import CasePlayer"),
    ],
)
def test_a_planted_way_up_is_found(module: str, source: str) -> None:
    assert len(upwards(module, source)) == 1


EXTRAS_ONLY = tuple(sorted({name for names in EXTRAS.values() for name in names}))


def test_what_production_imports_loads_no_product_of_tests_and_no_package_of_an_extra() -> None:
    source = (
        f"import sys, tempfile, os\nfrom {NAME} import CanaryChat, Outbox, ShadowChat, connect, connect_async\n"
        "given = {'protocol': 'json', 'user': 'u', 'password': 'p', 'client_id': 'c', 'client_secret': 's',\n"
        "         'token_url': 'https://a.example/t', 'json_url': 'https://a.example/j'}\n"
        "folder = tempfile.mkdtemp()\n"
        "def chat(): return connect(**given)\n"
        "with chat(), Outbox(os.path.join(folder, 'o.db'), **given): pass\n"
        "CanaryChat(chat(), chat, share=0.1).close()\n"
        "ShadowChat(chat(), chat).close()\n"
        f"above = ('{NAME}.sandbox', '{NAME}.conformance', '{NAME}.render', '{NAME}.cli')\n"
        f"extras = {EXTRAS_ONLY!r}\n"
        "print([name for name in sys.modules if name.startswith(above) or name.partition('.')[0] in extras])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n[]\n"
