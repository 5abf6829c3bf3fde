"""What a peer is started with: a folder, ports, programs, the service behind it and its ledger."""

from __future__ import annotations

import os
import shutil
import string
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.peers.program import Program, free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SERVICE = HERE / "service"


class Ledger:
    """What the service has carried out, as it wrote it down itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch(0o666)
        path.chmod(0o666)

    def read(self) -> dict[str, list[str]]:
        """Return the numbers that the intermediary gave to the requests, by the first word of the message."""
        found: dict[str, list[str]] = {}
        for line in self.path.read_text("utf-8", "replace").splitlines():
            word, _, arrival = line.partition(" ")
            found.setdefault(word, []).append(arrival)
        return found

    def carried_out(self) -> Counter[str]:
        """Return how often each message was carried out."""
        return Counter({word: len(arrivals) for word, arrivals in self.read().items()})


class Stage:
    """A folder of its own under the temporary one, and everything that was started there; all of it ends with it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="peer-"))
        self.folder.chmod(0o777)  # some servers leave root's rights and write here
        self.ledger = Ledger(self.folder / "ledger.txt")
        self._programs: list[Program] = []
        self._pems: tuple[str, str] | None = None

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        for program in reversed(self._programs):
            program.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command: str, port: int, env: Mapping[str, str] | None = None, kept: bool = False) -> Program:
        """Start a program and wait until it takes connections on its port."""
        program = Program(list(command), self.folder, port=port, env={**self.environment, **(env or {})}, kept=kept)
        self._programs.append(program)
        program.wait()
        return program

    @property
    def environment(self) -> dict[str, str]:
        """What a service has to know."""
        return {"LEDGER": str(self.ledger.path)}

    def service(self, *, tls: bool = False, any_token: bool = False) -> int:
        """Start the service behind the intermediaries, which comes back when it is killed; return its port."""
        port = free_port()
        more = [self.certificate] if tls else []
        script = str(SERVICE / "service.py")
        env = {"ANY_TOKEN": "yes"} if any_token else {}
        self.run(sys.executable, "-S", "-E", script, str(port), *more, port=port, kept=True, env=env)
        return port

    def php(self) -> Path:
        """Lay the service in PHP into the folder ``www``, which any user can read; return that folder."""
        folder = self.folder / "www"
        folder.mkdir(mode=0o755)
        shutil.copy(SERVICE / "service.php", folder / "index.php")
        (folder / "ledger").write_text(str(self.ledger.path), "utf-8")
        return folder

    def write(self, template: Path, name: str | None = None, **values: object) -> str:
        """Fill in a configuration that stands beside its peer, and return where the result is.

        ``$folder`` is the stage's folder and ``$user`` somebody without rights, or nobody special if we are not root.
        """
        known = {"folder": self.folder, "user": "www-data", "group": "www-data", **values}
        target = self.folder / (name or template.name)
        text = string.Template(template.read_text("utf-8")).substitute(
            {key: str(value) for key, value in known.items()}
        )
        target.write_text(text, "utf-8")
        target.chmod(0o644)
        return str(target)

    @property
    def ca_file(self) -> str:
        """The certificate of the authority that vouches for this stage's servers."""
        return self._certificates()[0]

    @property
    def certificate(self) -> str:
        """A key and a certificate for ``localhost`` in one file."""
        return self._certificates()[1]

    def _certificates(self) -> tuple[str, str]:
        if self._pems is None:
            import trustme

            authority = trustme.CA()
            pair = authority.issue_cert("localhost", "127.0.0.1")
            theirs, ours = self.folder / "authority.pem", self.folder / "server.pem"
            authority.cert_pem.write_to_path(theirs)
            pair.private_key_and_cert_chain_pem.write_to_path(ours)
            client = self.folder / "client.pem"
            authority.issue_cert("somebody@example.com").private_key_and_cert_chain_pem.write_to_path(client)
            client.chmod(0o600)
            for path in (theirs, ours):
                path.chmod(0o644)  # servers that gave up root's rights read them
            self._pems = str(theirs), str(ours)
        return self._pems

    @property
    def client_certificate(self) -> str:
        """A certificate with its key that a client may show."""
        return str(Path(self.certificate).with_name("client.pem"))


def is_root() -> bool:
    """Return whether servers can, and so must, be told to give up rights."""
    return os.geteuid() == 0
