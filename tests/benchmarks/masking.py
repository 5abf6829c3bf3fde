"""Measure what the filter on the loggers costs: `python -m tests.benchmarks.masking`.

Each figure is the least of many short rounds, in microseconds: what else the machine does only ever adds to it.
"""

from __future__ import annotations

import logging
import time
import timeit
from collections.abc import Callable

from afilnet_protocols.security.log_filter import RedactingFilter
from afilnet_protocols.security.redaction import shown
from afilnet_protocols.security.secret import Secret

REQUEST = '%s://%s:%s "%s %s %s" %s %s'
PARTS = ("https", "api.example.com", 443, "GET", "/x", "HTTP/1.1", 200, None)
LINE = "Starting new HTTPS connection (1): www.example.com:443"


def record(message: str, *args: object) -> logging.LogRecord:
    """Return a record of another library."""
    return logging.LogRecord("urllib3.connectionpool", logging.DEBUG, "x", 1, message, args or None, None)


def least(action: Callable[[], object], number: int = 200, rounds: int = 500) -> float:
    """Return what an action costs, in microseconds."""
    return min(timeit.repeat(action, number=number, repeat=rounds)) / number * 1e6


def main() -> None:
    """Print a table: what is masked, beside one living secret and beside many."""
    masking = RedactingFilter()
    request, line = record(REQUEST, *PARTS), record(LINE)
    actions: dict[str, tuple[Callable[[], object], int]] = {
        "a record without a secret": (lambda: masking.filter(line), 500),
        "the same with eight arguments": (lambda: masking.filter(request), 500),
        "a record with a secret": (lambda: masking.filter(record("GET /?password=%s", "long password 0")), 100),
        "the text of an error": (lambda: shown("the service said: long password 0"), 100),
    }
    print(f"{'living secrets':34}{'1':>10}{'1,000':>10}{'ratio':>10}")
    taken: dict[str, list[float]] = {name: [] for name in actions}
    learned = 0.0
    for number in (1, 1000):
        secrets = [Secret(f"long password {each}") for each in range(number)]
        begun = time.perf_counter()
        masking.filter(line)
        learned = (time.perf_counter() - begun) / number * 1e6
        for name, (action, rounds) in actions.items():
            taken[name].append(least(action, rounds=rounds))
        del secrets
    for name, (one, many) in taken.items():
        print(f"{name:34}{one:>7.1f} µs{many:>7.1f} µs{many / one:>10.2f}")
    print(f"{'to learn of a new secret, once':34}{'':10}{learned:>7.0f} µs")


if __name__ == "__main__":
    main()
