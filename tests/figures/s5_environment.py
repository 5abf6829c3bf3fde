"""S5: nothing in the environment changes what a client does, or makes it show a secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from afilnet_protocols import Protocol, Secret, Settings
from afilnet_protocols.sandbox import Sandbox
from tests.figures import _environment_story
from tests.figures.figure import Figure, Run
from tests.figures.s2_redirects import SecondHost
from tests.leaks.scanner import Scanner, bytes_of

ROOT = Path(__file__).parents[2]


def variants(folder: Path, trap: int, ca_file: str) -> dict[str, dict[str, str]]:
    """Return hostile environments by name: what is added to a plain one."""
    proxy, other = f"http://127.0.0.1:{trap}", str(folder / "other.pem")
    named = {name: {name: proxy} for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
    named |= {name.lower(): {name.lower(): proxy} for name in list(named)}
    named |= {name: {name: other} for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
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
        "asyncio debug and -W error": {"PYTHONASYNCIODEBUG": "1", "PYTHONWARNINGS": "default"},
    }


def measure(run: Run) -> Figure:
    """Tell one story in every environment."""
    figure = Figure("hostile environments: same results, no leak", run.seed)
    with tempfile.TemporaryDirectory() as name, Sandbox() as sandbox, SecondHost() as trap:
        folder = Path(name)
        for file in ("netrc", ".netrc"):
            (folder / file).write_text("machine 127.0.0.1 login stranger password elsewhere\n")
            (folder / file).chmod(0o600)
        (folder / "other.pem").write_text("")
        (folder / "openssl.cnf").write_text("openssl_conf = x\n[x]\nssl_conf = y\n[y]\nsystem_default = z\n[z]\n"
                                            "MinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n")  # fmt: skip
        hostile = variants(folder, trap.port, sandbox.ca_file)
        with ThreadPoolExecutor(2) as pool:
            plain, *others = pool.map(lambda added: _story(sandbox, folder, added), [{}, *hostile.values()])
        connections, keys = trap.connections, (folder / "keys").exists()
    differing = [name for name, other in zip(hostile, others, strict=True) if other.told != plain.told]
    leaking = [name for name, other in zip(("plain", *hostile), (plain, *others), strict=True) if other.leaks]
    mode = others[list(hostile).index("umask 000")].rest.strip()
    figure.counts = {
        "environments": len(hostile),
        "steps told in each": sum(len(steps) for steps in json.loads(plain.told or "{}").values()),
        "with other results": len(differing),
        "in which a secret was shown": len(leaking),
        "connections to the proxy that variables name": connections,
        "key log written": keys,
        "rights of the token cache under umask 000": mode,
    }
    figure.targets = {
        "at least 16 environments": len(hostile) >= 16,
        "the plain story was told": plain.told.count("Channel(") >= 5 * 4,
        "the same results in each": not differing,
        "no secret on stdout or stderr": not leaking,
        "no proxy, no key log, no rights for others": connections == 0 and not keys and mode == "0o600",
    }
    figure.examples = [f"differs: {name}" for name in differing] + [f"leaks: {name}" for name in leaking]
    return figure


class _Told:
    """What a process wrote."""

    def __init__(self, out: str, err: str, scanner: Scanner) -> None:
        self.told, _, self.rest = out.partition("\n")
        self.leaks = scanner.scan({"stdout": bytes_of(out), "stderr": bytes_of(err)})


def _story(sandbox: Sandbox, folder: Path, added: dict[str, str]) -> _Told:
    account = sandbox.account()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder / "nobody"), **added}
    umask = int(environment.pop("STORY_UMASK", "-1"), 8)
    cache = {"token_cache": added["STORY_CACHE"]} if "STORY_CACHE" in added else {}
    fields = [_fields(sandbox.settings(str(each), account=account, **cache)) for each in Protocol]
    finished = subprocess.run(
        [sys.executable, _environment_story.__file__],
        input=json.dumps(fields),
        capture_output=True,
        text=True,
        env=environment,
        umask=umask,
        check=False,
        timeout=120,
    )
    scanner = Scanner({"password": account.password, "client secret": account.client_secret})
    return _Told(finished.stdout or finished.stderr, finished.stderr, scanner)


def _fields(settings: Settings) -> dict[str, object]:
    given = {name: value for name, value in asdict(settings).items() if value is not None}
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in given.items()}
