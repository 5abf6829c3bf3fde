"""S5: nothing in the environment changes what a client does, or makes it show a secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from afilnet_protocols import Protocol, Secret, Settings
from afilnet_protocols.sandbox import Sandbox
from tests.figures import _environment_story, _environment_suite
from tests.figures.figure import Figure, Run
from tests.figures.s2_redirects import SecondHost
from tests.leaks.scanner import Leak, Scanner, bytes_of
from tests.sizes import SHORT

ROOT = Path(__file__).parents[2]
LONGEST = 900
"""How long one process may take, in seconds."""


def variants(folder: Path, trap: int, ca_file: str) -> dict[str, dict[str, str]]:
    """Return hostile environments by name: what is added to a plain one.

    Args:
        folder: where the files are that variables name.
        trap: the port of the proxy that variables name.
        ca_file: the authority of the service, which clients trust only if their settings name it.
    """
    proxy, other = f"http://127.0.0.1:{trap}", str(folder / "other.pem")
    named = {name: {name: proxy} for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
    named |= {name.lower(): {name.lower(): proxy} for name in list(named)}
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        named |= {name: {name: other}, f"{name}, the service's authority": {name: ca_file}}
    return named | {
        "NO_PROXY empty, all proxies": {"NO_PROXY": ""} | dict.fromkeys(("HTTP_PROXY", "https_proxy"), proxy),
        "SSL_CERT_DIR": {"SSL_CERT_DIR": str(folder)},
        "SSLKEYLOGFILE": {"SSLKEYLOGFILE": str(folder / "keys")},
        "NETRC": {"NETRC": str(folder / "netrc")},
        ".netrc": {"HOME": str(folder)},
        "OAUTHLIB_INSECURE_TRANSPORT": {"OAUTHLIB_INSECURE_TRANSPORT": "1"},
        "OAUTHLIB_RELAX_TOKEN_SCOPE": {"OAUTHLIB_RELAX_TOKEN_SCOPE": "1"},
        "PYTHONHTTPSVERIFY": {"PYTHONHTTPSVERIFY": "0"},
        "OPENSSL_CONF": {"OPENSSL_CONF": str(folder / "openssl.cnf")},
        "debug level and DEBUG logs": {"STORY_DEBUG": "1"},
        "umask 000": {"STORY_UMASK": "0", "STORY_CACHE": str(folder / "tokens")},
        "another locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        "a folder with settings of its own": {"STORY_FOLDER": str(folder / "cloned")},
        "the same, and a relative XDG_CONFIG_HOME": {"STORY_FOLDER": str(folder / "cloned"), "XDG_CONFIG_HOME": "."},
        "the same, and no HOME": {"STORY_FOLDER": str(folder / "cloned"), "HOME": "", "XDG_CONFIG_HOME": ""},
        "the same, and AFILNET_PROFILE empty": {"STORY_FOLDER": str(folder / "cloned"), "AFILNET_PROFILE": ""},
        "variables of a Service called afilnet": {
            "AFILNET_SERVICE_HOST": "127.0.0.1",
            "AFILNET_SERVICE_PORT": str(trap),
            "AFILNET_PORT": f"tcp://127.0.0.1:{trap}",
            f"AFILNET_PORT_{trap}_TCP_ADDR": "127.0.0.1",
        },
        "variables that are empty": {"AFILNET_PROXY": "", "AFILNET_CONFIG": "", "AFILNET_PIN_SHA256": ""},
        "asyncio debug and -W error": {"PYTHONASYNCIODEBUG": "1", "PYTHONWARNINGS": "error"},
    }


def joined(hostile: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return fewer environments that hold the same: those that do not contradict each other are one."""
    groups: dict[str, dict[str, str]] = {}
    for name, added in hostile.items():
        for names, group in groups.items():
            if not any(group.get(each, value) != value for each, value in added.items()):
                del groups[names]
                groups[f"{names}; {name}"] = group | added
                break
        else:
            groups[name] = added
    return groups


