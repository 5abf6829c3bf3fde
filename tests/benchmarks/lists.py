"""Lists: `get_messages` with many records, by cost, by growth and by memory."""

from __future__ import annotations

import functools
import gc
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ParamSpec, TypeVar

from tests.benchmarks import answers, decoders
from tests.benchmarks.interleaved import Plan, cpu_per_call
from tests.benchmarks.process_memory import kilobytes
from tests.benchmarks.service import Service
from tests.benchmarks.table import Row, Target

P = ParamSpec("P")
R = TypeVar("R")

_XML = ("soap", "zeep", "lxml and records", "lxml's parse")


def _contenders(service: Service, body: dict[str, bytes]) -> dict[str, Callable[[], object]]:
    """Return what reads the lists, by name; ours by the public method, over an answer that is already there."""
    soap, post = (answers.answered(service, name, body[name]) for name in ("soap", "http-post"))
    return {
        "soap": functools.partial(answers.read, soap),
        "zeep": functools.partial(decoders.by_zeep(service), body["soap"]),
        "lxml and records": functools.partial(decoders.by_lxml, body["soap"]),
        "lxml's parse": functools.partial(decoders.by_lxml_alone, body["soap"]),
        "http-post": functools.partial(answers.read, post),
        "json and dataclasses": functools.partial(decoders.by_json, body["http-post"]),
        "msgspec typed": functools.partial(decoders.by_msgspec, body["http-post"]),
    }


def _cost(service: Service, body: dict[str, bytes], *, rounds: int, calls: int) -> dict[str, float]:
    """Return what each took; those of one format take turns. Once a tree of XML is gone, whatever allocates is slow."""
    all_of_them = _contenders(service, body)
    cost: dict[str, float] = {}
    for group in (_XML, all_of_them.keys() - set(_XML)):
        contenders = {name: call for name, call in all_of_them.items() if name in group}
        cost |= cpu_per_call(contenders, rounds=rounds, calls=calls)
    return cost


def decoding(service: Service, plan: Plan) -> Iterator[Row]:
    """10,000 records."""
    count = 100 if plan.quick else 10_000
    body = {"soap": answers.as_soap(count), "http-post": answers.as_json(count)}
    cost = _cost(service, body, rounds=plan.rounds(5), calls=1)
    each = {name: total / count for name, total in cost.items()}
    yield Row(
        f"`get_messages` with {count:,} records over `soap`, decode",
        "CPU for each record, µs",
        {"soap": each["soap"]},
        {"zeep": each["zeep"]},
        {name: each[name] for name in ("lxml and records", "lxml's parse")},
        [
            Target("zeep / ours", each["zeep"] / each["soap"], 7, 12, least=True),
            Target("ours / lxml and records", each["soap"] / each["lxml and records"], 1.4),
            Target("ours / lxml's parse", each["soap"] / each["lxml's parse"], 1.7),
        ],
    )
    yield Row(
        f"`get_messages` with {count:,} records over the JSON protocols, decode",
        "CPU for each record, µs",
        {"http-post": each["http-post"]},
        {"json and dataclasses": each["json and dataclasses"]},
        {"msgspec typed": each["msgspec typed"]},
        [
            Target("ours / msgspec typed", each["http-post"] / each["msgspec typed"], 1.5),
            Target("json and dataclasses / ours", each["json and dataclasses"] / each["http-post"], 3, least=True),
        ],
        "beyond msgspec's own work: the proof that no name stands twice and that timestamps have the documented form",
    )


def growth(service: Service, plan: Plan) -> Iterator[Row]:
    """Cost for each record, from 100 records to 100,000, each contender in a process of its own.

    Where the tree of a large document was freed, whatever allocates next is slower: beside lxml's parse a record of
    ours of 100,000 takes 3.0 µs, and 2.1 where nobody has parsed anything.
    """
    sizes = (100, 1000) if plan.quick else (100, 1_000, 10_000, 100_000)
    few = {"soap": answers.as_soap(10), "http-post": answers.as_json(10)}
    curves = {name: _alone(_curve, service, name, sizes, plan) for name in _contenders(service, few)}
    first, last = sizes[0], sizes[-1]
    grown = {name: curve[last] / curve[first] for name, curve in curves.items()}
    ours = ("soap", "http-post")
    yield Row(
        f"cost for each record, from {first:,} records to {last:,}",
        "growth",
        {name: grown[name] for name in ours},
        {name: grown[name] for name in ("zeep", "json and dataclasses")},
        {name: grown[name] for name in ("lxml and records", "msgspec typed")},
        [Target(f"growth of {name}", grown[name], 1.3, 1.05) for name in ours],
        curves=curves,
    )


def memory(service: Service, plan: Plan) -> Iterator[Row]:
    """Peak memory for 100,000 records over SOAP, above the payload, each in a process of its own."""
    count = 1_000 if plan.quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answer.xml"
        file.write_bytes(answers.as_soap(count))
        peak = {name: _alone(_peak, service, name, file) for name in ("soap", "zeep", "lxml and records")}
    yield Row(
        f"peak memory for {count:,} records over `soap`, above the payload",
        "MB",
        {"soap": peak["soap"]},
        {"zeep": peak["zeep"]},
        {"lxml and records": peak["lxml and records"]},
        [Target("ours / zeep", peak["soap"] / peak["zeep"], 0.35, 0.2)],
    )


def _curve(service: Service, name: str, sizes: tuple[int, ...], plan: Plan) -> dict[int, float]:
    curve: dict[int, float] = {}
    for count in sizes:
        body = {"soap": answers.as_soap(count), "http-post": answers.as_json(count)}
        decode = {name: _contenders(service, body)[name]}
        rounds = 1 if plan.quick else 3 if count > 10_000 else 9
        curve[count] = cpu_per_call(decode, rounds=rounds, calls=max(1, 1_000 // count))[name] / count
    return curve


def _peak(service: Service, name: str, file: Path) -> float:
    body = file.read_bytes()
    few = {"soap": answers.as_soap(10), "http-post": answers.as_json(10)}
    # Whatever is made once is made before.
    _contenders(service, few)[name]()
    decode = _contenders(service, {**few, "soap": body})[name]
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the kernel's mark of the highest use starts anew
    before = kilobytes("VmRSS")
    kept = decode()
    peak = (kilobytes("VmHWM") - before) / 1024
    del kept
    return peak


def _alone(measure: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
    """Measure in a process of its own."""
    assert not named
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_tell, args=(there, measure, given))
    process.start()
    found: R = here.recv()
    process.join()
    return found


def _tell(pipe: Connection, measure: Callable[..., object], given: tuple[object, ...]) -> None:
    pipe.send(measure(*given))
