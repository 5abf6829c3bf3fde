"""A record that may hold a secret shows what it names and nothing else, to whoever prints it."""

from __future__ import annotations

import importlib
import pkgutil
import pprint
from collections.abc import Iterator

import msgspec
from rich.pretty import pretty_repr

import afilnet_protocols
from afilnet_protocols.calls.recovery import SentText
from afilnet_protocols.security.safe_repr import PartlyShown
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.transport.address import Address, Origin
from afilnet_protocols.transport.gate import Evidence
from afilnet_protocols.transport.options import Proxy
from afilnet_protocols.transport.outgoing import Beginning, Outgoing, Ready
from afilnet_protocols.wire import Reply, Request
from afilnet_protocols.wire.soap.bound_operation import BoundOperation
from tests.tables import table

HIDDEN = "k9fZ-hidden"
ORIGIN = Origin("https", "www.example.com", 443, literal=False, loopback=False)
PLACE = "Origin(scheme='https', host='www.example.com', port=443, literal=False, loopback=False)"

RECORDS: dict[PartlyShown, str] = {
    Request("POST", f"https://a.example/{HIDDEN}", (("X", HIDDEN),), HIDDEN.encode()): "Request(method='POST')",
    Address(ORIGIN, f"/{HIDDEN}"): f"Address(origin={PLACE})",
    Proxy(ORIGIN, Secret(HIDDEN)): f"Proxy(origin={PLACE})",
    Outgoing("POST", fresh=True, payload=memoryview(HIDDEN.encode())): "Outgoing(method='POST', fresh=True)",
    Beginning(ORIGIN, *(HIDDEN.encode(),) * 3): f"Beginning(origin={PLACE})",
    Ready(ORIGIN, *(HIDDEN.encode(),) * 2): f"Ready(origin={PLACE})",
    SentText(HIDDEN, conclusive=True): "SentText(conclusive=True)",
    Evidence("https", "a.example", 1, loopback=False, certificate=HIDDEN.encode()): (
        "Evidence(scheme='https', host='a.example', port=1, loopback=False, tls_version=None, cipher=None, "
        "verified=False, pinned=False, client_cert=False, resumed=False)"
    ),
    BoundOperation(
        names={}, fixed={}, headers=(), answer="a", shape=HIDDEN, serialize=HIDDEN, rpc=True, encoded=False
    ): "BoundOperation(names={}, fixed={}, headers=(), answer='a', rpc=True, encoded=False)",
}


def _printed(record: object) -> str:
    return "\n".join((repr(record), str(record), f"{[record]}", pprint.pformat(record), pretty_repr(record)))


def _descendants(kind: type) -> Iterator[type]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


@table(("record", "shown"), RECORDS.items(), ids=lambda each: type(each).__name__)
def test_a_record_shows_what_its_class_names(record: PartlyShown, shown: str) -> None:
    assert repr(record) == shown
    assert HIDDEN not in _printed(record)


def test_an_answer_shows_its_status_only() -> None:
    reply = Reply(200, {"authorization": HIDDEN}, HIDDEN.encode())
    assert repr(reply) == "Reply(status=200)"
    assert HIDDEN not in _printed(reply)


def test_every_such_class_is_looked_at_here_and_names_fields_that_it_has() -> None:
    for module in pkgutil.walk_packages(afilnet_protocols.__path__, "afilnet_protocols."):
        if module.name.split(".")[1] in ("wire", "transport", "oauth", "backends", "security", "settings", "calls"):
            importlib.import_module(module.name)
    ours = {kind for kind in _descendants(PartlyShown) if kind.__module__.startswith("afilnet_protocols")}
    assert ours == {type(record) for record in RECORDS} | {Reply}
    for kind in ours:
        assert set(kind._shown) < set(kind.__struct_fields__), kind


def test_a_class_that_names_nothing_shows_nothing() -> None:
    class Forgetful(PartlyShown, frozen=True):
        text: str

    assert HIDDEN not in _printed(Forgetful(HIDDEN))


def test_a_plain_struct_would_show_it() -> None:
    class Plain(msgspec.Struct):
        text: str

    assert _printed(Plain(HIDDEN)).count(HIDDEN) == 5
