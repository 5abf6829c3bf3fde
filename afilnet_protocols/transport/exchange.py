"""`Exchange` and `Exchanging`: what is needed of whoever carries a request, without the transport that does."""

from __future__ import annotations

import typing

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire import Reply, Request


class Exchange(typing.Protocol):
    """Whatever sends a request and returns its complete answer: the transport, or what stands in for it."""

    def exchange(self, request: Request, *, deadline: Deadline, reuse: bool) -> Reply:
        """Send one request and return its answer; see :meth:`~afilnet_protocols.transport.Transport.exchange`."""


class Exchanging(typing.Protocol):
    """The same, as steps that a driver carries out."""

    def exchanging(self, request: Request, *, deadline: Deadline, reuse: bool) -> Steps[Reply]:
        """Send one request and return its answer; see :meth:`~afilnet_protocols.transport.Transport.exchanging`."""
