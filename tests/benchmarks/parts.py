"""Where a read goes, in steps of the interpreter: exact, whoever else uses the machine.

`python -m tests.benchmarks.parts` counts the bytecodes that a read over `http-post` takes in each part of the library,
prints them, and draws them beside those of an earlier build and of a socket with httptools and `json`.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from tests.benchmarks import calls, plot, quickest
from tests.benchmarks.interleaved import Call
from tests.benchmarks.service import running

PICTURE = Path(__file__).parents[2] / "docs" / "_static" / "read.svg"
CALLS = 20

PARTS = {
    "the request": (
        "transport/outgoing",
        "transport/address",
        "wire/form",
        "wire/arguments",
        "security/secret",
        "parse",
    ),
    "the answer": (
        "transport/answers/plain",
        "transport/answers/plain_head",
        "transport/answers/reader",
        "transport/answers/coding",
        "wire/freshness",
    ),
    "records": ("wire/exact_json", "wire/json_envelope", "wire/verdict", "wire/whose_word", "records"),
    "policy and pool": ("security/gate", "transport/pool"),
}
THE_WAY = "the way: deadline, watching, retry, breaker, waits"

BEFORE = {"the request": 588, "the answer": 717, "records": 157, "policy and pool": 320, THE_WAY: 1769}
"""What a read took when the network had become generators, counted in this way."""


def bytecodes(call: Call) -> Counter[str]:
    """Return how many bytecodes a call takes, by the module that they stand in, without the caller's."""
    found: Counter[str] = Counter()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            found[frame.f_code.co_filename.removesuffix(".py")] += 1
        return trace

    for _ in range(2 * CALLS):
        call()
    sys.settrace(trace)
    for _ in range(CALLS):
        call()
    sys.settrace(None)
    return Counter({module: round(count / CALLS) for module, count in found.items() if module != __file__[:-3]})


def parts(found: Counter[str]) -> dict[str, int]:
    """Share bytecodes out to the parts of a read."""
    shared = dict.fromkeys((*PARTS, THE_WAY), 0)
    for module, count in found.items():
        shared[next((name for name, ends in PARTS.items() if module.endswith(ends)), THE_WAY)] += count
    return shared


def main() -> None:
    """Count, print and draw."""
    with running() as service:
        chat = service.connect("http-post", "http")
        now = parts(bytecodes(chat.get_chat_channels))
        chat.close()
        least = sum(bytecodes(quickest.by_httptools(*calls._read(service, "http"))).values())
    bars = {"before": BEFORE, "now": now, quickest.PARSED: {"": least}}
    for name, bar in bars.items():
        sys.stdout.write(f"{name}: {sum(bar.values())} bytecodes {bar}\n")
    PICTURE.write_text(plot.bars("Bytecodes of a read over http-post", bars), encoding="utf-8")


if __name__ == "__main__":
    main()