def measure(
    run: Run,
    *,
    build: Sequence[str] = (),
    only: Collection[str] = (),
    interpreter: Interpreter | None = None,
    protocols: Collection[Protocol] = tuple(Protocol),
) -> Figure:
    """Tell one story in every environment, and in the long form play the whole conformance suite there too.

    In the short form environments that do not contradict each other are one.

    Args:
        run: the seed, and whether the suite is played.
        build: sabotages to build in, by the names of :mod:`tests.figures._obedience`.
        only: the environments to tell it in; all by default.
        interpreter: what tells the story; a new interpreter each time by default.
        protocols: those that it is told with.
    """
    tell = interpreter or _interpreter
    figure = Figure("hostile environments: same results, no leak", run.seed)
    with tempfile.TemporaryDirectory() as name, Sandbox() as sandbox, SecondHost() as trap:
        folder = _prepared(Path(name), trap.port)
        hostile = {
            name: added
            for name, added in variants(folder, trap.port, sandbox.ca_file).items()
            if not only or name in only
        }
        environments = joined(hostile) if run.form == SHORT else hostile
        stories = _Played(environments, lambda added: _story(sandbox, folder, added, build, tell, protocols))
        suites = _Played(hostile if run.long else {}, lambda added: _suite(folder, added, run.seed))
        connections, keys, ran = trap.connections, (folder / "keys").exists(), (folder / "ran").exists()
    mode = next((told.rest.strip() for name, told in stories.told.items() if "umask 000" in name), "")
    played = json.loads(suites.plain.told) if run.long else []
    figure.counts = {
        "environments": len(hostile),
        "processes in which the story was told": len(environments) + 1,
        "steps told in each": sum(len(steps) for steps in json.loads(stories.plain.told or "{}").values()),
        "with other results": len(stories.differing),
        **_counts(played, suites),
        "in which a secret was shown": len({*stories.leaking, *suites.leaking}),
        "connections to the proxy that variables name": connections,
        "key log written": keys,
        "program of the folder's settings run": ran,
        "rights of the token cache under umask 000": mode,
    }
    figure.targets = {
        "at least 16 environments": len(hostile) >= 16,
        "the plain story was told": stories.plain.told.count("Channel(") >= 8 * len(protocols),
        "strangers were refused": stories.plain.told.count("NotSentError") == len(protocols),
        "the same results in each": not stories.differing,
        "no secret on stdout or stderr": not stories.leaking and not suites.leaking,
        "each process was searched for the secrets it used": stories.searched and suites.searched,
        "no proxy, no key log, no rights for others": connections == 0 and not keys and mode in ("", "0o600"),
        "no program of a foreign folder run": not ran,
    }
    if run.long:
        figure.targets["the suite was passed in each, alike"] = not suites.differing and _passed(played)
    figure.examples = [*stories.examples(), *suites.examples()]
    return figure


def _prepared(folder: Path, trap: int) -> Path:
    """Write the files that the variables name, and the settings of a folder that somebody else has made."""
    for place in ("cloned", "cloned/afilnet", "cloned/.config/afilnet"):
        (folder / place).mkdir(parents=True)
        (folder / place / "afilnet.toml").write_text(
            f'default_profile = "x"\n[profiles.x]\nminimum_security = "none"\nproxy = "http://127.0.0.1:{trap}"\n'
            f'proxy_user = "x"\nproxy_password = {{ command = ["sh", "-c", "echo x | tee {folder / "ran"}"] }}\n'
        )
    for file in ("netrc", ".netrc"):
        (folder / file).write_text("machine 127.0.0.1 login stranger password elsewhere\n")
        (folder / file).chmod(0o600)
    (folder / "other.pem").write_text("")
    (folder / "openssl.cnf").write_text("openssl_conf = x\n[x]\nssl_conf = y\n[y]\nsystem_default = z\n[z]\n"
                                        "MinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n")  # fmt: skip
    return folder


def _counts(played: list[list[str]], suites: _Played) -> dict[str, object]:
    if not played:
        return {}
    return {
        "cases of the suite, with sequences, in each": len(played),
        "of them passed": sum(outcome == "pass" for _, _, outcome, _ in played),
        "suites with other results": len(suites.differing),
    }


def _passed(played: list[list[str]]) -> bool:
    """Whether a suite was passed; what a backend says itself that it has not counts for nothing."""
    outcomes = [outcome for _, _, outcome, _ in played]
    return outcomes.count("pass") > 300 and set(outcomes) <= {"pass", "not-declared"}


class _Told:
    """What a process wrote.

    Args:
        out: its output.
        err: its errors.
        scanner: knows what must not be in them.
    """

    def __init__(self, out: str, err: str, scanner: Scanner) -> None:
        self.told, _, self.rest = out.partition("\n")
        self.searched = scanner.spellings > 0
        self.leaks: list[Leak] = scanner.scan({"stdout": bytes_of(out), "stderr": bytes_of(err)})


