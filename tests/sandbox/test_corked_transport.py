"""What a server writes between a cork and its end leaves in one piece, in order, and nothing of it is lost."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.sandbox.server.corked_transport import CorkedTransport

STEPS = st.lists(st.one_of(st.binary(max_size=4), st.sampled_from(["cork", "uncork"])), max_size=12)


class _Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        assert not self.closed
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    resume_reading = abort = pause_reading

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass


def _played(kind: type[CorkedTransport], steps: list[bytes | str]) -> _Wire:
    wire = _Wire()
    corked = kind(wire)
    for step in steps:
        if isinstance(step, bytes):
            corked.write(step)
        else:
            cast("dict[str, Any]", {"cork": corked.cork, "uncork": corked.uncork})[step]()
    corked.close()
    return wire


def _check(kind: type[CorkedTransport], steps: list[bytes | str]) -> None:
    assert b"".join(_played(kind, steps).writes) == b"".join(step for step in steps if isinstance(step, bytes))


@given(STEPS)
def test_every_byte_leaves_once_and_in_order(steps: list[bytes | str]) -> None:
    _check(CorkedTransport, steps)


def test_an_answer_is_one_write() -> None:
    assert _played(CorkedTransport, ["cork", b"head", b"body", "uncork", b"next"]).writes == [b"headbody", b"next"]


def test_a_transport_that_closes_without_what_it_holds_is_found() -> None:
    class Hasty(CorkedTransport):
        def close(self) -> None:
            self._transport.close()

    with pytest.raises(AssertionError):
        _check(Hasty, ["cork", b"head"])
