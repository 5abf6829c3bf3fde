"""What TLS 1.3 costs a client, whole and resumed, by what the server shows: `python -m tests.benchmarks.resumption`.

Handshakes in memory, without a network; medians of the client's CPU.
"""

from __future__ import annotations

import ssl
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from tests.benchmarks import chains

R = TypeVar("R")

ROUNDS = 300


def contexts(chain: tuple[str, ...]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a client's context and that of a server that shows a chain."""
    with tempfile.TemporaryDirectory() as folder:
        root, own = chains.write(Path(folder), chain)
        client, server = ssl.create_default_context(cafile=str(root)), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(str(own))
    return client, server


class Handshake:
    """A handshake in memory.

    Attributes:
        client: the client's side, after it.
        made: the microseconds of CPU of each of the client's steps, by what it is.
    """

    def __init__(self, client: ssl.SSLContext, server: ssl.SSLContext, session: ssl.SSLSession | None) -> None:
        self.made: dict[str, float] = defaultdict(float)
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        answers = server.wrap_bio(there, back, server_side=True)
        self.client = self._timed(
            "a connection", lambda: client.wrap_bio(back, there, server_hostname="127.0.0.1", session=session)
        )
        for _ in range(2):
            self._timed("its handshake", lambda: self._tried(self.client.do_handshake))
            self._tried(answers.do_handshake)
        self._timed("its tickets", lambda: self._tried(self.client.read))

    @staticmethod
    def _tried(step: Callable[[], object]) -> None:
        try:
            step()
        except ssl.SSLWantReadError:
            return

    def _timed(self, what: str, step: Callable[[], R]) -> R:
        begun = time.thread_time()
        result = step()
        self.made[what] += (time.thread_time() - begun) * 1e6
        return result


def costs(chain: tuple[str, ...], rounds: int = ROUNDS) -> Iterator[tuple[str, float]]:
    """Return the median microseconds of each step, whole and resumed in turn."""
    client, server = contexts(chain)
    session = Handshake(client, server, None).client.session
    samples: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, given in (("whole", None), ("resumed", session)):
            handshake = Handshake(client, server, given)
            assert handshake.client.session_reused is (given is not None)
            for what, spent in handshake.made.items():
                samples[f"{name}: {what}"].append(spent)
    for name, taken in samples.items():
        yield name, statistics.median(taken)


def main() -> None:
    """Measure and print."""
    print(f"Python {sys.version.split()[0]}, {ssl.OPENSSL_VERSION}, medians of {ROUNDS}, µs of the client's CPU")
    for chain in (*chains.OF_ONE_AUTHORITY, *chains.OF_PUBLIC_AUTHORITIES):
        found = dict(costs(chain))
        print(chains.in_words(chain))
        print("   ", ", ".join(f"{name} {spent:.0f}" for name, spent in found.items()))
        whole = sum(spent for name, spent in found.items() if name.startswith("whole"))
        print(f"    resumed / whole: {(sum(found.values()) - whole) / whole:.2f}")


if __name__ == "__main__":
    main()