class _Played:
    """One play in a plain environment and in hostile ones, two at a time.

    Args:
        hostile: what is added to the plain environment, by name; without any, nothing is played.
        play: plays in one.
    """

    def __init__(self, hostile: dict[str, dict[str, str]], play: Callable[[dict[str, str]], _Told]) -> None:
        if not hostile:
            self.plain, self.told = _Told("", "", Scanner({})), dict[str, _Told]()
        else:
            with ThreadPoolExecutor(2) as pool:
                self.plain, *others = pool.map(play, [{}, *hostile.values()])
            self.told = dict(zip(hostile, others, strict=True))
        self.differing = [name for name, told in self.told.items() if told.told != self.plain.told]
        everywhere = {"plain": self.plain, **self.told}
        self.leaking = [name for name, told in everywhere.items() if told.leaks]
        self.searched = not hostile or all(told.searched for told in everywhere.values())

    def examples(self) -> list[str]:
        """Return what went wrong where, in one line each."""
        shown = [
            f"differs: {name}: {_first_difference(self.plain.told, self.told[name].told)}" for name in self.differing
        ]
        return shown + [f"leaks: {name}" for name in self.leaking]


def _first_difference(plain: str, other: str) -> str:
    at = next((at for at, pair in enumerate(zip(plain, other, strict=False)) if pair[0] != pair[1]), 0)
    return f"{plain[max(0, at - 30) : at + 60]!r} became {other[max(0, at - 30) : at + 60]!r}"


def _story(
    sandbox: Sandbox,
    folder: Path,
    added: dict[str, str],
    build: Sequence[str],
    tell: Interpreter,
    protocols: Collection[Protocol],
) -> _Told:
    account = sandbox.account()
    cache = {"token_cache": added["STORY_CACHE"]} if "STORY_CACHE" in added else {}
    fields = [_fields(sandbox.settings(str(each), account=account, **cache)) for each in protocols]
    finished = tell(build, fields, *_environment(folder, added))
    scanner = Scanner({"password": account.password, "client secret": account.client_secret})
    return _Told(finished.stdout or finished.stderr, finished.stderr, scanner)


def _suite(folder: Path, added: dict[str, str], seed: int) -> _Told:
    with tempfile.TemporaryDirectory() as own:
        secrets = Path(own) / "secrets"
        # The story alone looks at the token's file.
        given = {name: value for name, value in added.items() if name != "STORY_CACHE"} | {
            "STORY_SECRETS": str(secrets)
        }
        finished = _process([_environment_suite.__file__], json.dumps({"seed": seed}), *_environment(folder, given))
        known = json.loads(secrets.read_text()) if secrets.exists() else []
    scanner = Scanner({f"secret {number}": text for number, text in enumerate(known)})
    return _Told(finished.stdout or finished.stderr, finished.stderr, scanner)


class Finished(NamedTuple):
    """What was written, to the standard output and as errors."""

    stdout: str
    stderr: str


Interpreter = Callable[[Sequence[str], list[dict[str, object]], dict[str, str], int], Finished]
"""What tells the story: the sabotages, the settings of each protocol, the whole environment, and the umask."""


def _interpreter(
    build: Sequence[str], every: list[dict[str, object]], environment: dict[str, str], umask: int
) -> Finished:
    finished = _process([_environment_story.__file__, *build], json.dumps(every), environment, umask)
    return Finished(finished.stdout, finished.stderr)


class Forked(AbstractContextManager["Forked"]):
    """One interpreter that tells the story in a child of its own each time."""

    def __enter__(self) -> Forked:
        self._process = subprocess.Popen(
            [sys.executable, _environment_story.__file__, "--fork"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        )
        self._turn = threading.Lock()
        return self

    def __call__(
        self, build: Sequence[str], every: list[dict[str, object]], environment: dict[str, str], umask: int
    ) -> Finished:
        job = {"build": list(build), "every": every, "environment": environment, "umask": umask}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
            told = json.loads(self._process.stdout.readline())
        return Finished(told["stdout"], told["stderr"])

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def _environment(folder: Path, added: dict[str, str]) -> tuple[dict[str, str], int]:
    """Return an environment that has nothing but what is added to it, and the umask."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder / "nobody"), **added}
    return environment, int(environment.pop("STORY_UMASK", "-1"), 8)


def _process(
    command: list[str], given: str, environment: dict[str, str], umask: int
) -> subprocess.CompletedProcess[str]:
    """Run Python in an environment."""
    return subprocess.run(
        [sys.executable, *command],
        input=given,
        capture_output=True,
        text=True,
        env=environment,
        umask=umask,
        check=False,
        timeout=LONGEST,
    )


def _fields(settings: Settings) -> dict[str, object]:
    given = {name: value for name, value in asdict(settings).items() if value is not None}
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in given.items()}
